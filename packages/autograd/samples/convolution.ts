import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import { build, Dense, finished } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type PerDim = number | readonly number[];

const each = (value: PerDim | undefined, dims: number, fallback: number): number[] =>
  Array.from({ length: dims }, (_, d) =>
    typeof value === 'object' ? (value[d] ?? value[0]) : (value ?? fallback),
  );

/** All indices of a shape. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, size) => list.flatMap(head => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}

const batched = (x: Dense, dims: number): Dense =>
  x.shape.length === dims + 1 ? new Dense([1, ...x.shape], x.data) : x;

const unbatched = (y: Dense, like: Dense): Dense =>
  like.shape.length === y.shape.length ? y : new Dense(y.shape.slice(1), y.data);

function correlate(
  x: Dense,
  weight: Dense,
  bias: Dense | null | undefined,
  options: ag.ConvOptions = {},
): Dense {
  const dims = weight.shape.length - 2;
  const image = batched(x, dims);
  const kernel = weight.shape.slice(2);
  const stride = each(options.stride, dims, 1);
  const dilation = each(options.dilation, dims, 1);
  const groups = options.groups ?? 1;
  const both =
    options.padding === 'same'
      ? kernel.map((k, d) => (k - 1) * dilation[d])
      : each(typeof options.padding === 'string' ? 0 : options.padding, dims, 0).map(p => 2 * p);
  const sizes = kernel.map((k, d) =>
    Math.floor((image.shape[2 + d] + both[d] - (k - 1) * dilation[d] - 1) / stride[d] + 1),
  );
  const y = build([image.shape[0], weight.shape[0], ...sizes], ([n, o, ...p]) => {
    const first = Math.floor(o / (weight.shape[0] / groups)) * weight.shape[1];
    let sum = bias == null ? 0 : bias.data[o];
    for (let c = 0; c < weight.shape[1]; c++)
      for (const k of indices(kernel)) {
        const at = p.map((i, d) => i * stride[d] - Math.floor(both[d] / 2) + k[d] * dilation[d]);
        if (at.every((i, d) => i >= 0 && i < image.shape[2 + d]))
          sum += image.at([n, first + c, ...at]) * weight.at([o, c, ...k]);
      }
    return finished(sum, options);
  });
  return unbatched(y, x);
}

function spread(
  x: Dense,
  weight: Dense,
  bias: Dense | null | undefined,
  options: ag.ConvTransposeOptions = {},
): Dense {
  const dims = weight.shape.length - 2;
  const image = batched(x, dims);
  const kernel = weight.shape.slice(2);
  const stride = each(options.stride, dims, 1);
  const dilation = each(options.dilation, dims, 1);
  const padding = each(options.padding, dims, 0);
  const extra = each(options.outputPadding, dims, 0);
  const groups = options.groups ?? 1;
  const [inputs, outputs] = [weight.shape[0] / groups, weight.shape[1]];
  const sizes = kernel.map(
    (k, d) => (image.shape[2 + d] - 1) * stride[d] - 2 * padding[d] + (k - 1) * dilation[d] + extra[d] + 1,
  );
  const y = build([image.shape[0], outputs * groups, ...sizes], ([n, o, ...s]) => {
    const group = Math.floor(o / outputs);
    let sum = bias == null ? 0 : bias.data[o];
    for (let c = 0; c < inputs; c++)
      for (const k of indices(kernel))
        for (const p of indices(image.shape.slice(2)))
          if (p.every((i, d) => i * stride[d] - padding[d] + k[d] * dilation[d] === s[d]))
            sum +=
              image.at([n, group * inputs + c, ...p]) * weight.at([group * inputs + c, o % outputs, ...k]);
    return sum;
  });
  return unbatched(y, x);
}

type Loose = (x: ag.Tensor, weight: ag.Tensor, bias?: ag.Tensor | null, options?: object) => ag.Tensor;

/** What every convolution refuses, with shapes for its number of dims. */
function errorsOf(name: string, fn: unknown, dims: number, transposed: boolean): ErrorCase[] {
  const op = fn as Loose;
  const s = (size: number): number[] => new Array<number>(dims).fill(size);
  const x = (): ag.Tensor => zeros([1, 4, ...s(5)]) as ag.Tensor;
  const w = (...lead: number[]): ag.Tensor => zeros([...lead, ...s(3)]) as ag.Tensor;
  const show = (size: number): string => s(size).join(', ');
  const head = (text: string): RegExp => new RegExp(`^${name}: ${text}`);
  const activations: ErrorCase[] = transposed
    ? []
    : [
        {
          label: 'an activation that it does not have',
          call: () => op(x(), w(4, 4), null, { activation: 'gelu' }),
          error: ArgumentError,
          message: head("activation is 'gelu'; expected 'relu', 'sigmoid', 'tanh' or nothing"),
        },
      ];
  return [
    ...activations,
    {
      label: 'channels that do not fit',
      call: () => op(x(), w(3, 2), null, { groups: transposed ? 3 : 1 }),
      error: ShapeError,
      message: head(
        `an input of shape \\[1, 4, ${show(5)}\\] has 4 channels; a weight of shape \\[3, 2, ${show(3)}\\] with groups \\d expects ${transposed ? 3 : 2}`,
      ),
    },
    {
      label: 'groups that do not divide',
      call: () => op(zeros([1, transposed ? 5 : 6, ...s(5)]) as ag.Tensor, w(5, 3), null, { groups: 2 }),
      error: ShapeError,
      message: head(`groups 2 does not divide the 5 ${transposed ? 'input' : 'output'} channels`),
    },
    {
      label: 'groups of 0',
      call: () => op(x(), w(4, 4), null, { groups: 0 }),
      error: ArgumentError,
      message: head('groups is 0; expected a whole number from 1'),
    },
    {
      label: 'stride 0',
      call: () => op(x(), w(4, 4), null, { stride: 0 }),
      error: ArgumentError,
      message: head('stride is 0; expected whole numbers from 1'),
    },
    {
      label: 'dilation 0',
      call: () => op(x(), w(4, 4), null, { dilation: 0 }),
      error: ArgumentError,
      message: head('dilation is 0; expected whole numbers from 1'),
    },
    {
      label: 'negative padding',
      call: () => op(x(), w(4, 4), null, { padding: -1 }),
      error: ArgumentError,
      message: head('padding is -1; expected whole numbers from 0'),
    },
    {
      label: 'half a stride',
      call: () => op(x(), w(4, 4), null, { stride: 1.5 }),
      error: ArgumentError,
      message: head('stride is 1\\.5; expected whole numbers from 1'),
    },
    {
      label: 'strides of other dims',
      call: () => op(x(), w(4, 4), null, { stride: [1, 1, 1, 1] }),
      error: ArgumentError,
      message: head(`stride is \\[1, 1, 1, 1\\]; expected one number, or ${dims} of them`),
    },
    {
      label: 'an input of other dims',
      call: () => op(zeros([4]) as ag.Tensor, w(4, 4)),
      error: ShapeError,
      message: head('expected an input of shape \\[N, C, .*\\] or \\[C, .*\\], got \\[4\\]'),
    },
    {
      label: 'a weight of other dims',
      call: () => op(x(), zeros([4, 4]) as ag.Tensor),
      error: ShapeError,
      message: head(`expected a weight of ${dims + 2} dims, .* got \\[4, 4\\]`),
    },
    {
      label: 'an empty kernel',
      call: () => op(x(), zeros([4, 4, ...s(0)]) as ag.Tensor),
      error: ShapeError,
      message: head(`the kernel of a weight of shape \\[4, 4, ${show(0)}\\] is empty`),
    },
    {
      label: 'an image without elements',
      call: () => op(zeros([1, 4, ...s(0)]) as ag.Tensor, w(4, 4)),
      error: ShapeError,
      message: head(`the spatial sizes of an input of shape \\[1, 4, ${show(0)}\\] must be at least 1`),
    },
    {
      label: 'a bias of another size',
      call: () => op(x(), w(4, 4), zeros([3]) as ag.Tensor),
      error: ShapeError,
      message: head('expected a bias of shape \\[4\\], one for each output channel, got \\[3\\]'),
    },
    {
      label: 'mixed dtypes',
      call: () => op(x(), zeros([4, 4, ...s(3)], { dtype: 'float64' }) as ag.Tensor),
      error: DTypeError,
      message: head('the input is float32 and the weight is float64; they must be the same'),
    },
    {
      label: 'whole numbers',
      call: () => op(zeros([1, 4, ...s(5)], { dtype: 'int32' }) as ag.Tensor, w(4, 4)),
      error: DTypeError,
      message: head('expected a float32 or float64 input, got int32'),
    },
    ...(transposed
      ? [
          {
            label: 'too much output padding',
            call: () => op(x(), w(4, 4), null, { outputPadding: 2, stride: 2 }),
            error: ArgumentError,
            message: head(
              `outputPadding is \\[${show(2)}\\]; it must be smaller than the stride \\[${show(2)}\\] or the dilation`,
            ),
          },
          {
            label: 'nothing left',
            call: () => op(x(), w(4, 4), null, { padding: 4 }),
            error: ShapeError,
            message: head(
              `an input of shape \\[1, 4, ${show(5)}\\] and a kernel of \\[${show(3)}\\] .* would give the sizes \\[${show(-1)}\\]`,
            ),
          },
        ]
      : [
          {
            label: 'a kernel larger than the padded input',
            call: () => op(x(), zeros([4, 4, ...s(4)]) as ag.Tensor, null, { dilation: 3, padding: 2 }),
            error: ShapeError,
            message: head(
              `a kernel of \\[${show(4)}\\] with dilation \\[${show(3)}\\] reaches over \\[${show(10)}\\] elements, the padded input has only \\[${show(9)}\\]`,
            ),
          },
          {
            label: "'same' with a stride",
            call: () => op(x(), w(4, 4), null, { padding: 'same', stride: 2 }),
            error: ArgumentError,
            message: head(`padding 'same' keeps the size and so needs stride 1, got \\[${show(2)}\\]`),
          },
          {
            label: 'padding of another name',
            call: () => op(x(), w(4, 4), null, { padding: 'full' }),
            error: ArgumentError,
            message: head("padding is 'full'; expected numbers, 'same' or 'valid'"),
          },
        ]),
  ];
}

