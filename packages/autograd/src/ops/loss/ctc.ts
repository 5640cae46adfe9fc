import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import type { Cotangent, DifferentiableOp } from '../../graph/node.js';
import { record } from '../../graph/record.js';
import { raw, view } from '../../tensor/raw.js';
import { numel } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, div, gt, lt, where } from '../binary.js';
import { composite, requireFloating, savesNothing } from '../define.js';
import { gather } from '../indexing.js';
import { expand, reshapeTo, slice, unsqueeze } from '../shape.js';
import { logsumexp } from '../softmax.js';
import { logaddexp } from '../special.js';
import { neg } from '../unary.js';
import { reduceLosses, reductionOf, requireTensors } from './shared.js';
import type { LossOptions, Reduced, Reduction } from './types.js';

/** How many steps or labels of each sample count: int32 [N], a list, or, for one sample alone, a number. */
export type Lengths = Tensor | readonly number[] | number;

export interface CtcLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Whether losses of samples that no path can spell are 0 instead of Infinity. Default false. */
  readonly zeroInfinity?: boolean;
}

/** [T, N, C] has N samples, [T, C] is one. */
export type BatchOf<S extends Shape> = number extends S['length']
  ? Shape
  : S extends readonly [number, infer N extends number, number]
    ? [N]
    : [];

/**
 * The logarithm of probability 0. Finite, since the difference of two infinities would be NaN; so far down that nothing real comes near, and so
 * little that as many of them as there are steps do not overflow single precision.
 */
const never = -1e30;

/** What is to be spelled: for every sample its labels and the number of its steps. */
interface Task {
  readonly labels: readonly (readonly number[])[];
  readonly steps: readonly number[];
  readonly blank: number;
}

/**
 * States are the labels with blanks around and between them; one more, the last, is a place with probability 0, from which transitions that do not exist
 * come. All tables are int32.
 */
interface States {
  readonly count: number;
  /** [1, N, states]: the class that each reads. */
  readonly reads: Tensor;
  /** [1, N, states]: the state before, and the one before that where it may be left out. */
  readonly before: Tensor;
  readonly skip: Tensor;
  /** [1, N, 2]: where a path may end. */
  readonly ends: Tensor;
}

function statesOf({ labels, blank }: Task): States {
  const samples = labels.length;
  const dead = 2 * labels.reduce((most, list) => Math.max(most, list.length), 0) + 1;
  const count = dead + 1;
  const table = (width: number, entry: (list: readonly number[], s: number) => number): Tensor => {
    const out = raw([1, samples, width], 'int32');
    kernels().write(
      out,
      Int32Array.from({ length: samples * width }, (_, i) => entry(labels[Math.floor(i / width)], i % width)),
    );
    return out;
  };
  const labelAt = (list: readonly number[], s: number): number =>
    s % 2 === 1 && s !== dead ? (list[(s - 1) / 2] ?? blank) : blank;
  return {
    count,
    reads: table(count, labelAt),
    before: table(count, (_, s) => (s === 0 || s === dead ? dead : s - 1)),
    // Between equal labels the blank must be read, and a blank is never left out for another.
    skip: table(count, (list, s) =>
      s >= 3 && s !== dead && s % 2 === 1 && labelAt(list, s) !== labelAt(list, s - 2) ? s - 2 : dead,
    ),
    ends: table(2, (list, i) => (i === 0 ? 2 * list.length : list.length === 0 ? dead : 2 * list.length - 1)),
  };
}

/** ln of the probability of all paths that spell the labels, [N] (Graves et al. 2006, the forward variables, in logarithms). */
function logLikelihood(logProbs: Tensor, task: Task): Tensor {
  const [, samples] = logProbs.shape;
  const states = statesOf(task);
  const longest = Math.max(1, ...task.steps);
  const shortest = Math.min(...task.steps);
  const used = slice(logProbs, 0, { end: longest }) as Tensor;
  const read = gather(used, 2, expand(states.reads, [longest, samples, states.count]));
  const scores = stepsOf(where(lt(read, never) as Tensor, never, read) as Tensor);

  const lengths = raw([1, samples, 1], 'int32');
  kernels().write(lengths, Int32Array.from(task.steps));
  // As if a blank had been read before the first step.
  let alpha = raw([1, samples, states.count], logProbs.dtype) as Tensor;
  kernels().write(
    alpha,
    Array.from({ length: alpha.size }, (_, i) => (i % states.count === 0 ? 0 : never)),
  );
  for (let t = 0; t < longest; t++) {
    const arrived = logaddexp(
      logaddexp(alpha, gather(alpha, 2, states.before)) as Tensor,
      gather(alpha, 2, states.skip),
    ) as Tensor;
    const next = add(arrived, scores[t]) as Tensor;
    alpha = t < shortest ? next : (where(gt(lengths, t) as Tensor, next, alpha) as Tensor);
  }
  return reshapeTo(logsumexp(gather(alpha, 2, states.ends), 2) as Tensor, [samples]);
}

