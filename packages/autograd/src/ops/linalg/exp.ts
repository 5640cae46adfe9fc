import { kernels } from '@fluxion/kernels';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, mul, sub } from '../binary.js';
import { composite } from '../define.js';
import { matmul } from '../matmul.js';
import { solve } from './solve.js';
import { identityLike, requireSquare } from './support.js';
import type { Square } from './types.js';

/** Degrees of Padé approximants, each with the largest 1-norm for which its error stays below a unit roundoff (Higham 2005, tables 2.1 and 2.3). */
const limits = {
  float32: [
    [3, 4.258730016922831e-1],
    [5, 1.880152677804762],
    [7, 3.92572478313866],
  ],
  float64: [
    [3, 1.495585217958292e-2],
    [5, 2.53939833006323e-1],
    [7, 9.504178996162932e-1],
    [9, 2.097847961257068],
    [13, 5.371920351148152],
  ],
} as const;

/** Coefficients of the numerator of the approximant of e**x of degree m over m; the denominator is the numerator at -x. That of 1 is 1. */
function coefficients(m: number): number[] {
  const c = [1];
  for (let j = 1; j <= m; j++) c.push((c[j - 1] * (m - j + 1)) / (j * (2 * m - j + 1)));
  return c;
}

/** The largest sum of the absolute values in a column, of all the matrices. */
function norm1(a: Tensor): number {
  const n = a.shape[a.ndim - 1];
  const values = kernels().read(a);
  let largest = 0;
  for (let start = 0; start < values.length; start += n * n)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += Math.abs(values[start + i * n + j]);
      // A NaN is kept by no comparison.
      if (!(sum <= largest)) largest = sum;
    }
  return largest;
}

const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b) as Tensor;
const plus = (a: Tensor, b: Tensor): Tensor => add(a, b) as Tensor;

/** The sum of c[i] powers[i]. */
function combine(c: readonly number[], powers: readonly Tensor[]): Tensor {
  return powers.map((p, i) => mul(p, c[i]) as Tensor).reduce(plus);
}

/** The approximant: odd and even part of the numerator, and with the odd part's sign turned the denominator. */
function pade(a: Tensor, m: number): Tensor {
  const c = coefficients(m);
  const even = c.filter((_, i) => i % 2 === 0);
  const odd = c.filter((_, i) => i % 2 === 1);
  const square = product(a, a);
  const powers = [identityLike(a, a.shape[a.ndim - 1]), square];
  let [u, v]: readonly Tensor[] = [];
  if (m === 13) {
    const fourth = product(square, square);
    const sixth = product(fourth, square);
    const low = [powers[0], square, fourth, sixth];
    const high = [square, fourth, sixth];
    u = product(a, plus(product(sixth, combine(odd.slice(4), high)), combine(odd, low)));
    v = plus(product(sixth, combine(even.slice(4), high)), combine(even, low));
  } else {
    while (powers.length < odd.length) powers.push(product(powers[powers.length - 1], square));
    u = product(a, combine(odd, powers));
    v = combine(even, powers);
  }
  return solve(sub(v, u) as Tensor, plus(v, u)) as Tensor;
}

/**
 * e to the power of square matrices [..., n, n]: a Padé approximant of a / 2**s, squared s times (Higham 2005), with s and the degree by the
 * largest 1-norm of the batch. The derivative is that of these products. NaN where a is not finite.
 */
export const matrixExp: <S extends Shape>(a: Tensor<S> & Square<'matrixExp', S>) => Tensor<S> = composite(
  'matrixExp',
  (a: Tensor) => {
    requireSquare('matrixExp', a);
    const size = norm1(a);
    if (!Number.isFinite(size)) return mul(a, Number.NaN) as Tensor;
    const table = limits[a.dtype as 'float32' | 'float64'];
    const [degree, limit] = table.find(([, most]) => size <= most) ?? table[table.length - 1];
    const halvings = size <= limit ? 0 : Math.ceil(Math.log2(size / limit));
    let result = pade(halvings === 0 ? a : (mul(a, 2 ** -halvings) as Tensor), degree);
    for (let i = 0; i < halvings; i++) result = product(result, result);
    return result;
  },
) as never;
