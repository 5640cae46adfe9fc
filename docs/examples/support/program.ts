import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import type { Generator } from '@fluxion/autograd';

/** What every example can be told on the command line. */
export interface ProgramOptions {
  /** How many times to go through the data. */
  readonly epochs: number;
  /** Of all random numbers. */
  readonly seed: number;
  /** Learning rate at the start. */
  readonly lr: number;
  /** Folder for figures. */
  readonly out: string;
  /** File that the state is written to after each epoch; none by default. */
  readonly checkpoint: string | undefined;
  /** File to go on from. */
  readonly resume: string | undefined;
}

type Extra<D> = Exclude<keyof D & string, keyof ProgramOptions>;

/**
 * Reads `--epochs`, `--seed`, `--lr`, `--out`, `--checkpoint` and `--resume`.
 *
 * @param defaults also tells which options the example has beyond these: whole numbers, such as `{ batch: 64 }`, and where the default is none, such as
 * `{ temperature: 0.8 }`, any positive ones
 */
export function parseProgram<const D extends Pick<ProgramOptions, 'epochs' | 'lr' | 'out'>>(
  defaults: D & { readonly seed?: number } & Readonly<Record<Extra<D>, number>>,
  args: readonly string[] = process.argv.slice(2),
): ProgramOptions & Readonly<Record<Extra<D>, number>> {
  const { out, ...usual } = { seed: 0, ...defaults } as { out: string } & Record<string, number>;
  const options: Record<string, { type: 'string' }> = {
    checkpoint: { type: 'string' },
    resume: { type: 'string' },
  };
  for (const name of ['out', ...Object.keys(usual)]) options[name] = { type: 'string' };
  const values = parseArgs({ args: args.slice(), options }).values as Record<string, string | undefined>;
  const numbers = Object.entries(usual).map(([name, value]) => {
    const text = values[name] ?? String(value);
    if (name === 'lr' || !Number.isInteger(value)) return [name, positiveNumber(name, text)];
    return [name, wholeNumber(name, text, name === 'seed' ? 0 : 1)];
  });
  return {
    ...Object.fromEntries(numbers),
    out: resolve(values.out ?? out),
    checkpoint: values.checkpoint,
    resume: values.resume,
  } as ProgramOptions & Readonly<Record<Extra<D>, number>>;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} is '${text}'; expected a whole number from ${least}.`);
  return value;
}

function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new Error(`--${name} is '${text}'; expected a positive number.`);
  return value;
}

/** A module, an optimizer, a scheduler, a loader, …; what `stateDict` gives can be cloned structurally. */
export interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): unknown;
}

/** A generator as something with a state. */
export function stateOf(generator: Generator): Stateful {
  return {
    stateDict: () => generator.state,
    loadStateDict: (state: Generator['state']) => {
      generator.state = state;
    },
  };
}

/** Numbers that a program collects, as something with a state. */
export function history<K extends string>(...names: readonly K[]): Record<K, number[]> & Stateful {
  const lists = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>;
  return Object.defineProperties(lists, {
    stateDict: { value: () => structuredClone({ ...lists }) },
    loadStateDict: {
      value: (state: Record<K, number[]>) => {
        for (const name of names) lists[name].splice(0, lists[name].length, ...state[name]);
      },
    },
  }) as Record<K, number[]> & Stateful;
}

/**
 * Runs the epochs from 1 to `options.epochs`, or from where `options.resume` was written; writes `options.checkpoint` after each. With all that
 * changes in `parts`, a run that was broken off and resumed ends like one that was not, bit for bit.
 */
export async function runEpochs(
  options: Pick<ProgramOptions, 'epochs' | 'checkpoint' | 'resume'>,
  parts: Readonly<Record<string, Stateful>>,
  epoch: (number: number) => void | Promise<void>,
): Promise<void> {
  let done = 0;
  if (options.resume !== undefined) {
    const saved = deserialize(await readFile(options.resume)) as {
      done: number;
      parts: Record<string, unknown>;
    };
    const missing = Object.keys(parts).filter(name => !(name in saved.parts));
    if (missing.length > 0)
      throw new Error(`${options.resume} holds no ${missing.join(', ')}: it was written by another program.`);
    for (const [name, part] of Object.entries(parts)) part.loadStateDict(saved.parts[name] as never);
    done = saved.done;
  }
  while (done < options.epochs) {
    await epoch(++done);
    if (options.checkpoint === undefined) continue;
    const state = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.stateDict()]));
    await writeText(options.checkpoint, serialize({ done, parts: state }));
  }
}

/** Writes a file, and the folders it lies in. */
export async function writeText(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, content);
}

/** Whether the module of this `import.meta.url` is the program that runs, and not one that a test imports. */
export function isMain(url: string): boolean {
  return process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href;
}
