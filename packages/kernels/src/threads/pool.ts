import { ThreadError } from '../errors.js';
import type { Platform, WorkerHandle } from './platform.js';
import { controlWords, jobLimit, messageLength, patience, Word, type WorkerStart } from './workerSource.js';

type Kernel = (...args: number[]) => number;

/** Numbers in the list of calls: half a million, of which the system commits what is written. */
const callNumbers = 2 ** 19;
const moduleLimit = 1024;
const moduleBytes = 2 ** 21;
const epochs = 2 ** 18;
/** A job is given up when it takes so many times as long as all that this thread has done of the round, and `silence` more. */
const timesAsLong = 20;
/** Milliseconds between two looks at the clock. A longer gap counts as one: the machine slept, or the whole process was stopped. */
const slice = 500;
/** What the compiled functions use of the null page where there is one thread: see `useScratch`. */
export const scratchBytes = 128;

/** What the workers of a pool work on. */
export interface PoolOptions {
  readonly platform: Platform;
  /** Threads in all, this one included. */
  readonly count: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly exports: Readonly<Record<string, Kernel>>;
  /** Address of `scratchBytes` for each thread. */
  readonly scratch: number;
  /** Milliseconds in which some job must end while this thread waits, beyond a multiple of what its own have taken. */
  readonly silence: number;
}

/**
 * Threads that run compiled functions. The calls of a round are written down first, in jobs: the calls of a job run one after the
 * other, those of different jobs at the same time, on whichever thread takes the job. This thread takes part.
 *
 * Who wants a job lowers the ticket by compare-and-exchange, and the ticket names the round: so a worker that is late finds
 * no job of a round that is over, and nobody has to wait for a worker that took none. The first job is this thread's own, which shows how long one takes.
 *
 * That a worker has died is news for the event loop, which does not turn during a round. A job that it had begun cannot be done again either, since some write
 * to what they read. So it is noticed by the time that passes.
 */
export class Pool {
  readonly count: number;
  /** Why it can be used no more; empty while it can. */
  broken = '';
  private readonly workers: WorkerHandle[] = [];
  private readonly control: Int32Array = new Int32Array(new SharedArrayBuffer(controlWords * 4));
  private readonly jobs: Int32Array = new Int32Array(new SharedArrayBuffer((jobLimit + 1) * 4));
  private readonly calls: Float64Array = new Float64Array(new SharedArrayBuffer(callNumbers * 8));
  private readonly ends: Int32Array = new Int32Array(new SharedArrayBuffer(moduleLimit * 4));
  private readonly modules: Uint8Array = new Uint8Array(new SharedArrayBuffer(moduleBytes));
  /** Functions by number: those of the build, then those of expressions. */
  private readonly table: Kernel[];
  private readonly numbers: Map<Kernel, number> = new Map();
  private readonly builtIn: number;
  private readonly canSleep: boolean;
  private readonly silence: number;
  private readonly args: number[] = [];
  private epoch = 0;
  private jobCount = 0;
  private at = 0;

  private constructor({ count, exports, silence }: PoolOptions) {
    this.count = count;
    this.silence = silence;
    // In the order in which the workers see them.
    this.table = Object.values(exports);
    this.builtIn = this.table.length;
    this.table.forEach((kernel, i) => {
      this.numbers.set(kernel, i);
    });
    this.canSleep = maySleep(this.control);
  }

  /** Resolves when all workers are ready. */
  static async start(options: PoolOptions): Promise<Pool> {
    const { platform, count, module, memory, scratch } = options;
    const pool = new Pool(options);
    const { control, jobs, calls, ends, modules } = pool;
    const start = async (i: number): Promise<void> => {
      const worker = await platform.makeWorker();
      pool.workers.push(worker);
      const data: WorkerStart = {
        ...{ module, memory, control, jobs, calls, ends, modules },
        scratch: scratch + i * scratchBytes,
      };
      await new Promise<void>((resolve, reject) => {
        const refused = (why: unknown): void =>
          reject(
            new ThreadError(
              `setThreads: got ${count}, and a worker did not start (${why}); expected ${count - 1} of them. Stay with one thread here.`,
            ),
          );
        worker.onAnswer = answer => (answer === true ? resolve() : refused(answer));
        worker.onEnd = refused;
        worker.start(data);
      });
      worker.onEnd = why => {
        pool.broken ||= why;
      };
      worker.unref();
    };
    try {
      await Promise.all(Array.from({ length: count - 1 }, (_, i) => start(i + 1)));
    } catch (error) {
      pool.end();
      throw error;
    }
    return pool;
  }

  /** Ends the workers. Jobs cannot run any more. */
  end(why = 'it was replaced'): void {
    this.broken ||= why;
    Atomics.store(this.control, Word.ticket, -1);
    Atomics.notify(this.control, Word.ticket);
    for (const worker of this.workers) {
      worker.onEnd = () => {};
      worker.end();
    }
  }

  /** Makes the function of an expression known, of which the workers make their own from the module's bytes. False if there is no more room. */
  define(kernel: Kernel, bytes: Uint8Array): boolean {
    const i = this.table.length - this.builtIn;
    const begin = i === 0 ? 0 : this.ends[i - 1];
    if (i === moduleLimit || begin + bytes.length > moduleBytes) return false;
    this.modules.set(bytes, begin);
    this.ends[i] = begin + bytes.length;
    this.numbers.set(kernel, this.table.length);
    this.table.push(kernel);
    return true;
  }

