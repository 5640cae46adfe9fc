import * as ag from '../src/index.js';
import { ArgumentError, LinalgError, tensor } from '../src/index.js';
import {
  balanced,
  deficient,
  definite,
  determinant,
  each,
  eigen,
  functionOnly,
  invertible,
  lowerOf,
  matricesOf,
  matrixErrors,
  plus,
  type Rows,
  separated,
  singular,
  squareErrors,
  symmetric,
  times,
  turned,
  unit,
  upperOf,
} from './linalg.js';
import { Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type Loose = (...args: unknown[]) => unknown;
const [lu, luFactor, qr, svd, svdvals, eigh, eigvalsh, det, slogdet, logdet] = [
  ag.lu,
  ag.luFactor,
  ag.qr,
  ag.svd,
  ag.svdvals,
  ag.eigh,
  ag.eigvalsh,
  ag.det,
  ag.slogdet,
  ag.logdet,
] as unknown as Loose[];

const notFinite = (name: string, what: string, call: Loose): ErrorCase => ({
  label: 'NaN',
  call: () =>
    call(
      tensor([
        [
          [1, 0],
          [0, 1],
        ],
        [
          [1, 2],
          [Number.NaN, 1],
        ],
      ]),
    ),
  error: LinalgError,
  message: new RegExp(
    `^${name}: matrix \\[1\\] of a batch of shape \\[2\\] has no ${what} that the iteration`,
  ),
});

/** Rows exchanged, row by row; LAPACK's pivots, counted from 1; the packed factors. */
function doolittle(a: Rows, n: number): { order: number[]; pivots: number[]; packed: number[][] } {
  const m = a.length;
  const work = a.map(row => [...row]);
  const order = work.map((_, i) => i);
  const pivots: number[] = [];
  for (let k = 0; k < Math.min(m, n); k++) {
    let p = k;
    for (let i = k; i < m; i++) if (Math.abs(work[i][k]) > Math.abs(work[p][k])) p = i;
    pivots.push(p + 1);
    [work[k], work[p]] = [work[p], work[k]];
    [order[k], order[p]] = [order[p], order[k]];
    for (let i = k + 1; i < m && work[k][k] !== 0; i++) {
      work[i][k] /= work[k][k];
      for (let j = k + 1; j < n; j++) work[i][j] -= work[i][k] * work[k][j];
    }
  }
  return { order, pivots, packed: work };
}

/** By explicit reflections, with LAPACK's signs. */
function reflections(a: Rows, n: number): { q: number[][]; r: number[][] } {
  const m = a.length;
  let q = unit(m);
  let r = a.map(row => [...row]);
  for (let k = 0; k < Math.min(m - 1, n); k++) {
    const v = r.map((row, i) => (i < k ? 0 : row[k]));
    v[k] += (v[k] >= 0 ? 1 : -1) * Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    const square = v.reduce((sum, x) => sum + x * x, 0);
    const h = unit(m).map((row, i) => row.map((x, j) => x - (2 * v[i] * v[j]) / square));
    r = times(h, r, n);
    q = times(q, h, m);
  }
  return { q, r };
}

const columns = (a: Rows, n: number): number[][] => a.map(row => row.slice(0, n));

/** Several results for each matrix. */
function several(
  x: Dense,
  inner: readonly (readonly number[])[],
  f: (a: Rows) => readonly (Rows | readonly number[])[],
): Dense[] {
  const found = matricesOf(x).map(f);
  const batch = x.shape.slice(0, -2);
  return inner.map(
    (shape, i) =>
      new Dense(
        [...batch, ...shape],
        found.flatMap(parts => parts[i].flat() as number[]),
      ),
  );
}

const sizes = (a: Dense): [number, number, number] => {
  const [m, n] = a.shape.slice(-2);
  return [m, n, Math.min(m, n)];
};

export const linalgFactorSamples = {
  lu: {
    op: lu as never,
    noMethod: functionOnly,
    calls: {
      square: d => [invertible(d, [3, 3])],
      tall: d => [separated(d, [4, 2])],
      'a tall batch': d => [separated(d, [2, 3, 2])],
      wide: d => [balanced(d, [2, 4])],
      'no batch': d => [d.tensor([0, 2, 2])],
      empty: d => [d.tensor([2, 0])],
    },
    edges: { singular: d => [d.of([0, 0, 0, 1, 0, 2, 0, 0, 3], [3, 3])] },
    naive: (a: Dense) => {
      const [m, n, k] = sizes(a);
      return several(
        a,
        [
          [m, m],
          [m, k],
          [k, n],
        ],
        x => {
          const { order, packed } = doolittle(x, n);
          const p = unit(m).map((row, i) => row.map((_, j) => (order[j] === i ? 1 : 0)));
          return [
            p,
            lowerOf(columns(packed, k), -1).map((row, i) => (i < k ? row.with(i, 1) : row)),
            upperOf(packed.slice(0, k)),
          ];
        },
      );
    },
    errors: matrixErrors('lu', lu),
  },
  luFactor: {
    op: luFactor as never,
    noMethod: functionOnly,
    calls: {
      square: d => [invertible(d, [3, 3])],
      batch: d => [invertible(d, [2, 2, 2])],
      tall: d => [separated(d, [4, 2])],
      wide: d => [balanced(d, [2, 3])],
      empty: d => [d.tensor([0, 0])],
    },
    naive: (a: Dense) => {
      const [m, n, k] = sizes(a);
      return several(a, [[m, n], [k]], x => {
        const { pivots, packed } = doolittle(x, n);
        return [packed, pivots];
      });
    },
    errors: matrixErrors('luFactor', luFactor),
  },
  qr: {
    op: qr as never,
    noMethod: functionOnly,
    calls: {
      square: d => [balanced(d, [3, 3])],
      tall: d => [balanced(d, [4, 2])],
      'a wide batch': d => [balanced(d, [2, 2, 3])],
      'wide, complete': d => [balanced(d, [2, 4]), { mode: 'complete' }],
      'r alone': d => [balanced(d, [3, 2]), { mode: 'r' }],
      'no columns': d => [d.tensor([2, 0])],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    edges: {
      // The columns beyond those of the matrix are any that complete them: their derivative is another test.
      complete: d => [balanced(d, [4, 2]), { mode: 'complete' }],
    },
    naive: (a: Dense, o?: ag.QROptions) => {
      const [m, n, k] = sizes(a);
      const width = o?.mode === 'complete' ? m : k;
      const found = several(
        a,
        [
          [m, width],
          [width, n],
        ],
        x => {
          const { q, r } = reflections(x, n);
          return [columns(q, width), upperOf(r).slice(0, width)];
        },
      );
      return o?.mode === 'r' ? [new Dense([0], []), found[1]] : found;
    },
    errors: [
      ...matrixErrors('qr', qr),
      {
        label: 'an unknown mode',
        call: () => qr(tensor([[1]]), { mode: 'full' }),
        error: ArgumentError,
        message: /^qr: mode is 'full'; expected 'reduced', 'complete' or 'r'/,
      },
    ],
  },
  svd: {
    op: svd as never,
    noMethod: functionOnly,
    calls: {
      square: d => [separated(d, [3, 3])],
      'tall, reduced': d => [separated(d, [4, 2]), { fullMatrices: false }],
      'a wide batch, reduced': d => [separated(d, [2, 2, 3]), { fullMatrices: false }],
      'no columns': d => [d.tensor([2, 0]), { fullMatrices: false }],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    naive: (a: Dense) => {
      const [m, n, k] = sizes(a);
      return several(a, [[m, k], [k], [k, n]], x => {
        const { u, s, v } = singular(x, n);
        return [u, s, turned(v, k)];
      });
    },
    errors: [...matrixErrors('svd', svd), notFinite('svd', 'singular values', svd)],
  },
  svdvals: {
    op: svdvals as never,
    noMethod: functionOnly,
    calls: {
      square: d => [separated(d, [3, 3])],
      'a tall batch': d => [separated(d, [2, 3, 2])],
      wide: d => [separated(d, [2, 4])],
      empty: d => [d.tensor([2, 0])],
    },
    edges: {
      zeros: d => [d.of([0, 0, 0, 0], [2, 2])],
      'far from 1': d => [d.of([2 ** 100, 0, 0, 2 ** 98], [2, 2])],
    },
    naive: (a: Dense) => {
      const [, n, k] = sizes(a);
      return each(a, [k], x => {
        const scale = Math.max(...x.flat().map(Math.abs), 0);
        if (scale === 0) return x.map(() => 0).slice(0, k);
        return singular(
          x.map(row => row.map(y => y / scale)),
          n,
        ).s.map(y => y * scale);
      });
    },
    errors: [...matrixErrors('svdvals', svdvals), notFinite('svdvals', 'singular values', svdvals)],
  },
  eigh: {
    op: eigh as never,
    noMethod: functionOnly,
    symmetric: true,
    calls: {
      matrix: d => [symmetric(d, [3, 3])],
      batch: d => [symmetric(d, [2, 2, 2])],
      upper: d => [symmetric(d, [3, 3]), { upper: true }],
      empty: d => [d.tensor([0, 0])],
    },
    edges: {
      'the upper triangle is not read': d => [d.of([2, Number.NaN, 1, 3], [2, 2])],
    },
    naive: (a: Dense, o?: ag.EighOptions) => {
      const [, n] = sizes(a);
      return several(a, [[n], [n, n]], x => {
        const { values, vectors } = eigen(mirrored(x, o?.upper));
        return [values, vectors];
      });
    },
    errors: [...squareErrors('eigh', eigh), notFinite('eigh', 'eigenvalues', eigh)],
  },
  eigvalsh: {
    op: eigvalsh as never,
    noMethod: functionOnly,
    symmetric: true,
    calls: {
      matrix: d => [symmetric(d, [3, 3])],
      'upper, of a batch': d => [symmetric(d, [2, 2, 2]), { upper: true }],
      definite: d => [definite(d, [2, 2])],
      empty: d => [d.tensor([0, 0])],
    },
    naive: (a: Dense, o?: ag.EighOptions) =>
      each(a, a.shape.slice(-1), x => eigen(mirrored(x, o?.upper)).values),
    errors: [...squareErrors('eigvalsh', eigvalsh), notFinite('eigvalsh', 'eigenvalues', eigvalsh)],
  },
  det: {
    op: det as never,
    noMethod: functionOnly,
    calls: {
      matrix: d => [invertible(d, [3, 3])],
      batch: d => [invertible(d, [2, 1, 2, 2])],
      'one element': d => [d.tensor([3, 1, 1])],
      singular: d => [deficient(d, [3, 3], 2)],
      'two dims are missing': d => [deficient(d, [4, 4], 2)],
      zeros: d => [d.of(new Array<number>(9).fill(0), [3, 3])],
      'some of a batch are singular': d => [
        ag.stack([
          invertible(d, [3, 3]),
          deficient(d, [3, 3], 1),
          invertible(d, [3, 3]),
          deficient(d, [3, 3], 2),
        ]),
      ],
      empty: d => [d.tensor([0, 0])],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    edges: {
      NaN: d => [d.of([Number.NaN, 1, 2, 3], [2, 2])],
    },
    naive: (a: Dense) => each(a, [], determinant),
    errors: squareErrors('det', det),
  },
  slogdet: {
    op: slogdet as never,
    noMethod: functionOnly,
    calls: {
      matrix: d => [invertible(d, [3, 3])],
      batch: d => [invertible(d, [2, 1, 2, 2])],
      empty: d => [d.tensor([0, 0])],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    edges: {
      singular: d => [d.of([1, 2, 2, 4], [2, 2])],
      'beyond the largest number': d => [d.of([2 ** 100, 0, 0, 0, -(2 ** 100), 0, 0, 0, 2 ** 100], [3, 3])],
    },
    naive: (a: Dense) =>
      several(a, [[], []], x => {
        const large = Math.max(1, ...x.flat().map(Math.abs));
        const value = determinant(x.map(row => row.map(y => y / large)));
        return [[Math.sign(value)], [Math.log(Math.abs(value)) + x.length * Math.log(large)]];
      }),
    errors: squareErrors('slogdet', slogdet),
  },
  logdet: {
    op: logdet as never,
    noMethod: functionOnly,
    calls: {
      matrix: d => [definite(d, [3, 3])],
      batch: d => [definite(d, [2, 1, 2, 2])],
      empty: d => [d.tensor([0, 0])],
    },
    edges: {
      'negative determinant': d => [d.of([0, 1, 1, 0], [2, 2])],
      singular: d => [d.of([1, 2, 2, 4], [2, 2])],
    },
    naive: (a: Dense) => each(a, [], x => Math.log(determinant(x))),
    errors: squareErrors('logdet', logdet),
  },
} satisfies Record<string, OpInfo>;

/** The symmetric matrix with one triangle of this one. */
function mirrored(a: Rows, upper = false): number[][] {
  const lower = lowerOf(upper ? turned(a) : a);
  return plus(lower, turned(lowerOf(lower, -1)));
}
