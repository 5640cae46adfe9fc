import type { Tensor } from '@fluxion/autograd';
import type { Hyper } from './hyper.js';

/** What a piece sees of one parameter, element by element. */
export interface Element {
  readonly param: Tensor;
  /** Its state, one tensor for each of the piece's slots. */
  readonly slots: readonly Tensor[];
  /** What its `scalars` gave for this step. */
  readonly scalars: readonly Hyper[];
  /** What its `measure` gave for this parameter. */
  readonly measured: readonly Tensor[];
}

/** Scalars that a piece carries from step to step, beside its slots. */
export interface Carried {
  readonly names: readonly string[];
  /** Before the first step. */
  initial(): readonly Hyper[];
  /** After step `step`, counted from 1, from those before it. */
  next(step: number, current: readonly Hyper[]): readonly Hyper[];
}

/**
 * The smallest piece of an update rule: turns an update (at first the gradient) into another. `apply` is written in elementwise graph ops and must not
 * look at values: it is traced into a fused kernel once, and what it captures is fixed then. What changes from step to step comes in by `scalars`, what
 * takes whole tensors to know (a norm, a product of matrices) by `measure`.
 */
export interface Piece {
  readonly name: string;
  /** Names of the tensors it keeps for each parameter, in the parameter's shape. */
  readonly slots: readonly string[];
  /** The slots before the first step. Default: zeros. */
  initial?(param: Tensor): readonly Tensor[];
  readonly carried?: Carried;
  /** What is the same for all elements in step `step`, counted from 1. How many there are must not depend on the step. */
  scalars(step: number, carried: readonly Hyper[]): readonly Hyper[];
  /** For each parameter, tensors that broadcast to it, made by any graph ops from the updates as they are before `apply`, of all parameters. */
  measure?(updates: readonly Tensor[], params: readonly Tensor[]): readonly (readonly Tensor[])[];
  apply(update: Tensor, element: Element): { readonly update: Tensor; readonly slots: readonly Tensor[] };
}

/** Pieces one after the other: an update rule, or a part of one. What the last piece returns is added to the parameter. */
export interface Transform {
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** Names of the slots of all pieces. */
  readonly slots: readonly string[];
}

/** A transform of one piece. */
export function transform(piece: Piece): Transform {
  return { name: piece.name, pieces: [piece], slots: piece.slots };
}

/** Transforms one after the other. */
export function chain(...transforms: readonly Transform[]): Transform {
  return {
    name: transforms.map(t => t.name).join(' -> '),
    pieces: transforms.flatMap(t => t.pieces),
    slots: transforms.flatMap(t => t.slots),
  };
}

/** Names of the scalars that a transform carries. */
export function carriedNames({ pieces }: Transform): string[] {
  return pieces.flatMap(p => p.carried?.names ?? []);
}

/** The carried scalars before the first step. */
export function initialCarried({ pieces }: Transform): Hyper[] {
  return pieces.flatMap(p => p.carried?.initial() ?? []);
}

/** Pieces that become one kernel: only the first may measure, for that takes the updates before it as tensors. */
export interface Segment {
  readonly pieces: readonly Piece[];
  /** Its slots among those of the transform. */
  readonly slots: readonly [start: number, end: number];
  readonly last: boolean;
}

/** Cuts a transform before every piece that measures; the first needs no cut, since its update is the gradient. */
export function segmentsOf({ pieces }: Transform): Segment[] {
  const groups: Piece[][] = [[]];
  for (const p of pieces) {
    const open = groups[groups.length - 1];
    if (p.measure !== undefined && open.length > 0) groups.push([p]);
    else open.push(p);
  }
  let slot = 0;
  return groups.map((own, i) => {
    const start = slot;
    for (const p of own) slot += p.slots.length;
    return { pieces: own, slots: [start, slot], last: i === groups.length - 1 };
  });
}

/** The scalars of every piece in step `step`, and what is carried to the next. */
export function scalarsOf(
  pieces: readonly Piece[],
  step: number,
  carried: readonly Hyper[],
): { readonly scalars: readonly (readonly Hyper[])[]; readonly carried: readonly Hyper[] } {
  let at = 0;
  const after: Hyper[] = [];
  const scalars = pieces.map(p => {
    const own = carried.slice(at, at + (p.carried?.names.length ?? 0));
    at += own.length;
    if (p.carried !== undefined) after.push(...p.carried.next(step, own));
    return p.scalars(step, own);
  });
  return { scalars, carried: after };
}

/** Runs the pieces of a segment on one parameter: the arithmetic of a rule, for the pure form and for the kernel alike. */
export function applyPieces(
  pieces: readonly Piece[],
  update: Tensor,
  param: Tensor,
  slots: readonly Tensor[],
  scalars: readonly (readonly Hyper[])[],
  measured: readonly Tensor[],
): { readonly update: Tensor; readonly slots: readonly Tensor[] } {
  let current = update;
  let slot = 0;
  const after: Tensor[] = [];
  pieces.forEach((p, i) => {
    const own = slots.slice(slot, slot + p.slots.length);
    slot += own.length;
    const result = p.apply(current, {
      param,
      slots: own,
      scalars: scalars[i],
      measured: i === 0 ? measured : [],
    });
    current = result.update;
    after.push(...result.slots);
  });
  return { update: current, slots: after };
}
