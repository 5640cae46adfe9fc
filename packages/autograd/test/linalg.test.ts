import { describe, expect, test } from 'vitest';
import { gradcheck, gradgradcheck } from '../../gradcheck/src/index.js';
import { determinant } from '../samples/linalg.js';
import {
  cat,
  cholesky,
  det,
  eigh,
  eigvalsh,
  eye,
  Generator,
  grad,
  inv,
  luFactor,
  luSolve,
  matrixExp,
  matrixNorm,
  pinv,
  qr,
  randn,
  scope,
  slogdet,
  solve,
  svd,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';

const double = { dtype: 'float64' } as const;
const random = (seed: number, ...shape: number[]): Tensor =>
  randn(shape, { ...double, generator: new Generator(seed) }) as Tensor;
const rowsOf = (a: Tensor): number[][] => a.toArray() as unknown as number[][];
const mT = (a: Tensor): Tensor => a.transpose(-1, -2) as Tensor;
const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

/** Coefficients in t of the determinant of a + t b, from its values at whole numbers: exact for what has few digits. */
function polynomial(a: readonly number[][], b: readonly number[][]): number[] {
  const n = a.length;
  // Divided differences at 0, 1, … n.
  const at = Array.from({ length: n + 1 }, (_, t) =>
    determinant(a.map((row, i) => row.map((x, j) => x + t * b[i][j]))),
  );
  for (let k = 1; k <= n; k++) for (let i = n; i >= k; i--) at[i] = (at[i] - at[i - 1]) / k;
  let coefficients = [at[n]];
  for (let k = n - 1; k >= 0; k--) {
    const shifted = [0, ...coefficients];
    coefficients = shifted.map((c, i) => c - k * (coefficients[i] ?? 0));
    coefficients[0] += at[k];
  }
  return coefficients;
}

/** The derivatives in t at 0, up to the order n + 1, by taking gradients of gradients. */
function derivatives(a: Tensor, b: Tensor): number[] {
  const t = tensor(0, { ...double, requiresGrad: true });
  let value: Tensor = det(a.add(b.mul(t)) as Tensor);
  const found = [value.item()];
  for (let order = 1; order <= a.shape[0] + 1; order++) {
    [value] = grad(value, [t as Tensor], { createGraph: true, allowUnused: true });
    found.push(value.item());
    if (value.node === null) break;
  }
  return found;
}

describe('det: derivatives of every order are those of the polynomial, to 1e-10', () => {
  const direction = [
    [1, -2, 0.5, 1],
    [0, 1, 3, -1],
    [2, 0.25, -1, 1],
    [-1, 1, 1, 2],
  ];
  const cases: Record<string, number[][]> = {
    regular: [
      [2, 1, 0, 1],
      [0, 3, 1, 0],
      [1, 0, 1, 2],
      [1, 1, 1, -4],
    ],
    'rank 3': [
      [1, 2, 3, 4],
      [2, 1, 0, 1],
      [3, 3, 3, 5],
      [0, 0, 1, 2],
    ],
    'rank 2': [
      [1, 2, 3, 4],
      [2, 4, 6, 8],
      [1, 0, 1, 0],
      [2, 2, 4, 4],
    ],
    'rank 1': [
      [1, 2, -1, 0.5],
      [2, 4, -2, 1],
      [0, 0, 0, 0],
      [-1, -2, 1, -0.5],
    ],
    zeros: [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
    'nearly of rank 2': [
      [1, 2, 3, 4],
      [2, 4 + 2 ** -36, 6, 8],
      [1, 0, 1, 0],
      [2, 2, 4, 4 - 2 ** -30],
    ],
  };
  test.each(Object.entries(cases))('%s', (_, a) => {
    const expected: number[] = [];
    let factorial = 1;
    polynomial(a, direction).forEach((c, k) => {
      factorial *= Math.max(k, 1);
      expected.push(c * factorial);
    });
    const found = derivatives(tensor(a, double), tensor(direction, double));
    for (let k = 0; k <= 4; k++)
      expect(Math.abs((found[k] ?? 0) - expected[k]), `order ${k}`).toBeLessThan(
        1e-10 * Math.max(1, ...a.flat()) ** 4,
      );
    for (const rest of found.slice(5)) expect(Math.abs(rest)).toBeLessThan(1e-7);
  });

  test('the value is exact where elimination finds a column of zeros, whether or not a gradient is wanted', () => {
    const a = tensor(
      [
        [1, 2],
        [2, 4],
      ],
      double,
    );
    expect(det(a).item()).toBe(0);
    expect(det(a.requiresGrad_()).item()).toBe(0);
  });
});

describe('what completes an orthonormal basis', () => {
  const outside = (q: Tensor): Tensor => eye(q.shape[0], q.shape[0], double).sub(q.matmul(mT(q))) as Tensor;
  const onto = (q: Tensor): Tensor => q.matmul(mT(q)) as Tensor;
  const a = random(3, 4, 2);

  test('has the derivative of the space it spans, first and second', () => {
    const beyond = (x: Tensor): Tensor =>
      onto(qr(x, { mode: 'complete' }).q.slice(1, { start: 2 }) as Tensor);
    expect(apart(beyond(a), outside(qr(a).q as Tensor))).toBeLessThan(1e-14);
    expect(gradcheck(beyond, [a]).ok).toBe(true);
    expect(gradgradcheck(beyond, [a]).ok).toBe(true);
  });

  test('of singular vectors too, on either side', () => {
    const left = (x: Tensor): Tensor => onto(svd(x).u.slice(1, { start: 2 }) as Tensor);
    const right = (x: Tensor): Tensor => onto(mT(svd(x).vh.slice(0, { start: 2 }) as Tensor));
    for (const [fn, x] of [
      [left, a],
      [right, mT(a)],
    ] as const) {
      expect(gradcheck(fn, [x]).ok).toBe(true);
      expect(gradgradcheck(fn, [x]).ok).toBe(true);
    }
  });

  test('full factors multiply to the matrix', () => {
    const { q, r } = qr(a, { mode: 'complete' });
    expect([q.shape, r.shape]).toEqual([
      [4, 4],
      [4, 2],
    ]);
    expect(apart(q.matmul(r) as Tensor, a)).toBeLessThan(1e-14);
    const { u, s, vh } = svd(mT(a));
    expect([u.shape, s.shape, vh.shape]).toEqual([[2, 2], [2], [4, 4]]);
    const again = (u as Tensor).mul(s as Tensor).matmul(vh.slice(0, { end: 2 }) as Tensor) as Tensor;
    expect(apart(again, mT(a))).toBeLessThan(1e-14);
    expect(apart(onto(vh as Tensor), eye(4, 4, double) as Tensor)).toBeLessThan(1e-14);
  });
});

describe('coinciding eigenvalues and singular values', () => {
  test('the values have a gradient, the vectors none', () => {
    const a = eye(3, 3, { ...double, requiresGrad: true }) as Tensor;
    const [g] = grad(eigvalsh(a).sum(), [a]);
    expect(g.toArray()).toEqual(eye(3).toArray());
    const weights = random(1, 3, 3);
    const [h] = grad(eigh(a).eigenvectors.mul(weights).sum(), [a]);
    expect(Array.from(h.toTypedArray()).some(x => !Number.isFinite(x))).toBe(true);
  });

  test('near them, what the vectors can be turned in keeps its digits: the polar factor, to 1e-6', () => {
    const polar = (x: Tensor): Tensor => {
      const { u, vh } = svd(x, { fullMatrices: false });
      return u.matmul(vh as never) as Tensor;
    };
    const near = eye(3, 3, double).add(random(5, 3, 3).mul(1e-9)) as Tensor;
    expect(gradcheck(polar, [near], { atol: 1e-6 }).ok).toBe(true);
  });

  test('the nuclear norm has the gradient u vh, also of zeros', () => {
    const a = zeros([2, 3], { ...double, requiresGrad: true }) as Tensor;
    const [g] = grad(matrixNorm(a, 'nuc'), [a]);
    expect(g.toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });
});

describe('symmetric matrices get symmetric gradients', () => {
  test.each([
    ['cholesky', (x: Tensor) => cholesky(x)],
    ['eigh', (x: Tensor) => eigh(x).eigenvectors],
    ['eigvalsh', (x: Tensor) => eigvalsh(x)],
  ] as const)('%s', (_, fn) => {
    const root = random(8, 4, 4);
    const a = root
      .matmul(mT(root))
      .add(eye(4, 4, double))
      .detach()
      .requiresGrad_() as Tensor;
    const y = fn(a) as Tensor;
    const [g] = grad(y, [a], { gradOutputs: random(9, ...y.shape) });
    expect(apart(g, mT(g))).toBeLessThan(1e-13);
  });
});

describe('larger matrices', () => {
  test('solve, inv and the packed factors agree, to 1e-10', () => {
    const a = random(11, 40, 40);
    const b = random(12, 40, 3);
    const x = solve(a, b) as Tensor;
    expect(apart(a.matmul(x) as Tensor, b)).toBeLessThan(1e-10);
    expect(apart(inv(a).matmul(b) as Tensor, x)).toBeLessThan(1e-10);
    const { lu, pivots } = luFactor(a);
    expect(apart(luSolve(lu, pivots as Tensor, b) as Tensor, x)).toBeLessThan(1e-10);
    const t = luSolve(lu, pivots as Tensor, b, { adjoint: true }) as Tensor;
    expect(apart(mT(a).matmul(t) as Tensor, b)).toBeLessThan(1e-10);
  });

  test('pinv of a matrix of lower rank has its four properties, to 1e-10', () => {
    const a = random(13, 20, 6).matmul(random(14, 6, 15)) as Tensor;
    const p = pinv(a) as Tensor;
    const [left, right] = [a.matmul(p), p.matmul(a)] as [Tensor, Tensor];
    expect(apart(left.matmul(a) as Tensor, a)).toBeLessThan(1e-10);
    expect(apart(right.matmul(p) as Tensor, p)).toBeLessThan(1e-10);
    for (const x of [left, right]) expect(apart(x, mT(x))).toBeLessThan(1e-10);
  });

  test('matrixExp of a and -a are inverses, and log det of it is the trace', () => {
    const a = random(15, 12, 12);
    const [e, f] = [matrixExp(a), matrixExp(a.neg() as Tensor)];
    expect(apart(e.matmul(f) as Tensor, eye(12, 12, double) as Tensor)).toBeLessThan(1e-9);
    const diagonal = rowsOf(a).reduce((sum, row, i) => sum + row[i], 0);
    expect(Math.abs(slogdet(e).logabsdet.item() - diagonal)).toBeLessThan(1e-9);
  });

  test('float32 factors are computed in double precision and rounded once', () => {
    const a = random(16, 30, 30);
    const fine = inv(a.to('float32').to('float64') as Tensor);
    const coarse = inv(a.to('float32') as Tensor);
    expect(apart(coarse, fine.to('float32') as Tensor)).toBe(0);
  });
});

test('a failed call allocates nothing that stays: a scope around it frees all, and its arguments are as they were', () => {
  const a = tensor([
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [2, 4],
    ],
  ]);
  scope(() => {
    expect(() => inv(a)).toThrow(
      /^inv: matrix \[1\] of a batch of shape \[2\] is singular: pivot 1 of its 2/,
    );
    return null as never;
  });
  expect(cat([a]).toArray()).toEqual([
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [2, 4],
    ],
  ]);
});

test('a singular matrix has no derivative of slogdet, which says so', () => {
  const a = tensor(
    [
      [1, 2],
      [2, 4],
    ],
    { requiresGrad: true },
  );
  const { sign, logabsdet } = slogdet(a);
  expect([sign.item(), logabsdet.item()]).toEqual([0, Number.NEGATIVE_INFINITY]);
  expect(() => grad(logabsdet, [a])).toThrow(/^the derivative of slogdet: the matrix is singular: pivot 1/);
  expect(grad(sign, [a])[0].toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
