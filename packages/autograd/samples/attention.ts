import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, tensor, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { broadcast, build, type Dense } from './naive.js';
import type { OpInfo } from './types.js';

interface Options {
  readonly attnMask?: Dense | null;
  readonly isCausal?: boolean;
  readonly scale?: number | null;
  readonly enableGqa?: boolean;
}

/** Each head of dim -3 as often as `times`. */
function repeated(t: Dense, times: number): Dense {
  const at = t.shape.length - 3;
  return build(t.shape.with(at, t.shape[at] * times), index =>
    t.at(index.with(at, Math.floor(index[at] / times))),
  );
}

/** softmax(q kᵀ scale + mask) v, with sums written out. */
function attention(q: Dense, k: Dense, v: Dense, o: Options = {}): Dense {
  if (o.enableGqa === true) {
    const times = q.shape[q.shape.length - 3] / k.shape[k.shape.length - 3];
    return attention(q, repeated(k, times), repeated(v, times), { ...o, enableGqa: false });
  }
  const [l, e] = q.shape.slice(-2);
  const [s, ev] = v.shape.slice(-2);
  const lead = broadcast(...[q, k, v].map(t => t.shape.slice(0, -2)));
  // Masks of zeros and ones are bool in these samples.
  const isBool = o.attnMask?.data.every(m => m === 0 || m === 1);
  return build([...lead, l, ev], index => {
    const batch = index.slice(0, -2);
    const [i, column] = index.slice(-2);
    const scores = Array.from({ length: s }, (_, j) => {
      let score = 0;
      for (let c = 0; c < e; c++) score += q.at([...batch, i, c]) * k.at([...batch, j, c]);
      score *= o.scale ?? 1 / Math.sqrt(e);
      if (o.isCausal === true && j > i) return Number.NEGATIVE_INFINITY;
      const m = o.attnMask?.at([...batch, i, j]);
      if (m === undefined) return score;
      return isBool ? (m === 1 ? score : Number.NEGATIVE_INFINITY) : score + m;
    });
    const powers = scores.map(x => Math.exp(x));
    const total = powers.reduce((a, b) => a + b, 0);
    return total === 0 ? 0 : powers.reduce((sum, p, j) => sum + (p / total) * v.at([...batch, j, column]), 0);
  });
}

const yes = (...values: number[]): ag.Tensor => tensor(values, { dtype: 'bool' });
const qkv = (d: Draw, lead: readonly number[], l = 3, s = 4): ag.Tensor[] => [
  d.tensor([...lead, l, 2]),
  d.tensor([...lead, s, 2]),
  d.tensor([...lead, s, 3]),
];

