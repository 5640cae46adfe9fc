/**
 * Indices in the control words, which the main thread and the workers share.
 *
 * ticket    the number of the round times 4096, and the number of the next job, 0 if none is left: who lowers it by one has taken that. -1 ends the workers.
 * done      how many jobs of the round workers have finished
 * sleepers  workers that wait for the ticket to change
 * waiting   1 while the main thread sleeps until `done` changes
 * failed    1 once a job has failed; the words from `message` on hold its length and the text of the error
 */
export const Word = { ticket: 0, done: 1, sleepers: 2, waiting: 3, failed: 4, message: 5 } as const;
export const messageLength = 250;
export const controlWords: number = Word.message + 1 + messageLength;
/** A round has fewer jobs than this. */
export const jobLimit = 4096;
/** How often a waiting thread looks before it goes to sleep: some 100 microseconds, which bridges what happens between two kernels. */
export const patience = 30_000;

/** What a worker is sent. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  /** Job i is the calls from jobs[i] up to jobs[i + 1] in `calls`. */
  readonly jobs: Int32Array;
  /** Calls one after the other: number of the function, number of arguments, arguments. */
  readonly calls: Float64Array;
  /** Modules of expressions are numbered on after the exports: the bytes of number i are those from ends[i - 1] to ends[i]. */
  readonly ends: Int32Array;
  readonly modules: Uint8Array;
  /** Where the scratch of this worker alone is. */
  readonly scratch: number;
}

/**
 * The program of a worker, as text, so that it needs no file of its own that a bundler would have to know about. It answers with true
 * when it is ready, or with the text of what went wrong, and from then on never returns to its event loop: it takes jobs, and when there
 * are none it looks for a while and then sleeps.
 */
export const workerSource: string = `'use strict';
const serve = ({ module, memory, control, jobs, calls, ends, modules, scratch }) => {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const { exports } = instance;
  const table = Object.values(exports);
  const builtIn = table.length;
  exports.useScratch(scratch);
  const define = () => {
    const i = table.length - builtIn;
    const bytes = modules.slice(i ? ends[i - 1] : 0, ends[i]);
    const compiled = new WebAssembly.Module(bytes);
    const math = {};
    for (const { module, name } of WebAssembly.Module.imports(compiled)) if (module === 'math') math[name] = exports[name];
    table.push(new WebAssembly.Instance(compiled, { env: { memory }, math }).exports.run);
  };
  const args = [];
  const run = job => {
    const end = jobs[job + 1];
    for (let at = jobs[job]; at < end; ) {
      const number = calls[at++];
      const count = calls[at++];
      while (number >= table.length) define();
      args.length = count;
      for (let i = 0; i < count; i++) args[i] = calls[at++];
      table[number].apply(null, args);
    }
  };
  const fail = error => {
    if (Atomics.compareExchange(control, ${Word.failed}, 0, 1) !== 0) return;
    const text = String(error).slice(0, ${messageLength});
    control[${Word.message}] = text.length;
    for (let i = 0; i < text.length; i++) control[${Word.message + 1} + i] = text.charCodeAt(i);
  };
  answer(true);
  for (let looks = 0; ; ) {
    const ticket = Atomics.load(control, ${Word.ticket});
    if (ticket === -1) return;
    const left = ticket & ${jobLimit - 1};
    if (left === 0) {
      if (++looks > ${patience}) {
        Atomics.add(control, ${Word.sleepers}, 1);
        Atomics.wait(control, ${Word.ticket}, ticket);
        Atomics.sub(control, ${Word.sleepers}, 1);
        looks = 0;
      }
      continue;
    }
    looks = 0;
    if (Atomics.compareExchange(control, ${Word.ticket}, ticket, ticket - 1) !== ticket) continue;
    try {
      run(left);
    } catch (error) {
      fail(error);
    }
    Atomics.add(control, ${Word.done}, 1);
    if (Atomics.load(control, ${Word.waiting})) Atomics.notify(control, ${Word.done});
  }
};
const start = data => {
  try {
    serve(data);
  } catch (error) {
    answer(String(error));
  }
};
let answer;
if (typeof postMessage === 'function' && typeof require === 'undefined') {
  answer = message => postMessage(message);
  onmessage = event => start(event.data);
} else {
  const { parentPort } = require('node:worker_threads');
  answer = message => parentPort.postMessage(message);
  parentPort.once('message', start);
}
`;
