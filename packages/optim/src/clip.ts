import {
  ArgumentError,
  DataError,
  flattenTree,
  fuse,
  noGrad,
  scope,
  show,
  Tensor,
  type Tree,
  tensor,
  unflattenTree,
} from '@fluxion/autograd';
import { checkNumber, notNegative } from './check.js';
import { checkNormType, globalNorm } from './norm.js';

export interface ClipNormOptions {
  /** Order of the norm: 2, 1, Infinity or any other but 0. Default 2. */
  readonly normType?: number;
  /** Throw, before anything is scaled, where the norm is NaN or infinite. Default false: NaN spreads to all gradients, as it does in PyTorch. */
  readonly errorIfNonfinite?: boolean;
}

/** A parameter, or several: what clipping looks at are their gradients. */
type Parameters = Tensor | Iterable<Tensor>;

function withGradient(op: string, params: Parameters): Tensor[] {
  if (params instanceof Tensor) return params.gradient === null ? [] : [params];
  if (typeof (params as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
    throw new ArgumentError(`${op}: expected parameters, got ${show(params)}: ${op}(net.parameters(), …).`);
  const list = [...params];
  list.forEach((p, i) => {
    if (!(p instanceof Tensor))
      throw new ArgumentError(`${op}: parameter ${i} is ${show(p)}, expected a tensor.`);
  });
  return [...new Set(list)].filter(p => p.gradient !== null);
}

/** Puts changed gradients in place of the old ones: into their memory where they are tensors of their own. */
function rewrite(
  params: readonly Tensor[],
  change: (grad: Tensor) => Tensor,
  inPlace: (grad: Tensor) => void = grad => void grad.assign(change(grad)),
): void {
  const users = new Map<unknown, number>();
  for (const p of params) users.set(p.gradient?.storage, (users.get(p.gradient?.storage) ?? 0) + 1);
  for (const p of params) {
    const grad = p.gradient as Tensor;
    // What a user has put there may be a view, a part of a graph, or shared between parameters.
    const own = grad.contiguous && grad.node === null && users.get(grad.storage) === 1;
    if (own) noGrad(() => scope(() => inPlace(grad)));
    else p.grad = change(grad);
  }
}

/** 1, or less where the norm is above the limit. */
const factorFor = fuse(
  (norm: Tensor, maxNorm: number) => norm.add(1e-6).reciprocal().mul(maxNorm).clamp({ max: 1 }) as Tensor,
);

function nameOf(p: Tensor, i: number): string {
  return `${p.name === '' ? `parameter ${i}` : p.name} of shape [${p.shape.join(', ')}]`;
}

function checkFinite(
  op: string,
  norm: number,
  normType: number,
  params: readonly Tensor[],
  grads: readonly Tensor[],
): void {
  if (Number.isFinite(norm)) return;
  const bad = grads.flatMap((g, i) => {
    const largest = g.size === 0 ? 0 : noGrad(() => scope(() => g.abs().amax().item()));
    if (Number.isFinite(largest)) return [];
    return [`${nameOf(params[i], i)} holds ${Number.isNaN(largest) ? 'NaN' : 'infinities'}`];
  });
  throw new DataError(
    `${op}: the norm of order ${normType} of the gradients is ${norm}: ` +
      (bad.length > 0 ? `the gradient of ${bad.join('; that of ')}` : 'their sizes overflow it') +
      '. Look for the op that made them with detectAnomaly, or skip this step.',
  );
}

/**
 * Scales the gradients of the parameters down together so that their norm, taken as one vector, is at most `maxNorm`: times min(1, maxNorm / (norm + 1e-6)). Returns
 * the norm as it was, a scalar tensor.
 */
export function clipGradNorm(params: Parameters, maxNorm: number, options: ClipNormOptions = {}): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options;
  checkNumber('clipGradNorm', 'maxNorm', maxNorm, notNegative);
  checkNormType('clipGradNorm', normType);
  const list = withGradient('clipGradNorm', params);
  if (list.length === 0) return tensor(0) as Tensor;
  const grads = list.map(p => p.gradient as Tensor);
  const norm = noGrad(() => scope(() => globalNorm(grads, normType)));
  if (errorIfNonfinite) checkFinite('clipGradNorm', norm.item(), normType, list, grads);
  const factor = noGrad(() => scope(() => factorFor(norm, maxNorm)));
  rewrite(
    list,
    grad => grad.mul(factor.to(grad.dtype)) as Tensor,
    grad => void grad.mul_(factor.to(grad.dtype)),
  );
  return norm;
}

/** Moves every element of the gradients of the parameters into [-clipValue, clipValue]. */
export function clipGradValue(params: Parameters, clipValue: number): void {
  checkNumber('clipGradValue', 'clipValue', clipValue, notNegative);
  rewrite(withGradient('clipGradValue', params), grad => grad.clamp({ min: -clipValue, max: clipValue }));
}

/** The gradients scaled down together to a norm of at most `maxNorm`, and the norm as it was; differentiable. The pure form of `clipGradNorm`. */
export function clipNorm<T extends Tree>(
  grads: T,
  maxNorm: number,
  options: ClipNormOptions = {},
): { grads: T; norm: Tensor } {
  const { normType = 2, errorIfNonfinite = false } = options;
  checkNumber('clipNorm', 'maxNorm', maxNorm, notNegative);
  const { leaves } = flattenTree(grads, 'clipNorm');
  const norm = globalNorm(leaves, normType);
  if (errorIfNonfinite) checkFinite('clipNorm', norm.item(), normType, leaves, leaves);
  const factor = factorFor(norm, maxNorm);
  return {
    grads: unflattenTree(
      grads,
      leaves.map(g => g.mul(factor.to(g.dtype)) as Tensor),
    ),
    norm,
  };
}

/** The gradients with every element moved into [-clipValue, clipValue]; differentiable. The pure form of `clipGradValue`. */
export function clipValue<T extends Tree>(grads: T, limit: number): T {
  checkNumber('clipValue', 'limit', limit, notNegative);
  const { leaves } = flattenTree(grads, 'clipValue');
  return unflattenTree(
    grads,
    leaves.map(g => g.clamp({ min: -limit, max: limit })),
  );
}
