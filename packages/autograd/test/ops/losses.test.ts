import { describe, expect, test } from 'vitest';
import { nodesCreated } from '../../src/graph/node.js';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  gaussianNllLoss,
  grad,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  logSoftmax,
  marginRankingLoss,
  mseLoss,
  multilabelMarginLoss,
  multiMarginLoss,
  nllLoss,
  poissonNllLoss,
  profile,
  rand,
  smoothL1Loss,
  softMarginLoss,
  type Tensor,
  tensor,
  tripletMarginLoss,
} from '../../src/index.js';

const f64 = { dtype: 'float64' } as const;
const x64 = (...values: number[]): Tensor => tensor(values, f64);
const int32 = (...values: number[]): Tensor => tensor(Int32Array.from(values));

/** The gradient of the sum of the losses, by the first argument. */
function gradient(fn: (x: Tensor) => Tensor, x: Tensor): number[] {
  const leaf = x.detach().requiresGrad_() as Tensor;
  return Array.from(grad(fn(leaf).sum(), leaf).toTypedArray(), v => v + 0);
}

const none = { reduction: 'none' } as const;
const floor = Math.fround(1e-12);

describe('derivatives of losses at points where differences say nothing', () => {
  test.each<[string, (x: Tensor) => Tensor, Tensor, number[]]>([
    ['l1Loss of equals: 0', x => l1Loss(x, x64(1, 1, 1), none), x64(0, 1, 2), [-1, 0, 1]],
    [
      'smoothL1Loss with beta 0: that of l1Loss',
      x => smoothL1Loss(x, x64(1, 1), { ...none, beta: 0 }),
      x64(0, 1),
      [-1, 0],
    ],
    [
      'smoothL1Loss with a beta that is a tensor of 0: the same',
      x => smoothL1Loss(x, x64(1, 1), { ...none, beta: tensor(0, f64) }),
      x64(0, 1),
      [-1, 0],
    ],
    [
      'binaryCrossEntropy at its borders: 0 where it is right, large where it is wrong',
      x => binaryCrossEntropy(x, x64(0, 1, 0, 1), none),
      x64(0, 0, 1, 1),
      [0, -1 / floor, 1 / floor, 0],
    ],
    [
      'binaryCrossEntropy by targets: the difference of logarithms, cut off',
      t => binaryCrossEntropy(x64(0, 1), t, none),
      x64(0, 1),
      [100, -100],
    ],
    [
      'hingeEmbeddingLoss at the margin: passes',
      x => hingeEmbeddingLoss(x, int32(-1, -1, -1, 1), none),
      x64(0, 1, 2, 1),
      [-1, -1, 0, 1],
    ],
    [
      'marginRankingLoss at the margin: passes',
      x => marginRankingLoss(x, x64(0, 0), x64(1, 1), { ...none, margin: 1 }),
      x64(1, 2),
      [-1, 0],
    ],
    [
      'multiMarginLoss at the margin: 0',
      x => multiMarginLoss(x, tensor(0, { dtype: 'int32' })),
      x64(1, 0),
      [0, 0],
    ],
    ['multilabelMarginLoss at the margin: 0', x => multilabelMarginLoss(x, int32(0, -1)), x64(1, 0), [0, 0]],
    [
      'tripletMarginLoss of equal points: 0',
      x => tripletMarginLoss(x, x64(1, 2), x64(1, 2), { eps: 0 }),
      x64(1, 2),
      [0, 0],
    ],
    [
      'tripletMarginLoss with the largest difference: ties share',
      x => tripletMarginLoss(x, x64(0, 0), x64(1, 1), { eps: 0, margin: 5, p: Number.POSITIVE_INFINITY }),
      x64(1, 1),
      [0.5, 0.5],
    ],
    [
      'gaussianNllLoss of a variance below eps: as at eps',
      v => gaussianNllLoss(x64(0.5, 0.5), x64(0, 0), v, { ...none, eps: 0.1 }),
      x64(0.05, 0.1),
      [-7.5, -7.5],
    ],
    [
      'poissonNllLoss in full, by counts up to 1: as without',
      t => poissonNllLoss(x64(0.5, 0.5), t, { ...none, full: true }),
      x64(0, 1),
      [-0.5, -0.5],
    ],
    [
      'nllLoss of nothing that counts: 0',
      x => nllLoss(x.reshape([1, 2]) as Tensor, int32(-100)),
      x64(1, 2),
      [0, 0],
    ],
    ['softMarginLoss of large scores', x => softMarginLoss(x, x64(-1, 1), none), x64(1000, 1000), [1, 0]],
    [
      'ctcLoss of labels that no path spells: 0',
      x => ctcLoss(x.reshape([2, 2]) as Tensor, int32(1, 1), 2, 2),
      x64(-1, -2, -1, -3),
      [0, 0, 0, 0],
    ],
  ])('%s', (_, fn, at, expected) => {
    const actual = gradient(fn, at);
    expect(actual.length).toBe(expected.length);
    actual.forEach((v, i) => {
      expect(Math.abs(v - expected[i])).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected[i])));
    });
  });

  test('cosineEmbeddingLoss of a vector of 0 is steep, not NaN', () => {
    const g = gradient(x => cosineEmbeddingLoss(x, x64(1, 0), tensor(1, { dtype: 'int32' })), x64(0, 0));
    expect(g[0]).toBeCloseTo(-1 / Math.sqrt(floor), 3);
    expect(g[1]).toBe(0);
  });

  test.each([
    ['smoothL1Loss', (x: Tensor) => smoothL1Loss(x, x64(0, 0, 0), { ...none, beta: 0.5 }), [2, 2, 0]],
    ['huberLoss', (x: Tensor) => huberLoss(x, x64(0, 0, 0), { ...none, delta: 0.5 }), [1, 1, 0]],
  ])(
    'the second derivative of %s at 0 is that of the parabola, at the joint that of the line',
    (_, fn, expected) => {
      const x = tensor([0, 0.25, 0.5], { ...f64, requiresGrad: true }) as Tensor;
      const first = grad(fn(x).sum(), x, { createGraph: true });
      expect(grad(first.sum(), x).toArray()).toEqual(expected);
    },
  );
});

