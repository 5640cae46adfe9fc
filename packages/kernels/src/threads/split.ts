import type { Heap } from '../heap/heap.js';
import { nullPage } from '../wasm/nullPage.js';
import type { ExpressionShape, Runtime, Threads } from '../wasm/runtime.js';
import { type ConvolutionKind, partsOfConvolution, workOfConvolution } from './convolution.js';
import type { Pool } from './pool.js';
import { expressionRule, type Rule, rulesOf } from './rules.js';

type Kernel = (...args: number[]) => number;

/** So many parts for each thread where they are long: one that is slower, or was interrupted, then takes fewer of them. */
export const mostParts = 4;
/** Nanoseconds of a part that is long. */
const longPart = 50_000;

/** What only answers, so that its result is needed at once, and functions of vectors, which only expressions import. */
const untouched = /^(heapBase|firstOutside)$|x[24]$/;

export interface SplitOptions {
  readonly pool: Pool;
  readonly heap: Heap;
  readonly exports: Runtime['exports'];
  /** Address of the room for tiles of each part: there are at most `mostParts` for each thread. */
  readonly tiles: number;
  /** Nanoseconds of work below which a call is not divided. */
  readonly least: number;
}

/** The exports for several threads: they look like those for one, and divide what is large. */
export class SplittingExports implements Threads {
  readonly exports: Runtime['exports'];
  private readonly pool: Pool;
  private readonly heap: Heap;
  private readonly tiles: number;
  private readonly least: number;
  /** The number of the part whose calls are being written down; -1 while calls run at once. */
  private part = -1;

  constructor({ pool, heap, exports, tiles, least }: SplitOptions) {
    this.pool = pool;
    this.heap = heap;
    this.tiles = tiles;
    this.least = least;
    const rules = rulesOf(() => heap.i32);
    const wrapped: Record<string, Kernel> = {};
    for (const [name, kernel] of Object.entries(exports))
      wrapped[name] = this.wrap(name, kernel, exports, rules);
    this.exports = wrapped;
  }

  private wrap(
    name: string,
    kernel: Kernel,
    exports: Runtime['exports'],
    rules: ReadonlyMap<string, Rule>,
  ): Kernel {
    const rule = rules.get(name);
    if (name === 'gemmScratch') return this.scratchOfGemm(kernel, rules);
    if (name === 'gemm4' || name === 'gemm8')
      return this.gemm(kernel, name === 'gemm4' ? 4 : 8, exports.gemmScratch, rule as Rule);
    if (name === 'gevm4' || name === 'gevm8') return this.gevm(kernel, rule as Rule);
    const [, kind, size] = /^(convolution(?:Input|Weight)?)([48])$/.exec(name) ?? [];
    if (kind !== undefined)
      return this.convolution(kernel, kind as ConvolutionKind, Number(size), exports.convolutionScratch);
    return untouched.test(name) ? kernel : this.divided(kernel, rule);
  }

  split(total: number, work: number, body: (from: number, to: number) => void): void {
    if (this.part >= 0 || work < this.least || total < 2) {
      body(0, total);
      return;
    }
    const { heap, pool } = this;
    const step = Math.ceil(total / this.partsOf(work));
    const mark = heap.mark();
    try {
      for (let from = 0; from < total; from += step) {
        heap.openPart();
        this.part++;
        pool.openJob();
        body(from, Math.min(from + step, total));
        heap.release(mark);
      }
      this.part = -1;
      pool.run();
    } finally {
      this.part = -1;
      pool.clear();
      heap.closeParts();
    }
  }

  expression(kernel: Kernel, shape: ExpressionShape): Kernel {
    return this.pool.define(kernel, shape.bytes) ? this.divided(kernel, expressionRule(shape)) : kernel;
  }

  /** How many of what a rule divides go into a part; 0 if dividing does not pay. */
  private step(rule: Rule, args: readonly number[]): number {
    if (this.part >= 0) return 0;
    const work = rule.work(args);
    if (work < this.least) return 0;
    const total = rule.total(args);
    const unit = rule.unit(args);
    const parts = rule.repeats ? this.pool.count : this.partsOf(work);
    const step = Math.ceil(total / parts / unit) * unit;
    return step < total ? step : 0;
  }

