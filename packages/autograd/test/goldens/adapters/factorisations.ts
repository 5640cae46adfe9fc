import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

type Unary = (x: f.Tensor) => f.Tensor;

const unary = (name: string, fn: Unary): Adapter => adapter(name, p => fn(p.tensor(name)));

/** Under the name in `linalg` and the old one. */
function both(old: string, fn: Unary): AdapterTable {
  return { [`linalg.${old}`]: unary('A', fn), [old]: unary('input', fn) };
}

const upperOf = (p: Params): boolean => {
  const text = p.text('UPLO') ?? 'L';
  return text.toUpperCase() === 'U';
};

function noPivotTurnedOff(p: Params): void {
  if (p.raw('pivot') === false) throw new NotSupported('pivot=False');
}

function tolerance(p: Params, name: string): f.Tensor | number | undefined {
  return p.raw(name) instanceof f.Tensor ? p.tensor(name) : p.maybeNumber(name);
}

const transposed = (x: f.Tensor): f.Tensor => x.transpose(-1, -2) as f.Tensor;

const svd: AdapterTable = {
  'linalg.svd': adapter('A full_matrices driver', p => {
    p.text('driver');
    const full = p.raw('full_matrices') === undefined || p.flag('full_matrices');
    const { u, s, vh } = f.svd(p.tensor('A'), { fullMatrices: full });
    return [u, s, vh];
  }),
  svd: adapter('input some compute_uv', p => {
    if (p.raw('compute_uv') === false) throw new NotSupported('compute_uv=False');
    const some = p.raw('some') === undefined || p.flag('some');
    const { u, s, vh } = f.svd(p.tensor('input'), { fullMatrices: !some });
    return [u, s, transposed(vh)];
  }),
  'linalg.svdvals': adapter('A driver', p => {
    p.text('driver');
    return f.svdvals(p.tensor('A'));
  }),
  'linalg.pinv': adapter('A rcond hermitian atol rtol', p =>
    f.pinv(p.tensor('A'), {
      atol: tolerance(p, 'atol'),
      rtol: tolerance(p, 'rtol') ?? tolerance(p, 'rcond'),
      hermitian: p.flag('hermitian'),
    }),
  ),
  pinverse: adapter('input rcond', p => f.pinv(p.tensor('input'), { rtol: p.maybeNumber('rcond') ?? 1e-15 })),
  'linalg.matrix_rank': adapter('A tol hermitian atol rtol', p => {
    const tol = tolerance(p, 'tol');
    return f.matrixRank(p.tensor('A'), {
      atol: tol ?? tolerance(p, 'atol'),
      rtol: tol === undefined ? tolerance(p, 'rtol') : 0,
      hermitian: p.flag('hermitian'),
    });
  }),
};

const lu: AdapterTable = {
  'linalg.lu': adapter('A pivot', p => {
    noPivotTurnedOff(p);
    const { p: permutation, l, u } = f.lu(p.tensor('A'));
    return [permutation, l, u];
  }),
  'linalg.lu_factor': adapter('A pivot', p => {
    noPivotTurnedOff(p);
    const { lu: packed, pivots } = f.luFactor(p.tensor('A'));
    return [packed, pivots];
  }),
  'linalg.lu_solve': adapter('LU pivots B left adjoint', p =>
    f.luSolve(p.tensor('LU'), p.tensor('pivots'), p.tensor('B'), {
      left: p.raw('left') === undefined || p.flag('left'),
      adjoint: p.flag('adjoint'),
    }),
  ),
  lu_solve: adapter('b LU_data LU_pivots', p =>
    f.luSolve(p.tensor('LU_data'), p.tensor('LU_pivots'), p.tensor('b')),
  ),
};

