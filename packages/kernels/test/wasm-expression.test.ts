import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../src/errors.js';
import type {
  ArithmeticOp,
  CompareOp,
  Expression,
  ExpressionNode,
  Kernels,
  LogicalOp,
  Operand,
  UnaryOp,
} from '../src/interface.js';
import type { DType } from '../src/storage.js';
import { InputKind } from '../src/wasm/expression/frame.js';
import { generate } from '../src/wasm/expression/generate.js';
import { simplify } from '../src/wasm/expression/simplify.js';
import { createWasm } from '../src/wasm/index.js';
import { supports } from '../src/wasm/load.js';

const unaryOps: readonly UnaryOp[] = [
  ...(['neg', 'abs', 'sign', 'square', 'relu', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'rsqrt'] as const),
  ...(['reciprocal', 'sin', 'cos', 'tanh', 'sigmoid', 'erf', 'floor', 'ceil', 'round', 'trunc'] as const),
];
const arithmeticOps: readonly ArithmeticOp[] = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'];
const compareOps: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const logicalOps: readonly LogicalOp[] = ['logicalAnd', 'logicalOr', 'logicalXor'];

/** Numbers at the borders, and ordinary ones more often than not. */
const element = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-40, -3e-310, 3e38, 88.8, 1e300),
  },
);

type Source = 'array' | 'number' | 'bool';
interface Plan {
  readonly dtype: 'float32' | 'float64';
  readonly sources: readonly Source[];
  readonly nodes: readonly ExpressionNode[];
  readonly outputs: readonly number[];
}

/** Random programs over three inputs: an array, an array or a number, a bool array. Truths and numbers are kept apart. */
function planOf(dtype: Plan['dtype'], sources: readonly Source[], choices: readonly number[]): Plan {
  const nodes: ExpressionNode[] = sources.map((_, index) => ({ op: 'input', index }));
  const truths = sources.flatMap((source, i) => (source === 'bool' ? [i] : []));
  const numbers = sources.flatMap((source, i) => (source === 'bool' ? [] : [i]));
  let next = 0;
  const pick = <T>(from: readonly T[]): T => from[choices[next++ % choices.length] % from.length];
  while (next < choices.length) {
    const kind = pick([
      'unary',
      'unary',
      'binary',
      'binary',
      'constant',
      'compare',
      'logical',
      'not',
      'where',
    ] as const);
    const id = nodes.length;
    if (kind === 'unary') nodes.push({ op: pick(unaryOps), a: pick(numbers) });
    else if (kind === 'binary') nodes.push({ op: pick(arithmeticOps), a: pick(numbers), b: pick(numbers) });
    else if (kind === 'constant') nodes.push({ op: 'constant', value: pick([0, -0, 3, NaN, -2.5, 1e-3]) });
    else if (kind === 'compare') nodes.push({ op: pick(compareOps), a: pick(numbers), b: pick(numbers) });
    else if (kind === 'logical') nodes.push({ op: pick(logicalOps), a: pick(truths), b: pick(truths) });
    else if (kind === 'not') nodes.push({ op: 'logicalNot', a: pick(truths) });
    else nodes.push({ op: 'where', condition: pick(truths), a: pick(numbers), b: pick(numbers) });
    (kind === 'compare' || kind === 'logical' || kind === 'not' ? truths : numbers).push(id);
  }
  return { dtype, sources, nodes, outputs: numbers.slice(-2) };
}

function contiguous(k: Kernels, dtype: DType, shape: readonly number[]): Operand {
  const strides: number[] = [];
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d];
  }
  return { storage: k.allocate(dtype, step), offset: 0, shape, strides };
}

