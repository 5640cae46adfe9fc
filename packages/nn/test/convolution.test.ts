import {
  ArgumentError,
  Generator,
  maxPool2d,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  Flatten,
  Identity,
  Linear,
  LPPool1d,
  MaxPool2d,
  MaxUnpool2d,
  PixelShuffle,
  ReLU,
  Sequential,
  Unflatten,
  Upsample,
} from '../src/index.js';

describe('convolutions', () => {
  test('weights have the layout of PyTorch, and start uniform in ±1/sqrt(fan in) from the generator given', () => {
    const conv = new Conv2d(4, 60, [3, 5], { groups: 2, generator: new Generator(1) });
    expect(conv.weight.shape).toEqual([60, 2, 3, 5]);
    expect(new ConvTranspose2d(4, 6, 3, { groups: 2 }).weight.shape).toEqual([4, 3, 3, 3]);
    const bound = 1 / Math.sqrt(2 * 3 * 5);
    for (const t of [conv.weight, conv.bias as Tensor]) {
      const most = Math.max(...Array.from(t.toTypedArray(), Math.abs));
      expect(most).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(most).toBeGreaterThan(0.9 * bound);
    }
    const again = new Conv2d(4, 60, [3, 5], { groups: 2, generator: new Generator(1) });
    expect(again.stateDict()).toEqual(conv.stateDict());
    expect(Object.keys(new Conv1d(1, 1, 1, { bias: false }).stateDict())).toEqual(['weight']);
  });

  test('borders: zeros, mirrored, the last one, the other end', () => {
    const sum = (options: object): number[] => {
      const conv = new Conv1d(1, 1, 3, { padding: 2, bias: false, ...options });
      conv.weight = ones([1, 1, 3]);
      return conv.forward(tensor([[1, 2, 4]])).toArray()[0] as number[];
    };
    expect(sum({})).toEqual([1, 3, 7, 6, 4]);
    // 4 2 1 2 4 2 1
    expect(sum({ paddingMode: 'reflect' })).toEqual([7, 5, 7, 8, 7]);
    expect(sum({ paddingMode: 'replicate' })).toEqual([3, 4, 7, 10, 12]);
    expect(sum({ paddingMode: 'circular' })).toEqual([7, 7, 7, 7, 7]);
  });

  test('a transposed one gives the size asked for', () => {
    const up = new ConvTranspose1d(1, 1, 3, { stride: 3 });
    for (const size of [12, 13, 14])
      expect(up.forward(ones([2, 1, 4]), { outputSize: [size] }).shape).toEqual([2, 1, size]);
    expect(() => up.forward(ones([2, 1, 4]), { outputSize: [15] })).toThrow(
      'ConvTranspose1d: outputSize is [15]; an input of shape [2, 1, 4] can give sizes from [12] to [14].',
    );
  });

  test('refuse what does not fit', () => {
    expect(() => new Conv2d(3, 4, 0)).toThrow(
      'Conv2d: kernelSize is 0; expected a whole number from 1, or 2 of them',
    );
    expect(() => new Conv2d(3, 4, [3, 3, 3])).toThrow(ArgumentError);
    expect(() => new Conv2d(3, 4, 3, { groups: 2 })).toThrow('groups 2 does not divide inChannels 3');
    expect(() => new Conv2d(2.5, 4, 3)).toThrow('inChannels is 2.5');
    expect(() => new Conv2d(3, 4, 3, { stride: 2, padding: 'same' })).toThrow('needs stride 1, got [2, 2]');
    expect(() => new Conv2d(3, 4, 3, { padding: 'full' as never })).toThrow("padding is 'full'");
    expect(() => new Conv2d(3, 4, 3, { paddingMode: 'mirror' as never })).toThrow("paddingMode is 'mirror'");
    expect(() => new ConvTranspose2d(3, 4, 3, { padding: -1 })).toThrow('ConvTranspose2d: padding is -1');
    const reflecting = new Conv1d(1, 1, 3, { padding: 3, paddingMode: 'reflect' });
    expect(() => reflecting.forward(zeros([1, 1, 3]))).toThrow(ShapeError);
    expect(() => reflecting.forward(zeros([1, 1, 3]))).toThrow(
      "Conv1d: padding 3 in mode 'reflect' needs a larger input than one of shape [1, 1, 3], whose dim 2 has the size 3.",
    );
    const wrong: Tensor = zeros([1, 2, 5, 5]);
    expect(() => new Conv2d(3, 4, 3).forward(wrong)).toThrow('has 2 channels');
  });

  test('say what they are', () => {
    expect(String(new Conv2d(3, 4, [3, 1], { padding: 'same' }))).toBe(
      'Conv2d(inChannels=3, outChannels=4, kernelSize=[3, 1], stride=[1, 1], padding=same, paddingMode=zeros, dilation=[1, 1], groups=1, bias=true)',
    );
    expect(String(new ConvTranspose1d(3, 4, 2, { stride: 2 }))).toContain('padding=[0], outputPadding=[0]');
    expect(String(new MaxPool2d(2, { padding: 1 }))).toBe('MaxPool2d(kernelSize=2, padding=1)');
    expect(String(new LPPool1d(2, 3))).toBe('LPPool1d(normType=2, kernelSize=3)');
    expect(String(new AdaptiveAvgPool2d([1, null]))).toBe('AdaptiveAvgPool2d(outputSize=[1, null])');
    expect(String(new Flatten())).toBe('Flatten(startDim=1, endDim=-1)');
    expect(String(new Upsample({ scaleFactor: 2 }))).toBe('Upsample(mode=nearest, scaleFactor=2)');
  });
});