const cholesky: AdapterTable = {
  'linalg.cholesky': adapter('A upper', p => f.cholesky(p.tensor('A'), { upper: p.flag('upper') })),
  cholesky: adapter('input upper', p => f.cholesky(p.tensor('input'), { upper: p.flag('upper') })),
  cholesky_solve: adapter('input input2 upper', p => {
    const factor = p.tensor('input2');
    if (factor.requiresGrad)
      throw new NotSupported("the gradient of a factor: PyTorch's is not 0 in the triangle that is not read");
    return f.choleskySolve(p.tensor('input'), factor, { upper: p.flag('upper') });
  }),
};

const solve: AdapterTable = {
  'linalg.solve': adapter('A B left', p =>
    f.solve(p.tensor('A'), p.tensor('B'), { left: p.raw('left') === undefined || p.flag('left') }),
  ),
  'linalg.solve_triangular': adapter('A B upper left unitriangular', p =>
    f.triangularSolve(p.tensor('A'), p.tensor('B'), {
      upper: p.flag('upper'),
      left: p.raw('left') === undefined || p.flag('left'),
      unitriangular: p.flag('unitriangular'),
    }),
  ),
  triangular_solve: adapter('b A upper transpose unitriangular', p => {
    const upper = p.raw('upper') === undefined || p.flag('upper');
    const turned = p.flag('transpose');
    const a = p.tensor('A');
    const options = { upper: turned ? !upper : upper, unitriangular: p.flag('unitriangular') };
    return [f.triangularSolve(turned ? transposed(a) : a, p.tensor('b'), options), f.clone(a)];
  }),
  // PyTorch's standard driver gives no residuals; its singular values are those of another one.
  'linalg.lstsq': adapter('A B rcond driver', p => {
    const driver = p.text('driver') ?? 'gelsy';
    const a = p.tensor('A');
    const { solution, residuals } = f.lstsq(a, p.tensor('B'), { rcond: p.maybeNumber('rcond') });
    const [m, n] = a.shape.slice(-2);
    const none = f.zeros([0], { dtype: a.dtype }) as f.Tensor;
    const rank = f.full(a.shape.slice(0, -2), Math.min(m, n), { dtype: 'int32' }) as f.Tensor;
    return [
      solution,
      driver !== 'gelsy' && m > n ? residuals : none,
      rank,
      driver === 'gelsd' || driver === 'gelss' ? f.svdvals(a) : none,
    ];
  }),
};

/** PyTorch's linear algebra under its names in `linalg` and the older ones beside it; norms are in norms.ts, products in products.ts. */
export const factorisations: AdapterTable = {
  ...both('inv', f.inv),
  inverse: unary('input', f.inv),
  ...both('det', f.det),
  ...both('matrix_exp', f.matrixExp),
  logdet: unary('input', f.logdet),
  trace: unary('input', f.trace),
  'linalg.slogdet': adapter('A', p => Object.values(f.slogdet(p.tensor('A')))),
  slogdet: adapter('input', p => Object.values(f.slogdet(p.tensor('input')))),
  'linalg.matrix_power': adapter('A n', p => f.matrixPower(p.tensor('A'), p.number('n'))),
  matrix_power: adapter('input n', p => f.matrixPower(p.tensor('input'), p.number('n'))),
  'linalg.multi_dot': adapter('tensors', p => f.multiDot(p.tensors('tensors'))),
  chain_matmul: adapter('*matrices', p => f.multiDot(p.tensors('matrices'))),
  'linalg.qr': adapter('A mode', p => {
    const mode = (p.text('mode') ?? 'reduced') as 'reduced';
    return Object.values(f.qr(p.tensor('A'), { mode }));
  }),
  qr: adapter('input some', p => {
    const some = p.raw('some') === undefined || p.flag('some');
    return Object.values(f.qr(p.tensor('input'), { mode: some ? 'reduced' : 'complete' }));
  }),
  'linalg.eigh': adapter('A UPLO', p => Object.values(f.eigh(p.tensor('A'), { upper: upperOf(p) }))),
  'linalg.eigvalsh': adapter('A UPLO', p => f.eigvalsh(p.tensor('A'), { upper: upperOf(p) })),
  ...solve,
  ...cholesky,
  ...lu,
  ...svd,
};
