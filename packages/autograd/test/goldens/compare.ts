import type { Tensor } from '../../src/index.js';
import { type Entry, type GoldenTensor, toNumber } from './format.js';

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** The tolerances that come with the cases. */
export const tolerances = {
  first: { rtol: 1e-9, atol: 1e-12 },
  second: { rtol: 1e-8, atol: 1e-10 },
  /** Optimizers, layers, meta-gradients. */
  trajectory: { rtol: 1e-8, atol: 1e-10 },
  lbfgs: { rtol: 1e-6, atol: 1e-8 },
  schedule: { rtol: 1e-12, atol: 1e-14 },
} as const satisfies Record<string, Tolerance>;

/** The first difference in one quantity of a case. */
export interface Problem {
  readonly quantity: string;
  /** Of the element in C order; -1 where the quantity as a whole is wrong. */
  readonly index: number;
  readonly got: string;
  readonly want: string;
}

/** Whether two numbers agree: non-finite ones by kind, 0 and -0 as equals. */
export function agree(got: number, want: number, { rtol, atol }: Tolerance): boolean {
  if (!Number.isFinite(want) || !Number.isFinite(got)) return Object.is(got, want);
  return Math.abs(got - want) <= atol + rtol * Math.abs(want);
}

/** Collects the differences of one case. */
export class Comparison {
  readonly problems: Problem[] = [];
  /** How many quantities were looked at: a case in which there was nothing to compare proves nothing. */
  quantities = 0;

  fail(quantity: string, got: string, want: string): void {
    this.problems.push({ quantity, index: -1, got, want });
  }

  /** Numbers in C order; `want` null stands for zeros. */
  numbers(
    quantity: string,
    got: ArrayLike<number>,
    want: readonly Entry[] | null,
    tolerance: Tolerance,
  ): void {
    this.quantities++;
    if (want !== null && got.length !== want.length) {
      this.fail(quantity, `${got.length} elements`, `${want.length} elements`);
      return;
    }
    for (let i = 0; i < got.length; i++) {
      const expected = want === null ? 0 : toNumber(want[i]);
      if (agree(got[i], expected, tolerance)) continue;
      this.problems.push({ quantity, index: i, got: String(got[i]), want: String(expected) });
      return;
    }
  }

  number(quantity: string, got: number, want: Entry, tolerance: Tolerance): void {
    this.numbers(quantity, [got], [want], tolerance);
  }

  /** A tensor with its shape and dtype; integers and booleans must be equal. */
  tensor(quantity: string, got: Tensor, want: GoldenTensor, tolerance: Tolerance): void {
    const dtype = want.dtype === 'int64' ? 'int32' : want.dtype;
    if (got.dtype !== dtype) this.fail(`${quantity} (dtype)`, got.dtype, dtype);
    if (got.shape.join() !== want.shape.join())
      this.fail(`${quantity} (shape)`, `[${got.shape.join(', ')}]`, `[${want.shape.join(', ')}]`);
    else
      this.numbers(
        quantity,
        got.toTypedArray(),
        want.data,
        dtype === 'float64' ? tolerance : { rtol: 0, atol: 0 },
      );
  }
}
