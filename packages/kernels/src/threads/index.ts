import { ArgumentError, ThreadError } from '../errors.js';
import type { Kernels } from '../interface.js';
import { kernels } from '../select.js';
import { moveTo, runtimeOf } from '../wasm/index.js';
import { type Build, bytesOf } from '../wasm/load.js';
import { nullPage } from '../wasm/nullPage.js';
import type { Runtime } from '../wasm/runtime.js';
import { type Platform, platform } from './platform.js';
import { Pool, scratchBytes } from './pool.js';
import { shareMemory } from './sharedModule.js';
import { mostParts, SplittingExports } from './split.js';

/** More than any processor of today has; a number beyond is a mistake. */
const most = 256;
const pageSize = 65_536;
const initialPages = 64;
/** Milliseconds after which a worker that took work and does not return is given up; see `Pool`. */
const silence = 10_000;
/** Waking a worker that still looks for work takes a few microseconds, of which the gain must be a multiple. */
const leastWork = 20_000;

export interface ThreadOptions {
  readonly platform?: Platform;
  /** Nanoseconds of work below which a call stays on one thread. */
  readonly least?: number;
  /** Milliseconds until a worker that does not return is given up. */
  readonly silence?: number;
}

interface Team {
  readonly pool: Pool;
  /** First byte that the heap may use. */
  readonly base: number;
  /** The kernels' runtime, and the same for one thread. */
  readonly runtime: Runtime;
  readonly single: Runtime;
}

const teams = new WeakMap<Kernels, Team>();
/** Calls wait for the one before. */
let previous: Promise<void> = Promise.resolve();

/**
 * Lets the kernels run on `count` threads, this one included, from the moment that the promise resolves; 1, as at the start, ends the workers.
 * Matrix products, convolutions, reductions and maps of large tensors are then divided. Results are the same to the last bit, whatever the
 * number. All tensors and compiled functions stay valid; their memory moves to one that threads may share. Workers that wait for work keep no
 * process from ending.
 *
 * Throws ArgumentError where `count` is no whole number from 1 to 256, and ThreadError where there can be no threads: in pages that are not
 * cross-origin isolated, and where the kernels are not those in WebAssembly. Everything is then as before.
 */
export function setThreads(count: number): Promise<void> {
  return startThreads(kernels, count);
}

/** How many threads the kernels in use run on. */
export function getThreads(): number {
  return teams.get(kernels())?.pool.count ?? 1;
}

/** `setThreads` for the kernels that `given` finds when its turn has come. */
export function startThreads(
  given: () => Kernels,
  count: number,
  options: ThreadOptions = {},
): Promise<void> {
  const turn = previous.then(() => change(given, count, options));
  previous = turn.catch(() => {});
  return turn;
}

async function change(given: () => Kernels, count: number, options: ThreadOptions): Promise<void> {
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new ArgumentError(
      `setThreads: got ${String(count)}; expected a whole number of threads from 1 to ${most}. One for each core of the machine is the most that pays.`,
    );
  }
  const chosen = given();
  const present = teams.get(chosen);
  if (present === undefined ? count === 1 : present.pool.broken === '' && present.pool.count === count)
    return;
  const runtime = present?.single ?? runtimeOf(chosen);
  if (runtime === undefined) {
    throw new ThreadError(
      `setThreads: got ${count} for the kernels '${chosen.name}', or while something like profile stands before them; ` +
        'expected those in WebAssembly. Call it before profile, and where the engine has WebAssembly.',
    );
  }
  if (count === 1) {
    // The memory stays where it is: one thread works with a shared one as well.
    moveTo(chosen, runtime);
    teams.delete(chosen);
  } else {
    const { obstacle } = options.platform ?? platform;
    const why = obstacle();
    if (why !== null) throw new ThreadError(`setThreads: got ${count} ${why}`);
    const team = await gather(runtime, count, options);
    if (given() !== chosen) {
      team.pool.end();
      throw new ThreadError(
        `setThreads: got ${count}, and other kernels came into use while the workers started; expected them to stay. Await setThreads before anything else.`,
      );
    }
    runtime.heap.moveTo(team.single.memory, team.base);
    moveTo(chosen, team.runtime);
    teams.set(chosen, team);
  }
  present?.pool.end();
}

/** Workers and a shared memory, to which nothing has moved yet. */
async function gather(present: Runtime, count: number, options: ThreadOptions): Promise<Team> {
  const { heap, relaxed } = present;
  const module = sharedModule(relaxed ? 'wasm-relaxed' : 'wasm');
  const memory = sharedMemory(count, heap.allocator.limit);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // Behind the static data: what each thread, and each part, has for itself, and then the heap.
  const scratch = Math.ceil(exports.heapBase() / 64) * 64;
  const tiles = scratch + count * scratchBytes;
  const base = tiles + count * mostParts * nullPage.tileBytes;
  exports.useScratch(scratch);
  const pool = await Pool.start({
    ...{ platform: options.platform ?? platform, count, module, memory, exports, scratch },
    silence: options.silence ?? silence,
  });
  const threads = new SplittingExports({ pool, heap, exports, tiles, least: options.least ?? leastWork });
  const single: Runtime = { exports, memory, relaxed, heap, threads: null };
  return { pool, base, single, runtime: { ...single, exports: threads.exports, threads } };
}

function sharedMemory(count: number, limit: number): WebAssembly.Memory {
  const maximum = Math.floor(limit / pageSize);
  try {
    return new WebAssembly.Memory({ initial: Math.min(initialPages, maximum), maximum, shared: true });
  } catch (error) {
    throw new ThreadError(
      `setThreads: got ${count}, and a shared memory of up to ${limit} bytes was refused (${String(error)}); expected the address space for it. Stay with one thread here.`,
    );
  }
}

const compiled: Partial<Record<Build, WebAssembly.Module>> = {};

/** A build that imports shared memory. */
function sharedModule(build: Build): WebAssembly.Module {
  let module = compiled[build];
  if (module === undefined) {
    const bytes = bytesOf(build);
    shareMemory(bytes);
    module = new WebAssembly.Module(bytes);
    compiled[build] = module;
  }
  return module;
}
