import {
  ArgumentError,
  DTypeError,
  type Elementwise,
  type Fused,
  flattenTree,
  fuse,
  keep,
  noGrad,
  ShapeError,
  type Tensor,
  type Tree,
  unflattenTree,
  zerosLike,
} from '@fluxion/autograd';
import type { Hyper } from './hyper.js';
import type { Transform } from './transform.js';

/** State of a rule over a tree of parameters: how many steps were taken, and for each slot a tree like the parameters. */
export interface RuleState<T extends Tree = Tree> {
  readonly step: number;
  readonly slots: { readonly [name: string]: T };
}

/** A pure update rule: what comes out is made of what goes in by graph ops alone, and differentiable by all of it. */
export interface UpdateRule {
  readonly name: string;
  readonly transform: Transform;
  /** State before the first step: zeros. */
  init<T extends Tree>(params: T): RuleState<T>;
  /** One step. `grads` and `params` are trees of the same form. */
  update<T extends Tree>(grads: T, state: RuleState<T>, params: T): { params: T; state: RuleState<T> };
}

/** What an update rule is made of: the pure rule and the optimizer in place both come from it. */
export interface RuleSpec<O> {
  readonly name: string;
  readonly defaults: O;
  /** Throws for an option outside its range. */
  check(options: O): void;
  /** The arithmetic. It reads `options` at every step, so that a schedule may change those that were given at first. */
  transform(options: O): Transform;
}

/** The pure rule of a spec. */
export function ruleOf<O extends object>(spec: RuleSpec<O>, options: O): UpdateRule {
  const all = { ...spec.defaults, ...options };
  spec.check(all);
  return rule(spec.name, spec.transform(all));
}

/** One step for one parameter: the whole arithmetic of the rule. */
export function stepOne(
  transform: Transform,
  param: Tensor,
  grad: Tensor,
  slots: readonly Tensor[],
  scalars: readonly Hyper[],
): readonly [param: Tensor, ...slots: Tensor[]] {
  const result = transform.apply(grad, { param, slots, scalars });
  return [param.add(result.update), ...result.slots];
}

/** Makes the pure rule of a transform. */
export function rule(name: string, transform: Transform): UpdateRule {
  return {
    name,
    transform,
    init: params => {
      const { leaves } = flattenTree(params, `${name}.init`);
      const zeros = (): typeof params =>
        unflattenTree(
          params,
          leaves.map(p => zerosLike(p)),
        );
      return { step: 0, slots: Object.fromEntries(transform.slots.map(slot => [slot, zeros()])) };
    },
    update: (grads, state, params) => {
      const { leaves, paths } = flattenTree(params, `${name}.update`);
      const given = flattenTree(grads, `${name}.update`).leaves;
      check(name, paths, leaves, given);
      const slots = transform.slots.map(slot => flattenTree(state.slots[slot], `${name}.update`).leaves);
      const step = state.step + 1;
      const scalars = transform.scalars(step);
      const after = leaves.map((p, i) =>
        stepOne(
          transform,
          p,
          given[i],
          slots.map(s => s[i]),
          scalars,
        ),
      );
      return {
        params: unflattenTree(
          params,
          after.map(([p]) => p),
        ),
        state: {
          step,
          slots: Object.fromEntries(
            transform.slots.map((slot, j) => [
              slot,
              unflattenTree(
                params,
                after.map(a => a[j + 1]),
              ),
            ]),
          ),
        },
      };
    },
  };
}

function check(
  name: string,
  paths: readonly string[],
  params: readonly Tensor[],
  grads: readonly Tensor[],
): void {
  if (params.length === 0) throw new ArgumentError(`${name}: got no parameters. Give at least one tensor.`);
  if (grads.length !== params.length)
    throw new ArgumentError(
      `${name}: got ${grads.length} gradients for ${params.length} parameters; both trees must have the same form.`,
    );
  params.forEach((p, i) => {
    const g = grads[i];
    const which = paths[i] === '' ? 'the parameter' : `parameter ${paths[i]}`;
    if (g.shape.length !== p.shape.length || g.shape.some((size, d) => size !== p.shape[d]))
      throw new ShapeError(
        `${name}: ${which} has shape [${p.shape.join(', ')}], its gradient [${g.shape.join(', ')}]. They must be the same.`,
      );
    if (g.dtype !== p.dtype)
      throw new DTypeError(`${name}: ${which} is ${p.dtype}, its gradient ${g.dtype}. Convert it with to().`);
  });
}

/** The same step in place: the arithmetic of the rule traced once into one kernel that reads and writes every array once. */
export class FusedStep {
  private readonly fused: Fused<Elementwise>;
  private readonly transform: Transform;

  constructor(transform: Transform) {
    this.transform = transform;
    const count = transform.slots.length;
    this.fused = fuse(((param: Tensor, grad: Tensor, ...rest: Tensor[]) =>
      stepOne(transform, param, grad, rest.slice(0, count), rest.slice(count))) as unknown as Elementwise);
  }

  /** Zeros for each slot, made to outlive every scope. */
  init(param: Tensor): Tensor[] {
    return this.transform.slots.map(() => keep(zerosLike(param)));
  }

  /** One step of one parameter; overwrites it and its slots. */
  run(param: Tensor, grad: Tensor, slots: readonly Tensor[], scalars: readonly Hyper[]): void {
    noGrad(() => this.fused.assign([param, ...slots], param, grad, ...slots, ...scalars));
  }
}