function filled(
  k: Kernels,
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
  shift: number,
): Operand {
  const a = contiguous(k, dtype, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  k.write(
    a,
    Array.from({ length: count }, (_, i) => {
      const value = values[(i + shift) % values.length];
      return dtype === 'bool' ? Number(value > 0) : value;
    }),
  );
  return a;
}

/** An operand that broadcasts to the shape: whole, transposed, a row, a column, every other element, or one element. */
function arranged(
  k: Kernels,
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
  how: number,
): Operand {
  const [rows, columns] = shape;
  switch (how % 6) {
    case 1: {
      const a = filled(k, dtype, [columns, rows], values, how);
      return { ...a, shape, strides: [1, rows] };
    }
    case 2:
      return filled(k, dtype, [columns], values, how);
    case 3:
      return filled(k, dtype, [rows, 1], values, how);
    case 4: {
      const a = filled(k, dtype, [rows, 2 * columns], values, how);
      return { ...a, shape, strides: [2 * columns, 2] };
    }
    case 5:
      return filled(k, dtype, [1, 1], values, how);
    default:
      return filled(k, dtype, shape, values, how);
  }
}

/** The ops one by one, each into a tensor of its own. */
function oneByOne(
  k: Kernels,
  plan: Plan,
  inputs: readonly (Operand | number)[],
  shape: readonly number[],
): Operand[] {
  const results: Operand[] = [];
  const out = (dtype: DType): Operand => contiguous(k, dtype, shape);
  for (const node of plan.nodes) {
    let result: Operand;
    if (node.op === 'input') {
      const input = inputs[node.index];
      result = out(typeof input === 'number' ? plan.dtype : input.storage.dtype);
      if (typeof input === 'number') k.fill(result, input);
      else k.copy(input, result);
    } else if (node.op === 'constant') {
      result = out(plan.dtype);
      k.fill(result, node.value);
    } else if (node.op === 'where') {
      result = out(plan.dtype);
      k.where(results[node.condition], results[node.a], results[node.b], result);
    } else if (node.op === 'logicalNot') {
      result = out('bool');
      k.logicalNot(results[node.a], result);
    } else if ('b' in node) {
      const truth = (arithmeticOps as readonly string[]).includes(node.op) ? plan.dtype : 'bool';
      result = out(truth);
      k.binary(node.op, results[node.a], results[node.b], result);
    } else if (node.op === 'sum' || node.op === 'max') throw new Error('the plans have no reductions');
    else {
      result = out(plan.dtype);
      k.unary(node.op, results[node.a], result);
    }
    results.push(result);
  }
  return plan.outputs.map(i => results[i]);
}

/** Bits, all NaN alike: which payload an operation hands on is the machine's business. */
function bitsOf(k: Kernels, a: Operand): string[] {
  return Array.from(k.read(a), x => (Object.is(x, -0) ? '-0' : String(x)));
}

const dtypes = ['float32', 'float64'] as const;
const choiceLists = fc.array(fc.nat({ max: 10_000 }), { minLength: 4, maxLength: 50 });
const builds = [false, true].filter(relaxed => !relaxed || supports('wasm-relaxed'));

for (const relaxed of builds) {
  describe(`expressions of ${relaxed ? 'wasm-relaxed' : 'wasm'}`, () => {
    const k = createWasm({ relaxed });

    for (const dtype of dtypes) {
      test(`${dtype}: random programs give the bits of the ops one by one`, () => {
        const cases = fc.record({
          rows: fc.nat({ max: 4 }),
          columns: fc.nat({ max: 19 }),
          second: fc.constantFrom<Source>('array', 'number'),
          hows: fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 5 })),
          values: fc.array(element, { minLength: 3, maxLength: 12 }),
          choices: choiceLists,
        });
        fc.assert(
          fc.property(cases, ({ rows, columns, second, hows, values, choices }) => {
            const shape = [rows, columns];
            const plan = planOf(dtype, ['array', second, 'bool'], choices);
            const expression: Expression = {
              dtype,
              inputs: plan.sources.map(source => (source === 'number' ? 'scalar' : 'array')),
              nodes: plan.nodes,
              outputs: plan.outputs,
            };
            const inputs = plan.sources.map((source, i) =>
              source === 'number'
                ? values[0]
                : arranged(k, source === 'bool' ? 'bool' : dtype, shape, values, hows[i]),
            );
            const outputs = plan.outputs.map(() => contiguous(k, dtype, shape));
            k.run(k.compile(expression), inputs, outputs);
            const expected = oneByOne(k, plan, inputs, shape);
            outputs.forEach((out, i) => {
              expect(bitsOf(k, out)).toEqual(bitsOf(k, expected[i]));
            });
          }),
          { numRuns: 250 },
        );
      });

      test(`${dtype}: outputs may take the place of inputs`, () => {
        const cases = fc.record({
          length: fc.nat({ max: 37 }),
          values: fc.array(element, { minLength: 3, maxLength: 12 }),
          choices: choiceLists,
        });
        fc.assert(
          fc.property(cases, ({ length, values, choices }) => {
            const shape = [1, length];
            const plan = planOf(dtype, ['array', 'array', 'bool'], choices);
            const expression: Expression = {
              dtype,
              inputs: ['array', 'array', 'array'],
              nodes: plan.nodes,
              outputs: plan.outputs,
            };
            const a = filled(k, dtype, shape, values, 0);
            const b = filled(k, dtype, shape, values, 1);
            const truth = filled(k, 'bool', shape, values, 2);
            const expected = oneByOne(k, plan, [a, b, truth], shape).map(out => bitsOf(k, out));
            // Exchanged, so that each output is written over the input that the other one is written from.
            const outputs = [b, a].slice(0, plan.outputs.length);
            k.run(k.compile(expression), [a, b, truth], outputs);
            expect(outputs.map(out => bitsOf(k, out))).toEqual(expected);
          }),
          { numRuns: 100 },
        );
      });
    }

    test('more inputs than a number can tell apart', () => {
      const count = 30;
      const nodes: ExpressionNode[] = Array.from({ length: count }, (_, index) => ({ op: 'input', index }));
      for (let i = 1; i < count; i++) nodes.push({ op: 'add', a: i === 1 ? 0 : nodes.length - 1, b: i });
      const inputs = Array.from(
        { length: count },
        (_, i) => (i % 3 === 0 ? 'scalar' : 'array') as 'scalar' | 'array',
      );
      const compiled = k.compile({ dtype: 'float64', inputs, nodes, outputs: [nodes.length - 1] });
      const out = contiguous(k, 'float64', [5]);
      const given = inputs.map((kind, i) => (kind === 'scalar' ? i : filled(k, 'float64', [5], [i], 0)));
      k.run(compiled, given, [out]);
      expect(Array.from(k.read(out))).toEqual(new Array(5).fill((count * (count - 1)) / 2));
    });

    test('one text is compiled once, and -0 is not 0', () => {
      const make = (value: number): Expression => ({
        dtype: 'float32',
        inputs: ['array'],
        nodes: [
          { op: 'input', index: 0 },
          { op: 'constant', value },
          { op: 'div', a: 0, b: 1 },
        ],
        outputs: [2],
      });
      expect(k.compile(make(0))).toBe(k.compile(make(0)));
      const out = contiguous(k, 'float32', [1]);
      const one = filled(k, 'float32', [1], [1], 0);
      k.run(k.compile(make(0)), [one], [out]);
      expect(k.read(out)[0]).toBe(Infinity);
      k.run(k.compile(make(-0)), [one], [out]);
      expect(k.read(out)[0]).toBe(-Infinity);
    });

    test('wrong programs and wrong dtypes are refused by name', () => {
      const forward: Expression = {
        dtype: 'float32',
        inputs: [],
        nodes: [{ op: 'neg', a: 0 }],
        outputs: [0],
      };
      expect(() => k.compile(forward)).toThrow(/node 0 \(neg\) uses node 0/);
      const identity: Expression = {
        dtype: 'float32',
        inputs: ['array'],
        nodes: [{ op: 'input', index: 0 }],
        outputs: [0],
      };
      const wide = filled(k, 'float64', [2], [1], 0);
      const narrow = filled(k, 'float32', [2], [1], 0);
      expect(() => k.run(k.compile(identity), [wide], [narrow])).toThrow(DTypeError);
      expect(() => k.run(k.compile(identity), [narrow], [wide])).toThrow(DTypeError);
    });
  });
}

