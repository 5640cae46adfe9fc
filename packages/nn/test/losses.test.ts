import {
  ArgumentError,
  DTypeError,
  grad,
  IndexError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossEntropy, mseLoss } from '../src/index.js';
import { expectClose, slopes } from './support.js';

const int32 = (values: number[]): Tensor => tensor(Int32Array.from(values));
const float64 = (values: number[], shape: number[]): Tensor =>
  tensor(Float64Array.from(values)).reshape(shape);

/** ln softmax of a row, by definition. */
function logSoftmax(row: readonly number[]): number[] {
  const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
  return row.map(v => v - Math.log(total));
}

const score = fc.integer({ min: -3000, max: 3000 }).map(v => v / 1000);
const factor = fc.integer({ min: 1, max: 3000 }).map(v => v / 1000);

describe('crossEntropy', () => {
  const problem = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([n, c]) =>
    fc.record({
      n: fc.constant(n),
      c: fc.constant(c),
      logits: fc.array(score, { minLength: n * c, maxLength: n * c }),
      labels: fc.array(fc.integer({ min: 0, max: c - 1 }), { minLength: n, maxLength: n }),
      weight: fc.option(fc.array(factor, { minLength: c, maxLength: c }), { nil: undefined }),
      labelSmoothing: fc.constantFrom(0, 0.1, 1),
      ignoreIndex: fc.constantFrom(undefined, 0, -100),
    }),
  );

  test('of class indices is its definition, with weights, smoothing and ignored labels, to 1e-12', () => {
    fc.assert(
      fc.property(problem, p => {
        const { n, c, labels, labelSmoothing, ignoreIndex } = p;
        const w = p.weight ?? new Array<number>(c).fill(1);
        let total = 0;
        const losses = labels.map((label, i) => {
          if (label === ignoreIndex) return 0;
          total += w[label];
          const lp = logSoftmax(p.logits.slice(i * c, (i + 1) * c));
          const spread = lp.reduce((sum, v, k) => sum - (v * w[k] * labelSmoothing) / c, 0);
          return -lp[label] * w[label] * (1 - labelSmoothing) + spread;
        });
        const sum = losses.reduce((a, b) => a + b, 0);
        const logits = float64(p.logits, [n, c]);
        const options = { weight: p.weight && float64(p.weight, [c]), labelSmoothing, ignoreIndex };
        expectClose(
          crossEntropy(logits, int32(labels), { ...options, reduction: 'none' }).toTypedArray(),
          losses,
        );
        expectClose([crossEntropy(logits, int32(labels), { ...options, reduction: 'sum' }).item()], [sum]);
        const mean = crossEntropy(logits, int32(labels), options).item();
        if (total === 0) expect(mean).toBeNaN();
        else expectClose([mean], [sum / total]);
      }),
      { numRuns: 100 },
    );
  });

  test('its gradient agrees with central differences to 1e-7, and its second derivative with those of the first to 1e-6', () => {
    fc.assert(
      fc.property(problem, p => {
        fc.pre(p.labels.some(label => label !== p.ignoreIndex));
        const options = {
          weight: p.weight && float64(p.weight, [p.c]),
          labelSmoothing: p.labelSmoothing,
          ignoreIndex: p.ignoreIndex,
        };
        const f = (x: Tensor): Tensor => crossEntropy(x, int32(p.labels), options);
        const x = float64(p.logits, [p.n, p.c]).requiresGrad_();
        const [g] = grad(f(x), [x], { createGraph: true });
        expectClose(
          g.toTypedArray(),
          slopes(t => f(t).item(), x),
          1e-7,
        );
        const v = randn(x.shape, { dtype: 'float64' });
        const [h] = grad(g.mul(v).sum(), [x]);
        const along = (t: Tensor): number => {
          const leaf = t.requiresGrad_();
          return grad(f(leaf), [leaf])[0].mul(v).sum().item();
        };
        expectClose(h.toTypedArray(), slopes(along, x), 1e-6);
      }),
      { numRuns: 25 },
    );
  });

  test('of probabilities: -sum(p ln softmax); one-hot rows give the same as their indices', () => {
    fc.assert(
      fc.property(problem, p => {
        const { n, c, labelSmoothing } = p;
        const logits = float64(p.logits, [n, c]);
        const hot = p.labels.flatMap(label => Array.from({ length: c }, (_, k) => (k === label ? 1 : 0)));
        const options = {
          labelSmoothing,
          weight: p.weight && float64(p.weight, [c]),
          reduction: 'none',
        } as const;
        expectClose(
          crossEntropy(logits, float64(hot, [n, c]), options).toTypedArray(),
          crossEntropy(logits, int32(p.labels), options).toTypedArray(),
        );
      }),
      { numRuns: 50 },
    );
  });

  test("PyTorch's values", () => {
    const logits = float64(
      [
        -0.055812, -1.136557, 1.978071, -1.777244, -1.17517, 0.597925, -0.35432, -1.375703, 0.666593,
        0.819938, 1.623393, 1.171334,
      ],
      [4, 3],
    );
    const smoothed = crossEntropy(logits, int32([0, 2, 1, 1]), {
      weight: float64([0.5, 1, 2], [3]),
      labelSmoothing: 0.1,
    });
    expectClose([smoothed.item()], [1.0686790024625594], 1e-6);
    const probable = float64(
      [3.701843, 1.534133, 0.24998, -4.232099, 3.040444, -3.907455],
      [2, 3],
    ).requiresGrad_();
    const target = float64(
      [0.69139, 0.275734, 0.890684, 0.519939, 0.87481, 0.693984],
      [2, 3],
    ).requiresGrad_();
    const losses = crossEntropy(probable, target, { reduction: 'none' });
    expectClose(losses.toTypedArray(), [3.9256126499176447, 8.606463205800386], 1e-6);
    losses.backward(float64([0.893, -1.375], [2]));
    expectClose(
      probable.grad?.toTypedArray() ?? [],
      [
        0.8300932926146884, -0.08057883455599772, -0.7495144580586908, 0.7129258876179381,
        -1.6643988567137495, 0.9514729690958117,
      ],
      2e-6,
    );
    expectClose(
      target.grad?.toTypedArray() ?? [],
      [
        0.12179405100000454, 2.0575588674098437, 3.2043080274935423, -10.002019803138063,
        -0.002273738821987271, -9.55563406966846,
      ],
      2e-6,
    );
  });

  test('takes one sample [C], and samples in space [N, C, H, W]', () => {
    const row = float64([1, 2, 4], [3]);
    expectClose([crossEntropy(row, tensor(1, { dtype: 'int32' })).item()], [-logSoftmax([1, 2, 4])[1]]);
    const image = randn([2, 3, 2, 2], { dtype: 'float64' });
    const labels = int32([0, 1, 2, 0, 1, 2, 0, 1]).reshape([2, 2, 2]);
    const losses = crossEntropy(image, labels, { reduction: 'none' });
    expect(losses.shape).toEqual([2, 2, 2]);
    const flat = image.permute([0, 2, 3, 1]).reshape([8, 3]);
    expectClose(
      losses.toTypedArray(),
      crossEntropy(flat, labels.flatten(), { reduction: 'none' }).toTypedArray(),
    );
  });

  test('stays finite for scores of any size', () => {
    const logits = tensor([
      [1000, -1000],
      [-1e30, 1e30],
    ]).requiresGrad_();
    const loss = crossEntropy(logits, int32([0, 1]));
    expect(loss.item()).toBe(0);
    loss.backward();
    expect(logits.grad?.toArray().flat().every(Number.isFinite)).toBe(true);
    expect(
      crossEntropy(logits, int32([1, 1]), { reduction: 'none' })
        .add(0)
        .toArray(),
    ).toEqual([2000, 0]);
  });

  test('no samples: NaN as mean, 0 as sum', () => {
    expect(crossEntropy(zeros([0, 3]), int32([])).item()).toBeNaN();
    expect(crossEntropy(zeros([0, 3]), int32([]), { reduction: 'sum' }).item()).toBe(0);
  });

  test('errors', () => {
    const logits: Tensor = zeros([2, 3]);
    expect(() => crossEntropy(logits, int32([0, 3]))).toThrow(IndexError);
    expect(() => crossEntropy(logits, int32([0, 3]))).toThrow(
      'crossEntropy: a label is outside the 3 classes: expected 0 to 2',
    );
    expect(() => crossEntropy(logits, int32([0, -100]))).toThrow('index -100');
    expect(() => crossEntropy(logits, int32([0, 1, 2]))).toThrow(
      'crossEntropy: logits of shape [2, 3] want class indices of shape [2] (or probabilities of their own shape), got [3].',
    );
    expect(() => crossEntropy(logits, int32([0, 1]).reshape([2, 1]))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, tensor([0, 1]))).toThrow("class indices are int32: labels.to('int32')");
    expect(() => crossEntropy(logits, zeros([2, 3], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(() => crossEntropy(zeros([]), int32([0]))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, int32([0, 1]), { weight: zeros([2]) })).toThrow(
      'expected [3], one factor for each class',
    );
    expect(() => crossEntropy(logits, int32([0, 1]), { labelSmoothing: 2 })).toThrow(ArgumentError);
    expect(() => crossEntropy(logits, int32([0, 1]), { reduction: 'avg' as never })).toThrow(
      "reduction is 'avg'",
    );
    expect(() => crossEntropy(logits, [0, 1] as never)).toThrow('expected tensors');
    expect(() => crossEntropy(zeros([2, 3], { dtype: 'int32' }), int32([0, 1]))).toThrow(DTypeError);
  });
});

