import type { Expression, Kernels, Operand } from '../../src/interface.js';
import type { DType, Storage, TypedArray } from '../../src/storage.js';
import { contiguous, generate, type Layout, type Values } from './arbitraries.js';
import type { Bound } from './bounds.js';
import { assertClose } from './compare.js';

/** The same operand in both tiers. */
export interface Pair {
  readonly tested: Operand;
  readonly reference: Operand;
}

export type Side = keyof Pair;

interface Held {
  readonly label: string;
  readonly tested: Storage;
  readonly reference: Storage;
  /** What a kernel must leave as it is; null for outputs. */
  readonly contents: TypedArray | null;
}

/** Not likely to be a result, so that an element that was never written shows. */
const poison: Readonly<Record<DType, number>> = {
  float32: -12345.678,
  float64: -12345.678,
  int32: -123456789,
  bool: 1,
};

/**
 * One run of a kernel in two tiers. Inputs are the same in both and must come out unchanged; outputs start poisoned and have
 * neighbours that must come out unchanged as well.
 */
export class Comparison {
  readonly tested: Kernels;
  readonly reference: Kernels;
  readonly #held: Held[] = [];

  constructor(tested: Kernels, reference: Kernels) {
    this.tested = tested;
    this.reference = reference;
  }

  /** Calls `body` with a comparison, checks that it left inputs and neighbours alone, and frees everything. */
  static run(tested: Kernels, reference: Kernels, body: (comparison: Comparison) => void): void {
    const comparison = new Comparison(tested, reference);
    try {
      body(comparison);
      comparison.#checkUntouched();
    } finally {
      comparison.#free();
    }
  }

  #allocate(
    label: string,
    dtype: DType,
    contents: ArrayLike<number>,
    constant: boolean,
  ): { [S in Side]: Storage } {
    const all = contiguous([contents.length]);
    const tested = this.tested.allocate(dtype, contents.length);
    const reference = this.reference.allocate(dtype, contents.length);
    this.tested.write({ ...all, storage: tested }, contents);
    this.reference.write({ ...all, storage: reference }, contents);
    const kept = constant ? this.reference.read({ ...all, storage: reference }) : null;
    this.#held.push({ label, tested, reference, contents: kept });
    return { tested, reference };
  }

  input(dtype: DType, layout: Layout, values: Values | ArrayLike<number>): Pair {
    const contents = 'kind' in values ? generate(values, dtype, layout.length) : values;
    const { tested, reference } = this.#allocate('input', dtype, contents, true);
    return { tested: { ...layout, storage: tested }, reference: { ...layout, storage: reference } };
  }

  /** Like an input, but kernels may write to it. */
  inout(dtype: DType, layout: Layout, values: Values | ArrayLike<number>): Pair {
    const contents = 'kind' in values ? generate(values, dtype, layout.length) : values;
    const { tested, reference } = this.#allocate('inout', dtype, contents, false);
    this.#neighbour();
    return { tested: { ...layout, storage: tested }, reference: { ...layout, storage: reference } };
  }

  output(dtype: DType, shape: readonly number[]): Pair {
    const layout = contiguous(shape);
    return this.inout(dtype, layout, new Float64Array(layout.length).fill(poison[dtype]));
  }

  /** Runs a compiled expression in both tiers. */
  expression(expression: Expression, inputs: readonly (Pair | number)[], outputs: readonly Pair[]): void {
    for (const side of ['tested', 'reference'] as const)
      this[side].run(
        this[side].compile(expression),
        inputs.map(input => (typeof input === 'number' ? input : input[side])),
        outputs.map(out => out[side]),
      );
  }

  #neighbour(): void {
    this.#allocate('neighbour of an output', 'int32', new Int32Array(8).fill(0x5a5a5a5a), true);
  }

  check(out: Pair, bound: Bound, label: string, scales?: ArrayLike<number>): void {
    const actual = this.tested.read(out.tested);
    assertClose(actual, this.reference.read(out.reference), bound, label, scales);
  }

  /** Both whole storages, the gaps between strided elements included. */
  checkStorage(out: Pair, bound: Bound, label: string): void {
    const all = contiguous([out.tested.storage.length]);
    const tested = { ...all, storage: out.tested.storage };
    this.check({ tested, reference: { ...all, storage: out.reference.storage } }, bound, label);
  }

  #checkUntouched(): void {
    for (const { label, tested, contents } of this.#held) {
      if (contents === null) continue;
      const now = this.tested.read({ ...contiguous([tested.length]), storage: tested });
      assertClose(now, contents, { kind: 'bits' }, `${label} after the kernel`);
    }
  }

  #free(): void {
    for (const { tested, reference } of this.#held) {
      this.tested.free(tested, 'the end of the comparison');
      this.reference.free(reference, 'the end of the comparison');
    }
  }
}