describe('the compiler', () => {
  test('computes a repeated subexpression once and leaves out what nothing needs', () => {
    const nodes: ExpressionNode[] = [
      { op: 'input', index: 0 },
      { op: 'exp', a: 0 },
      { op: 'tanh', a: 0 },
      { op: 'exp', a: 0 },
      { op: 'mul', a: 1, b: 3 },
    ];
    const simple = simplify({ dtype: 'float32', inputs: ['array'], nodes, outputs: [4] });
    expect(simple.nodes).toEqual([
      { op: 'input', index: 0 },
      { op: 'exp', a: 0 },
      { op: 'mul', a: 1, b: 1 },
    ]);
    expect(simple.outputs).toEqual([2]);
  });

  test('masks once where a formula masks before and after', () => {
    const nodes: ExpressionNode[] = [
      { op: 'input', index: 0 },
      { op: 'constant', value: 0 },
      { op: 'le', a: 0, b: 1 },
      { op: 'constant', value: 1 },
      { op: 'where', condition: 2, a: 3, b: 0 },
      { op: 'sqrt', a: 4 },
      { op: 'where', condition: 2, a: 1, b: 5 },
    ];
    const expression: Expression = { dtype: 'float32', inputs: ['array'], nodes, outputs: [6] };
    expect(simplify(expression).nodes).toEqual([
      { op: 'input', index: 0 },
      { op: 'constant', value: 0 },
      { op: 'le', a: 0, b: 1 },
      { op: 'sqrt', a: 0 },
      { op: 'where', condition: 2, a: 1, b: 3 },
    ]);
    // What is seen from elsewhere stays as it is.
    expect(simplify({ ...expression, outputs: [6, 5] }).nodes).toHaveLength(7);
    // So does what a function would take longer for, and what a sum mixes.
    for (const op of ['log', 'sum'] as const) {
      const other = nodes.map(node => (node.op === 'sqrt' ? { op, a: 4 } : node));
      expect(simplify({ ...expression, nodes: other }).nodes).toHaveLength(7);
    }
  });

  test('imports only the functions that are called', () => {
    const nodes: ExpressionNode[] = [
      { op: 'input', index: 0 },
      { op: 'tanh', a: 0 },
      { op: 'pow', a: 1, b: 0 },
    ];
    const expression: Expression = { dtype: 'float64', inputs: ['array'], nodes, outputs: [2] };
    const { bytes, imports } = generate(expression, [InputKind.array]);
    expect(imports).toEqual(['tanh_f64x2', 'pow_f64x2']);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });
});
