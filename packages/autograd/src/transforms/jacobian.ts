import { kernels } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import { zeros } from '../ops/create.js';
import { reshapeTo, stack } from '../ops/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { pull, requireFunction, trace } from './functional.js';
import { grad } from './grad.js';
import { flattenTree, type Tree, unflattenTree } from './tree.js';

/** Every tensor of the tree replaced by its derivative: shape of the output followed by the shape of the tensor. */
export function jacobian<T extends Tree>(fn: (x: T) => Tensor): (x: T) => T {
  requireFunction('jacobian', fn);
  return x => {
    const run = trace([x], 'jacobian', p => {
      const y = fn(p as T);
      if (!(y instanceof Tensor))
        throw new ArgumentError(`jacobian: the function must return a tensor, it returned ${show(y)}.`);
      return y;
    });
    const y = run.result;
    // One reverse pass for each element of the output.
    const rows = Array.from({ length: y.size }, (_, i) => pull(y, run.inputs, oneAt(y, i), run.open, true));
    const columns = run.inputs.map((input, j) =>
      rows.length === 0
        ? zeros([...y.shape, ...input.shape], { dtype: input.dtype })
        : reshapeTo(stack(rows.map(row => row[j])) as Tensor, [...y.shape, ...input.shape]),
    );
    return unflattenTree(x, columns);
  };
}

function oneAt(y: Tensor, i: number): Tensor {
  const out = zeros(y.shape, { dtype: y.dtype }) as Tensor;
  kernels().fill({ storage: out.storage, offset: i, shape: [1], strides: [1] }, 1);
  return out;
}

/** A tree of trees: the form of the inputs, each tensor in it replaced by that form again. */
export type HessianOf<T extends Tree> = T extends Tensor
  ? Tensor
  : {
      readonly [I in keyof T]: {
        readonly [J in keyof T]: T[I] extends Tensor ? (T[J] extends Tensor ? Tensor : Tree) : Tree;
      };
    };

/**
 * The second derivatives of a scalar function. For a tensor x: shape of x twice. For a tree: for each tensor of it, a tree of the derivatives
 * of its gradient by all of them.
 */
export function hessian<T extends Tree>(fn: (x: T) => Tensor): (x: T) => HessianOf<T> {
  requireFunction('hessian', fn);
  return x => {
    const { leaves } = flattenTree(x, 'hessian');
    const parts = leaves.map((_, i) => jacobian((p: T) => flattenTree(grad(fn)(p), 'hessian').leaves[i])(x));
    let at = 0;
    const build = (t: Tree): Tree => {
      if (t instanceof Tensor) return parts[at++];
      if (Array.isArray(t)) return t.map(build);
      return Object.fromEntries(Object.entries(t).map(([key, child]) => [key, build(child)]));
    };
    return build(x) as HessianOf<T>;
  };
}