/**
 * The entries of the first dim, which stays with size 1, as outputs of one op. As slices they would each come back as a tensor of the whole size: quadratic
 * work in the number of steps.
 */
function stepsOf(x: Tensor): Tensor[] {
  const shape = [1, ...x.shape.slice(1)];
  const pieces = Array.from({ length: x.shape[0] }, (_, t) =>
    view(x, x.offset + t * x.strides[0], shape, x.strides),
  );
  record(stepsOp, [x], undefined, pieces);
  return pieces;
}

const stepsOp: DifferentiableOp<undefined> = {
  name: 'steps',
  savesInput: savesNothing,
  vjp: (_, n, gradients) => [joined(gradients, n.inputShape(0))],
};

/** The adjoint: entries side by side, zeros where there is none. */
function joined(pieces: readonly Cotangent[], shape: readonly number[]): Tensor {
  const given = pieces.flatMap((piece, t) => (piece === null ? [] : [{ piece, t }]));
  const out = raw(shape, given[0].piece.dtype);
  kernels().fill(out, 0);
  const inner = shape.slice(1);
  for (const { piece, t } of given)
    kernels().copy(piece, view(out, t * numel(inner), [1, ...inner], out.strides));
  record(
    joinedOp,
    given.map(({ piece }) => piece),
    given.map(({ t }) => t),
    [out],
  );
  return out;
}

const joinedOp: DifferentiableOp<readonly number[]> = {
  name: 'joinedSteps',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const all = stepsOf(g);
    return n.attributes.map(t => all[t]);
  },
};

/**
 * Connectionist temporal classification (Graves, Fernández, Gomez, Schmidhuber 2006): minus the logarithm of the probability that a sequence of classes,
 * after merging repeats and dropping blanks, spells the labels. `mean` divides each loss by the number of its labels first.
 *
 * The derivative is the one by `logProbs` as they stand. PyTorch's adds e**logProbs to it, which makes no difference behind logSoftmax.
 *
 * @param logProbs [T, N, C] or, for one sample, [T, C]: ln of the probabilities of C classes at T steps, float32 or float64
 * @param targets int32 [N, S], padded, or the labels of all samples one after the other; [S] for one sample. Never the blank
 * @param inputLengths steps of each sample, at most T
 * @param targetLengths labels of each sample
 * @throws IndexError for a label that is no class, ArgumentError for one that is the blank
 */
export const ctcLoss: <S extends Shape, R extends Reduction = 'mean'>(
  logProbs: Tensor<S>,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options?: CtcLossOptions<R>,
) => Tensor<Reduced<R, BatchOf<S>>> = composite(
  'ctcLoss',
  (
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
    options: CtcLossOptions = {},
  ) => {
    const reduction = reductionOf('ctcLoss', options.reduction);
    const task = taskOf(logProbs, targets, inputLengths, targetLengths, options.blank ?? 0);
    const single = logProbs.ndim === 2;
    const surprise = neg(logLikelihood(single ? (unsqueeze(logProbs, 1) as Tensor) : logProbs, task));
    const impossible = gt(surprise, -never / 10) as Tensor;
    const instead = options.zeroInfinity === true ? 0 : Number.POSITIVE_INFINITY;
    let losses = where(impossible, instead, surprise) as Tensor;
    if (reduction === 'mean') {
      const counts = raw([task.labels.length], logProbs.dtype);
      kernels().write(
        counts,
        task.labels.map(list => Math.max(list.length, 1)),
      );
      losses = div(losses, counts) as Tensor;
    }
    return reduceLosses(single ? reshapeTo(losses, []) : losses, reduction);
  },
) as never;