  /** Begins a job; the calls noted from now on are its own. */
  openJob(): void {
    if (this.jobCount === jobLimit - 1) this.run();
    this.jobs[this.jobCount++] = this.at;
  }

  /** Adds a call to the open job. */
  note(kernel: Kernel, args: readonly number[]): void {
    if (this.at + args.length + 2 > callNumbers) {
      // The rest of the job comes in a round of its own, after this one.
      this.run();
      this.openJob();
    }
    const { calls } = this;
    let { at } = this;
    calls[at++] = this.numbers.get(kernel) as number;
    calls[at++] = args.length;
    for (let i = 0; i < args.length; i++) calls[at++] = args[i];
    this.at = at;
  }

  /** Forgets the jobs that were noted. */
  clear(): void {
    this.jobCount = 0;
    this.at = 0;
  }

  /**
   * Runs the jobs that were noted, and returns when all are done. Throws if one has failed, after the others have ended, and ends the workers if one of
   * them never comes back.
   */
  run(): void {
    const { control, jobCount } = this;
    this.jobs[jobCount] = this.at;
    this.clear();
    if (jobCount <= 1) {
      if (jobCount === 1) this.work(0);
      return;
    }
    if (this.broken !== '') {
      throw new ThreadError(
        `threads: a worker is gone (${this.broken}); expected ${this.count} threads. Call setThreads again, with 1 to go on without workers.`,
      );
    }
    const start = performance.now();
    const others = jobCount - 1;
    this.epoch = (this.epoch + 1) % epochs;
    Atomics.store(control, Word.done, 0);
    Atomics.store(control, Word.ticket, this.epoch * jobLimit + others);
    if (Atomics.load(control, Word.sleepers) > 0) Atomics.notify(control, Word.ticket, others);
    let failure: unknown;
    let failed = false;
    let mine = 0;
    for (let job = 0; ; ) {
      try {
        this.work(job);
      } catch (error) {
        failure = error;
        failed = true;
      }
      mine++;
      let ticket = Atomics.load(control, Word.ticket);
      while ((ticket & (jobLimit - 1)) > 0) {
        const found = Atomics.compareExchange(control, Word.ticket, ticket, ticket - 1);
        if (found === ticket) break;
        ticket = found;
      }
      job = ticket & (jobLimit - 1);
      if (job === 0) break;
    }
    this.wait(jobCount - mine, start);
    if (failed) throw failure;
    if (control[Word.failed] !== 0) throw this.failureOfWorker();
  }

  private work(job: number): void {
    const { calls, table, args } = this;
    const end = this.jobs[job + 1];
    for (let at = this.jobs[job]; at < end; ) {
      const kernel = table[calls[at++]];
      const count = calls[at++];
      args.length = count;
      for (let i = 0; i < count; i++) args[i] = calls[at++];
      kernel.apply(null, args);
    }
  }

  /** Waits until workers have done so many jobs of the round that began at `start`. */
  private wait(jobs: number, start: number): void {
    const { control } = this;
    for (let looks = 0; looks < patience; looks++) if (Atomics.load(control, Word.done) === jobs) return;
    let last = performance.now();
    const limit = this.silence + timesAsLong * (last - start);
    let silent = 0;
    let before = 0;
    for (;;) {
      Atomics.store(control, Word.waiting, 1);
      const done = Atomics.load(control, Word.done);
      if (done !== jobs) this.pause(done);
      Atomics.store(control, Word.waiting, 0);
      if (done === jobs) return;
      const now = performance.now();
      silent = done === before ? silent + Math.min(now - last, slice) : 0;
      before = done;
      last = now;
      if (silent > limit) throw this.lost(silent);
    }
  }

  /** Until there is more than `done`, or for a while. */
  private pause(done: number): void {
    const { control } = this;
    if (this.canSleep) Atomics.wait(control, Word.done, done, slice);
    else for (let looks = 0; looks < patience && Atomics.load(control, Word.done) === done; looks++);
  }

  private lost(milliseconds: number): ThreadError {
    const why = `it took a part of a call and did not end it in ${(milliseconds / 1000).toFixed(1)} s`;
    this.end(why);
    return new ThreadError(
      `threads: a worker is gone (${why}); expected it to return. What this call writes is incomplete: set it anew if it is in use, as parameters that a step ` +
        'updates. Then call setThreads again, with 1 to go on without workers.',
    );
  }

  private failureOfWorker(): ThreadError {
    const { control } = this;
    const length = Math.min(control[Word.message], messageLength);
    const begin = Word.message + 1;
    const text = String.fromCharCode(...control.subarray(begin, begin + length));
    Atomics.store(control, Word.failed, 0);
    return new ThreadError(
      `threads: a compiled function failed in a worker (${text}); expected it to return. Report this, with setThreads(1) it can be traced.`,
    );
  }
}

/** Whether this thread may sleep: that of a page may not. */
function maySleep(control: Int32Array): boolean {
  try {
    // Returns at once, for the word is not 1.
    Atomics.wait(control, Word.waiting, 1, 0);
    return true;
  } catch {
    return false;
  }
}
