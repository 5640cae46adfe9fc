import { type Kernels, kernels, type MemoryStats, type Storage, useKernels } from '@fluxion/kernels';
import type { SpanKind, SpanWatcher } from '../../graph/spans.js';
import { Tensor } from '../../tensor/tensor.js';

/** How often a kernel was called, and what that took. */
export interface KernelCalls {
  calls: number;
  /** Milliseconds. */
  time: number;
}

/** All spans of one name. */
export interface Row extends KernelCalls {
  readonly name: string;
  /** Milliseconds, without the spans inside. */
  selfTime: number;
  allocations: number;
  allocatedBytes: number;
  /** Of the kernels that it called itself, by name. */
  readonly kernels: Map<string, KernelCalls>;
  /** How many spans of the name are open: the time of those inside others is in theirs already. */
  open: number;
}

/** Something that took its time, for the trace. */
export interface TraceSpan {
  readonly name: string;
  readonly category: 'op' | 'backward' | 'part' | 'kernel' | 'memory';
  /** On the clock of `performance.now()`. */
  readonly start: number;
  readonly end: number;
  readonly shapes: readonly (readonly number[])[];
  readonly allocatedBytes: number;
}

interface Frame {
  readonly row: Row;
  readonly category: TraceSpan['category'];
  readonly inputs: readonly unknown[];
  readonly start: number;
  /** Milliseconds in the spans inside. */
  inside: number;
  allocatedBytes: number;
  /** How many spans of the same name directly around each other it stands for: a composite and its one part, say. */
  depth: number;
}

const categories = { op: 'op', rule: 'backward', walk: 'backward', part: 'part' } as const;
const itemBytes = { float32: 4, float64: 8, int32: 4, bool: 1 } as const;

/** What is no kernel: it computes nothing. */
const management: ReadonlySet<string> = new Set(['allocate', 'free', 'tenure', 'memory']);

/** The row of what runs outside of every span. */
export const outside = 'outside of ops';

function emptyRow(name: string): Row {
  return {
    name,
    calls: 0,
    time: 0,
    selfTime: 0,
    allocations: 0,
    allocatedBytes: 0,
    kernels: new Map(),
    open: 0,
  };
}

/** Writes down what happens while it is in place: told of the spans, it stands before the kernels itself. */
export class Collector implements SpanWatcher {
  readonly rows: Map<string, Row> = new Map();
  /** Inner spans before those around them. */
  readonly trace: TraceSpan[] = [];
  readonly tier: Kernels['name'];
  readonly before: MemoryStats;
  private readonly root: Frame;
  private readonly stack: Frame[];
  private readonly inner: Kernels;
  private readonly outer: Kernels;

  constructor() {
    this.inner = kernels();
    this.tier = this.inner.name;
    this.before = this.inner.memory();
    this.outer = this.standBefore(this.inner);
    this.root = this.open(emptyRow(outside), 'part', []);
    this.stack = [this.root];
    useKernels(this.outer);
  }

  get start(): number {
    return this.root.start;
  }

  /** Stops, and returns how long it all took. */
  finish(): number {
    const time = performance.now() - this.root.start;
    // Where the function chose other kernels, they stay.
    if (kernels() === this.outer) useKernels(this.inner);
    const { row, inside } = this.root;
    row.calls = 1;
    row.time = time;
    row.selfTime = time - inside;
    this.rows.set(outside, row);
    return time;
  }

  /** What the memory has been through since the start. */
  memory(): Pick<MemoryStats, 'evacuations' | 'evacuatedBytes' | 'reloads' | 'reloadedBytes'> {
    const now = this.inner.memory();
    const { before } = this;
    return {
      evacuations: now.evacuations - before.evacuations,
      evacuatedBytes: now.evacuatedBytes - before.evacuatedBytes,
      reloads: now.reloads - before.reloads,
      reloadedBytes: now.reloadedBytes - before.reloadedBytes,
    };
  }

  enter(kind: SpanKind, given: string, inputs: readonly unknown[] = []): void {
    const name = kind === 'rule' ? `backward of ${given}` : given;
    const top = this.stack[this.stack.length - 1];
    if (top.row.name === name && top !== this.root) {
      top.depth++;
      return;
    }
    let row = this.rows.get(name);
    if (row === undefined) {
      row = emptyRow(name);
      this.rows.set(name, row);
    }
    row.calls++;
    row.open++;
    this.stack.push(this.open(row, categories[kind], inputs));
  }

  exit(): void {
    const frame = this.stack[this.stack.length - 1];
    if (frame.depth > 1) {
      frame.depth--;
      return;
    }
    const end = performance.now();
    this.stack.pop();
    const { row, category, start, allocatedBytes } = frame;
    const time = end - start;
    row.open--;
    row.selfTime += time - frame.inside;
    if (row.open === 0) row.time += time;
    const around = this.stack[this.stack.length - 1];
    around.inside += time;
    around.allocatedBytes += allocatedBytes;
    const shapes = frame.inputs.flatMap(x => (x instanceof Tensor ? [x.shape] : []));
    this.trace.push({ name: row.name, category, start, end, shapes, allocatedBytes });
  }

  private open(row: Row, category: TraceSpan['category'], inputs: readonly unknown[]): Frame {
    return { row, category, inputs, start: performance.now(), inside: 0, allocatedBytes: 0, depth: 1 };
  }

  private standBefore(inner: Kernels): Kernels {
    const members = new Map<PropertyKey, unknown>();
    return new Proxy(inner, {
      get: (target, key) => {
        let member = members.get(key);
        if (member === undefined) {
          member = this.counted(target, String(key), target[key as keyof Kernels]);
          members.set(key, member);
        }
        return member;
      },
    });
  }

  private counted(target: Kernels, key: string, member: unknown): unknown {
    if (key === 'allocate') return this.allocator(target);
    if (typeof member !== 'function' || management.has(key)) return member;
    const call = member as (...args: unknown[]) => unknown;
    return (...args: unknown[]) => {
      const start = performance.now();
      const result = call.apply(target, args);
      this.called(typeof args[0] === 'string' ? `${key} ${args[0]}` : key, start);
      return result;
    };
  }

  private called(name: string, start: number): void {
    const end = performance.now();
    const { row } = this.stack[this.stack.length - 1];
    const known = row.kernels.get(name);
    if (known === undefined) row.kernels.set(name, { calls: 1, time: end - start });
    else {
      known.calls++;
      known.time += end - start;
    }
    this.trace.push({ name, category: 'kernel', start, end, shapes: [], allocatedBytes: 0 });
  }

  private allocator(target: Kernels): Kernels['allocate'] {
    let { evacuations } = this.before;
    return (dtype, length): Storage => {
      const start = performance.now();
      const storage = target.allocate(dtype, length);
      const now = target.memory().evacuations;
      if (now !== evacuations) {
        evacuations = now;
        const end = performance.now();
        this.trace.push({
          name: 'evacuation',
          category: 'memory',
          start,
          end,
          shapes: [],
          allocatedBytes: 0,
        });
      }
      const frame = this.stack[this.stack.length - 1];
      const bytes = length * itemBytes[dtype];
      frame.allocatedBytes += bytes;
      frame.row.allocations++;
      frame.row.allocatedBytes += bytes;
      return storage;
    };
  }
}
