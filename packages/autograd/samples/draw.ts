import { type DType, full, Generator, noGrad, rand, type Tensor, tensor } from '../src/index.js';

export interface DrawOptions {
  /** Of the floating point tensors. Default float64. */
  readonly dtype?: 'float32' | 'float64';
  /** Whether every tensor is a transposed view with gaps instead of a contiguous one. Default false. */
  readonly strided?: boolean;
}

export interface RangeOptions {
  /** Default -2. */
  readonly min?: number;
  /** Default 2. */
  readonly max?: number;
  /** Kinks and poles: no element comes nearer than `margin`. */
  readonly avoid?: readonly number[];
  /** Default 0.1. */
  readonly margin?: number;
}

/**
 * Arguments out of random numbers. The same seed gives the same numbers whatever dtype and layout are asked for: they are drawn as float64 and
 * rounded to float32.
 */
export class Draw {
  readonly seed: number;
  readonly dtype: 'float32' | 'float64';
  private readonly strided: boolean;
  private readonly generator: Generator;

  constructor(seed: number, { dtype = 'float64', strided = false }: DrawOptions = {}) {
    this.seed = seed;
    this.generator = new Generator(seed);
    this.dtype = dtype;
    this.strided = strided;
  }

  private uniform(n: number): number[] {
    return Array.from(rand([n], { dtype: 'float64', generator: this.generator }).toTypedArray());
  }

  /** A whole number from `min` to `max`. */
  int(min: number, max: number): number {
    return min + Math.floor(this.uniform(1)[0] * (max - min + 1));
  }

  /** A size of a dim, 1 to 4 by default. */
  size(max = 4): number {
    return this.int(1, max);
  }

  /** A floating point tensor with elements in a range, away from what is to be avoided. */
  tensor(
    shape: readonly number[],
    { min = -2, max = 2, avoid = [], margin = 0.1 }: RangeOptions = {},
  ): Tensor {
    const clear = (x: number): number => {
      for (const p of avoid)
        if (Math.abs(x - p) < margin) return p + (x < p ? -1 : 1) * (margin + 0.5 * Math.abs(x - p));
      return x;
    };
    const values = this.uniform(count(shape)).map(u => clear(min + (max - min) * u));
    return this.place(values, shape, this.dtype);
  }

  /** A floating point tensor without ties: any two elements are at least `step` / 2 apart, around 0. */
  distinct(
    shape: readonly number[],
    { step = 0.4, offset = 0 }: { step?: number; offset?: number } = {},
  ): Tensor {
    const n = count(shape);
    const order = this.uniform(n)
      .map((u, i) => ({ u, i }))
      .sort((a, b) => a.u - b.u);
    const jitter = this.uniform(n);
    const values = order.map(({ i }, k) => (i - n / 2) * step + offset + jitter[k] * step * 0.4);
    return this.place(values, shape, this.dtype);
  }

  /** int32, from `min` to `max`. */
  ints(shape: readonly number[], min: number, max: number): Tensor {
    const values = this.uniform(count(shape)).map(u => min + Math.floor(u * (max - min + 1)));
    return this.place(values, shape, 'int32');
  }

  bools(shape: readonly number[]): Tensor {
    return this.place(
      this.uniform(count(shape)).map(u => (u < 0.5 ? 0 : 1)),
      shape,
      'bool',
    );
  }

  /** The given numbers. */
  of(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    return this.place(values, shape, this.dtype);
  }

  private place(values: readonly number[], shape: readonly number[], dtype: DType): Tensor {
    const rounded = Float64Array.from(values, Math.fround);
    const t = noGrad(() => tensor(rounded, { dtype }).reshape(shape as number[])) as Tensor;
    return this.strided ? withGaps(t) : t;
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((n, size) => n * size, 1);
}

/** The same elements, dims reversed in memory and two apart, between elements that an op must not read. */
function withGaps(t: Tensor): Tensor {
  const back = t.shape.map((_, i) => t.ndim - 1 - i);
  const turned = t.permute(back) as Tensor;
  const wide = full([...turned.shape, 2], t.dtype === 'bool' ? 1 : 77, { dtype: t.dtype }) as Tensor;
  const part = wide.select(-1, 1) as Tensor;
  part.assign(turned);
  return part.permute(back) as Tensor;
}
