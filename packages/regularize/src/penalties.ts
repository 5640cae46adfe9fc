import {
  ArgumentError,
  abs,
  add,
  mul,
  type Shape,
  scope,
  show,
  square,
  sum,
  Tensor,
  where,
} from '@fluxion/autograd';
import { checkStrength } from './check.js';

/** Tensors, alone or in arrays, plain objects and other iterables: what `net.parameters()` gives, or `net.namedParameters()`. */
export type Penalised = Tensor | Iterable<Penalised> | { readonly [key: string]: Penalised };

/**
 * strength * sum |w| over all elements of all tensors, a scalar to add to a loss. Its gradient is strength * sign(w), with 0 at 0, so weights
 * that the loss does not need go to zero (Tibshirani 1996).
 *
 * @param strength from 0, or a scalar tensor, through which gradients flow
 */
export function l1(params: Penalised, strength: number | Tensor): Tensor<[]> {
  return penalty('l1', params, [[strength, w => sum(abs(w)) as Tensor]]);
}

/**
 * strength * sum w² over all elements of all tensors, a scalar to add to a loss.
 *
 * Its gradient is 2 * strength * w: under plain SGD `l2(params, s)` is the same as a weight decay of 2 s (PyTorch's `weight_decay` stands for
 * half the sum). Adam scales it like any other gradient; AdamW's weight decay is something else.
 *
 * @param strength from 0, or a scalar tensor, through which gradients flow
 */
export function l2(params: Penalised, strength: number | Tensor): Tensor<[]> {
  return penalty('l2', params, [[strength, w => sum(square(w)) as Tensor]]);
}

/** Of `elasticNet`. Each from 0, or a scalar tensor, through which gradients flow. */
export interface ElasticNetStrengths {
  readonly l1: number | Tensor;
  readonly l2: number | Tensor;
}

/** l1 * sum |w| + l2 * sum w²: sparse as l1, and steady as l2 where weights go together (Zou and Hastie 2005). */
export function elasticNet(params: Penalised, strengths: ElasticNetStrengths): Tensor<[]> {
  if (typeof strengths !== 'object' || strengths === null || strengths instanceof Tensor)
    throw new ArgumentError(`elasticNet: expected the strengths as { l1, l2 }, got ${show(strengths)}.`);
  return penalty('elasticNet', params, [
    [strengths.l1, w => sum(abs(w)) as Tensor],
    [strengths.l2, w => sum(square(w)) as Tensor],
  ]);
}

export interface GroupLassoOptions {
  /** The dim that counts the groups of each tensor: 0 (default) makes a group of all that leads to one output. */
  readonly dim?: number;
}

/**
 * strength * sum over groups of sqrt(size of the group) * ||group||, so that whole groups go to zero (Yuan and Lin 2006). The gradient of a
 * group that is zero is 0. A tensor of fewer dims than `dim` asks for is an error; scalars are groups of one.
 *
 * @param strength from 0, or a scalar tensor, through which gradients flow
 */
export function groupLasso(
  params: Penalised,
  strength: number | Tensor,
  options: GroupLassoOptions = {},
): Tensor<[]> {
  const { dim = 0 } = options;
  return penalty('groupLasso', params, [
    [
      strength,
      w => {
        if (w.ndim === 0) return sum(abs(w)) as Tensor;
        // A view with the groups first checks the dim as well.
        const rows = w.transpose(dim, 0) as Tensor;
        const others = rows.shape.map((_, d) => d).slice(1);
        const norms = norm(rows.square().sum(others) as Tensor);
        return norms.sum().mul(Math.sqrt(rows.size / Math.max(rows.shape[0], 1)));
      },
    ],
  ]);
}

/** The root of a sum of squares, whose derivative at 0 is 0. */
export function norm(squares: Tensor): Tensor {
  const zero = squares.eq(0);
  // Masked before the root is taken: its derivative at 0 is infinite, and 0 times infinity is NaN.
  return where(zero, 0, (where(zero, 1, squares) as Tensor).sqrt()) as Tensor;
}

type Term = readonly [strength: number | Tensor, of: (w: Tensor) => Tensor];

function penalty(op: string, params: Penalised, terms: readonly Term[]): Tensor<[]> {
  for (const [strength] of terms) checkStrength(op, 'the strength', strength);
  const tensors = collect(op, params);
  return scope(
    () =>
      terms
        .map(([strength, of]) => {
          const total = tensors.map(of).reduce((a, b) => add(a, b) as Tensor);
          return mul(
            total,
            strength instanceof Tensor ? (strength as Tensor).reshape([]) : strength,
          ) as Tensor;
        })
        .reduce((a, b) => add(a, b) as Tensor) as Tensor<[]>,
  );
}

/** The tensors in a tree of them, at least one. */
export function collect(op: string, params: Penalised): Tensor[] {
  const tensors: Tensor<Shape>[] = [];
  visit(op, params, '', tensors);
  if (tensors.length === 0)
    throw new ArgumentError(`${op}: there is no tensor to penalise. Give some, such as net.parameters().`);
  return tensors;
}

function visit(op: string, params: Penalised, path: string, out: Tensor[]): void {
  if (params instanceof Tensor) {
    out.push(params);
    return;
  }
  if (typeof params === 'object' && params !== null) {
    const prefix = path === '' ? '' : `${path}.`;
    if (Symbol.iterator in params) {
      let i = 0;
      for (const child of params) visit(op, child, `${prefix}${i++}`, out);
      return;
    }
    const prototype = Object.getPrototypeOf(params);
    if (prototype === Object.prototype || prototype === null) {
      for (const [key, child] of Object.entries(params)) visit(op, child, `${prefix}${key}`, out);
      return;
    }
  }
  throw new ArgumentError(
    `${op}: expected tensors, alone or in arrays and plain objects, got ${show(params)}${path === '' ? '' : ` at ${path}`}. ` +
      'For a module give net.parameters().',
  );
}