describe('mseLoss', () => {
  test('is its definition to 1e-12, and its gradient agrees with central differences to 1e-7', () => {
    const pair = fc
      .integer({ min: 1, max: 6 })
      .chain(n =>
        fc.tuple(
          fc.array(score, { minLength: n, maxLength: n }),
          fc.array(score, { minLength: n, maxLength: n }),
        ),
      );
    fc.assert(
      fc.property(pair, fc.constantFrom('mean', 'sum', 'none'), ([a, b], reduction) => {
        const squares = a.map((v, i) => (v - b[i]) ** 2);
        const sum = squares.reduce((x, y) => x + y, 0);
        const input = float64(a, [a.length]).requiresGrad_();
        const target = float64(b, [b.length]);
        const loss = mseLoss(input, target, { reduction });
        const want = reduction === 'none' ? squares : [reduction === 'sum' ? sum : sum / a.length];
        expectClose(loss.toTypedArray(), want);
        const v = randn(loss.shape, { dtype: 'float64' });
        const f = (x: Tensor): Tensor => mseLoss(x, target, { reduction }).mul(v).sum();
        const [g] = grad(f(input), [input]);
        expectClose(
          g.toTypedArray(),
          slopes(x => f(x).item(), input),
          1e-7,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('refuses to broadcast, mix dtypes, or reduce in unknown ways', () => {
    const column: Tensor = zeros([3, 1]);
    expect(() => mseLoss(column, zeros([3]))).toThrow(
      'mseLoss: the input has shape [3, 1], the target [3]. They must be the same: reshape or expand one.',
    );
    expect(() => mseLoss(column, zeros([3, 1], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(() => mseLoss(column, column, { reduction: 'max' as never })).toThrow(ArgumentError);
  });
});
