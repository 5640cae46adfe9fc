import * as ag from '../src/index.js';
import { ArgumentError, DataError, DTypeError, Generator, ShapeError, tensor, zeros } from '../src/index.js';
import { seeded } from './activations.js';
import { shapeErrors } from './create.js';
import type { Draw } from './draw.js';
import type { ErrorCase, OpInfo } from './types.js';
import { wrongDType } from './unary.js';

const noDerivative = 'it draws random numbers';
const noMethod = 'it creates a tensor';

function badGenerator(name: string, draw: (generator: Generator) => unknown): ErrorCase {
  return {
    label: 'a seed as generator',
    call: () => draw(3 as never),
    error: ArgumentError,
    message: new RegExp(`^${name}: expected a Generator, got 3: new Generator\\(seed\\)`),
  };
}

/** Values are random: what is tested of them is in the tests of the generator. */
function shaped(
  name: string,
  op: unknown,
  make: (shape: readonly number[], options?: ag.RandomOptions) => unknown,
  before: readonly unknown[] = [],
  errors: readonly ErrorCase[] = [],
): OpInfo {
  const options = (d: Draw) => ({ dtype: d.dtype, generator: new Generator(d.seed) });
  return {
    op: op as never,
    calls: {
      matrix: d => [...before, [d.size(), d.size()], options(d)],
      scalar: d => [...before, [], options(d)],
      'no elements': d => [...before, [2, 0], options(d)],
    },
    noDerivative,
    noMethod,
    errors: [
      ...shapeErrors(name, make),
      badGenerator(name, generator => make([2], { generator })),
      {
        label: 'bool',
        call: () => make([2], { dtype: 'bool' }),
        error: DTypeError,
        message: new RegExp(`^${name}: .*(not 'bool'|got 'bool')`),
      },
      ...errors,
    ],
  };
}

function like(
  name: string,
  op: (x: ag.Tensor, options?: ag.RandomOptions) => unknown,
  after: readonly unknown[] = [],
): OpInfo {
  return {
    op: op as never,
    calls: {
      matrix: d => [d.tensor([2, 3]), ...after, { generator: new Generator(d.seed) }],
      'no elements': d => [d.tensor([0]), ...after, { generator: new Generator(d.seed) }],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), ...after, { generator: new Generator(d.seed) }],
    },
    noDerivative,
    noMethod,
    errors: [
      {
        label: 'bool',
        call: () => (op as (...args: unknown[]) => unknown)(zeros([2], { dtype: 'bool' }), ...after),
        error: DTypeError,
        message: new RegExp(`^${name}: .*(not 'bool'|got 'bool')`),
      },
    ],
  };
}

function limits(name: string, draw: (low: number, high: number) => unknown): ErrorCase[] {
  return [
    {
      label: 'nothing between the limits',
      call: () => draw(3, 3),
      error: ArgumentError,
      message: new RegExp(`^${name}: low is 3 and high 3; expected low to be below high`),
    },
    {
      label: 'a fraction as limit',
      call: () => draw(0, 1.5),
      error: ArgumentError,
      message: new RegExp(`^${name}: high is 1\\.5; expected a whole number that int32 has`),
    },
  ];
}

function probabilities(name: string, op: (p: ag.Tensor) => unknown, expected: string): ErrorCase[] {
  return [Number.NaN, -0.5, Number.POSITIVE_INFINITY].map(p => ({
    label: `${p} as probability`,
    call: () => op(tensor([0.5, p])),
    error: DataError,
    message: new RegExp(
      `^${name}: element 1 of the probabilities of shape \\[2\\] is ${p}; expected ${expected}`,
    ),
  }));
}

const f32 = { dtype: 'float32' } as const;

