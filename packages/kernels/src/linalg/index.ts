/**
 * Factorisations of batches of matrices [..., m, n]. They are functions rather than members of `Kernels`: they compute in double precision on
 * the host, whatever the dtype, so that one piece of code serves every tier (through its `read` and `write`), and a program that factors
 * nothing does not carry them.
 *
 * The conventions are those of `Kernels`. Floating dtypes only, which the operands of one call may mix; results are rounded once. Where a
 * number is returned it is -1 when all went well; but for `lu`, nothing was written otherwise.
 */
export { cholesky } from './cholesky.js';
export { eigh } from './eigh.js';
export { lu, luSolve } from './lu.js';
export { qr } from './qr.js';
export { svd } from './svd.js';
export { triangularSolve } from './triangular.js';