function taskOf(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  blank: number,
): Task {
  requireTensors('ctcLoss', { logProbs, targets });
  requireFloating('ctcLoss', logProbs);
  if (logProbs.ndim !== 2 && logProbs.ndim !== 3)
    throw new ShapeError(
      `ctcLoss: logProbs have shape ${showShape(logProbs.shape)}; expected [T, N, C], or [T, C] for one sample.`,
    );
  if (logProbs.shape[0] === 0)
    throw new ShapeError(
      `ctcLoss: logProbs of shape ${showShape(logProbs.shape)} have no steps; expected one at least.`,
    );
  const [longest, classes] = [logProbs.shape[0], logProbs.shape[logProbs.ndim - 1]];
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new IndexError(
      `ctcLoss: blank is ${show(blank)}; expected one of the ${classes} classes, 0 to ${classes - 1}.`,
    );
  const samples = logProbs.ndim === 2 ? 1 : logProbs.shape[1];
  const steps = lengthsOf('inputLengths', inputLengths, samples, longest, 'logProbs');
  return {
    labels: labelsOf(targets, targetLengths, samples, classes, blank, logProbs.ndim === 2),
    steps,
    blank,
  };
}

function lengthsOf(
  name: string,
  given: Lengths,
  samples: number,
  most: number,
  whose: string,
): readonly number[] {
  if (given instanceof Tensor && given.dtype !== 'int32')
    throw new DTypeError(
      `ctcLoss: ${name} are ${given.dtype}; expected int32. Convert them with to('int32').`,
    );
  const list = given instanceof Tensor ? Array.from(kernels().read(given)) : [given].flat();
  if (list.length !== samples)
    throw new ShapeError(
      `ctcLoss: ${name} has length ${list.length}, and the number of samples is ${samples}; expected one for each.`,
    );
  list.forEach((length, i) => {
    if (!Number.isInteger(length) || length < 0 || length > most)
      throw new ArgumentError(
        `ctcLoss: entry ${i} of ${name} is ${show(length)}; expected a whole number from 0 to ${most}, the length of the ${whose}.`,
      );
  });
  return list;
}

/** The labels of each sample. */
function labelsOf(
  targets: Tensor,
  targetLengths: Lengths,
  samples: number,
  classes: number,
  blank: number,
  single: boolean,
): readonly (readonly number[])[] {
  if (targets.dtype !== 'int32')
    throw new DTypeError(
      `ctcLoss: targets are ${targets.dtype}; expected int32. Convert them with to('int32').`,
    );
  const padded = targets.ndim === 2 && !single;
  if (targets.ndim !== 1 && !padded)
    throw new ShapeError(
      `ctcLoss: targets have shape ${showShape(targets.shape)}; expected ${single ? '[S] for one sample' : '[N, S], or one list of all labels'}.`,
    );
  if (padded && targets.shape[0] !== samples)
    throw new ShapeError(
      `ctcLoss: targets of shape ${showShape(targets.shape)} are for ${targets.shape[0]} samples, logProbs for ${samples}; expected [${samples}, S].`,
    );
  const lengths = lengthsOf(
    'targetLengths',
    targetLengths,
    samples,
    targets.shape[targets.ndim - 1],
    'targets',
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (!padded && !single && total !== targets.size)
    throw new ShapeError(
      `ctcLoss: targetLengths add up to ${total}, and there are ${targets.size} targets; expected one list of all labels, or [N, S].`,
    );
  const values = Array.from(kernels().read(targets));
  let start = 0;
  return lengths.map((length, n) => {
    const from = padded ? n * targets.shape[1] : start;
    start += length;
    const list = values.slice(from, from + length);
    list.forEach((label, i) => {
      const place = `label ${label} (number ${i} of sample ${n})`;
      if (label < 0 || label >= classes)
        throw new IndexError(
          `ctcLoss: ${place} is outside the ${classes} classes: expected 0 to ${classes - 1}.`,
        );
      if (label === blank)
        throw new ArgumentError(
          `ctcLoss: ${place} is the blank; expected another class. Number labels around it, or choose another blank.`,
        );
    });
    return list;
  });
}
