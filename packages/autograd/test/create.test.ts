import {
  arange,
  type DType,
  eye,
  full,
  fullLike,
  ones,
  onesLike,
  rand,
  randn,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, numbers } from './support/helpers.js';

describe('creation', () => {
  test('tensor takes nested arrays, typed arrays, booleans, scalars and tensors', () => {
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).toMatchObject({ shape: [2, 2], dtype: 'float32' });
    expect(tensor(7)).toMatchObject({ shape: [], dtype: 'float32' });
    expect(tensor([true, false]).dtype).toBe('bool');
    expect(tensor(new Float64Array(3))).toMatchObject({ shape: [3], dtype: 'float64' });
    expect(tensor([new Int32Array(2), new Int32Array(2)] as never)).toMatchObject({
      shape: [2, 2],
      dtype: 'int32',
    });
    expect(tensor(new Uint8Array([1, 2])).dtype).toBe('float32');
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    const x = tensor([1, 2], { requiresGrad: true });
    const copy = tensor(x.mul(2));
    expect(copy.requiresGrad).toBe(false);
    expect(numbers(copy as Tensor)).toEqual([2, 4]);
  });

  test('what it is made of is copied', () => {
    const data = new Float32Array([1, 2]);
    const shape = [2] as [number];
    const x = tensor(data);
    const z = zeros(shape);
    data[0] = 9;
    shape[0] = 5;
    expect(numbers(x as Tensor)).toEqual([1, 2]);
    expect(z.shape).toEqual([2]);
    const read = x.toTypedArray();
    read[0] = 7;
    expect(numbers(x as Tensor)).toEqual([1, 2]);
  });

  test('reads back what was written, nested as it was', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, shape => {
        let next = 0;
        const build = (d: number): unknown =>
          d === shape.length ? next++ : Array.from({ length: shape[d] }, () => build(d + 1));
        const data = build(0);
        const t = tensor(data as number[]) as Tensor;
        expect(t.shape).toEqual(shape);
        expect(t.toArray()).toEqual(data);
      }),
      { numRuns: 50 },
    );
    expect(Array.from(await tensor([1, 2]).data())).toEqual([1, 2]);
    expect(tensor([true]).toArray()).toEqual([true]);
  });

  test('the others', () => {
    expect(zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(ones([2], { dtype: 'int32' })).toMatchObject({ dtype: 'int32' });
    expect(full([2], 3.5).toArray()).toEqual([3.5, 3.5]);
    expect(eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(eye(3, 1).toArray()).toEqual([[1], [0], [0]]);
    const x = constant([[1, 2]]);
    expect([zerosLike(x), onesLike(x), fullLike(x, 4)].map(t => [t.dtype, numbers(t)])).toEqual([
      ['float64', [0, 0]],
      ['float64', [1, 1]],
      ['float64', [4, 4]],
    ]);
    expect(arange(4)).toMatchObject({ dtype: 'int32', shape: [4] });
    expect(arange(1, 2, 0.25).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(arange(3, 0, -1).toArray()).toEqual([3, 2, 1]);
    expect(arange(3, 0).shape).toEqual([0]);
    expect(zeros([3, 0, 2]).size).toBe(0);
  });

  test('requiresGrad makes leaves', () => {
    for (const t of [
      tensor([1], { requiresGrad: true }),
      zeros([1], { requiresGrad: true }),
      rand([1], { requiresGrad: true }),
    ])
      expect([t.requiresGrad, t.isLeaf]).toEqual([true, true]);
  });
});

describe('creation refuses', () => {
  const dtype = (name: string): { dtype: DType } => ({ dtype: name as DType });
  test.each<[string, () => unknown, string, string]>([
    [
      'ragged arrays',
      () => tensor([[1, 2], [3]]),
      'DataError',
      'tensor: the data are ragged: data[1] is an array of 1, expected an array of 2 as in the entries before it.',
    ],
    [
      'ragged arrays deep inside',
      () =>
        tensor([
          [[1], [2]],
          [[3], 4],
        ] as never),
      'DataError',
      'tensor: the data are ragged: data[1][1] is 4, expected an array of 1 as in the entries before it.',
    ],
    [
      'deeper entries later on',
      () => tensor([1, [2]] as never),
      'DataError',
      'tensor: data[1] is [2]; expected a number or a boolean. Give a regular nested array.',
    ],
    [
      'what is no number',
      () => tensor([1, '2'] as never),
      'DataError',
      "tensor: data[1] is '2'; expected a number or a boolean. Give a regular nested array.",
    ],
    [
      'nothing',
      () => tensor(undefined as never),
      'DataError',
      'tensor: data is undefined; expected a number or a boolean. Give a regular nested array.',
    ],
    [
      'bigints',
      () => tensor([1n] as never),
      'DataError',
      'tensor: data[0] is 1; expected a number or a boolean. Give a regular nested array.',
    ],
    [
      '64-bit integer arrays',
      () => tensor(new BigInt64Array(2) as never),
      'DataError',
      'tensor: the data are a BigInt64Array; there are no 64-bit integers here. Convert them: Float64Array.from(data, Number).',
    ],
    [
      'fractions as int32',
      () => tensor([1, 2.5], { dtype: 'int32' }),
      'DataError',
      "tensor: element 1 is 2.5, which is no int32. Round it, or use dtype 'float32'.",
    ],
    [
      'numbers beyond int32',
      () => tensor(new Float64Array([2 ** 31]), { dtype: 'int32' }),
      'DataError',
      "tensor: element 0 is 2147483648, which is no int32. Round it, or use dtype 'float32'.",
    ],
    [
      'a fraction to fill int32 with',
      () => full([2], 0.5, { dtype: 'int32' }),
      'DataError',
      "full: 0.5 is no int32. Round it, or use dtype 'float32'.",
    ],
    [
      'a fractional range of int32',
      () => arange(0, 1, 0.5, { dtype: 'int32' }),
      'DataError',
      "arange: element 1 is 0.5, which is no int32. Round it, or use dtype 'float32'.",
    ],
    [
      'what is no number to fill with',
      () => full([2], '1' as never),
      'DataError',
      "full: expected a number to fill with, got '1'.",
    ],
    [
      'a NaN size',
      () => zeros([2, Number.NaN]),
      'ShapeError',
      'zeros: size NaN in shape [2, NaN] (dim 1) is not a whole number from 0. Round it first.',
    ],
    [
      'a fractional size',
      () => ones([2.5]),
      'ShapeError',
      'ones: size 2.5 in shape [2.5] (dim 0) is not a whole number from 0. Round it first.',
    ],
    [
      'a negative size',
      () => rand([3, -1]),
      'ShapeError',
      'rand: size -1 in shape [3, -1] (dim 1) is not a whole number from 0. Round it first.',
    ],
    [
      'an infinite size',
      () => randn([Number.POSITIVE_INFINITY]),
      'ShapeError',
      'randn: size Infinity in shape [Infinity] (dim 0) is not a whole number from 0. Round it first.',
    ],
    [
      'a size for a shape',
      () => zeros(3 as never),
      'ShapeError',
      'zeros: expected a shape such as [2, 3], got 3. Put the sizes into an array.',
    ],
    [
      'sizes of eye',
      () => eye(-1),
      'ShapeError',
      'eye: size -1 in shape [-1, -1] (dim 0) is not a whole number from 0. Round it first.',
    ],
    [
      'an unknown dtype',
      () => zeros([1], dtype('float16')),
      'DTypeError',
      "zeros: unknown dtype 'float16': expected one of float32, float64, int32, bool.",
    ],
    [
      'an unknown dtype',
      () => tensor([1], dtype('int64')),
      'DTypeError',
      "tensor: unknown dtype 'int64': expected one of float32, float64, int32, bool.",
    ],
    [
      'an unknown dtype',
      () => constant([1]).to('half' as never),
      'DTypeError',
      "to: unknown dtype 'half': expected one of float32, float64, int32, bool.",
    ],
    [
      'gradients of integers',
      () => tensor([1], { dtype: 'int32', requiresGrad: true }),
      'DTypeError',
      'tensor: only float32 and float64 tensors can require a gradient, not int32.',
    ],
    [
      'gradients of conditions',
      () => tensor([true], { requiresGrad: true }),
      'DTypeError',
      'tensor: only float32 and float64 tensors can require a gradient, not bool.',
    ],
    [
      'random integers',
      () => rand([2], { dtype: 'int32' }),
      'DTypeError',
      "rand: random numbers are float32 or float64, not 'int32'. Convert them with to().",
    ],
    ['a step of 0', () => arange(0, 1, 0), 'ArgumentError', 'arange: step is 0; expected another number.'],
    ['a NaN end', () => arange(Number.NaN), 'ArgumentError', 'arange: end is NaN; expected a finite number.'],
  ])('%s (%#)', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });
});

