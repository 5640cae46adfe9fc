import {
  flattenTree,
  noGrad,
  scope,
  type Tensor,
  type Tree,
  unflattenTree,
  valueAndGrad,
} from '@fluxion/autograd';
import { type AnyGroup, type AnyOptimizer, evaluate } from './base.js';
import { checkHyper, notNegative } from './check.js';
import type { Hyper } from './hyper.js';
import { globalNorm } from './norm.js';

export interface SamOptions {
  /** How far the gradient is looked for. Default 0.05. */
  readonly rho?: Hyper;
  /** Measure the way in the units of each parameter (Kwon et al. 2021). Default false. */
  readonly adaptive?: boolean;
}

/** Where the loss is about worst within rho of the parameters, less the parameters: rho * g / |g|, or rho * p**2 g / |p g|. */
function perturbations(
  params: readonly Tensor[],
  grads: readonly Tensor[],
  { rho = 0.05, adaptive = false }: SamOptions,
): Tensor[] {
  const scaled = adaptive ? grads.map((g, i) => params[i].abs().mul(g) as Tensor) : grads;
  const factor = globalNorm(scaled)
    .add(1e-12)
    .reciprocal()
    .mul(rho as Tensor) as Tensor;
  return grads.map((g, i) => {
    const way = adaptive ? (params[i].square().mul(g) as Tensor) : g;
    return way.mul(factor.to(g.dtype)) as Tensor;
  });
}

/**
 * The gradient of a loss at the worst point close by, to be given to any rule: that of sharpness-aware minimization (Foret et al. 2021). `value` is the loss at the
 * parameters themselves. Differentiable through both evaluations.
 */
export function samValueAndGrad<T extends Tree, A extends readonly unknown[]>(
  fn: (params: T, ...rest: A) => Tensor,
  options: SamOptions = {},
): (params: T, ...rest: A) => { value: Tensor; grads: T } {
  checkHyper('samValueAndGrad', 'rho', options.rho ?? 0.05, notNegative);
  const evaluateAt = valueAndGrad(fn);
  return (params, ...rest) => {
    const { value, grads } = evaluateAt(params, ...rest);
    const own = flattenTree(params, 'samValueAndGrad').leaves;
    const away = perturbations(own, flattenTree(grads, 'samValueAndGrad').leaves, options);
    const moved = unflattenTree(
      params,
      own.map((p, i) => p.add(away[i]) as Tensor),
    );
    return { value, grads: evaluateAt(moved, ...rest).grads };
  };
}

/**
 * Sharpness-aware minimization around any optimizer (Foret et al. 2021): the closure is called twice, at the parameters and at the worst point close by, and the
 * wrapped optimizer steps from the first by the gradients of the second. The distance is measured over all groups together.
 */
export class SAM<T extends AnyOptimizer> {
  readonly name: string;
  readonly base: T;
  rho: Hyper;
  readonly adaptive: boolean;

  constructor(base: T, options: SamOptions = {}) {
    this.name = `SAM(${base.name})`;
    this.base = base;
    this.rho = options.rho ?? 0.05;
    this.adaptive = options.adaptive ?? false;
    checkHyper(this.name, 'rho', this.rho, notNegative);
  }

  get groups(): T['groups'] {
    return this.base.groups;
  }

  /** One step; returns the loss at the parameters before it. The closure is needed. */
  step(): void;
  step<R extends Tensor | number>(closure: () => R): R;
  step(closure?: () => Tensor | number): unknown {
    checkHyper(this.name, 'rho', this.rho, notNegative);
    const loss = evaluate(this.name, closure as () => Tensor | number);
    const moved = this.base.groups
      .flatMap((group: AnyGroup) => [...group.params])
      .filter((p: Tensor) => p.gradient !== null);
    if (moved.length > 0) {
      const before = noGrad(() => moved.map(p => p.detach().clone()));
      noGrad(() =>
        scope(() => {
          const grads = moved.map(p => p.gradient as Tensor);
          perturbations(moved, grads, this).forEach((away, i) => {
            moved[i].add_(away);
          });
        }),
      );
      try {
        evaluate(this.name, closure as () => Tensor | number);
      } finally {
        noGrad(() => {
          moved.forEach((p, i) => {
            p.assign(before[i]);
          });
        });
      }
    }
    this.base.step();
    return loss;
  }

  zeroGrad(setToNull = true): void {
    this.base.zeroGrad(setToNull);
  }

  addParamGroup(group: Parameters<T['addParamGroup']>[0]): void {
    this.base.addParamGroup(group);
  }

  /** That of the wrapped optimizer; there is no other state. */
  stateDict(): ReturnType<T['stateDict']> {
    return this.base.stateDict() as ReturnType<T['stateDict']>;
  }

  loadStateDict(saved: Parameters<T['loadStateDict']>[0]): void {
    this.base.loadStateDict(saved);
  }
}