test('a net of convolutions, pools and flattening', () => {
  const net = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(4, 8, 3),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(8, 10),
  );
  const y = net.forward(randn([5, 1, 12, 12]));
  expect(y.shape).toEqual([5, 10]);
  y.square().mean().backward();
  expect(Object.keys(net.stateDict())).toEqual([
    '0.weight',
    '0.bias',
    '3.weight',
    '3.bias',
    '6.weight',
    '6.bias',
  ]);
  expect(net.parameters().every(p => p.grad !== null)).toBe(true);
});

describe('pools', () => {
  test('indices lead back', () => {
    const x = randn([2, 3, 4, 6]);
    const { values, indices } = new MaxPool2d(2, { returnIndices: true }).forward(x);
    const back = new MaxUnpool2d(2).forward(values, indices);
    expect(back.shape).toEqual([2, 3, 4, 6]);
    expect(maxPool2d(back.add(x.mul(0)), 2).shape).toEqual(values.shape);
    expect(back.sum().item()).toBeCloseTo(values.sum().item(), 4);
    const adaptive = new AdaptiveMaxPool1d(2, { returnIndices: true }).forward(tensor([[1, 5, 2, 9]]));
    expect(adaptive.indices.toArray()).toEqual([[1, 3]]);
  });

  test('keep their options', () => {
    expect(new AvgPool1d(2, { stride: 1 }).forward(tensor([[1, 3, 5]])).toArray()).toEqual([[2, 4]]);
  });
});

describe('reshaping', () => {
  test('Unflatten undoes Flatten', () => {
    const x = randn([2, 3, 4]);
    const flat = new Flatten().forward(x);
    expect(new Unflatten(1, [3, -1]).forward(flat).toArray()).toEqual(x.toArray());
    expect(() => new Unflatten(1, [5, -1]).forward(flat)).toThrow(
      'Unflatten: dim 1 of an input of shape [2, 12] cannot become [5, -1]; the product must be 12.',
    );
    expect(() => new Unflatten(3, [1]).forward(flat)).toThrow('has no dim 3');
    expect(() => new Unflatten(0, [])).toThrow(ArgumentError);
  });

  test('Identity takes anything and returns its input', () => {
    const x = ones([2]);
    expect(new Identity(54, { any: 'thing' }).forward(x)).toBe(x);
  });

  test('PixelShuffle makes pixels of channels', () => {
    expect(new PixelShuffle(2).forward(ones([1, 8, 2, 3])).shape).toEqual([1, 2, 4, 6]);
  });
});
