import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import { build, Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type Loose = (...args: unknown[]) => ag.Tensor;

/** Einstein's summation by the letters of an expression with an output and without ellipsis; sizes of 1 broadcast. */
function sums(expression: string, ...operands: readonly Dense[]): Dense {
  const [left, right] = expression.replaceAll(' ', '').split('->');
  const inputs = left.split(',');
  const sizes = new Map<string, number>();
  inputs.forEach((letters, k) => {
    [...letters].forEach((c, d) => {
      sizes.set(c, Math.max(sizes.get(c) ?? 1, operands[k].shape[d]));
      if (operands[k].shape[d] === 0) sizes.set(c, 0);
    });
  });
  const summed = [...sizes.keys()].filter(c => !right.includes(c));
  return build(
    [...right].map(c => sizes.get(c) ?? 0),
    index => {
      const at = new Map([...right].map((c, i) => [c, index[i]]));
      let total = 0;
      const visit = (k: number): void => {
        if (k === summed.length) {
          total += inputs.reduce(
            (product, letters, o) => product * operands[o].at([...letters].map(c => at.get(c) ?? 0)),
            1,
          );
          return;
        }
        for (let i = 0; i < (sizes.get(summed[k]) ?? 0); i++) {
          at.set(summed[k], i);
          visit(k + 1);
        }
      };
      visit(0);
      return total;
    },
  );
}

/** beta * input + alpha * product; beta 0 leaves the input out. */
function adding(expression: string): (input: Dense, a: Dense, b: Dense, o?: ag.AddProductOptions) => Dense {
  return (input, a, b, { beta = 1, alpha = 1 } = {}) => {
    const product = sums(expression, a, b);
    return build(
      product.shape,
      index => (beta === 0 ? 0 : beta * input.at(index)) + alpha * product.at(index),
    );
  };
}

/** The errors that all products of fixed ranks have. */
function rankErrors(name: string, op: Loose, a: readonly number[], b: readonly number[]): ErrorCase[] {
  const dim = Math.max(b.length - 2, 0);
  return [
    {
      label: 'another rank',
      call: () => op(zeros([2, ...a]), zeros(b)),
      error: ShapeError,
      message: new RegExp(
        `^${name}: expected the first operand to have ${a.length} dims?, got shape \\[2, .*Use matmul`,
      ),
    },
    {
      label: 'sizes that differ',
      call: () => op(zeros(a), zeros(b.map((n, i) => (i === dim ? n + 4 : n)))),
      error: ShapeError,
      message: new RegExp(
        `^${name}: shapes .* do not fit: dim ${a.length - 1} of the first is 3, dim ${dim} of`,
      ),
    },
    {
      label: 'two dtypes',
      call: () => op(zeros(a), zeros(b, { dtype: 'float64' })),
      error: DTypeError,
      message: new RegExp(`^${name}: operands have dtypes float32 and float64`),
    },
    {
      label: 'int32 is refused',
      call: () => op(zeros(a, { dtype: 'int32' }), zeros(b, { dtype: 'int32' })),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 tensor, got int32`),
    },
  ];
}

const mm = ag.mm as Loose;
const bmm = ag.bmm as Loose;
const mv = ag.mv as Loose;
const dot = ag.dot as Loose;
const outer = ag.outer as Loose;
const addmm = ag.addmm as Loose;
const addmv = ag.addmv as Loose;
const addbmm = ag.addbmm as Loose;
const baddbmm = ag.baddbmm as Loose;
const tensordot = ag.tensordot as Loose;
const kron = ag.kron as Loose;
const bilinear = ag.bilinear as Loose;

const inputDoesNotFit = (name: string, call: () => unknown): ErrorCase => ({
  label: 'an input that does not broadcast',
  call,
  error: ShapeError,
  message: new RegExp(`^${name}: an input of shape \\[7\\] does not broadcast to the product's shape \\[`),
});

export const productSamples = {
  mm: {
    op: mm,
    calls: {
      matrices: d => [d.tensor([d.size(), 3]), d.tensor([3, d.size()])],
      'nothing to sum': d => [d.tensor([2, 0]), d.tensor([0, 3])],
    },
    naive: (a: Dense, b: Dense) => sums('ij,jk->ik', a, b),
    errors: rankErrors('mm', mm, [2, 3], [3, 4]),
  },
  bmm: {
    op: bmm,
    calls: {
      batches: d => [d.tensor([2, d.size(), 3]), d.tensor([2, 3, d.size()])],
      'no batch': d => [d.tensor([0, 2, 3]), d.tensor([0, 3, 1])],
    },
    naive: (a: Dense, b: Dense) => sums('bij,bjk->bik', a, b),
    errors: [
      ...rankErrors('bmm', bmm, [2, 2, 3], [2, 3, 4]),
      {
        label: 'batches that broadcast elsewhere',
        call: () => bmm(zeros([1, 2, 3]), zeros([2, 3, 4])),
        error: ShapeError,
        message: /^bmm: .* dim 0 of the first is 1, dim 0 of the second 2/,
      },
    ],
  },
  mv: {
    op: mv,
    calls: {
      'matrix, vector': d => [d.tensor([d.size(), 3]), d.tensor([3])],
      'nothing to sum': d => [d.tensor([2, 0]), d.tensor([0])],
      'no rows': d => [d.tensor([0, 2]), d.tensor([2])],
    },
    naive: (a: Dense, b: Dense) => sums('ij,j->i', a, b),
    errors: rankErrors('mv', mv, [2, 3], [3]),
  },
  dot: {
    op: dot,
    calls: {
      vectors: d => {
        const n = d.size();
        return [d.tensor([n]), d.tensor([n])];
      },
      'a vector and itself': d => {
        const x = d.tensor([3]);
        return [x, x];
      },
      empty: d => [d.tensor([0]), d.tensor([0])],
    },
    naive: (a: Dense, b: Dense) => sums('i,i->', a, b),
    errors: rankErrors('dot', dot, [3], [3]),
  },
  outer: {
    op: outer,
    calls: {
      vectors: d => [d.tensor([d.size()]), d.tensor([d.size()])],
      'one empty': d => [d.tensor([0]), d.tensor([3])],
    },
    naive: (a: Dense, b: Dense) => sums('i,j->ij', a, b),
    errors: rankErrors('outer', outer, [3], [3]).filter(e => e.label !== 'sizes that differ'),
  },
  addmm: {
    op: addmm,
    calls: {
      plain: d => [d.tensor([2, 4]), d.tensor([2, 3]), d.tensor([3, 4])],
      'a row is added': d => [d.tensor([4]), d.tensor([2, 3]), d.tensor([3, 4]), { beta: 0.5, alpha: -2 }],
      'a scalar is added': d => [d.tensor([]), d.tensor([d.size(), 3]), d.tensor([3, 1]), { beta: 2 }],
      'beta 0': d => [d.tensor([2, 1]), d.tensor([2, 3]), d.tensor([3, 2]), { beta: 0 }],
      'no rows': d => [d.tensor([3]), d.tensor([0, 2]), d.tensor([2, 3])],
      'nothing to sum': d => [d.tensor([2, 3]), d.tensor([2, 0]), d.tensor([0, 3])],
    },
    edges: {
      'beta 0, NaN does not count': d => [
        d.of([Number.NaN]),
        d.tensor([2, 3]),
        d.tensor([3, 2]),
        { beta: 0 },
      ],
    },
    naive: adding('ij,jk->ik'),
    errors: [
      inputDoesNotFit('addmm', () => addmm(zeros([7]), zeros([2, 3]), zeros([3, 4]))),
      {
        label: 'beta no number',
        call: () => addmm(zeros([]), zeros([2, 3]), zeros([3, 4]), { beta: '1' }),
        error: ArgumentError,
        message: /^addmm: beta is '1'; expected a number/,
      },
      {
        label: 'inner sizes differ',
        call: () => addmm(zeros([]), zeros([2, 3]), zeros([4, 4])),
        error: ShapeError,
        message:
          /^addmm: shapes \[2, 3\] and \[4, 4\] do not fit: dim 1 of the first is 3, dim 0 of the second 4/,
      },
    ],
  },
  addmv: {
    op: addmv,
    calls: {
      plain: d => [d.tensor([2]), d.tensor([2, 3]), d.tensor([3]), { beta: 0.5, alpha: 2 }],
      'a scalar is added': d => [d.tensor([]), d.tensor([d.size(), 3]), d.tensor([3])],
      'no rows': d => [d.tensor([1]), d.tensor([0, 2]), d.tensor([2])],
    },
    naive: adding('ij,j->i'),
    errors: [inputDoesNotFit('addmv', () => addmv(zeros([7]), zeros([2, 3]), zeros([3])))],
  },
  addbmm: {
    op: addbmm,
    calls: {
      plain: d => [d.tensor([2, 4]), d.tensor([2, 2, 3]), d.tensor([2, 3, 4]), { beta: 0.5, alpha: 2 }],
      'a column is added': d => [d.tensor([2, 1]), d.tensor([3, 2, 1]), d.tensor([3, 1, 2])],
      'no batch': d => [d.tensor([2, 2]), d.tensor([0, 2, 3]), d.tensor([0, 3, 2])],
    },
    naive: adding('bij,bjk->ik'),
    errors: [inputDoesNotFit('addbmm', () => addbmm(zeros([7]), zeros([2, 2, 3]), zeros([2, 3, 2])))],
  },
  baddbmm: {
    op: baddbmm,
    calls: {
      plain: d => [d.tensor([2, 2, 4]), d.tensor([2, 2, 3]), d.tensor([2, 3, 4]), { beta: 0.5, alpha: 2 }],
      'a matrix is added': d => [d.tensor([2, 2]), d.tensor([3, 2, 1]), d.tensor([3, 1, 2])],
      'no batch': d => [d.tensor([2, 2]), d.tensor([0, 2, 3]), d.tensor([0, 3, 2])],
    },
    naive: adding('bij,bjk->bik'),
    errors: [inputDoesNotFit('baddbmm', () => baddbmm(zeros([7]), zeros([2, 2, 3]), zeros([2, 3, 2])))],
  },
  tensordot: {
    op: tensordot,
    calls: {
      'two dims': d => [d.tensor([d.size(), 3, 2]), d.tensor([3, 2, d.size()])],
      'no dims': d => [d.tensor([2]), d.tensor([d.size(), 2]), 0],
      'lists of dims': d => [
        d.tensor([2, 3, d.size()]),
        d.tensor([d.size(), 2, 3]),
        [
          [0, -2],
          [1, 2],
        ],
      ],
      'a size of 1': d => [d.tensor([2, 1]), d.tensor([3, 2]), [[1], [0]]],
      'all dims': d => [d.tensor([2, 3]), d.tensor([2, 3]), 2],
      'nothing to sum': d => [d.tensor([2, 0]), d.tensor([0, 3]), 1],
    },
    naive: (a: Dense, b: Dense, dims: number | readonly (readonly number[])[] = 2) => {
      const left = [...'abcdef'].slice(0, a.shape.length);
      const right = [...'uvwxyz'].slice(0, b.shape.length);
      const pairs =
        typeof dims === 'number'
          ? Array.from({ length: dims }, (_, i) => [a.shape.length - dims + i, i])
          : dims[0].map((i, k) => [i, dims[1][k]]);
      for (const [i, j] of pairs)
        right[(j + b.shape.length) % b.shape.length] = left[(i + a.shape.length) % a.shape.length];
      const out = [...left.filter(c => !right.includes(c)), ...right.filter(c => !left.includes(c))];
      return sums(`${left.join('')},${right.join('')}->${out.join('')}`, a, b);
    },
    errors: [
      {
        label: 'too many dims',
        call: () => tensordot(zeros([2, 3]), zeros([3]), 2),
        error: ArgumentError,
        message: /^tensordot: dims is 2; expected a whole number from 0 to 1 for shapes \[2, 3\] and \[3\]/,
      },
      {
        label: 'lists of different lengths',
        call: () => tensordot(zeros([2, 3]), zeros([3]), [[0, 1], [0]]),
        error: ArgumentError,
        message: /^tensordot: dims names 2 dims of the first tensor and 1 of the second/,
      },
      {
        label: 'a dim twice',
        call: () =>
          tensordot(zeros([2, 2]), zeros([2, 2]), [
            [0, 0],
            [0, 1],
          ]),
        error: ag.IndexError,
        message: /^tensordot: dim 0 appears twice/,
      },
      {
        label: 'sizes that differ',
        call: () => tensordot(zeros([2, 3]), zeros([4, 3]), 1),
        error: ShapeError,
        message: /^tensordot: shapes .* dim 1 of the first is 3, dim 0 of the second 4/,
      },
      {
        label: 'dims of another kind',
        call: () => tensordot(zeros([2]), zeros([2]), [0, 0]),
        error: ArgumentError,
        message: /^tensordot: dims is \[0, 0\]; expected a number, or two lists/,
      },
    ],
  },
  kron: {
    op: kron,
    calls: {
      matrices: d => [d.tensor([2, d.size()]), d.tensor([d.size(), 2])],
      'vector, matrix': d => [d.tensor([2]), d.tensor([2, 3])],
      'batch, vector': d => [d.tensor([2, 1, 2]), d.tensor([3])],
      'a scalar': d => [d.tensor([]), d.tensor([2])],
      empty: d => [d.tensor([0, 2]), d.tensor([2, 2])],
    },
    naive: (a: Dense, b: Dense) => {
      const rank = Math.max(a.shape.length, b.shape.length);
      const [m, n] = [a, b].map(t => [...new Array<number>(rank - t.shape.length).fill(1), ...t.shape]);
      return build(
        m.map((size, i) => size * n[i]),
        index =>
          new Dense(m, a.data).at(index.map((k, i) => Math.floor(k / n[i]))) *
          new Dense(n, b.data).at(index.map((k, i) => k % n[i])),
      );
    },
    errors: rankErrors('kron', kron, [3], [3]).filter(e => /dtype|int32/.test(e.label)),
  },
  bilinear: {
    op: bilinear,
    noMethod: 'it has two inputs, of which neither comes first',
    calls: {
      'with bias': d => [d.tensor([2, 3]), d.tensor([2, 4]), d.tensor([2, 3, 4]), d.tensor([2])],
      'without bias': d =>
        [d.tensor([2, d.size(), 2]), d.tensor([2, 1, 2]), d.tensor([3, 2, 2])].map((t, i, all) =>
          i === 1 ? d.tensor([...all[0].shape.slice(0, -1), 2]) : t,
        ),
      'one vector, bias null': d => [d.tensor([2]), d.tensor([3]), d.tensor([1, 2, 3]), null],
      'no rows': d => [d.tensor([0, 2]), d.tensor([0, 3]), d.tensor([2, 2, 3]), d.tensor([2])],
    },
    naive: (x1: Dense, x2: Dense, weight: Dense, bias?: Dense | null) => {
      const lead = 'abcd'.slice(0, x1.shape.length - 1);
      const y = sums(`${lead}x,${lead}y,oxy->${lead}o`, x1, x2, weight);
      return build(y.shape, index => y.at(index) + (bias == null ? 0 : bias.at(index.slice(-1))));
    },
    errors: [
      {
        label: 'features that differ',
        call: () => bilinear(zeros([2, 3]), zeros([2, 4]), zeros([5, 3, 3])),
        error: ShapeError,
        message:
          /^bilinear: inputs of shapes \[2, 3\] and \[2, 4\] have 3 and 4 features, the weight \[5, 3, 3\] expects 3 and 3/,
      },
      {
        label: 'inputs of different batches',
        call: () => bilinear(zeros([2, 3]), zeros([1, 4]), zeros([5, 3, 4])),
        error: ShapeError,
        message: /^bilinear: inputs of shapes \[2, 3\] and \[1, 4\] differ before the last dim/,
      },
      {
        label: 'a weight of two dims',
        call: () => bilinear(zeros([2, 3]), zeros([2, 4]), zeros([3, 4])),
        error: ShapeError,
        message: /^bilinear: expected a weight of shape \[out, in1, in2\], got \[3, 4\]/,
      },
      {
        label: 'a bias that does not fit',
        call: () => bilinear(zeros([2, 3]), zeros([2, 4]), zeros([5, 3, 4]), zeros([4])),
        error: ShapeError,
        message: /^bilinear: expected a bias of shape \[5\], got \[4\]/,
      },
    ],
  },
  einsum: {
    op: ag.einsum as Loose,
    noMethod: 'the expression comes first',
    calls: {
      product: d => ['ij,jk->ik', d.tensor([2, 3]), d.tensor([3, d.size()])],
      'implicit output, upper case first': d => ['bA,Ac', d.tensor([2, 3]), d.tensor([3, 2])],
      'in a list, with spaces': d => [' i j , j -> i ', [d.tensor([2, 3]), d.tensor([3])]],
      trace: d => ['ii', d.tensor([3, 3])],
      diagonal: d => ['bii->ib', d.tensor([2, 3, 3])],
      'three times the same': d => ['iij,i->j', d.tensor([2, 2, 3]), d.tensor([2])],
      'three in one': d => ['iii->i', d.tensor([2, 2, 2])],
      'sum of all': d => ['ij->', d.tensor([2, d.size()])],
      transpose: d => ['ji', d.tensor([2, 3])],
      outer: d => ['i,j,k->kij', d.tensor([2]), d.tensor([3]), d.tensor([2])],
      'batch, elementwise': d => ['bi,bi->b', d.tensor([2, 3]), d.tensor([2, 3])],
      'summed in one operand alone': d => ['ij,kl->il', d.tensor([2, 3]), d.tensor([2, 2])],
      'three operands': d => ['bn,anm,bm->ba', d.tensor([2, 3]), d.tensor([2, 3, 2]), d.tensor([2, 2])],
      chain: d => [
        'ab,bc,cd,de->ae',
        d.tensor([2, 3]),
        d.tensor([3, 1]),
        d.tensor([1, 2]),
        d.tensor([2, d.size()]),
      ],
      'six operands': d => ['a,ab,b,bc,c,a->', ...[[2], [2, 2], [2], [2, 3], [3], [2]].map(s => d.tensor(s))],
      'ellipsis that broadcasts': d => ['...ij,...jk->...ik', d.tensor([2, 1, 2, 3]), d.tensor([2, 3, 2])],
      'ellipsis summed': d => ['i...->i', d.tensor([2, 3, 2])],
      'ellipsis in the middle, implicit': d => ['b...a', d.tensor([2, 2, 3])],
      'ellipsis of nothing': d => ['...i,...i->...', d.tensor([3]), d.tensor([3])],
      'a size of 1 broadcasts': d => ['ij,ij->j', d.tensor([2, 1]), d.tensor([1, 3])],
      'one tensor twice': d => {
        const x = d.tensor([2, 2]);
        return ['ij,ji->i', x, x];
      },
      scalars: d => [',->', d.tensor([]), d.tensor([])],
      'nothing to sum': d => ['ij,jk->ik', d.tensor([2, 0]), d.tensor([0, 3])],
      'no diagonal': d => ['ii->i', d.tensor([0, 0])],
      identity: d => ['ij->ij', d.tensor([2, 2])],
    },
    naive: (expression: string, ...rest: readonly (Dense | readonly Dense[])[]) => {
      const operands = rest.flat() as Dense[];
      const text = expression.replaceAll(' ', '');
      const [left, given] = text.split('->');
      // An ellipsis becomes digits, counted from its last dim.
      const inputs = left.split(',');
      let most = 0;
      const named = inputs.map((part, k) => {
        if (!part.includes('...')) return part;
        const n = operands[k].shape.length - part.length + 3;
        most = Math.max(most, n);
        return part.replace('...', '9876543210'.slice(10 - n));
      });
      const dots = '9876543210'.slice(10 - most);
      const letters = named.join('').replace(/\d/g, '');
      const once = [...letters].filter(c => letters.split(c).length === 2).sort();
      const out = given === undefined ? dots + once.join('') : given.replace('...', dots);
      return sums(`${named.join(',')}->${out}`, ...operands);
    },
    errors: (
      [
        [
          'a character that is no letter',
          ['i1->i', zeros([2, 2])],
          ArgumentError,
          "found '1'.*\n {2}i1->i\n {3}\\^$",
        ],
        ['a lone dot', ['i.j->i', zeros([2, 2])], ArgumentError, "found '\\.'.*\n {2}i\\.j->i\n {3}\\^$"],
        ['two ellipses', ['......', zeros([2])], ArgumentError, 'second ellipsis.*\n {2}\\.{6}\n {5}\\^$'],
        ['a lone minus', ['ij-i', zeros([2, 2])], ArgumentError, "'-' without '>'.*\n {2}ij-i\n {4}\\^$"],
        ['two arrows', ['i->i->', zeros([2])], ArgumentError, "second '->'.*\n.*\n {6}\\^$"],
        ['a comma in the output', ['i->i,', zeros([2])], ArgumentError, "',' after '->'.*\n.*\n {6}\\^$"],
        ['an unknown output', ['ij->ik', zeros([2, 2])], ArgumentError, "'k' of the output.*\n.*\n {7}\\^$"],
        ['an output twice', ['ij->ii', zeros([2, 2])], ArgumentError, "'i' stands twice.*\n.*\n {7}\\^$"],
        [
          'too few operands',
          ['ij,jk', zeros([2, 2])],
          ArgumentError,
          'for 2 operands, but 1 was given.*\n.*\n {5}\\^$',
        ],
        [
          'too many operands',
          ['ij', zeros([2, 2]), zeros([2])],
          ArgumentError,
          'for 1 operand, but 2 were given',
        ],
        [
          'too many letters',
          ['ijk', zeros([2, 3])],
          ArgumentError,
          'operand 0 has shape \\[2, 3\\].*\n.*\n {4}\\^$',
        ],
        ['too few letters', ['i', zeros([2, 3])], ArgumentError, '2 dims, but 1 subscript.*\n.*\n {2}\\^$'],
        ['no operand', ['i'], ArgumentError, 'got no operands'],
        ['no expression', [zeros([2])], ArgumentError, "expected an expression such as 'ij,jk->ik' first"],
        [
          'sizes that differ',
          ['ij,jk->ik', zeros([2, 3]), zeros([4, 5])],
          ShapeError,
          'this dim of operand 1 has size 4, and that of operand 0 with the same subscript 3.*\n {2}ij,jk->ik\n {5}\\^$',
        ],
        [
          'an ellipsis that does not broadcast',
          ['...i,...i', zeros([2, 3]), zeros([4, 3])],
          ShapeError,
          'operand 1 has size 4.*\n.*\n {7}\\^$',
        ],
        [
          'two dtypes',
          ['i,i', zeros([2]), zeros([2], { dtype: 'float64' })],
          DTypeError,
          'float32 and float64',
        ],
      ] as const
    ).map(([label, args, error, message]) => ({
      label,
      call: () => (ag.einsum as Loose)(...args),
      error,
      message: new RegExp(`^einsum: .*${message}`),
    })),
  },
} satisfies Record<string, OpInfo>;
