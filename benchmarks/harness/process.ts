import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPrograms } from '../sides/index.js';
import type {
  CheckReply,
  Greeting,
  MemoryReply,
  PrepareReply,
  SampleReply,
  SideName,
  SideRequest,
  Task,
} from './types.js';
import { toWire } from './wire.js';

/** A side failed, or its process died. */
export class SideError extends Error {
  override name = 'SideError';
}

/** A side could not be loaded: the library is missing or does not run here. */
export class SideUnavailable extends SideError {
  override name = 'SideUnavailable';
}

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** What makes a process do with one core what it does. */
const environment = {
  ...process.env,
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  PYTHONDONTWRITEBYTECODE: '1',
};

/** A TypeScript program of this package as the current process runs: its loader and source condition are in execArgv. */
export function nodeCommand(program: string, ...args: string[]): [string, string[]] {
  return [process.execPath, [...process.execArgv, program, ...args]];
}

function commandOf(name: SideName, python: string): [string, string[]] {
  const program = pythonPrograms[name];
  if (program === undefined) return nodeCommand(child, name);
  return [python, [fileURLToPath(new URL(`../sides/${program}`, import.meta.url))]];
}

/** A library in a process of its own, asked one thing at a time. */
export class RemoteSide {
  readonly name: SideName;
  description = '';
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: SideName, process: ChildProcess, lines: AsyncIterator<string>) {
    this.name = name;
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts the process and waits until the library is loaded. Throws SideUnavailable with the reason. */
  static async start(name: SideName, python: string): Promise<RemoteSide> {
    const [command, args] = commandOf(name, python);
    const started = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
    const failed = new Promise<never>((_, reject) => {
      started.on('error', error => reject(new SideUnavailable(`${name}: ${error.message}`)));
    });
    // A process that dies closes its end of the pipe; the missing reply reports that.
    started.stdin.on('error', () => undefined);
    const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
    const side = new RemoteSide(name, started, lines);
    const greeting = await Promise.race([side.#greeting(), failed]);
    if (greeting.error !== undefined) throw new SideUnavailable(greeting.error);
    side.description = greeting.description ?? '';
    return side;
  }

  /** Whatever is not as the description says, for this task. */
  async prepare(task: Task): Promise<string | undefined> {
    return (await this.#ask<PrepareReply>({ op: 'prepare', task: toWire(task) })).note;
  }

  async check(steps: number): Promise<CheckReply> {
    return this.#ask<CheckReply>({ op: 'check', steps });
  }

  async sample(warmup: number, steps: number): Promise<SampleReply> {
    return this.#ask<SampleReply>({ op: 'sample', warmup, steps });
  }

  async peakBytes(): Promise<number> {
    return (await this.#ask<MemoryReply>({ op: 'memory' })).peakBytes;
  }

  close(): void {
    this.#process.stdin?.end();
  }

  async #ask<R extends object = object>(request: SideRequest): Promise<R> {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
    const reply = await this.#next<R & { error?: string }>();
    if (reply.error !== undefined) throw new SideError(`${this.name}: ${request.op} failed: ${reply.error}`);
    return reply;
  }

  async #greeting(): Promise<Greeting> {
    try {
      return await this.#next<Greeting>();
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  async #next<R>(): Promise<R> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new SideError(`${this.name}: its process ended without an answer`);
    return JSON.parse(value) as R;
  }
}
