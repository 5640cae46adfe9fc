import {
  ArgumentError,
  DTypeError,
  flattenTree,
  ShapeError,
  type Tensor,
  type Tree,
  unflattenTree,
  zerosLike,
} from '@fluxion/autograd';
import type { Hyper } from './hyper.js';
import {
  applyPieces,
  carriedNames,
  initialCarried,
  type Piece,
  scalarsOf,
  segmentsOf,
  type Transform,
} from './transform.js';

/** State of a rule over a tree of parameters: steps taken, for each slot a tree like the parameters, and the scalars carried along. */
export interface RuleState<T extends Tree = Tree> {
  readonly step: number;
  readonly slots: { readonly [name: string]: T };
  readonly carried?: { readonly [name: string]: Hyper };
}

/** A pure update rule: what comes out is made of what goes in by graph ops alone, and differentiable by all of it. */
export interface UpdateRule {
  readonly name: string;
  /** State before the first step. */
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
  /** Throws for a parameter that the rule cannot update; `which` names it. */
  checkParam?(param: Tensor, which: string): void;
  /**
   * Options that decide, by being on (neither absent, 0 nor false), which pieces and slots there are. When one of them is switched between two steps, the
   * optimizer builds the transform anew and keeps the slots of the same names.
   */
  readonly switches?: readonly (keyof O)[];
  /** The arithmetic. Its scalars read `options` at every step, so that a schedule may change them. */
  transform(options: O): Transform;
}

/** The pure rule of a spec. */
export function ruleOf<O extends object>(spec: RuleSpec<O>, options: O): UpdateRule {
  const all = { ...spec.defaults, ...options };
  spec.check(all);
  return rule(spec.name, spec.transform(all));
}

/** The slots of a piece before the first step. */
export function initialSlots(piece: Piece, param: Tensor): readonly Tensor[] {
  return piece.initial?.(param) ?? piece.slots.map(() => zerosLike(param));
}

/** Makes the pure rule of a transform. */
export function rule(name: string, transform: Transform): UpdateRule {
  const segments = segmentsOf(transform);
  const carriedBy = carriedNames(transform);
  const named = (carried: readonly Hyper[]): Pick<RuleState, 'carried'> =>
    carriedBy.length === 0
      ? {}
      : { carried: Object.fromEntries(carriedBy.map((key, i) => [key, carried[i]])) };
  return {
    name,
    init: params => {
      const { leaves } = flattenTree(params, `${name}.init`);
      const initial = leaves.map(p => transform.pieces.flatMap(piece => initialSlots(piece, p)));
      const slots = transform.slots.map((slot, j) => [
        slot,
        unflattenTree(
          params,
          initial.map(own => own[j]),
        ),
      ]);
      return { step: 0, slots: Object.fromEntries(slots), ...named(initialCarried(transform)) };
    },
    update: (grads, state, params) => {
      const { leaves, paths } = flattenTree(params, `${name}.update`);
      let updates: readonly Tensor[] = flattenTree(grads, `${name}.update`).leaves;
      check(name, paths, leaves, updates);
      checkState(name, transform.slots, state.slots, 'slots');
      const carriedBefore = state.carried ?? {};
      checkState(name, carriedBy, carriedBefore, 'carried');
      const before = transform.slots.map(slot => flattenTree(state.slots[slot], `${name}.update`).leaves);
      const step = state.step + 1;
      const { scalars, carried } = scalarsOf(
        transform.pieces,
        step,
        carriedBy.map(key => carriedBefore[key]),
      );
      const after: (readonly Tensor[])[][] = [];
      let piece = 0;
      for (const segment of segments) {
        const measured = segment.pieces[0]?.measure?.(updates, leaves);
        const own = scalars.slice(piece, piece + segment.pieces.length);
        piece += segment.pieces.length;
        const results = leaves.map((p, i) => {
          const slots = before.slice(...segment.slots).map(s => s[i]);
          return applyPieces(segment.pieces, updates[i], p, slots, own, measured?.[i] ?? []);
        });
        updates = results.map(r => r.update);
        after.push(results.map(r => r.slots));
      }
      const slots = leaves.map((_, i) => after.flatMap(segment => segment[i]));
      return {
        params: unflattenTree(
          params,
          leaves.map((p, i) => p.add(updates[i]) as Tensor),
        ),
        state: {
          step,
          slots: Object.fromEntries(
            transform.slots.map((slot, j) => [
              slot,
              unflattenTree(
                params,
                slots.map(own => own[j]),
              ),
            ]),
          ),
          ...named(carried),
        },
      };
    },
  };
}

function checkState(
  name: string,
  expected: readonly string[],
  given: { readonly [name: string]: unknown },
  where: string,
): void {
  const missing = expected.filter(key => given[key] === undefined);
  if (missing.length > 0)
    throw new ArgumentError(
      `${name}: the state has no ${where}.${missing.join(`, ${where}.`)}. Give what init() or update() of this rule returned.`,
    );
}

/** Throws unless there is a gradient of the same shape and dtype for every parameter. */
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
