import * as ag from '../src/index.js';
import { DTypeError, ShapeError, zeros } from '../src/index.js';
import { broadcast, build, type Dense, finished } from './naive.js';
import type { OpInfo } from './types.js';

/** Loosely typed: error cases pass shapes that the compiler would refuse. */
const matmul = ag.matmul as (a: ag.Tensor, b: ag.Tensor) => ag.Tensor;
const linear = ag.linear as (
  x: ag.Tensor,
  weight: ag.Tensor,
  bias?: ag.Tensor | null,
  options?: ag.ActivationOption,
) => ag.Tensor;

function product(a: Dense, b: Dense): Dense {
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const batch =
    left.length === 2 && right.length === 2 ? [] : broadcast(left.slice(0, -2), right.slice(0, -2));
  const inner = left[left.length - 1];
  const rows = a.shape.length === 1 ? [] : [left[left.length - 2]];
  const columns = b.shape.length === 1 ? [] : [right[right.length - 1]];
  // A batch dim of 1 is broadcast; `at` does the same to a matrix of one row or column, whose index is 0 anyway.
  return build([...batch, ...rows, ...columns], index => {
    const at = index.slice(0, batch.length);
    const i = rows.length === 1 ? [index[batch.length]] : [];
    const j = columns.length === 1 ? [index[index.length - 1]] : [];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.at([...at, ...i, k]) * b.at([...at, k, ...j]);
    return sum;
  });
}