describe('crossEntropy', () => {
  test('stays finite for scores of any size', () => {
    const logits = tensor(
      [
        [1000, -1000],
        [-1e30, 1e30],
      ],
      { requiresGrad: true },
    ) as Tensor;
    const loss = crossEntropy(logits, int32(0, 1));
    expect(loss.item()).toBe(0);
    loss.backward();
    expect(Array.from(logits.grad?.toTypedArray() ?? []).every(Number.isFinite)).toBe(true);
  });

  test('of one-hot probabilities is that of their indices, to 1e-15', () => {
    const logits = rand([5, 4], f64) as Tensor;
    const labels = int32(3, 0, 2, 2, 1);
    const hot = labels
      .unsqueeze(1)
      .eq(int32(0, 1, 2, 3))
      .to('float64') as Tensor;
    const difference = crossEntropy(logits, hot).sub(crossEntropy(logits, labels)).item();
    expect(Math.abs(difference)).toBeLessThanOrEqual(1e-15);
  });
});

describe('ctcLoss', () => {
  /** How many nodes are recorded forward, and backward with createGraph. */
  function nodes(steps: number): [number, number] {
    const scores = rand([steps, 2, 5], f64).requiresGrad_() as Tensor;
    const start = nodesCreated();
    const loss = ctcLoss(
      logSoftmax(scores, 2),
      int32(1, 2, 3, 4, 1, 1).reshape([2, 3]) as Tensor,
      [steps, steps - 2],
      [3, 2],
    );
    const middle = nodesCreated();
    grad(loss, scores, { createGraph: true });
    return [middle - start, nodesCreated() - middle];
  }

  test('takes as many nodes for every further step, forward and backward, and less than 8 forward', () => {
    const [a, b, c] = [10, 20, 30].map(nodes);
    expect(c[0] - b[0]).toBe(b[0] - a[0]);
    expect(c[1] - b[1]).toBe(b[1] - a[1]);
    expect(c[0] - b[0]).toBeLessThan(80);
  });

  test('a long sequence in single precision agrees with double precision to 1e-4', () => {
    const scores = rand([400, 3, 6], f64) as Tensor;
    const labels = tensor(Int32Array.from({ length: 90 }, (_, i) => 1 + ((i * 7) % 5))).reshape([
      3, 30,
    ]) as Tensor;
    const run = (x: Tensor): number[] => {
      const leaf = x.detach().requiresGrad_() as Tensor;
      const loss = ctcLoss(logSoftmax(leaf, 2), labels, [400, 350, 31], [30, 20, 5], { reduction: 'sum' });
      return [loss.item() / 1000, ...grad(loss, leaf).toTypedArray()];
    };
    const [fine, coarse] = [run(scores), run(scores.to('float32') as Tensor)];
    fine.forEach((v, i) => {
      expect(Math.abs(v - coarse[i])).toBeLessThanOrEqual(1e-4);
    });
    // The softmax less the probability of reading a class: of all classes at one step it adds up to nothing.
    expect(Math.abs(fine.slice(1).reduce((a, b) => a + b, 0))).toBeLessThanOrEqual(1e-9);
  });
});

describe('losses of elements', () => {
  const losses = {
    ...{ mseLoss, l1Loss, smoothL1Loss, huberLoss, softMarginLoss },
    ...{ poissonNllLoss, klDiv, binaryCrossEntropyWithLogits },
  };
  test.each(Object.entries(losses))(
    '%s is one kernel forward and one backward, its mean included',
    (_, loss) => {
      const mean = loss as (x: Tensor, t: Tensor) => Tensor;
      const x = rand([5, 7]).requiresGrad_() as Tensor;
      const t = rand([5, 7]) as Tensor;
      mean(x, t).backward(); // compiled
      const p = profile(() => mean(x, t).backward());
      const runs = p.kernels.filter(({ name }) => name !== 'fill');
      // Besides these the gradient is added to that of before.
      expect(Object.fromEntries(runs.map(({ name, calls }) => [name, calls]))).toEqual({
        run: 2,
        'binary add': 1,
      });
    },
  );
});
