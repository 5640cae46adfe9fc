import {
  ArgumentError,
  type Elementwise,
  type Fused,
  fuse,
  keep,
  mapTree,
  noGrad,
  ShapeError,
  type Tensor,
  type Tree,
  tensor,
} from '@fluxion/autograd';
import type { AnyGroup, AnyOptimizer } from './base.js';
import { atLeast1, checkHyper, checkNumber, fraction } from './check.js';
import type { Hyper } from './hyper.js';
import type { RuleState, UpdateRule } from './rule.js';

export interface LookaheadOptions {
  /** Steps between two synchronizations. Default 5. */
  readonly k?: number;
  /** How far the slow weights go towards the fast ones, which then start anew from there. Default 0.5. */
  readonly alpha?: Hyper;
}

/** A copy of the state: that of the wrapped optimizer, and slow weights and steps by parameter. */
export interface LookaheadState {
  readonly base: unknown;
  readonly state: { readonly [index: number]: { readonly step: number; readonly slow: unknown } };
}

function check({ k = 5, alpha = 0.5 }: LookaheadOptions): void {
  checkNumber('lookahead', 'k', k, atLeast1);
  checkHyper('lookahead', 'alpha', alpha, fraction);
}

/** Where slow weights and parameter meet. */
function meet(fast: Tensor, slow: Tensor, alpha: Hyper): Tensor {
  return slow.add(fast.sub(slow).mul(alpha as Tensor)) as Tensor;
}

/**
 * Runs a rule, and after every k steps moves the parameters back to slow + alpha * (fast - slow), which is the next slow (Zhang et al. 2019). The slow weights are
 * a slot of the state.
 */
export function lookahead(rule: UpdateRule, options: LookaheadOptions = {}): UpdateRule {
  check(options);
  const { k = 5, alpha = 0.5 } = options;
  return {
    name: `lookahead(${rule.name})`,
    init: params => {
      const state = rule.init(params);
      return { ...state, slots: { ...state.slots, slow: params } };
    },
    update: <T extends Tree>(
      grads: T,
      state: RuleState<T>,
      params: T,
    ): { params: T; state: RuleState<T> } => {
      const { slow } = state.slots;
      if (slow === undefined)
        throw new ArgumentError(
          `lookahead(${rule.name}): the state has no slots.slow. Give what init() or update() of this rule returned.`,
        );
      const after = rule.update(grads, state, params);
      const meets = after.state.step % k === 0;
      const now = meets ? mapTree((fast, from) => meet(fast, from, alpha), after.params, slow) : after.params;
      const slots = { ...after.state.slots, slow: meets ? now : slow };
      return { params: now, state: { ...after.state, slots } };
    },
  };
}

/** `lookahead` in place, over any optimizer. Each parameter counts its own steps, those in which it had a gradient. */
export class Lookahead<T extends AnyOptimizer> {
  readonly name: string;
  readonly base: T;
  readonly k: number;
  alpha: Hyper;
  private readonly states = new Map<Tensor, { step: number; readonly slow: Tensor }>();
  private readonly meet: Fused<Elementwise> = fuse(((fast: Tensor, slow: Tensor, alpha: Tensor) => {
    const met = meet(fast, slow, alpha);
    return [met, met];
  }) as unknown as Elementwise);

  constructor(base: T, options: LookaheadOptions = {}) {
    check(options);
    this.base = base;
    this.name = `Lookahead(${base.name})`;
    this.k = options.k ?? 5;
    this.alpha = options.alpha ?? 0.5;
  }

  get groups(): T['groups'] {
    return this.base.groups;
  }

  private params(): Tensor[] {
    return this.base.groups.flatMap((group: AnyGroup) => [...group.params]);
  }

  step(): void;
  step<R extends Tensor | number>(closure: () => R): R;
  step(closure?: () => Tensor | number): unknown {
    check(this);
    const params = this.params();
    for (const p of params)
      if (!this.states.has(p)) this.states.set(p, { step: 0, slow: keep(noGrad(() => p.detach().clone())) });
    const loss = closure === undefined ? this.base.step() : this.base.step(closure);
    noGrad(() => {
      for (const p of params) {
        const state = this.states.get(p);
        if (state === undefined || p.gradient === null) continue;
        state.step++;
        if (state.step % this.k === 0) this.meet.assign([p, state.slow], p, state.slow, this.alpha);
      }
    });
    return loss;
  }

  zeroGrad(setToNull = true): void {
    this.base.zeroGrad(setToNull);
  }

  addParamGroup(group: Parameters<T['addParamGroup']>[0]): void {
    this.base.addParamGroup(group);
  }

  stateDict(): LookaheadState {
    const state: Record<number, { step: number; slow: unknown }> = {};
    this.params().forEach((p, i) => {
      const own = this.states.get(p);
      if (own !== undefined) state[i] = { step: own.step, slow: own.slow.toTypedArray() };
    });
    return { base: this.base.stateDict(), state };
  }

  /** Goes on from a copy made by `stateDict`. Nothing changes when it does not fit. */
  loadStateDict(saved: LookaheadState): void {
    if (typeof saved?.state !== 'object' || saved.base === undefined)
      throw new ArgumentError(
        `${this.name}.loadStateDict: expected what stateDict() gives, { base, state }, got ${typeof saved}.`,
      );
    const problems: string[] = [];
    const loaded: [Tensor, { step: number; slow: Tensor }][] = [];
    this.params().forEach((p, i) => {
      const own = saved.state[i];
      if (own === undefined) return;
      const { step, slow } = own;
      if (!Number.isInteger(step) || step < 0)
        problems.push(`the step of parameter ${i} is ${String(step)}, expected a whole number`);
      if (!ArrayBuffer.isView(slow) || (slow as Float64Array).length !== p.size)
        problems.push(`slow of parameter ${i} is missing or not of ${p.size} elements`);
      else
        loaded.push([
          p,
          { step, slow: keep(tensor(slow as Float64Array, { dtype: p.dtype }).reshape(p.shape) as Tensor) },
        ]);
    });
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.base.loadStateDict(saved.base as never);
    this.states.clear();
    for (const [p, s] of loaded) this.states.set(p, s);
  }
}
