import { kernels } from '@fluxion/kernels';
import { raw } from '../../tensor/raw.js';
import { numel } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { solve } from './solve.js';
import { batchOf, identityLike, requireSquare } from './support.js';
import type { Square } from './types.js';
import { add, matmul, mul, sub, where } from './untyped.js';

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

/** The largest sum of the absolute values in a column, of each matrix; NaN and infinities are kept. */
function norms(a: Tensor): Float64Array {
  const n = a.shape[a.ndim - 1];
  const values = kernels().read(a);
  return Float64Array.from({ length: numel(batchOf(a)) }, (_, index) => {
    const sums = new Float64Array(n);
    for (let i = 0; i < n * n; i++) sums[i % n] += Math.abs(values[index * n * n + i]);
    return Math.max(0, ...sums);
  });
}

/** The sum of c[i] powers[i]. */
function combine(c: readonly number[], powers: readonly Tensor[]): Tensor {
  return powers.map((p, i) => mul(p, c[i])).reduce((x, y) => add(x, y));
}

/** The approximant u / v: u is the numerator's odd part plus the even part, v that minus the odd part. */
function pade(a: Tensor, m: number): Tensor {
  const c = coefficients(m);
  const even = c.filter((_, i) => i % 2 === 0);
  const odd = c.filter((_, i) => i % 2 === 1);
  const powers = [identityLike(a, a.shape[a.ndim - 1]), matmul(a, a)];
  const known = m === 13 ? 4 : even.length;
  while (powers.length < known) powers.push(matmul(powers[powers.length - 1], powers[1]));
  // Degree 13 makes do with the sixth power: the coefficients from the eighth on are multiplied by it (Higham 2005, equations 2.13 and 2.14).
  const sum = (list: readonly number[]): Tensor =>
    m === 13
      ? add(matmul(powers[3], combine(list.slice(4), powers.slice(1))), combine(list, powers))
      : combine(list, powers);
  const [oddPart, evenPart] = [matmul(a, sum(odd)), sum(even)];
  return solve(sub(evenPart, oddPart), add(evenPart, oddPart)) as Tensor;
}

function exponential(a: Tensor, size: number): Tensor {
  const table = limits[a.dtype as 'float32' | 'float64'];
  const [degree, limit] = table.find(([, most]) => size <= most) ?? table[table.length - 1];
  const halvings = size <= limit ? 0 : Math.ceil(Math.log2(size / limit));
  let result = pade(halvings === 0 ? a : mul(a, 2 ** -halvings), degree);
  for (let i = 0; i < halvings; i++) result = matmul(result, result);
  return result;
}

/**
 * e to the power of square matrices [..., n, n]: a Padé approximant of a / 2**s, squared s times (Higham 2005), with s and the degree by the
 * largest 1-norm of the batch. The derivative is that of these products. NaN where a is not finite.
 */
export const matrixExp: <S extends Shape>(a: Tensor<S> & Square<'matrixExp', S>) => Tensor<S> = composite(
  'matrixExp',
  (a: Tensor) => {
    requireSquare('matrixExp', a);
    const sizes = norms(a);
    const finite = sizes.filter(Number.isFinite);
    const largest = Math.max(0, ...finite);
    if (finite.length === sizes.length) return exponential(a, largest);
    // The others of the batch are none the worse for it.
    const bad = raw([...batchOf(a), 1, 1], 'bool');
    kernels().write(
      bad,
      Array.from(sizes, size => (Number.isFinite(size) ? 0 : 1)),
    );
    return where(bad, Number.NaN, exponential(where(bad, 0, a), largest));
  },
) as never;
