import { scope, type Tensor } from '@fluxion/autograd';

/** What one iteration has learned of the curvature: the differences of gradients and of parameters, and 1 over their product. */
export interface Pair {
  readonly y: Tensor;
  readonly s: Tensor;
  readonly ro: number;
}

export function dot(a: Tensor, b: Tensor): number {
  return scope(() => a.mul(b).sum().item());
}

export function largest(a: Tensor): number {
  return a.size === 0 ? 0 : scope(() => a.abs().amax().item());
}

export function sumOfSizes(a: Tensor): number {
  return scope(() => a.abs().sum().item());
}

/** Minus the gradient times the inverse Hessian that the pairs describe: the two-loop recursion (Nocedal 1980). */
export function lbfgsDirection(grad: Tensor, pairs: readonly Pair[], hDiag: number): Tensor {
  return scope(() => {
    const q = grad.neg();
    const alpha: number[] = [];
    for (let i = pairs.length - 1; i >= 0; i--) {
      const { y, s, ro } = pairs[i];
      alpha[i] = dot(s, q) * ro;
      q.add_(y.mul(-alpha[i]));
    }
    q.mul_(hDiag);
    pairs.forEach(({ y, s, ro }, i) => {
      q.add_(s.mul(alpha[i] - dot(y, q) * ro));
    });
    return q;
  });
}
