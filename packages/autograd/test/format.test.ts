import { inspect } from 'node:util';
import { arange, noGrad, type Tensor, tensor, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';

const t = (data: unknown): Tensor => tensor(data as number[]) as Tensor;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const steps = (n: number): Tensor => arange(0, n, 1, { dtype: 'float32' }) as Tensor;

describe('printing', () => {
  // What PyTorch 1.13 prints for the same data.
  test.each<[string, Tensor, string]>([
    ['a scalar', t(2.25001), 'tensor(2.2500)'],
    ['a whole scalar', t(2), 'tensor(2.)'],
    ['a tiny scalar', t(1e-10), 'tensor(1.0000e-10)'],
    ['whole numbers', t([-1, -0, 1]), 'tensor([-1., -0.,  1.])'],
    ['zeros', t([0, 0]), 'tensor([0., 0.])'],
    [
      'aligned columns',
      t([
        [1.5, -2],
        [3, 4],
      ]),
      'tensor([[ 1.5000, -2.0000],\n        [ 3.0000,  4.0000]])',
    ],
    ['whole numbers of different sizes', t([1, 2000]), 'tensor([1.0000e+00, 2.0000e+03])'],
    ['small ones', t([1e-5, 1]), 'tensor([1.0000e-05, 1.0000e+00])'],
    ['small ones that are not tiny', t([0.0001234, 0.5]), 'tensor([1.2340e-04, 5.0000e-01])'],
    ['large ones', t([123456789, 1]), 'tensor([1.2346e+08, 1.0000e+00])'],
    ['what is not finite', t([inf, 1, 2, nan]), 'tensor([inf, 1., 2., nan])'],
    ['infinities among fractions', t([0.5, -inf, 100.25]), 'tensor([  0.5000,     -inf, 100.2500])'],
    ['nothing but NaN', t([nan]), 'tensor([nan])'],
    [
      'three dims',
      steps(12).reshape([2, 2, 3]) as Tensor,
      'tensor([[[ 0.,  1.,  2.],\n         [ 3.,  4.,  5.]],\n\n        [[ 6.,  7.,  8.],\n         [ 9., 10., 11.]]])',
    ],
    ['dims of size 1', t([[[1]], [[2]]]), 'tensor([[[1.]],\n\n        [[2.]]])'],
    [
      'long rows',
      steps(30).div(7) as Tensor,
      'tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,\n' +
        '        1.2857, 1.4286, 1.5714, 1.7143, 1.8571, 2.0000, 2.1429, 2.2857, 2.4286,\n' +
        '        2.5714, 2.7143, 2.8571, 3.0000, 3.1429, 3.2857, 3.4286, 3.5714, 3.7143,\n' +
        '        3.8571, 4.0000, 4.1429])',
    ],
  ])('%s', (_, x, expected) => {
    expect(String(x)).toBe(expected);
  });

  test('long tensors are summarised; the shape, which is no longer to be seen, is told', () => {
    expect(String(steps(2000))).toBe(
      'tensor([0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.9970e+03, 1.9980e+03,\n        1.9990e+03], shape=[2000])',
    );
    const rows = String(steps(1100).reshape([11, 100])).split('\n');
    expect(rows).toHaveLength(13);
    expect(rows[6]).toBe('        ...,');
    expect(rows[11]).toBe('        [1.0000e+03, 1.0010e+03, 1.0020e+03,  ..., 1.0970e+03, 1.0980e+03,');
    expect(rows[12]).toBe('         1.0990e+03]], shape=[11, 100])');
  });

  test('a tensor of 1000 elements is printed whole', () => {
    expect(String(zeros([1000]))).not.toContain('...');
    expect(String(zeros([1001]))).toBe('tensor([0., 0., 0.,  ..., 0., 0., 0.], shape=[1001])');
  });

  test('dtype, gradFn and requiresGrad where they say something', () => {
    const w = tensor([1.5], { requiresGrad: true });
    expect(String(w)).toBe('tensor([1.5000], requiresGrad=true)');
    expect(String(w.mul(2))).toBe('tensor([3.], gradFn=mul)');
    expect(String(noGrad(() => w.mul(2)))).toBe('tensor([3.])');
    expect(String(tensor([1, 200, -3], { dtype: 'int32' }))).toBe('tensor([  1, 200,  -3], dtype=int32)');
    expect(String(tensor([1], { dtype: 'float64', requiresGrad: true }).add(1))).toBe(
      'tensor([2.], dtype=float64, gradFn=add)',
    );
    expect(String(tensor([true, false]))).toBe('tensor([ true, false])');
  });

  test('notes that do not fit the line go to the next one', () => {
    const x = tensor(new Array(12).fill(1), { dtype: 'float64', requiresGrad: true }) as Tensor;
    expect(String(x.mul(0.25))).toBe(
      'tensor([0.2500, 0.2500, 0.2500, 0.2500, 0.2500, 0.2500, 0.2500, 0.2500, 0.2500,\n' +
        '        0.2500, 0.2500, 0.2500], dtype=float64, gradFn=mul)',
    );
    expect(String(tensor(new Array(18).fill(1), { dtype: 'float64', requiresGrad: true }))).toBe(
      `tensor([${new Array(18).fill('1.').join(', ')}],\n       dtype=float64, requiresGrad=true)`,
    );
  });

  test('empty tensors show their shape', () => {
    expect(String(zeros([0]))).toBe('tensor([], shape=[0])');
    expect(String(zeros([2, 0, 3], { dtype: 'int32' }))).toBe('tensor([], shape=[2, 0, 3], dtype=int32)');
  });

  test('views print what they show, and console.log prints the same', () => {
    const x = t([
      [1, 2],
      [3, 4],
    ]);
    expect(String(x.transpose(0, 1))).toBe('tensor([[1., 3.],\n        [2., 4.]])');
    expect(inspect(x)).toBe(String(x));
    expect(inspect({ x: t(1) })).toContain('tensor(1.)');
  });
});