describe('mixing is refused', () => {
  test.each<[string, () => unknown, string, string]>([
    [
      'dtypes',
      () => constant([1]).add(constant([1], 'float32')),
      'DTypeError',
      "add: operands have dtypes float64 and float32; they must be the same. Convert one: x.to('float64').",
    ],
    [
      'dtypes in matmul',
      () => constant([[1]]).matmul(constant([[1]], 'float32')),
      'DTypeError',
      'matmul: operands have dtypes float64 and float32; they must be the same. Convert one with to().',
    ],
    [
      'shapes',
      () => constant([[1, 2, 3]]).mul(constant([1, 2])),
      'ShapeError',
      'mul: shapes [1, 3] and [2] do not broadcast: dim -1 is 3 in the one and 2 in the other. Sizes must be equal, or one of them 1: ' +
        'reshape or unsqueeze one operand.',
    ],
    [
      'inner sizes',
      () => constant([[1, 2, 3]]).matmul(constant([[1], [2]])),
      'ShapeError',
      'matmul: inner sizes differ: [1, 3] x [2, 1] has 3 in dim 1 of the first and 2 in dim 0 of the second. They must be equal: did you ' +
        'mean to transpose one?',
    ],
    [
      'a fraction with integers',
      () => constant([1], 'int32').mul(0.5),
      'DTypeError',
      "mul: the number 0.5 does not fit an int32 tensor. Convert the tensor first: x.to('float32').",
    ],
    [
      'arrays and tensors',
      () => constant([1]).add([1] as never),
      'ArgumentError',
      'add: expected a tensor or a number, got [1]. Make it a tensor first: tensor([1]).',
    ],
    [
      'reading one of many',
      () => constant([1, 2]).item(),
      'ShapeError',
      'item: a tensor of shape [2] has 2 elements; item reads tensors with one. Use toArray, or select an element.',
    ],
  ])('%s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });
});
