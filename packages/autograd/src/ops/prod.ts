import { normalizeDims, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './binary.js';
import { apply, type Primitive, requireTensor } from './define.js';
import { finish, type ReduceFunction, reduceKernel } from './reduce.js';
import { productOfOthers } from './scan.js';
import { permute, reshapeTo } from './shape.js';

/** For every element the product of the others among the dims. */
function others(x: Tensor, dims: readonly number[]): Tensor {
  if (dims.length === 1) return productOfOthers(x, dims[0]);
  const kept = x.shape.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  const order = [...kept, ...dims];
  const moved = permute(x, order) as Tensor;
  const rows = reshapeTo(moved, [...kept.map(d => x.shape[d]), numel(dims.map(d => x.shape[d]))]);
  return permute(
    reshapeTo(productOfOthers(rows, kept.length), moved.shape),
    x.shape.map((_, d) => order.indexOf(d)),
  ) as Tensor;
}

const prodOp: Primitive<readonly number[]> = {
  name: 'prod',
  // Products of what comes before and after, not the product divided by x, which may be 0.
  vjp: (g, n) => {
    const dims = n.attributes;
    return [dims.length === 0 ? g : (mul(g, others(n.tensorInput(0), dims)) as Tensor)];
  },
  forward: (inputs, dims) => {
    const x = inputs[0] as Tensor;
    return reduceKernel('prod', x, dims, x.dtype === 'bool' ? 'int32' : x.dtype);
  },
};

/**
 * The product over the dims (default: all); 1 for nothing. int32 and bool give int32. The derivatives are exact where factors are 0, too.
 */
export const prod: ReduceFunction = (x, dim, options) => {
  requireTensor('prod', x);
  const dims = normalizeDims('prod', dim, x.ndim);
  return finish(apply(prodOp, [x], dims), dims, options?.keepdim) as never;
};
