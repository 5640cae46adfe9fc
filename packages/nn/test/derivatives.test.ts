import { Generator, randn, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { checkGradients, checkSecondGradients } from '../../gradcheck/src/index.js';
import * as nn from '../src/index.js';

const f64 = { dtype: 'float64' } as const;

/** A layer, its inputs, and what comes out. */
const rows: readonly [name: string, layer: nn.Module, inputs: readonly number[][], output: number[]][] = [
  ['Conv1d', new nn.Conv1d(4, 2, 3, { groups: 2, padding: 1, ...f64 }), [[2, 4, 5]], [2, 2, 5]],
  ['Conv2d', new nn.Conv2d(2, 3, [3, 2], { stride: [2, 1], ...f64 }), [[1, 2, 5, 4]], [1, 3, 2, 3]],
  [
    'Conv2d, reflect',
    new nn.Conv2d(1, 2, 3, { padding: 'same', paddingMode: 'reflect', ...f64 }),
    [[1, 3, 4]],
    [2, 3, 4],
  ],
  [
    'Conv2d, circular',
    new nn.Conv2d(1, 2, 2, { padding: 'same', paddingMode: 'circular', ...f64 }),
    [[1, 3, 2]],
    [2, 3, 2],
  ],
  [
    'Conv1d, replicate',
    new nn.Conv1d(2, 1, 3, { padding: 4, paddingMode: 'replicate', ...f64 }),
    [[1, 2, 2]],
    [1, 1, 8],
  ],
  ['Conv3d', new nn.Conv3d(1, 2, 2, { bias: false, ...f64 }), [[1, 1, 2, 3, 2]], [1, 2, 1, 2, 1]],
  [
    'ConvTranspose2d',
    new nn.ConvTranspose2d(2, 2, 3, { stride: 2, padding: 1, outputPadding: 1, ...f64 }),
    [[1, 2, 2, 3]],
    [1, 2, 4, 6],
  ],
  ['BatchNorm1d', new nn.BatchNorm1d(3, f64), [[4, 3]], [4, 3]],
  ['BatchNorm2d in use', new nn.BatchNorm2d(2, f64).eval(), [[2, 2, 2, 2]], [2, 2, 2, 2]],
  ['InstanceNorm2d', new nn.InstanceNorm2d(2, { affine: true, ...f64 }), [[2, 3, 2]], [2, 3, 2]],
  ['LayerNorm', new nn.LayerNorm([2, 3], f64), [[2, 2, 3]], [2, 2, 3]],
  ['RMSNorm', new nn.RMSNorm(4, f64), [[3, 4]], [3, 4]],
  ['GroupNorm', new nn.GroupNorm(2, 4, f64), [[2, 4, 3]], [2, 4, 3]],
  ['LocalResponseNorm', new nn.LocalResponseNorm(2, { alpha: 0.5 }), [[1, 3, 2]], [1, 3, 2]],
  [
    'Bilinear',
    new nn.Bilinear(2, 3, 4, f64),
    [
      [5, 2],
      [5, 3],
    ],
    [5, 4],
  ],
  ['PReLU', new nn.PReLU({ numParameters: 3, ...f64 }), [[2, 3]], [2, 3]],
  ['AvgPool2d', new nn.AvgPool2d(2), [[1, 4, 4]], [1, 2, 2]],
  ['Upsample', new nn.Upsample({ scaleFactor: 2, mode: 'linear' }), [[1, 2, 3]], [1, 2, 6]],
  ['Unflatten', new nn.Unflatten(-1, [-1, 2]), [[2, 6]], [2, 3, 2]],
];

describe('derivatives by input and parameters are those of differences, to the second order', () => {
  test.each(rows)('%s', (_, layer, shapes, output) => {
    const generator = new Generator(3);
    const inputs = shapes.map(shape => randn(shape, { ...f64, generator }) as Tensor);
    const params = Object.entries(layer.namedParameters());
    const names = params.map(([name]) => name);
    const fn = (...all: readonly Tensor[]): Tensor =>
      nn.functionalCall(
        layer,
        Object.fromEntries(names.map((name, i) => [name, all[inputs.length + i]])),
        ...(all.slice(0, inputs.length) as never[]),
      ) as Tensor;
    // Away from the initial values, where weights of ones and biases of zeros say little.
    const at = params.map(([, p]) => randn(p.shape, { ...f64, generator }) as Tensor);
    expect(fn(...inputs, ...at).shape).toEqual(output);
    expect(checkGradients(fn, [...inputs, ...at]).message).toMatch(/passed/);
    expect(checkSecondGradients(fn, [...inputs, ...at]).message).toMatch(/passed/);
  });
});
