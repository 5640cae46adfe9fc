import type { WorkerStart } from './workerSource.js';
import { workerSource } from './workerSource.js';

/** A worker, wherever it runs. */
export interface WorkerHandle {
  /** Called with everything that the worker says: true when it is ready, else what went wrong. */
  onAnswer: (answer: unknown) => void;
  /** Called when it has come to an end. */
  onEnd: (why: string) => void;
  start(data: WorkerStart): void;
  /** From now on it does not keep the process from ending. */
  unref(): void;
  end(): void;
}

/** What threads are made of; tests put their own in place. */
export interface Platform {
  /** Why there can be no threads here, what is expected and what to do, as errors say it; null if there can. */
  obstacle(): string | null;
  makeWorker(): Promise<WorkerHandle>;
}

/** The few things of pages that are used here; their types are in the DOM library, which the packages do without. */
interface PageWorker {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?: () => void }) => void) | null;
  postMessage(data: unknown): void;
  terminate(): void;
}
interface Page {
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string) => PageWorker;
  readonly Blob: new (parts: string[], options: { type: string }) => unknown;
  readonly URL: { createObjectURL(blob: unknown): string; revokeObjectURL(url: string): void };
}
const page = globalThis as unknown as Page;

function inNode(): boolean {
  return typeof process === 'object' && typeof process.versions?.node === 'string';
}

type NodeThreads = typeof import('node:worker_threads');

async function nodeThreads(): Promise<NodeThreads> {
  const name = 'node:worker_threads';
  // No import that a bundler could see. Node 20.0 to 20.15 lack getBuiltinModule.
  const found = process.getBuiltinModule?.(name) as NodeThreads | undefined;
  return found ?? ((await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as NodeThreads);
}

async function nodeWorker(): Promise<WorkerHandle> {
  const { Worker } = await nodeThreads();
  // Nothing of the options of this process: a loader that it was started with has no business in the workers.
  const worker = new Worker(workerSource, { eval: true, execArgv: [], env: {}, name: 'fluxion' });
  const handle: WorkerHandle = {
    onAnswer: () => {},
    onEnd: () => {},
    start: data => worker.postMessage(data),
    unref: () => worker.unref(),
    end: () => {
      worker.unref();
      void worker.terminate();
    },
  };
  worker.on('message', answer => handle.onAnswer(answer));
  worker.on('error', error => handle.onEnd(String(error)));
  worker.on('exit', code => handle.onEnd(`it ended with code ${code}`));
  return handle;
}

async function pageWorker(): Promise<WorkerHandle> {
  const url = page.URL.createObjectURL(new page.Blob([workerSource], { type: 'text/javascript' }));
  const worker = new (page.Worker as NonNullable<Page['Worker']>)(url);
  const handle: WorkerHandle = {
    onAnswer: () => {},
    onEnd: () => {},
    start: data => worker.postMessage(data),
    unref: () => page.URL.revokeObjectURL(url),
    end: () => worker.terminate(),
  };
  worker.onmessage = event => handle.onAnswer(event.data);
  worker.onerror = event => {
    event.preventDefault?.();
    handle.onEnd(
      event.message || "its script was refused; a content security policy needs worker-src 'self' blob:",
    );
  };
  return handle;
}

export const platform: Platform = {
  obstacle() {
    if (typeof SharedArrayBuffer !== 'function' || page.crossOriginIsolated === false) {
      return (
        'in a page that is not cross-origin isolated; expected one that is, for no other may share memory with its workers. ' +
        'Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.'
      );
    }
    if (!inNode() && typeof page.Worker !== 'function') {
      return 'where there is no Worker; expected Node, or a page or worker that can start workers. Stay with one thread here.';
    }
    return null;
  },
  makeWorker: () => (inNode() ? nodeWorker() : pageWorker()),
};
