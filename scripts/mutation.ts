/**
 * Mutation tests of the derivative rules: every rule in packages/autograd/src/ops is changed in many small ways, and at least 90 % of the changed rules
 * must make a test fail. `npm run mutation` runs all, `npm run mutation -- unary ops/linalg` those in files whose path contains one of the words.
 * See docs/mutation.md. No part of `npm test`: it takes too long.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { MutantResult } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { build } from 'esbuild';
import { type Equivalent, equivalents } from './mutation/equivalents.js';
import { addMutators } from './mutation/mutators.js';
import { type Counts, enterResults, scoreOf } from './mutation/page.js';
import { derivativeRules } from './mutation/rules.js';
import { root } from './support/run.js';

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    /** Processes that test at a time. */
    concurrency: { type: 'string', default: String(availableParallelism()) },
    /** Shows what would be changed, and stops. */
    list: { type: 'boolean', default: false },
  },
});

const out = resolve(root, 'out/mutation');
const ops = resolve(root, 'packages/autograd/src/ops');

/** Percent. */
const least = 90;

interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) as string).length };
}

const rules = derivativeRules(resolve(root, 'packages/autograd/src'), 'ops');

function patterns(): string[] {
  return [...rules].flatMap(([path, ranges]) => {
    const file = relative(root, path);
    const text = readFileSync(path, 'utf8');
    return ranges
      .map(range => {
        const [start, end] = [placeOf(text, range.start), placeOf(text, range.end)];
        return `${file}:${start.line}:${start.column}-${end.line}:${end.column}`;
      })
      .filter(place => words.length === 0 || words.some(word => place.includes(word)));
  });
}

/** In JavaScript, so that Stryker's processes, and all threads that vitest starts in them, can do without a compiler. */
async function compilePlugin(): Promise<string> {
  const outfile = resolve(out, 'plugin.js');
  await build({
    entryPoints: [resolve(root, 'scripts/mutation/plugin.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  return pathToFileURL(outfile).href;
}

async function mutate(selected: readonly string[]): Promise<MutantResult[]> {
  return new Stryker({
    mutate: [...selected],
    // What the tests need, and nothing that would have to be adapted to another place.
    ignorePatterns: ['/*', '!/packages', 'packages/*/dist', 'packages/*/*.json', 'packages/kernels/assembly'],
    plugins: ['@stryker-mutator/vitest-runner', await compilePlugin()],
    testRunner: 'nearest-first',
    vitest: { configFile: 'packages/autograd/test/mutation/vitest.config.ts', related: false },
    ignorers: ['texts'],
    coverageAnalysis: 'perTest',
    disableTypeChecks: false,
    checkers: [],
    concurrency: Number(values.concurrency),
    timeoutMS: 20_000,
    timeoutFactor: 2,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: resolve(out, 'report.json') },
    tempDirName: resolve(out, 'sandbox'),
    allowConsoleColors: false,
    thresholds: { high: 100, low: least, break: null },
    warnings: { slow: false },
  } as never).runMutationTest();
}

const selected = patterns();
if (values.list) {
  console.log(selected.join('\n'));
  process.exit(0);
}
await addMutators();
const mutants = await mutate(selected);

/** The piece of the source that a mutant replaces, in one line. */
function original({ fileName, location: { start, end } }: MutantResult): string {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return oneLine(lines.join(' '));
}
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

const below = (path: string): string => relative(ops, path).replaceAll('\\', '/');

/** Why a mutant does the same as what it replaces, where it is known to. */
function equivalentOf(mutant: MutantResult): Equivalent | undefined {
  const [file, from, to] = [below(mutant.fileName), original(mutant), oneLine(mutant.replacement)];
  const line = readFileSync(mutant.fileName, 'utf8').split('\n')[mutant.location.start.line - 1];
  return equivalents.find(
    e => e.file === file && e.original === from && e.replacement === to && line.includes(e.beside ?? ''),
  );
}

function count(list: readonly MutantResult[]): Counts {
  const of = (status: string): number => list.filter(m => m.status === status).length;
  return {
    mutants: list.length - of('Ignored'),
    killed: of('Killed'),
    timeout: of('Timeout'),
    survived: of('Survived'),
    uncovered: of('NoCoverage'),
  };
}

const used = new Set<Equivalent>();
let explained = 0;
for (const mutant of mutants) {
  if (['Killed', 'Timeout', 'Ignored'].includes(mutant.status)) continue;
  const equivalent = equivalentOf(mutant);
  if (equivalent !== undefined) {
    explained++;
    used.add(equivalent);
  }
  const where = `${relative(root, mutant.fileName)}:${mutant.location.start.line}`;
  console.log(
    `${mutant.status} ${where} ${mutant.mutatorName}${mutant.static === true ? ', in force while modules load' : ''}\n` +
      `    ${original(mutant)}\n    ${oneLine(mutant.replacement)}\n    ${equivalent === undefined ? '' : `(makes no difference: ${equivalent.reason})`}`,
  );
}

if (words.length === 0)
  for (const e of equivalents)
    if (!used.has(e))
      console.log(
        `No such survivor any more, take it out of the list: ${e.file}, ${e.original} -> ${e.replacement}`,
      );

// Only whole files: what was asked for by place is a look, not a result.
if (!words.some(word => word.includes(':')))
  enterResults(
    new Map(
      [...new Set(mutants.map(m => m.fileName))].map(f => [
        below(f),
        count(mutants.filter(m => m.fileName === f)),
      ]),
    ),
    new Set([...rules.keys()].map(below)),
    equivalents,
  );

const counts = count(mutants);
const { killed, timeout, survived, uncovered } = counts;
const score = scoreOf(counts);
console.log(
  `\n${counts.mutants} mutants, ${killed} killed, ${timeout} timeout, ${survived} survived (${explained} of them make no difference), ` +
    `${uncovered} no coverage: score ${score.toFixed(1)} %, at least ${least} % needed`,
);
process.exitCode = score >= least ? 0 : 1;