export const matmulSamples = {
  matmul: {
    op: matmul,
    calls: {
      matrices: d => {
        const k = d.size();
        return [d.tensor([d.size(), k]), d.tensor([k, d.size()])];
      },
      'vector, vector': d => {
        const k = d.size();
        return [d.tensor([k]), d.tensor([k])];
      },
      'matrix, vector': d => [d.tensor([d.size(), 3]), d.tensor([3])],
      'vector, matrix': d => [d.tensor([3]), d.tensor([3, d.size()])],
      'batch, matrix': d => [d.tensor([2, d.size(3), 3]), d.tensor([3, 2])],
      'matrix, batch': d => [d.tensor([2, 3]), d.tensor([2, 3, d.size(3)])],
      'batches broadcast': d => [d.tensor([2, 1, 2, 2]), d.tensor([3, 2, d.size(3)])],
      'batch, vector': d => [d.tensor([2, 2, 3]), d.tensor([3])],
      'vector, batch': d => [d.tensor([3]), d.tensor([2, 3, 2])],
      'both transposed': d => [d.tensor([3, 2]).transpose(0, 1), d.tensor([4, 3]).transpose(-1, -2)],
      'batch transposed': d => [d.tensor([3, 2, 2]).transpose(0, 2), d.tensor([3, 2, 2]).permute([1, 0, 2])],
      'sliced and expanded': d => [d.tensor([2, 5]).slice(1, { step: 2 }), d.tensor([3, 1]).expand([3, 2])],
      'nothing to sum': d => [d.tensor([2, 0]), d.tensor([0, 3])],
      'no rows': d => [d.tensor([0, 2]), d.tensor([2, 3])],
      'no batch': d => [d.tensor([0, 2, 3]), d.tensor([3, 2])],
    },
    naive: product,
    errors: [
      {
        label: 'inner sizes differ',
        call: () => matmul(zeros([2, 3]), zeros([4, 5])),
        error: ShapeError,
        message:
          /^matmul: inner sizes differ: \[2, 3\] x \[4, 5\] has 3 in dim 1 of the first and 4 in dim 0 of the second.*transpose/,
      },
      {
        label: 'batches that do not broadcast',
        call: () => matmul(zeros([2, 2, 3]), zeros([3, 3, 2])),
        error: ShapeError,
        message: /^matmul \(batch dims\): shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'a scalar',
        call: () => matmul(zeros([]), zeros([2])),
        error: ShapeError,
        message: /^matmul: expected operands of 1 dim or more, got shapes \[\] and \[2\]\. Use mul/,
      },
      {
        label: 'two dtypes',
        call: () => matmul(zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^matmul: operands have dtypes float32 and float64/,
      },
      {
        label: 'int32 is refused',
        call: () => matmul(zeros([2, 2], { dtype: 'int32' }), zeros([2, 2], { dtype: 'int32' })),
        error: DTypeError,
        message: /^matmul: expected a float32 or float64 tensor, got int32/,
      },
    ],
  },
  linear: {
    op: linear,
    calls: {
      'with bias': d => {
        const [n, m] = [d.size(), d.size()];
        return [d.tensor([d.size(), n]), d.tensor([m, n]), d.tensor([m])];
      },
      'without bias': d => [d.tensor([2, 3]), d.tensor([2, 3])],
      'bias null': d => [d.tensor([2, 3]), d.tensor([2, 3]), null],
      'one vector': d => [d.tensor([3]), d.tensor([2, 3]), d.tensor([2])],
      batches: d => [d.tensor([2, 2, 3]), d.tensor([d.size(), 3])],
      'weight vector': d => [d.tensor([2, 3]), d.tensor([3]), d.tensor([])],
      'weight transposed': d => [d.tensor([2, 3]), d.tensor([3, 2]).transpose(0, 1), d.tensor([2])],
      'input transposed': d => [d.tensor([3, 2, 2]).transpose(0, 2), d.tensor([2, 3]), d.tensor([2])],
      'no rows': d => [d.tensor([0, 3]), d.tensor([2, 3]), d.tensor([2])],
      'through relu': d => [d.tensor([d.size(), 3]), d.tensor([2, 3]), d.tensor([2]), { activation: 'relu' }],
      'through sigmoid': d => [d.tensor([2, 3]), d.tensor([4, 3]), null, { activation: 'sigmoid' }],
      'through tanh, batches': d => [
        d.tensor([2, 2, 3]),
        d.tensor([2, 3]),
        d.tensor([2]),
        { activation: 'tanh' },
      ],
      'through relu, one vector': d => [
        d.tensor([3]),
        d.tensor([2, 3]),
        d.tensor([2]),
        { activation: 'relu' },
      ],
      'bias strided, through relu': d => [
        d.tensor([2, 3]),
        d.tensor([2, 3]),
        d.tensor([4]).slice(0, { step: 2 }),
        { activation: 'relu' },
      ],
    },
    naive: (x: Dense, w: Dense, bias?: Dense | null, options?: ag.ActivationOption) => {
      const out = [...x.shape.slice(0, -1), ...w.shape.slice(0, -1)];
      return build(out, index => {
        const row = index.slice(0, x.shape.length - 1);
        const column = index.slice(x.shape.length - 1);
        let sum = bias == null ? 0 : bias.at(column);
        for (let k = 0; k < x.shape[x.shape.length - 1]; k++) sum += x.at([...row, k]) * w.at([...column, k]);
        return finished(sum, options);
      });
    },
    errors: [
      {
        label: 'an activation that it does not have',
        call: () => linear(zeros([2, 3]), zeros([5, 3]), null, { activation: 'gelu' as 'relu' }),
        error: ag.ArgumentError,
        message:
          /^linear: activation is 'gelu'; expected 'relu', 'sigmoid', 'tanh' or nothing\. Call any other on the result/,
      },
      {
        label: 'features differ',
        call: () => linear(zeros([2, 3]), zeros([5, 4])),
        error: ShapeError,
        message:
          /^linear: an input of shape \[2, 3\] has 3 features, the weight \[5, 4\] expects 4\. The weight's shape is \[out, in\]/,
      },
      {
        label: 'a weight of three dims',
        call: () => linear(zeros([2, 3]), zeros([1, 2, 3])),
        error: ShapeError,
        message: /^linear: expected a weight of shape \[out, in\], got \[1, 2, 3\]/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
