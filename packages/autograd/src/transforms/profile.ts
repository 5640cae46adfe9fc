import type { Kernels } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import { refusePromise, requireSynchronous } from '../graph/modes.js';
import { nodesCreated } from '../graph/node.js';
import { spans, watch } from '../graph/spans.js';
import { Collector, outside, type Row, type TraceSpan } from './profile/collector.js';
import { bytes, type Column, milliseconds, table } from './profile/table.js';

/** A kernel in a profile: `gemm`, or `binary mul` where one kernel serves several ops. */
export interface KernelProfile {
  readonly name: string;
  readonly calls: number;
  /** Milliseconds. */
  readonly time: number;
}

/**
 * An op in a profile, or the derivative rule of one (`backward of matmul`), a walk through the graph (`backward`), a part that `recordFunction` named, or what
 * was `outside of ops`. All times are in milliseconds.
 */
export interface OpProfile {
  readonly name: string;
  readonly calls: number;
  /** What it spent itself: without the ops that it called, with its kernels. Self times add up to the time of the whole. */
  readonly selfTime: number;
  /** With the ops that it called. Where it calls itself, the outermost call counts. */
  readonly totalTime: number;
  /** Of the kernels that it called itself. */
  readonly kernelTime: number;
  readonly kernelCalls: number;
  readonly kernels: readonly KernelProfile[];
  /** Storages that it made itself, and their bytes. */
  readonly allocations: number;
  readonly allocatedBytes: number;
}

/** What the memory went through: storages moved out of WebAssembly memory for want of room, and brought back. */
export interface MemoryProfile {
  readonly allocations: number;
  readonly allocatedBytes: number;
  readonly evacuations: number;
  readonly evacuatedBytes: number;
  readonly reloads: number;
  readonly reloadedBytes: number;
}

/** A complete event of Chrome's trace format. */
export interface ChromeTraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: 'X';
  /** Microseconds since the start of the profile. */
  readonly ts: number;
  /** Microseconds. */
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly [key: string]: string | number };
}

/** JSON for chrome://tracing and https://ui.perfetto.dev. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: { readonly kernels: string };
  readonly traceEvents: readonly ChromeTraceEvent[];
}

/** What `profile` found out, and the result of the function. Prints as a table. */
export class Profile<R = unknown> {
  /** What the function returned. */
  readonly result: R;
  /** Which kernels did the work. */
  readonly tier: Kernels['name'];
  /** Milliseconds, from beginning to end. */
  readonly time: number;
  /** How many nodes were recorded. */
  readonly nodes: number;
  readonly memory: MemoryProfile;
  /** By self time, the longest first. */
  readonly ops: readonly OpProfile[];
  /** Over all ops; by time, the longest first. */
  readonly kernels: readonly KernelProfile[];
  private readonly trace: readonly TraceSpan[];
  private readonly start: number;

  constructor(result: R, collector: Collector, time: number, nodes: number) {
    this.result = result;
    this.tier = collector.tier;
    this.time = time;
    this.nodes = nodes;
    this.ops = [...collector.rows.values()].map(opProfile).sort((a, b) => b.selfTime - a.selfTime);
    this.kernels = mergeKernels(this.ops);
    this.memory = {
      allocations: total(this.ops, op => op.allocations),
      allocatedBytes: total(this.ops, op => op.allocatedBytes),
      ...collector.memory(),
    };
    this.trace = collector.trace;
    this.start = collector.start;
    // For console.log in Node.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => this.toString() });
  }

  /** The ops, the longest self time first, and the kernels. */
  toString(): string {
    const { memory } = this;
    const head =
      `${milliseconds(this.time)} ms on the kernels '${this.tier}', ${count(this.nodes, 'node')} recorded, ` +
      `${count(memory.allocations, 'allocation')} of ${bytes(memory.allocatedBytes)}, ` +
      `${count(memory.evacuations, 'evacuation')} of ${bytes(memory.evacuatedBytes)}`;
    return `${head}\n\n${this.opTable()}\n\n${this.kernelTable()}\n`;
  }

  private opTable(): string {
    const columns: Column<OpProfile>[] = [
      { title: 'op', cell: op => op.name },
      { title: 'calls', cell: op => String(op.calls) },
      { title: 'self ms', cell: op => milliseconds(op.selfTime) },
      { title: 'self %', cell: op => ((100 * op.selfTime) / (this.time || 1)).toFixed(1) },
      { title: 'total ms', cell: op => milliseconds(op.totalTime) },
      { title: 'kernel ms', cell: op => milliseconds(op.kernelTime) },
      { title: 'kernels', cell: op => String(op.kernelCalls) },
      { title: 'allocations', cell: op => String(op.allocations) },
      { title: 'bytes', cell: op => bytes(op.allocatedBytes) },
    ];
    const totals: OpProfile = {
      name: 'total',
      calls: total(this.ops, op => (op.name === outside ? 0 : op.calls)),
      selfTime: total(this.ops, op => op.selfTime),
      totalTime: this.time,
      kernelTime: total(this.ops, op => op.kernelTime),
      kernelCalls: total(this.ops, op => op.kernelCalls),
      kernels: [],
      allocations: this.memory.allocations,
      allocatedBytes: this.memory.allocatedBytes,
    };
    return table(columns, this.ops, totals);
  }

