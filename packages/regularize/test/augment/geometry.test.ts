import { ArgumentError, Generator, rand, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { gradcheck, gradgradcheck } from '@fluxion/gradcheck';
import { describe, expect, test } from 'vitest';
import {
  affine,
  centerCrop,
  crop,
  flip,
  perspective,
  resizedCrop,
  rotate,
  scale,
  shear,
  translate,
} from '../../src/index.js';

const dtype = 'float64' as const;
const images = (...shape: number[]): Tensor => rand(shape, { dtype, generator: new Generator(3) }) as Tensor;
const close = (a: Tensor, b: Tensor, tolerance = 1e-12): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.sub(b).abs().amax().item()).toBeLessThanOrEqual(tolerance);
};
const row = (...values: number[]): Tensor =>
  tensor(values, { dtype }).reshape([1, 1, 1, values.length]) as Tensor;

describe('known pictures', () => {
  test('a quarter turn moves the top to the left: counter-clockwise', () => {
    const x = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
      { dtype },
    ).reshape([1, 1, 3, 3]) as Tensor;
    const turned = rotate(x, 90).reshape([3, 3]).toArray() as number[][];
    const expected = [
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ];
    turned.forEach((r, i) => {
      r.forEach((v, j) => {
        expect(Math.abs(v - expected[i][j])).toBeLessThan(1e-12);
      });
    });
  });

  test('in pictures that are no square too: a half turn reverses both axes', () => {
    const x = images(2, 3, 4, 7);
    close(rotate(x, 180), flip(flip(x, 'horizontal'), 'vertical'));
    close(rotate(x, 360), x);
  });

  test('translate moves to the right and down, and brings in what the padding says', () => {
    expect(translate(row(1, 2, 3, 4), { x: 1 }).toTypedArray()).toEqual(Float64Array.of(0, 1, 2, 3));
    const back = translate(row(1, 2, 3, 4), { x: -1 }, { paddingMode: 'border' });
    expect(Array.from(back.toTypedArray(), v => Math.round(v * 1e9) / 1e9)).toEqual([2, 3, 4, 4]);
    const half = translate(row(1, 2, 3, 4), { x: 0.5 }).toTypedArray();
    expect(Array.from(half, v => Math.round(v * 1e9) / 1e9)).toEqual([0.5, 1.5, 2.5, 3.5]);
    const x = images(1, 1, 5, 2);
    close(translate(x, { y: 2 }).slice(2, { start: 2 }) as Tensor, x.slice(2, { end: 3 }) as Tensor);
  });

  test('scale by 2 shows the middle, each pixel twice as large', () => {
    const doubled = scale(row(1, 2, 3, 4), { x: 2 }, { mode: 'nearest' });
    expect(Array.from(doubled.toTypedArray())).toEqual([2, 2, 3, 3]);
  });

  test('shear by 45 degrees moves each row by its distance from the centre', () => {
    const x = tensor(
      [
        [0, 1, 0],
        [0, 1, 0],
        [0, 1, 0],
      ],
      { dtype },
    ).reshape([1, 1, 3, 3]) as Tensor;
    const leaned = shear(x, 45).reshape([3, 3]).toArray() as number[][];
    expect(leaned.map(r => r.map(v => Math.round(v)))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('steps in one resampling are the steps one after the other: quarter turn, then a pixel to the right', () => {
    const x = images(2, 1, 4, 4);
    close(affine(x, { rotate: 90, translate: { x: 1 } }), translate(rotate(x, 90), { x: 1 }));
    close(
      affine(x, { scale: 2, rotate: 90 }, { mode: 'nearest' }),
      rotate(scale(x, 2, { mode: 'nearest' }), 90),
      1e-12,
    );
  });

  test('a number for each sample', () => {
    const x = images(3, 1, 4, 4);
    const turned = rotate(x, tensor([0, 90, 180], { dtype }));
    [0, 90, 180].forEach((angle, i) => {
      close(turned.select(0, i) as Tensor, rotate(x.select(0, i) as Tensor, angle));
    });
  });
});

describe('perspective', () => {
  const whole = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ];
  test('with the corners where they are is the image', () => {
    const x = images(2, 2, 3, 5);
    close(perspective(x, tensor(whole, { dtype })), x);
  });
  test('with mirrored corners is the mirror image', () => {
    const x = images(1, 2, 3, 5);
    close(perspective(x, tensor([whole[1], whole[0], whole[3], whole[2]], { dtype })), flip(x));
  });
  test('with half the corners in is the middle at twice the size', () => {
    const x = images(1, 1, 4, 4);
    close(perspective(x, tensor(whole, { dtype }).mul(0.5)), scale(x, 2));
  });
});

describe('crops', () => {
  test('are views, and the middle', () => {
    const x = images(2, 1, 5, 6);
    const part = crop(x, { top: 1, left: 2, height: 3, width: 2 });
    expect(part.storage).toBe(x.storage);
    close(part, (x.slice(2, { start: 1, end: 4 }) as Tensor).slice(3, { start: 2, end: 4 }) as Tensor);
    close(centerCrop(x, [3, 4]), crop(x, { top: 1, left: 1, height: 3, width: 4 }));
  });
  test('resized to their own size are the crops themselves', () => {
    const x = images(2, 3, 5, 6);
    const box = { top: 1, left: 2, height: 3, width: 4 };
    close(resizedCrop(x, box, [3, 4]), crop(x, box));
  });
});

describe('gradients, first and second order', () => {
  const x = images(2, 1, 4, 5);
  const number = (v: number): Tensor => tensor(v, { dtype }) as Tensor;
  const corners = tensor(
    [
      [-0.9, -0.8],
      [0.95, -0.85],
      [0.8, 0.9],
      [-0.7, 0.75],
    ],
    { dtype },
  ) as Tensor;
  const cases: [string, (...inputs: Tensor[]) => Tensor, Tensor[]][] = [
    ['rotate', (i, a) => rotate(i, a), [x, number(17.3)]],
    ['rotate of each sample', (i, a) => rotate(i, a), [x, tensor([11.3, -23.1], { dtype })]],
    ['scale', (i, s) => scale(i, s), [x, number(1.37)]],
    ['scale along one axis', (i, s) => scale(i, { y: s }), [x, number(0.83)]],
    ['translate', (i, a, b) => translate(i, { x: a, y: b }), [x, number(0.37), number(-0.61)]],
    ['shear', (i, a, b) => shear(i, { x: a, y: b }), [x, number(13.1), number(-7.7)]],
    [
      'all steps',
      (i, r, s, t) => affine(i, { rotate: r, scale: s, translate: { x: t } }),
      [x, number(9.2), number(1.21), number(0.43)],
    ],
    ['perspective', (i, c) => perspective(i, c), [x, corners]],
    [
      'resizedCrop',
      (i, t, w) => resizedCrop(i, { top: t, left: 0.31, height: 2.9, width: w }, [3, 4]),
      [x, number(0.57), number(3.3)],
    ],
  ];
  test.each(cases)('%s', (_, fn, inputs) => {
    expect(gradcheck(fn, inputs).ok).toBe(true);
    expect(gradgradcheck(fn, inputs).ok).toBe(true);
  });
});

describe('bad input', () => {
  const x = images(2, 1, 4, 4);
  test.each([
    [
      () => rotate(images(4), 3),
      ShapeError,
      /^rotate: expected images \[N, C, H, W\] or \[C, H, W\], got shape \[4\]/,
    ],
    [
      () => rotate(images(1, 1, 0, 3), 3),
      ShapeError,
      /^rotate: there is nothing in images of shape \[1, 1, 0, 3\]/,
    ],
    [() => rotate(x, Number.NaN), ArgumentError, /^rotate: rotate is NaN; expected a finite number/],
    [
      () => rotate(x, tensor([1, 2, 3], { dtype })),
      ShapeError,
      /^rotate: rotate has shape \[3\]; expected one number, or one for each of 2 samples/,
    ],
    [() => rotate(x, 'far' as never), ArgumentError, /rotate is 'far'; expected a number or a tensor/],
    [() => scale(x, 0), ArgumentError, /^scale: a scale of 0 leaves no image/],
    [
      () => flip(x, 'diagonal' as never),
      ArgumentError,
      /direction is 'diagonal'; expected 'horizontal' or 'vertical'/,
    ],
    [() => crop(x, { top: 2, left: 0, height: 3, width: 1 }), ShapeError, /^crop: the box \{ top: 2/],
    [() => crop(x, { top: 0.5, left: 0, height: 3, width: 1 }), ShapeError, /Use resizedCrop/],
    [
      () => resizedCrop(x, { top: 0, left: 0, height: 3, width: 1 }, [0, 1]),
      ShapeError,
      /expected a size \[height, width\]/,
    ],
    [
      () => perspective(x, tensor([1, 2])),
      ShapeError,
      /expected corners of shape \[2, 4, 2\] or \[4, 2\], got \[2\]/,
    ],
    [
      () => rotate(tensor([[[1]]], { dtype: 'int32' }), 3),
      Error,
      /expected a float32 or float64 tensor, got int32/,
    ],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