export const randomSamples = {
  rand: shaped('rand', ag.rand, ag.rand),
  randn: shaped('randn', ag.randn, ag.randn),
  randLike: like('randLike', ag.randLike),
  randnLike: like('randnLike', ag.randnLike),
  randint: shaped(
    'randint',
    ag.randint,
    (shape, options) => ag.randint(0, 9, shape, options),
    [-3, 9],
    limits('randint', (low, high) => ag.randint(low, high, [2])),
  ),
  randintLike: {
    ...like('randintLike', ag.randintLike as never, [-3, 9]),
    errors: [
      ...like('randintLike', ag.randintLike as never, [-3, 9]).errors,
      ...limits('randintLike', (low, high) => ag.randintLike(zeros([2], { dtype: 'int32' }), low, high)),
    ],
  },
  randperm: {
    op: ag.randperm,
    calls: {
      some: d => [d.int(2, 9), { generator: new Generator(d.seed) }],
      one: d => [1, { dtype: d.dtype, generator: new Generator(d.seed) }],
      none: d => [0, { generator: new Generator(d.seed) }],
    },
    noDerivative,
    noMethod,
    errors: [
      badGenerator('randperm', generator => ag.randperm(3, { generator })),
      {
        label: 'a negative size',
        call: () => ag.randperm(-1),
        error: ArgumentError,
        message: /^randperm: n is -1; expected a whole number from 0/,
      },
    ],
  },
  normal: {
    ...shaped(
      'normal',
      ag.normal,
      (shape, options) => ag.normal(0, 1, shape, { ...f32, ...options }),
      [1, 2],
    ),
    calls: {
      numbers: d => [1, 2, [2, 3], { dtype: d.dtype, generator: new Generator(d.seed) }],
      tensors: d => [
        d.tensor([2, 3]),
        d.tensor([3], { min: 0, max: 2 }),
        undefined,
        { generator: new Generator(d.seed) },
      ],
      'a tensor and a shape': d => [d.tensor([3]), 0.5, [2, 3], { generator: new Generator(d.seed) }],
      'no elements': d => [0, d.tensor([0], { min: 0 }), undefined, { generator: new Generator(d.seed) }],
    },
    noMethod: 'it creates a tensor',
    errors: [
      ...shapeErrors('normal', (shape, options) => ag.normal(0, 1, shape, options)),
      badGenerator('normal', generator => ag.normal(0, 1, [2], { generator })),
      {
        label: 'a negative number as std',
        call: () => ag.normal(0, -1, [2]),
        error: DataError,
        message: /^normal: std is -1; expected standard deviations from 0/,
      },
      {
        label: 'NaN in a tensor of stds',
        call: () => ag.normal(0, tensor([1, Number.NaN])),
        error: DataError,
        message: /^normal: std is NaN; expected standard deviations from 0/,
      },
      {
        label: 'no shape',
        call: () => ag.normal(0, 1),
        error: ArgumentError,
        message: /^normal: mean and std are numbers; give a shape/,
      },
      {
        label: 'two dtypes',
        call: () => ag.normal(zeros([2]), zeros([2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^normal: got a tensor of float64 beside float32/,
      },
      {
        label: 'an infinite mean',
        call: () => ag.normal(Number.POSITIVE_INFINITY, 1, [2]),
        error: ArgumentError,
        message: /^normal: mean is Infinity; expected a tensor or a finite number/,
      },
    ],
  },
  bernoulli: {
    op: ag.bernoulli,
    calls: {
      matrix: d => [d.tensor([2, 3], { min: 0, max: 1 }), seeded(d, {})],
      scalar: d => [d.tensor([], { min: 0, max: 1 }), seeded(d, {})],
      'no elements': d => [d.tensor([0, 2]), seeded(d, {})],
      transposed: d => [d.tensor([2, 3], { min: 0, max: 1 }).transpose(0, 1), seeded(d, {})],
    },
    noDerivative,
    errors: [
      wrongDType('bernoulli', x => ag.bernoulli(x)),
      ...probabilities('bernoulli', ag.bernoulli, 'numbers from 0 to 1'),
      badGenerator('bernoulli', generator => ag.bernoulli(zeros([2]), { generator })),
    ],
  },
  multinomial: {
    op: ag.multinomial,
    calls: {
      vector: d => [d.tensor([5], { min: 0.1, max: 2 }), 3, seeded(d, {})],
      rows: d => [d.tensor([2, 4], { min: 0.1, max: 2 }), 4, seeded(d, {})],
      replaced: d => [d.tensor([2, 3], { min: 0.1, max: 2 }), 6, seeded(d, { replacement: true })],
      'no rows': d => [d.tensor([0, 3]), 2, seeded(d, {})],
      transposed: d => [d.tensor([3, 2], { min: 0.1, max: 2 }).transpose(0, 1), 2, seeded(d, {})],
    },
    noDerivative,
    errors: [
      wrongDType('multinomial', x => ag.multinomial(x, 1)),
      ...probabilities('multinomial', p => ag.multinomial(p, 1), 'finite numbers from 0'),
      badGenerator('multinomial', generator => ag.multinomial(tensor([1]), 1, { generator })),
      {
        label: 'weights of 0',
        call: () => ag.multinomial(zeros([3]), 1),
        error: DataError,
        message: /^multinomial: the 3 weights of row 0 are all 0/,
      },
      {
        label: 'more than there are',
        call: () => ag.multinomial(tensor([1, 0, 1]), 3),
        error: DataError,
        message: /^multinomial: 3 of the 2 places .* cannot be drawn without replacement/,
      },
      {
        label: 'none',
        call: () => ag.multinomial(tensor([1]), 0),
        error: ArgumentError,
        message: /^multinomial: count is 0; expected a whole number from 1/,
      },
      {
        label: 'three dims',
        call: () => ag.multinomial(zeros([1, 1, 1]), 1),
        error: ShapeError,
        message: /^multinomial: the weights have shape \[1, 1, 1\]; expected \[n\] or \[rows, n\]/,
      },
    ],
  },
  exponential: shaped(
    'exponential',
    ag.exponential,
    ag.exponential,
    [],
    [
      {
        label: 'rate 0',
        call: () => ag.exponential([2], { rate: 0 }),
        error: ArgumentError,
        message: /^exponential: rate is 0; expected a finite number above 0/,
      },
    ],
  ),
  truncNormal: shaped(
    'truncNormal',
    ag.truncNormal,
    ag.truncNormal,
    [],
    [
      {
        label: 'std 0',
        call: () => ag.truncNormal([2], { std: 0 }),
        error: ArgumentError,
        message: /^truncNormal: std is 0; expected a finite number above 0/,
      },
      {
        label: 'borders crossed',
        call: () => ag.truncNormal([2], { min: 1, max: 1 }),
        error: ArgumentError,
        message: /^truncNormal: min is 1 and max 1; expected min to be below max/,
      },
    ],
  ),
} satisfies Record<string, OpInfo>;
