import {
  type Elementwise,
  emptyLike,
  type Fused,
  fuse,
  keep,
  noGrad,
  scope,
  type Tensor,
} from '@fluxion/autograd';
import type { Hyper } from './hyper.js';
import { initialSlots } from './rule.js';
import { applyPieces, type Segment, segmentsOf, type Transform } from './transform.js';

/** One parameter in a step under way. */
export interface Moving {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly slots: readonly Tensor[];
  /** By piece. */
  readonly scalars: readonly (readonly Hyper[])[];
}

/** The arguments of a kernel that does the step of a parameter alone: lists that are used again in every step. */
export interface Alone {
  /** The parameter and its slots. */
  readonly targets: readonly Tensor[];
  /** The parameter, its gradient, its slots, the scalars. */
  readonly inputs: Hyper[];
}

/** A segment as one kernel. */
class FusedSegment {
  readonly segment: Segment;
  /** Its first piece among those of the transform. */
  private readonly start: number;
  /** How many tensors were measured, and how many scalars each piece has: the layout of the arguments, known from the first run. */
  private layout: readonly [measured: number, scalars: readonly number[]] = [0, []];
  private readonly fused: Fused<Elementwise>;

  constructor(segment: Segment, start: number) {
    this.segment = segment;
    this.start = start;
    const { pieces, last, slots } = segment;
    const count = slots[1] - slots[0];
    const step = (param: Tensor, update: Tensor, ...rest: Tensor[]): readonly Tensor[] => {
      const [measured, counts] = this.layout;
      let at = count + measured;
      const scalars = counts.map(n => {
        at += n;
        return rest.slice(at - n, at);
      });
      const result = applyPieces(
        pieces,
        update,
        param,
        rest.slice(0, count),
        scalars,
        rest.slice(count, count + measured),
      );
      return [last ? (param.add(result.update) as Tensor) : result.update, ...result.slots];
    };
    this.fused = fuse(step as unknown as Elementwise);
  }

  /** Overwrites the slots, and writes the parameter (the update, before the last segment) over `target`. */
  run(target: Tensor, update: Tensor, { param, slots, scalars }: Moving, measured: readonly Tensor[]): void {
    const { pieces } = this.segment;
    const own = slots.slice(...this.segment.slots);
    const numbers = scalars.slice(this.start, this.start + pieces.length);
    this.fit(measured.length, numbers);
    this.fused.assign([target, ...own], param, update, ...own, ...measured, ...numbers.flat());
  }

  /** Notes the layout of the arguments. */
  fit(measured: number, scalars: readonly (readonly Hyper[])[]): void {
    if (this.layout[1].length !== scalars.length) this.layout = [measured, scalars.map(s => s.length)];
  }

  /** The same where nothing is measured and there is no other segment. */
  runAlone({ targets, inputs }: Alone): void {
    this.fused.assignList(targets, inputs);
  }
}

/** A transform in place: the arithmetic of the pure rule, traced into kernels that read and write every array once. */
export class FusedStep {
  readonly transform: Transform;
  private readonly segments: readonly FusedSegment[];
  /** Whether it is one kernel, and nothing is measured: then `runAlone` does. */
  readonly simple: boolean;

  constructor(transform: Transform) {
    this.transform = transform;
    let start = 0;
    this.segments = segmentsOf(transform).map(segment => {
      const fused = new FusedSegment(segment, start);
      start += segment.pieces.length;
      return fused;
    });
    this.simple = this.segments.length === 1 && transform.pieces[0]?.measure === undefined;
  }

  /** The slots before the first step, made to outlive every scope. */
  init(param: Tensor): Tensor[] {
    return noGrad(() =>
      this.transform.pieces.flatMap(piece =>
        initialSlots(piece, param).map(slot => keep(slot.storage === param.storage ? slot.clone() : slot)),
      ),
    );
  }

  /** One step of the parameters; overwrites them and their slots. Call it inside `noGrad`. */
  run(moving: readonly Moving[]): void {
    scope(() => {
      let updates = moving.map(m => m.grad);
      const params = moving.map(m => m.param);
      for (const fused of this.segments) {
        const { pieces, last } = fused.segment;
        const measured = pieces[0]?.measure?.(updates, params);
        updates = moving.map((m, i) => {
          const target = last ? m.param : emptyLike(m.param);
          fused.run(target, updates[i], m, measured?.[i] ?? []);
          return target;
        });
      }
    });
  }

  /** The scalars of a step in one list, for `runAlone`. */
  flatScalars(step: number): readonly Hyper[] {
    const scalars = this.transform.pieces.map(piece => piece.scalars(step, []));
    this.segments[0].fit(0, scalars);
    const flat: Hyper[] = [];
    for (let i = 0; i < scalars.length; i++) flat.push(...scalars[i]);
    return flat;
  }

  /** One step of one parameter of a simple transform that carries nothing. Call it inside `noGrad`. */
  runAlone(alone: Alone, grad: Tensor, scalars: readonly Hyper[]): void {
    const { targets, inputs } = alone;
    inputs[1] = grad;
    const at = targets.length + 1;
    for (let i = 0; i < scalars.length; i++) inputs[at + i] = scalars[i];
    this.segments[0].runAlone(alone);
    // The gradient is not to be kept from the collector.
    inputs[1] = targets[0];
  }
}
