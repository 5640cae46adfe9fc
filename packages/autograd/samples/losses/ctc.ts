import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { Dense } from '../naive.js';
import type { OpInfo } from '../types.js';
import { type Given, type Loose, misspelt, noMethod, reduced } from './support.js';

interface Options extends Given {
  readonly blank?: number;
  readonly zeroInfinity?: boolean;
}

const int32 = (values: readonly number[], shape: readonly number[] = [values.length]): ag.Tensor =>
  tensor(Int32Array.from(values)).reshape(shape) as ag.Tensor;
const scores = (d: Draw, shape: readonly number[]): ag.Tensor => d.tensor(shape, { min: -3, max: -0.2 });

/** What a path spells: without repeats, then without blanks. */
const spelling = (path: readonly number[], blank: number): string =>
  path.filter((c, t) => c !== blank && c !== path[t - 1]).join();

/** The definition: minus the logarithm of the probability of all paths that spell the labels. */
function surprise(
  logProbs: readonly (readonly number[])[],
  labels: readonly number[],
  blank: number,
): number {
  let probability = 0;
  const visit = (path: readonly number[], log: number): void => {
    if (path.length === logProbs.length) {
      if (spelling(path, blank) === labels.join()) probability += Math.exp(log);
    } else
      logProbs[path.length].forEach((lp, c) => {
        visit([...path, c], log + lp);
      });
  };
  visit([], 0);
  return -Math.log(probability);
}

const listOf = (x: Dense | readonly number[] | number): readonly number[] =>
  x instanceof Dense ? x.data : [x].flat();

function naive(
  logProbs: Dense,
  targets: Dense,
  inputLengths: Dense | readonly number[] | number,
  targetLengths: Dense | readonly number[] | number,
  options: Options = {},
): Dense {
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  const single = logProbs.shape.length === 2;
  const classes = logProbs.shape[logProbs.shape.length - 1];
  const lengths = listOf(targetLengths);
  const padded = targets.shape.length === 2 ? targets.shape[1] : null;
  let start = 0;
  const losses = listOf(inputLengths).map((steps, n) => {
    const from = padded === null ? start : n * padded;
    start += lengths[n];
    const rows = Array.from({ length: steps }, (_, t) =>
      Array.from({ length: classes }, (_, c) => logProbs.at(single ? [t, c] : [t, n, c])),
    );
    const loss = surprise(rows, targets.data.slice(from, from + lengths[n]), blank);
    return (
      (zeroInfinity && loss === Number.POSITIVE_INFINITY ? 0 : loss) /
      (reduction === 'mean' ? Math.max(lengths[n], 1) : 1)
    );
  });
  return reduced(new Dense(single ? [] : [losses.length], losses), options);
}

const op = ag.ctcLoss as Loose;
const fits = {
  logProbs: zeros([4, 2, 3]),
  targets: int32([1, 2, 2, 1], [2, 2]),
  inputLengths: [4, 4],
  targetLengths: [2, 2],
};

/** The call that fits with one argument changed. */
const wrong = (
  label: string,
  change: object,
  error: OpInfo['errors'][number]['error'],
  message: string,
): OpInfo['errors'][number] => ({
  label,
  call: () => {
    const given = { ...fits, options: {}, ...change };
    return op(given.logProbs, given.targets, given.inputLengths, given.targetLengths, given.options);
  },
  error,
  message: new RegExp(`^ctcLoss: ${message}`),
});

