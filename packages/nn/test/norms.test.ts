import { ArgumentError, ones, randn, ShapeError, type Tensor, tensor, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import {
  BatchNorm1d,
  BatchNorm2d,
  functionalCall,
  GroupNorm,
  InstanceNorm1d,
  LayerNorm,
  Module,
  RMSNorm,
} from '../src/index.js';
import { expectClose } from './support.js';

const list = (t: Tensor | null): number[] => Array.from((t as Tensor).toTypedArray());
const batch = tensor([
  [1, 10],
  [3, 40],
]);

describe('batch norms', () => {
  test('have the names of PyTorch in state dicts, whatever their fields are called', () => {
    class Net extends Module {
      bn1 = new BatchNorm2d(3);
      override forward(): void {}
    }
    const names = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    const net = new Net();
    expect(Object.keys(net.stateDict())).toEqual(names.map(name => `bn1.${name}`));
    expect(Object.keys(net.namedParameters())).toEqual(['bn1.weight', 'bn1.bias']);
    expect(Object.keys(net.namedBuffers())).toEqual(names.slice(2).map(name => `bn1.${name}`));
    net.loadStateDict({ ...net.stateDict(), 'bn1.running_mean': tensor([1, 2, 3]) });
    expect(list(net.bn1.runningMean)).toEqual([1, 2, 3]);
    const bare = new BatchNorm1d(3, { affine: false, trackRunningStats: false });
    expect(bare.stateDict()).toEqual({});
    expect([bare.weight, bare.runningMean, bare.numBatchesTracked]).toEqual([null, null, null]);
  });

  test('move running statistics in training, use them after eval()', () => {
    const bn = new BatchNorm1d(2);
    bn.forward(batch);
    expectClose(list(bn.runningMean), [0.2, 2.5], 1e-6);
    expectClose(list(bn.runningVar), [0.9 + 0.2, 0.9 + 45], 1e-6);
    expect(bn.numBatchesTracked?.item()).toBe(1);
    const state = bn.stateDict();
    const y = bn.eval().forward(batch);
    expect(bn.stateDict()).toEqual(state);
    expectClose([list(y)[0]], [(1 - 0.2) / Math.sqrt(1.1 + 1e-5)], 1e-6);
  });

  test('with momentum null keep the mean of all batches', () => {
    const bn = new BatchNorm1d(1, { momentum: null, dtype: 'float64' });
    for (const x of [2, 4, 9]) bn.forward(tensor([[x - 1], [x + 1]], { dtype: 'float64' }));
    expectClose(list(bn.runningMean), [5]);
    expectClose(list(bn.runningVar), [2]);
  });

  test('without running statistics use those of the batch, also after eval()', () => {
    const bn = new BatchNorm1d(2, { trackRunningStats: false });
    expect(bn.eval().forward(batch).toArray()).toEqual(bn.train().forward(batch).toArray());
  });

  test('that fail have moved nothing', () => {
    const bn = new BatchNorm1d(2);
    const before = bn.stateDict();
    expect(() => bn.forward(batch.slice(0, { end: 1 }))).toThrow(ShapeError);
    expect(() => bn.forward(zeros([2, 3]))).toThrow('batchNorm: runningMean has shape [2], the input [2, 3]');
    expect(() => bn.forward(zeros([2, 2, 2, 2]))).toThrow(
      'BatchNorm1d: expected an input of shape [N, C] or [N, C, L], got [2, 2, 2, 2].',
    );
    expect(bn.stateDict()).toEqual(before);
    expect(() => new BatchNorm2d(0)).toThrow(ArgumentError);
  });

  test('take other parameters and statistics through functionalCall', () => {
    const bn = new BatchNorm1d(2);
    const runningMean = zeros([2]);
    const y = functionalCall(bn, { weight: ones([2]).mul(2), running_mean: runningMean }, batch);
    expectClose(list(y), [-2, -2, 2, 2], 1e-4);
    expectClose(list(runningMean), [0.2, 2.5], 1e-6);
    expect(list(bn.runningMean)).toEqual([0, 0]);
  });

  test('change their dtype with buffers and all', () => {
    const bn = new BatchNorm1d(2).to('float64');
    expect([bn.runningMean?.dtype, bn.numBatchesTracked?.dtype]).toEqual(['float64', 'int32']);
    bn.forward(batch.to('float64'));
    expect(Object.keys(bn.namedBuffers())).toEqual(['running_mean', 'running_var', 'num_batches_tracked']);
  });
});

test('instance norms take single instances', () => {
  const x = randn([3, 5]);
  const norm = new InstanceNorm1d(3);
  expect(norm.stateDict()).toEqual({});
  expect(norm.forward(x).toArray()).toEqual(norm.forward(x.unsqueeze(0)).squeeze(0).toArray());
  const tracking = new InstanceNorm1d(3, { trackRunningStats: true, affine: true });
  tracking.forward(x);
  expect(list(tracking.runningMean).some(v => v !== 0)).toBe(true);
  expect(tracking.numBatchesTracked?.item()).toBe(0);
});

test('layer norms start as the identity on standardised rows', () => {
  const y = new LayerNorm(4).forward(randn([3, 4]));
  expectClose(list(y.mean(1)), [0, 0, 0], 1e-6);
  expect(Object.keys(new LayerNorm([2, 3]).stateDict())).toEqual(['weight', 'bias']);
  expect(Object.keys(new LayerNorm([2, 3], { bias: false }).stateDict())).toEqual(['weight']);
  expect(new LayerNorm(3, { elementwiseAffine: false }).stateDict()).toEqual({});
  expect(new RMSNorm(3).weight?.toArray()).toEqual([1, 1, 1]);
  expect(() => new GroupNorm(2, 3)).toThrow('GroupNorm: 3 channels cannot be divided into 2 groups');
  expect(String(new LayerNorm([2, 3]))).toBe('LayerNorm([2, 3], eps=0.00001, elementwiseAffine=true)');
});
