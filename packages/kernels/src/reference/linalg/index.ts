import type { LinalgKernels } from '../../interface.js';
import { type Resolve, viewOf } from '../view.js';
import { cholesky } from './cholesky.js';
import { eigh } from './eigh.js';
import { lu, solve } from './lu.js';
import { qr } from './qr.js';
import { svd } from './svd.js';
import { triangularSolve } from './triangular.js';

/** The factorisations, in plain TypeScript. */
export function referenceLinalg(resolve: Resolve): LinalgKernels {
  const view = viewOf.bind(null, resolve);
  return {
    lu: (a, packed, permutation, sign) => lu(view(a), view(packed), view(permutation), view(sign)),
    solve: (a, b, out) => solve(view(a), view(b), view(out)),
    triangularSolve: (a, b, out, triangle) => triangularSolve(view(a), view(b), view(out), triangle),
    cholesky: (a, out) => cholesky(view(a), view(out)),
    qr: (a, q, r) => qr(view(a), view(q), view(r)),
    eigh: (a, values, vectors) => eigh(view(a), view(values), view(vectors)),
    svd: (a, u, s, vh) => svd(view(a), view(u), view(s), view(vh)),
  };
}
