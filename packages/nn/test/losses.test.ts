import * as autograd from '@fluxion/autograd';
import { rand, type Tensor, tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import * as nn from '../src/index.js';
import { functional, Linear, Module } from '../src/index.js';
import { expectClose } from './support.js';

type Loose = (...args: unknown[]) => Tensor;
type LossClass = new (options?: object) => Module & { forward(...inputs: unknown[]): Tensor };

const int32 = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const float64 = (values: number[], shape: number[]): Tensor =>
  tensor(Float64Array.from(values)).reshape(shape);

const scores: Tensor = rand([2, 3]);
const others: Tensor = rand([2, 3]);
const signs = int32(1, -1);
const labels = int32(2, 0);

/** Module, function, inputs and some options. */
const table: readonly [name: string, fn: string, inputs: readonly unknown[], options: object][] = [
  ['MSELoss', 'mseLoss', [scores, others], { reduction: 'sum' }],
  ['L1Loss', 'l1Loss', [scores, others], { reduction: 'none' }],
  ['SmoothL1Loss', 'smoothL1Loss', [scores, others], { beta: 0.3 }],
  ['HuberLoss', 'huberLoss', [scores, others], { delta: 0.3 }],
  ['CrossEntropyLoss', 'crossEntropy', [scores, labels], { labelSmoothing: 0.2, ignoreIndex: 0 }],
  ['NLLLoss', 'nllLoss', [scores, labels], { weight: rand([3]) }],
  ['BCELoss', 'binaryCrossEntropy', [scores, others], { weight: rand([3]) }],
  ['BCEWithLogitsLoss', 'binaryCrossEntropyWithLogits', [scores, others], { posWeight: rand([3]) }],
  ['KLDivLoss', 'klDiv', [scores, others], { reduction: 'batchmean', logTarget: true }],
  ['GaussianNLLLoss', 'gaussianNllLoss', [scores, others, rand([2, 1])], { full: true }],
  ['PoissonNLLLoss', 'poissonNllLoss', [scores, others], { logInput: false }],
  ['HingeEmbeddingLoss', 'hingeEmbeddingLoss', [rand([2]), signs], { margin: 2 }],
  ['MarginRankingLoss', 'marginRankingLoss', [scores, others, rand([2, 3])], { margin: 2 }],
  ['MultiMarginLoss', 'multiMarginLoss', [scores, labels], { p: 2 }],
  ['MultiLabelMarginLoss', 'multilabelMarginLoss', [rand([3]), int32(1, -1, 0)], { reduction: 'sum' }],
  ['MultiLabelSoftMarginLoss', 'multilabelSoftMarginLoss', [scores, others], { weight: rand([3]) }],
  ['SoftMarginLoss', 'softMarginLoss', [scores, others], { reduction: 'none' }],
  ['TripletMarginLoss', 'tripletMarginLoss', [scores, others, rand([2, 3])], { p: 1, swap: true }],
  [
    'TripletMarginWithDistanceLoss',
    'tripletMarginWithDistanceLoss',
    [scores, others, rand([2, 3])],
    { distanceFunction: (a: Tensor, b: Tensor) => a.sub(b).square().sum(-1) },
  ],
  ['CosineEmbeddingLoss', 'cosineEmbeddingLoss', [scores, others, signs], { margin: 0.5 }],
  ['CTCLoss', 'ctcLoss', [rand([4, 1, 3]), int32(1, 2), [4], [2]], { reduction: 'sum' }],
];

describe('modules of losses compute their function, with and without options', () => {
  test.each(table)('%s', (name, fn, inputs, options) => {
    const Loss = (nn as unknown as Record<string, LossClass>)[name];
    const f = (functional as unknown as Record<string, Loose>)[fn];
    expect(f).toBe((autograd as unknown as Record<string, unknown>)[fn]);
    const plain = new Loss();
    expect(plain).toBeInstanceOf(Module);
    expect(plain.forward(...inputs).toArray()).toEqual(f(...inputs).toArray());
    expect(plain.stateDict()).toEqual({});
    expect(String(plain)).toBe(`${name}()`);
    const loss = new Loss(options);
    expect(loss.forward(...inputs).toArray()).toEqual(f(...inputs, options).toArray());
    expect(loss.parameters()).toEqual([]);
  });

  test('every loss of the package is among them', () => {
    const functions = Object.keys(functional).filter(name => /Loss$|[eE]ntropy|^klDiv/.test(name));
    expect(table.map(([, fn]) => fn).sort()).toEqual(functions.sort());
  });
});

describe('options that are tensors', () => {
  test('are buffers: converted and saved with the module', () => {
    const loss = new nn.CrossEntropyLoss({ weight: tensor([1, 2, 4]) });
    expect(loss.buffers()).toHaveLength(1);
    expect(Object.keys(loss.stateDict())).toEqual(['weight']);
    const double = scores.to('float64') as Tensor;
    expect(() => loss.forward(double, labels)).toThrow(autograd.DTypeError);
    loss.to('float64');
    const expected = functional.crossEntropy(double, labels, { weight: float64([1, 2, 4], [3]) });
    expect(loss.forward(double, labels).item()).toBe(expected.item());
    loss.loadStateDict(new nn.NLLLoss({ weight: float64([1, 1, 1], [3]) }).stateDict());
    expect(loss.forward(double, labels).item()).toBe(functional.crossEntropy(double, labels).item());
  });

  test('are parameters if they require a gradient', () => {
    const margin = tensor(0.5, { requiresGrad: true });
    const loss = new nn.MarginRankingLoss({ margin, reduction: 'sum' });
    expect(loss.namedParameters()).toEqual({ margin });
    loss.forward(scores, scores, others).backward();
    expect(margin.grad?.item()).toBe(6);
    const found = nn.functionalCall(loss, { margin: tensor(2) }, scores, scores, others) as Tensor;
    expect(found.item()).toBe(12);
  });

  test('show in the outline', () => {
    const loss = new nn.MultiMarginLoss({ p: 2, weight: tensor([1, 2, 4]), reduction: 'none' });
    expect(String(loss)).toBe('MultiMarginLoss(p=2, reduction=none, weight=Tensor)');
  });
});

describe("PyTorch's values", () => {
  test('of crossEntropy with weights and smoothing', () => {
    const logits = float64(
      [
        -0.055812, -1.136557, 1.978071, -1.777244, -1.17517, 0.597925, -0.35432, -1.375703, 0.666593,
        0.819938, 1.623393, 1.171334,
      ],
      [4, 3],
    );
    const smoothed = functional.crossEntropy(logits, int32(0, 2, 1, 1), {
      weight: float64([0.5, 1, 2], [3]),
      labelSmoothing: 0.1,
    });
    expectClose([smoothed.item()], [1.0686790024625594], 1e-6);
  });
});

test('a loss trains a layer', () => {
  const layer = new Linear(3, 2);
  const loss = new nn.BCEWithLogitsLoss();
  const target = tensor([
    [1, 0],
    [0, 1],
  ]);
  loss
    .forward(
      layer.forward(
        tensor([
          [1, 0, 1],
          [0, 1, 1],
        ]),
      ),
      target,
    )
    .backward();
  expect(layer.parameters().every(p => p.grad !== null)).toBe(true);
});