export const convolutionSamples = {
  conv1d: {
    op: ag.conv1d,
    calls: {
      plain: d => [d.tensor([2, 2, 5]), d.tensor([3, 2, 3]), d.tensor([3])],
      'without batch': d => [d.tensor([2, 4]), d.tensor([1, 2, 2])],
      'stride, padding, dilation and groups': d => [
        d.tensor([1, 4, 7]),
        d.tensor([2, 2, 3]),
        null,
        { stride: 2, padding: 2, dilation: 2, groups: 2 },
      ],
      'same, an even kernel': d => [d.tensor([1, 1, 5]), d.tensor([1, 1, 4]), null, { padding: 'same' }],
      'valid, kernel of one': d => [
        d.tensor([2, 3, 4]),
        d.tensor([2, 3, 1]),
        d.tensor([2]),
        { padding: 'valid' },
      ],
      'empty batch': d => [d.tensor([0, 2, 5]), d.tensor([3, 2, 3]), d.tensor([3])],
    },
    naive: correlate,
    errors: errorsOf('conv1d', ag.conv1d, 1, false),
  },
  conv2d: {
    op: ag.conv2d,
    calls: {
      plain: d => [d.tensor([2, 2, 3, 4]), d.tensor([2, 2, 2, 3]), d.tensor([2])],
      'without batch, transposed': d => [d.tensor([3, 3, 2]).transpose(0, 2), d.tensor([1, 2, 2, 2])],
      'stride, padding, dilation and groups': d => [
        d.tensor([1, 2, 5, 4]),
        d.tensor([4, 1, 2, 2]),
        d.tensor([4]),
        { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 },
      ],
      same: d => [
        d.tensor([1, 1, 3, 4]),
        d.tensor([2, 1, 2, 3]),
        null,
        { padding: 'same', dilation: [2, 1] },
      ],
      'kernel of one': d => [d.tensor([2, 2, 2, 3]), d.tensor([3, 2, 1, 1])],
      'padding beyond the kernel': d => [
        d.tensor([1, 1, 2, 2]),
        d.tensor([1, 1, 2, 2]),
        null,
        { padding: 3, stride: 3 },
      ],
      depthwise: d => [d.tensor([1, 3, 3, 3]), d.tensor([3, 1, 2, 2]), null, { groups: 3 }],
      'empty batch': d => [d.tensor([0, 2, 3, 3]), d.tensor([2, 2, 2, 2]), d.tensor([2])],
      'no channels': d => [d.tensor([1, 0, 3, 3]), d.tensor([5, 0, 2, 2]), d.tensor([5])],
      'through relu': d => [
        d.tensor([2, 2, 3, 4]),
        d.tensor([2, 2, 2, 2]),
        d.tensor([2]),
        { activation: 'relu', padding: 1 },
      ],
      'through sigmoid, without bias and batch': d => [
        d.tensor([2, 3, 3]),
        d.tensor([3, 2, 2, 2]),
        null,
        { activation: 'sigmoid' },
      ],
      'through sigmoid, with bias': d => [
        d.tensor([1, 2, 3, 3]),
        d.tensor([3, 2, 2, 2]),
        d.tensor([3]),
        { activation: 'sigmoid' },
      ],
      'through tanh, bias strided, in groups': d => [
        d.tensor([1, 2, 3, 3]),
        d.tensor([4, 1, 2, 2]),
        d.tensor([8]).slice(0, { step: 2 }),
        { activation: 'tanh', groups: 2 },
      ],
    },
    naive: correlate,
    errors: errorsOf('conv2d', ag.conv2d, 2, false),
  },
  conv3d: {
    op: ag.conv3d,
    calls: {
      plain: d => [d.tensor([1, 2, 2, 3, 2]), d.tensor([2, 2, 2, 2, 1]), d.tensor([2])],
      'without batch, all options': d => [
        d.tensor([2, 3, 3, 2]),
        d.tensor([2, 1, 2, 2, 2]),
        null,
        { stride: [1, 2, 1], padding: [0, 1, 1], dilation: [2, 1, 2], groups: 2 },
      ],
      'empty batch': d => [d.tensor([0, 1, 2, 2, 2]), d.tensor([1, 1, 2, 2, 2])],
    },
    naive: correlate,
    errors: errorsOf('conv3d', ag.conv3d, 3, false),
  },
  convTranspose1d: {
    op: ag.convTranspose1d,
    calls: {
      plain: d => [d.tensor([2, 2, 3]), d.tensor([2, 3, 3]), d.tensor([3])],
      'without batch, all options': d => [
        d.tensor([4, 3]),
        d.tensor([4, 1, 3]),
        null,
        { stride: 3, padding: 2, outputPadding: 2, dilation: 2, groups: 2 },
      ],
      'empty batch': d => [d.tensor([0, 2, 3]), d.tensor([2, 1, 2])],
    },
    naive: spread,
    errors: errorsOf('convTranspose1d', ag.convTranspose1d, 1, true),
  },
  convTranspose2d: {
    op: ag.convTranspose2d,
    calls: {
      plain: d => [d.tensor([1, 2, 2, 3]), d.tensor([2, 2, 2, 2]), d.tensor([2])],
      'stride, padding, output padding and groups': d => [
        d.tensor([1, 2, 2, 2]),
        d.tensor([2, 2, 3, 2]),
        d.tensor([4]),
        { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2], groups: 2 },
      ],
      'without batch, dilation': d => [d.tensor([1, 2, 2]), d.tensor([1, 2, 2, 3]), null, { dilation: 2 }],
      'kernel of one': d => [d.tensor([1, 2, 2, 3]), d.tensor([2, 3, 1, 1])],
      'empty batch': d => [d.tensor([0, 2, 2, 2]), d.tensor([2, 1, 2, 2]), d.tensor([1])],
    },
    naive: spread,
    errors: errorsOf('convTranspose2d', ag.convTranspose2d, 2, true),
  },
  convTranspose3d: {
    op: ag.convTranspose3d,
    calls: {
      plain: d => [d.tensor([1, 2, 2, 1, 2]), d.tensor([2, 1, 2, 2, 2]), d.tensor([1])],
      'without batch, all options': d => [
        d.tensor([2, 1, 2, 2]),
        d.tensor([2, 1, 2, 1, 2]),
        null,
        { stride: 2, padding: [0, 0, 1], outputPadding: [1, 0, 1], groups: 2 },
      ],
      'empty batch': d => [d.tensor([0, 1, 2, 2, 2]), d.tensor([1, 1, 2, 2, 2])],
    },
    naive: spread,
    errors: errorsOf('convTranspose3d', ag.convTranspose3d, 3, true),
  },
} satisfies Record<string, OpInfo>;