  /** The same number for every thread, and halves of halves, because most sizes are such multiples. */
  private partsOf(work: number): number {
    const { count } = this.pool;
    let each = 1;
    while (each < mostParts && work >= 2 * each * count * longPart) each *= 2;
    return each * count;
  }

  private divided(kernel: Kernel, rule: Rule | undefined): Kernel {
    const { pool } = this;
    return (...args) => {
      if (this.part >= 0) pool.note(kernel, args);
      else {
        const step = rule === undefined ? 0 : this.step(rule, args);
        if (step === 0) return kernel(...args);
        this.run(kernel, rule as Rule, args, step);
      }
      return 0;
    };
  }

  private run(
    kernel: Kernel,
    rule: Rule,
    args: readonly number[],
    step: number,
    adjust: (part: number[], i: number) => void = () => {},
  ): void {
    const { pool } = this;
    const total = rule.total(args);
    for (let i = 0, from = 0; from < total; i++, from += step) {
      const part = rule.part(args, from, Math.min(step, total - from));
      adjust(part, i);
      pool.openJob();
      pool.note(kernel, part);
    }
    pool.run();
  }

  private convolution(kernel: Kernel, kind: ConvolutionKind, size: number, scratchOf: Kernel): Kernel {
    const { heap, pool } = this;
    return (...args) => {
      if (this.part >= 0) {
        pool.note(kernel, args);
        return 0;
      }
      const pays = workOfConvolution(size, args, heap.i32) >= this.least;
      const parts = pays ? partsOfConvolution(kind, size, args, pool.count, heap, scratchOf) : null;
      if (parts === null) return kernel(...args);
      for (const calls of parts) {
        pool.openJob();
        for (const call of calls) pool.note(kernel, call);
      }
      pool.run();
      return 0;
    };
  }

  /** The tile of the part that is being written down, or of part i. */
  private tile(i: number): number {
    return this.tiles + i * nullPage.tileBytes;
  }

  private gevm(kernel: Kernel, rule: Rule): Kernel {
    const tileAt = 8;
    return (...args) => {
      const step = this.step(rule, args);
      if (this.part >= 0) {
        args[tileAt] = this.tile(this.part);
        this.pool.note(kernel, args);
      } else if (step === 0) kernel(...args);
      else
        this.run(kernel, rule, args, step, (part, i) => {
          part[tileAt] = this.tile(i);
        });
      return 0;
    };
  }

  private gemm(kernel: Kernel, size: number, scratchOf: Kernel, rule: Rule): Kernel {
    const scratchAt = 13;
    return (...args) => {
      const inPlace = args[scratchAt] < nullPage.end;
      if (this.part >= 0) {
        if (inPlace) args[scratchAt] = this.tile(this.part);
        this.pool.note(kernel, args);
        return 0;
      }
      const step = this.step(rule, args);
      if (step === 0) return kernel(...args);
      const [m, n, k] = args;
      const bytes = inPlace ? 0 : scratchOfPart(scratchOf, rule, step, size, m, n, k, args[scratchAt - 1]);
      this.run(kernel, rule, args, step, (part, i) => {
        part[scratchAt] = inPlace ? this.tile(i) : args[scratchAt] + i * bytes;
      });
      return 0;
    };
  }

  /** The scratch of all parts. */
  private scratchOfGemm(scratchOf: Kernel, rules: ReadonlyMap<string, Rule>): Kernel {
    return (size, m, n, k, flags) => {
      const rule = rules.get(`gemm${size}`) as Rule;
      const args = [m, n, k];
      const step = this.step(rule, args);
      if (step === 0) return scratchOf(size, m, n, k, flags);
      return Math.ceil(rule.total(args) / step) * scratchOfPart(scratchOf, rule, step, size, m, n, k, flags);
    };
  }
}

/** Bytes of scratch that a part of a product needs, in whole lines of the cache. */
function scratchOfPart(
  scratchOf: Kernel,
  rule: Rule,
  step: number,
  size: number,
  m: number,
  n: number,
  k: number,
  flags: number,
): number {
  const [rows, columns] = rule.part([m, n, k, ...new Array<number>(11).fill(0)], 0, step);
  return Math.ceil(scratchOf(size, rows, columns, k, flags) / 64) * 64;
}