export const ctcLossSamples = {
  ctcLoss: {
    op,
    noMethod,
    calls: {
      'padded labels': d => [scores(d, [4, 2, 3]), int32([1, 2, 2, 0], [2, 2]), [4, 3], [2, 1]],
      'one list of labels': d => [
        scores(d, [5, 3, 3]),
        int32([1, 1, 2, 1, 2]),
        int32([5, 4, 2]),
        int32([2, 2, 1]),
        { reduction: 'sum' },
      ],
      'one sample': d => [scores(d, [4, 3]), int32([2, 1]), 4, 2],
      'another blank': d => [
        scores(d, [4, 2, 3]),
        int32([1, 0, 0, 1], [2, 2]),
        [4, 4],
        [2, 2],
        { blank: 2, reduction: 'none' },
      ],
      'normalised scores': d => [
        ag.logSoftmax(d.tensor([4, 1, 4]), 2),
        int32([3, 3], [1, 2]),
        [4],
        [2],
        { reduction: 'none' },
      ],
      'no labels': d => [scores(d, [3, 2, 2]), int32([1, 0], [2, 1]), [3, 2], [1, 0]],
      'nobody has labels': d => [scores(d, [3, 1, 2]), int32([], [1, 0]), [3], [0]],
      'no samples': d => [scores(d, [3, 0, 2]), int32([], [0, 1]), [], [], { reduction: 'none' }],
    },
    edges: {
      'too few steps': d => [
        scores(d, [3, 2, 3]),
        int32([1, 1, 2, 1], [2, 2]),
        [2, 3],
        [2, 2],
        { reduction: 'none' },
      ],
      'too few steps, 0 instead': d => [
        scores(d, [3, 2, 3]),
        int32([1, 1, 2, 1], [2, 2]),
        [2, 3],
        [2, 2],
        { zeroInfinity: true },
      ],
      'no steps': d => [scores(d, [2, 3, 2]), int32([1]), [0, 0, 2], [0, 1, 0], { reduction: 'none' }],
      'probabilities of 0': d => [
        d.of([Number.NEGATIVE_INFINITY, 0, -1, -1, 0, Number.NEGATIVE_INFINITY], [3, 1, 2]),
        int32([1], [1, 1]),
        [3],
        [1],
      ],
      'the mean of nothing': d => [scores(d, [3, 0, 2]), int32([], [0, 1]), [], []],
    },
    naive,
    errors: [
      misspelt('ctcLoss', o => op(fits.logProbs, fits.targets, fits.inputLengths, fits.targetLengths, o)),
      wrong('no tensor', { logProbs: [[0]] }, ArgumentError, 'expected a tensor, got \\[\\[0\\]\\]'),
      wrong(
        'another rank',
        { logProbs: zeros([4]) },
        ShapeError,
        'logProbs have shape \\[4\\]; expected \\[T, N, C\\], or \\[T, C\\]',
      ),
      wrong(
        'nothing to read',
        { logProbs: zeros([0, 2, 3]) },
        ShapeError,
        'logProbs of shape \\[0, 2, 3\\] have no steps',
      ),
      wrong(
        'int32 scores',
        { logProbs: zeros([4, 2, 3], { dtype: 'int32' }) },
        DTypeError,
        'expected a float32 or float64 tensor, got int32',
      ),
      wrong(
        'a blank that is no class',
        { options: { blank: 3 } },
        IndexError,
        'blank is 3; expected one of the 3 classes, 0 to 2',
      ),
      wrong(
        'floating point labels',
        { targets: zeros([2, 2]) },
        DTypeError,
        'targets are float32; expected int32',
      ),
      wrong(
        'labels of another rank',
        { targets: int32([1], [1, 1, 1]) },
        ShapeError,
        'targets have shape \\[1, 1, 1\\]; expected \\[N, S\\], or one',
      ),
      wrong(
        'labels of more samples',
        { targets: int32([1, 1, 1], [3, 1]) },
        ShapeError,
        'targets of shape \\[3, 1\\] are for 3 samples, logProbs for 2; expected \\[2, S\\]',
      ),
      wrong(
        'a list of another length',
        { targets: int32([1, 1, 2]) },
        ShapeError,
        'targetLengths add up to 4, and there are 3 targets',
      ),
      wrong(
        'labels in rows for one sample',
        { logProbs: zeros([4, 3]) },
        ShapeError,
        'inputLengths has length 2, and the number of samples is 1; expected one for each',
      ),
      wrong(
        'too few lengths',
        { inputLengths: [4] },
        ShapeError,
        'inputLengths has length 1, and the number of samples is 2; expected one for each',
      ),
      wrong(
        'too many steps',
        { inputLengths: [4, 5] },
        ArgumentError,
        'entry 1 of inputLengths is 5; expected a whole number from 0 to 4, the length of the logProbs',
      ),
      wrong(
        'half a label',
        { targetLengths: [1, 0.5] },
        ArgumentError,
        'entry 1 of targetLengths is 0\\.5; expected a whole number from 0 to 2, the length of the targets',
      ),
      wrong(
        'floating point lengths',
        { inputLengths: zeros([2]) },
        DTypeError,
        'inputLengths are float32; expected int32',
      ),
      wrong(
        'a label that is no class',
        { targets: int32([1, 2, 2, 3], [2, 2]) },
        IndexError,
        'label 3 \\(number 1 of sample 1\\) is outside the 3 classes: expected 0 to 2',
      ),
      wrong(
        'the blank as label',
        { targets: int32([1, 0, 2, 1], [2, 2]) },
        ArgumentError,
        'label 0 \\(number 1 of sample 0\\) is the blank; expected another class',
      ),
    ],
  },
} satisfies Record<string, OpInfo>;