export const attentionSamples = {
  attentionWeights: {
    op: ag.attentionWeights,
    calls: {
      plain: d => qkv(d, []).slice(0, 2),
      'batch dims that broadcast': d => [d.tensor([2, 1, 3, 2]), d.tensor([2, 4, 2])],
      causal: d => [...qkv(d, [2]).slice(0, 2), { isCausal: true }],
      'a mask and a scale': d => [
        ...qkv(d, [2]).slice(0, 2),
        { attnMask: yes(1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1).reshape([3, 4]), scale: 0.3 },
      ],
      'a query that may look at nothing': d => [...qkv(d, []).slice(0, 2), { attnMask: yes(0, 0, 0, 0) }],
      'no keys': d => qkv(d, [2], 2, 0).slice(0, 2),
    },
    naive: (q: Dense, k: Dense, options: ag.AttentionOptions = {}) =>
      // Attention to the rows of the identity.
      attention(
        q,
        k,
        build([k.shape[k.shape.length - 2], k.shape[k.shape.length - 2]], ([i, j]) => Number(i === j)),
        options as never,
      ),
    noMethod: 'a function only: programs that do not use it do not carry it',
    errors: [
      {
        label: 'other features',
        call: () => ag.attentionWeights(zeros([2, 3]), zeros([4, 5])),
        error: ShapeError,
        message: /^attentionWeights: .*query and key have 3 and 5 features in their last dim/,
      },
      {
        label: 'a mask of another shape',
        call: () => ag.attentionWeights(zeros([2, 3]), zeros([4, 3]), { attnMask: zeros([3, 1, 4]) }),
        error: ShapeError,
        message: /^attentionWeights: attnMask has shape \[3, 1, 4\], the scores \[2, 4\]/,
      },
    ],
  },
  scaledDotProductAttention: {
    op: ag.scaledDotProductAttention,
    calls: {
      plain: d => qkv(d, []),
      'batch dims that broadcast': d => [d.tensor([2, 1, 3, 2]), d.tensor([2, 4, 2]), d.tensor([1, 2, 4, 3])],
      causal: d => [...qkv(d, [2]), { isCausal: true }],
      'causal, more queries than keys': d => [...qkv(d, [], 4, 2), { isCausal: true, scale: 0.3 }],
      'a mask': d => [...qkv(d, [2]), { attnMask: yes(1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1).reshape([3, 4]) }],
      'a mask, causal, no key for the first query': d => [
        ...qkv(d, [2]),
        { attnMask: yes(0, 1, 1, 0), isCausal: true },
      ],
      'a mask that is added': d => [...qkv(d, [2]), { attnMask: d.tensor([2, 1, 4]) }],
      'heads that share keys': d => [
        d.tensor([2, 4, 3, 2]),
        d.tensor([2, 2, 4, 2]),
        d.tensor([2, 2, 4, 3]),
        { enableGqa: true, attnMask: d.tensor([4, 1, 4]), isCausal: true },
      ],
      'no keys': d => qkv(d, [2], 2, 0),
      'no queries': d => [...qkv(d, [2], 0, 3), { isCausal: true }],
    },
    edges: {
      'a mask that is added forbids': d => [
        ...qkv(d, []),
        {
          attnMask: d.of(
            [0.5, -Infinity, 0, 1, ...new Array<number>(4).fill(-Infinity), -Infinity, 2, 2, 2],
            [3, 4],
          ),
        },
      ],
      'what is forbidden is not looked at': d => [
        d.tensor([2, 2]),
        d.of([1, Infinity, 0.5, 2], [2, 2]),
        d.tensor([2, 3]),
        { attnMask: yes(0, 1), scale: 2 },
      ],
      'large scores': d => [
        d.of([800, -800], [2, 1]),
        d.of([1, 0, -1], [3, 1]),
        d.tensor([3, 2]),
        { scale: 0.5 },
      ],
    },
    naive: attention,
    noMethod: 'a function only: programs that do not use it do not carry it',
    errors: [
      {
        label: 'whole numbers',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 2], { dtype: 'int32' }), zeros([2, 2]), zeros([2, 2])),
        error: DTypeError,
        message: /^scaledDotProductAttention: expected a float32 or float64 tensor, got int32/,
      },
      {
        label: 'two dtypes',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 2]), zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^scaledDotProductAttention: the query is float32 and the value float64/,
      },
      {
        label: 'a vector',
        call: () => ag.scaledDotProductAttention(zeros([2]), zeros([2, 2]), zeros([2, 2])),
        error: ShapeError,
        message:
          /^scaledDotProductAttention: query \[2\], key \[2, 2\], value \[2, 2\]; expected \[..., length, features\]/,
      },
      {
        label: 'other features',
        call: () => ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 5]), zeros([4, 2])),
        error: ShapeError,
        message: /query and key have 3 and 5 features in their last dim/,
      },
      {
        label: 'fewer values than keys',
        call: () => ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([1, 2])),
        error: ShapeError,
        message: /there are 4 keys and 1 values in dim -2/,
      },
      {
        label: 'batch dims that do not broadcast',
        call: () => ag.scaledDotProductAttention(zeros([2, 2, 3]), zeros([3, 4, 3]), zeros([3, 4, 2])),
        error: ShapeError,
        message: /^scaledDotProductAttention: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'heads that cannot be shared',
        call: () =>
          ag.scaledDotProductAttention(zeros([4, 2, 3]), zeros([3, 4, 3]), zeros([3, 4, 2]), {
            enableGqa: true,
          }),
        error: ShapeError,
        message: /the 4 heads of the query cannot share the 3 of the key and the 3 of the value/,
      },
      {
        label: 'a mask of another shape',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), {
            attnMask: zeros([3, 1, 4]),
          }),
        error: ShapeError,
        message: /^scaledDotProductAttention: attnMask has shape \[3, 1, 4\], the scores \[2, 4\]/,
      },
      {
        label: 'a mask of whole numbers',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), {
            attnMask: zeros([4], { dtype: 'int32' }),
          }),
        error: DTypeError,
        message: /^scaledDotProductAttention: attnMask is int32; expected bool .* or float32/,
      },
      {
        label: 'an array as mask',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), {
            attnMask: [true] as never,
          }),
        error: ArgumentError,
        message: /^scaledDotProductAttention: attnMask is \[true\]; expected a tensor/,
      },
      {
        label: 'a probability of 2',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), { dropoutP: 2 }),
        error: ArgumentError,
        message: /^scaledDotProductAttention: dropoutP is 2; expected a probability from 0 to 1/,
      },
      {
        label: 'NaN as scale',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), { scale: Number.NaN }),
        error: ArgumentError,
        message: /^scaledDotProductAttention: scale is NaN; expected a finite number/,
      },
      {
        label: 'a seed as generator',
        call: () =>
          ag.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 2]), {
            dropoutP: 0.5,
            generator: 3 as never,
          }),
        error: ArgumentError,
        message: /^scaledDotProductAttention: expected a Generator, got 3/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