  private kernelTable(): string {
    const columns: Column<KernelProfile>[] = [
      { title: `kernel (${this.tier})`, cell: kernel => kernel.name },
      { title: 'calls', cell: kernel => String(kernel.calls) },
      { title: 'ms', cell: kernel => milliseconds(kernel.time) },
    ];
    return table(columns, this.kernels, {
      name: 'total',
      calls: total(this.kernels, kernel => kernel.calls),
      time: total(this.kernels, kernel => kernel.time),
    });
  }

  /**
   * Everything on one line of time: ops around the kernels they call, `backward` around the rules. Write `JSON.stringify` of it to a file, and open that in
   * chrome://tracing or https://ui.perfetto.dev.
   */
  toChromeTrace(): ChromeTrace {
    // In whole nanoseconds, so that what is nested stays nested after rounding.
    const nanoseconds = (time: number): number => Math.round((time - this.start) * 1e6);
    // Outer ones first, for those that the clock cannot tell apart.
    const events = this.trace.toReversed().map((span): ChromeTraceEvent => {
      const start = nanoseconds(span.start);
      return {
        name: span.name,
        cat: span.category,
        ph: 'X',
        ts: start / 1000,
        dur: (nanoseconds(span.end) - start) / 1000,
        pid: 1,
        tid: 1,
        args: argsOf(span, this.tier),
      };
    });
    // By beginning, and what lasts longer first: a viewer puts the later into the earlier.
    events.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    return { displayTimeUnit: 'ms', otherData: { kernels: this.tier }, traceEvents: events };
  }
}

function argsOf(span: TraceSpan, tier: string): ChromeTraceEvent['args'] {
  if (span.category === 'kernel') return { tier };
  if (span.category === 'memory') return {};
  const shapes = span.shapes.map(shape => `[${shape.join(', ')}]`).join(', ');
  return { ...(shapes === '' ? {} : { shapes }), allocatedBytes: span.allocatedBytes };
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}

function total<T>(list: readonly T[], of: (entry: T) => number): number {
  return list.reduce((sum, entry) => sum + of(entry), 0);
}

function byTime(kernels: Iterable<KernelProfile>): KernelProfile[] {
  return [...kernels].sort((a, b) => b.time - a.time);
}

function opProfile(row: Row): OpProfile {
  const kernels = byTime(Array.from(row.kernels, ([name, { calls, time }]) => ({ name, calls, time })));
  return {
    name: row.name,
    calls: row.calls,
    selfTime: row.selfTime,
    totalTime: row.time,
    kernelTime: total(kernels, kernel => kernel.time),
    kernelCalls: total(kernels, kernel => kernel.calls),
    kernels,
    allocations: row.allocations,
    allocatedBytes: row.allocatedBytes,
  };
}

function mergeKernels(ops: readonly OpProfile[]): KernelProfile[] {
  const merged = new Map<string, KernelProfile>();
  for (const op of ops)
    for (const { name, calls, time } of op.kernels) {
      const before = merged.get(name);
      merged.set(name, { name, calls: calls + (before?.calls ?? 0), time: time + (before?.time ?? 0) });
    }
  return byTime(merged.values());
}

/**
 * Runs `fn` and measures it: which ops it calls, forward and in the derivative rules, how long each takes itself and with the ops inside, which kernels they
 * call, what they allocate. The profile prints as a table, and saves as a trace. Watching costs some time of its own, most where ops are
 * tiny; while no profile runs it costs nothing. Synchronous functions only, and one profile at a time. What works without kernels (`Value`) is not seen.
 */
export function profile<R>(fn: () => R): Profile<R> {
  requireSynchronous('profile', 'profile', fn);
  if (spans.current !== null)
    throw new ArgumentError(
      'profile: a profile is running already, and another one inside would measure the first. Profile the outer function alone, and name its parts with recordFunction.',
    );
  const before = nodesCreated();
  const collector = new Collector();
  spans.current = collector;
  let result: R;
  let time: number;
  try {
    result = fn();
  } finally {
    spans.current = null;
    time = collector.finish();
  }
  refusePromise('profile', 'profile', result);
  return new Profile(result, collector, time, nodesCreated() - before);
}

/** Runs `fn` as a part of the program that has a name in the profile. Without a profile it just runs. Synchronous functions only. */
export function recordFunction<R>(name: string, fn: () => R): R {
  if (typeof name !== 'string' || name === '')
    throw new ArgumentError(
      `recordFunction: expected a name, got ${show(name)}. Write recordFunction('data', () => …).`,
    );
  requireSynchronous('recordFunction', 'part', fn);
  const watcher = spans.current;
  const result = watcher === null ? fn() : watch(watcher, 'part', name, [], fn);
  refusePromise('recordFunction', 'part', result);
  return result;
}
