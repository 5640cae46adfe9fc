import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { Expression, ExpressionNode } from '../../src/interface.js';
import { contiguous, generate, type Layout, layouts, lengths, values } from './arbitraries.js';
import { type Bound, bounds } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

type Dtype = Expression['dtype'];

/** Of all groups a sum of products and the largest of the sums of both numbers; and what is left of a without the latter. */
function reductions(dtype: Dtype): Expression {
  return {
    dtype,
    inputs: ['array', 'array'],
    nodes: [
      { op: 'input', index: 0 },
      { op: 'input', index: 1 },
      { op: 'mul', a: 0, b: 1 },
      { op: 'sum', a: 2 },
      { op: 'add', a: 0, b: 1 },
      { op: 'max', a: 4 },
      { op: 'sub', a: 0, b: 5 },
    ],
    outputs: [3, 5, 6],
  };
}

/** softmax(where(mask, x * scale, -30)): two reductions, one of which reads the other, and a function that several passes need. */
function softmax(dtype: Dtype): Expression {
  const nodes: ExpressionNode[] = [
    { op: 'input', index: 0 },
    { op: 'input', index: 1 },
    { op: 'input', index: 2 },
    { op: 'constant', value: -30 },
    { op: 'mul', a: 0, b: 2 },
    { op: 'where', condition: 1, a: 4, b: 3 },
    { op: 'max', a: 5 },
    { op: 'sub', a: 5, b: 6 },
    { op: 'exp', a: 7 },
    { op: 'sum', a: 8 },
    { op: 'div', a: 8, b: 9 },
  ];
  return { dtype, inputs: ['array', 'array', 'scalar'], nodes, outputs: [10] };
}

/** [..., groups, segments, elements]; only groups may be missing. */
const shapes = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 1, max: 3 }),
    fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(33, 64, 67)),
  )
  .map(([lead, ...rest]) => [...lead, ...rest]);

/** Of that rank, with size 1 in some of the dims. */
const operands = (shape: readonly number[]): fc.Arbitrary<Layout> =>
  fc
    .array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })
    .chain(ones =>
      fc.constantFrom(
        shape,
        shape,
        shape.map((size, d) => (ones[d] ? 1 : size)),
      ),
    )
    .chain(layouts);

const groupShape = (shape: readonly number[]): number[] => [...shape.slice(0, -2), 1, 1];

export function groupedExpressionConformance({ tested, reference, runs }: Tiers): void {
  describe('expressions with reductions', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const reduce = (shape: readonly number[], a: Layout, b: Layout, seed: number, special: boolean): void =>
        Comparison.run(tested, reference, c => {
          const kind = special ? 'special' : 'ordinary';
          const contents = [a, b].map((l, i) => generate({ kind, seed: seed + i }, dtype, l.length));
          const inputs = [a, b].map((l, i) => c.input(dtype, l, contents[i]));
          const small = groupShape(shape);
          const outputs = [c.output(dtype, small), c.output(dtype, small), c.output(dtype, shape)];
          c.expression(reductions(dtype), inputs, outputs);
          const sizes = [a, b].map((l, i) => c.input(dtype, l, contents[i].map(Math.abs)));
          const scales = [c.output(dtype, small), c.output(dtype, small), c.output(dtype, shape)];
          c.expression(reductions(dtype), sizes, scales);
          if (!special)
            c.check(
              outputs[0],
              bounds.sum((shape.at(-1) as number) * (shape.at(-2) as number)),
              `sum over [${shape}]`,
              c.reference.read(scales[0].reference),
            );
          c.check(outputs[1], bounds.value, `max over [${shape}]`);
          c.check(outputs[2], bounds.value, `what is left of [${shape}]`);
        });

      test(`sum ${dtype} within (8 + log2(n + 1)) eps of sum |a b|, max exact, whatever the strides`, () => {
        const plan = shapes.chain(shape =>
          fc.tuple(fc.constant(shape), operands(shape), operands(shape), fc.nat(), fc.boolean()),
        );
        // One operand at least is whole: the outputs are.
        fc.assert(
          fc.property(plan, ([shape, a, b, seed, special]) => reduce(shape, a, b, seed, special)),
          { numRuns: runs * 3 },
        );
        // One element in a segment, whose stride says nothing.
        reduce(
          [2, 2, 1],
          { length: 4, offset: 0, shape: [2, 2, 1], strides: [2, 1, 0] },
          contiguous([2, 2, 1]),
          0,
          false,
        );
        for (const n of lengths) {
          const shape = [2, 1, n];
          reduce(shape, contiguous(shape), contiguous([1, 1, n]), n, n % 2 === 0);
        }
      });

      const ulp = dtype === 'float32' ? 8 : 16;
      const bound: Bound = { kind: 'ulp', ulp };
      test(`softmax ${dtype}, masked and scaled, over its input or beside it: within ${ulp} ulp`, () => {
        const plan = shapes.chain(shape =>
          fc.tuple(fc.constant(shape), operands(shape), operands(shape), values('ordinary'), fc.boolean()),
        );
        fc.assert(
          fc.property(plan, ([shape, layout, mask, data, over]) =>
            Comparison.run(tested, reference, c => {
              const allowed = c.input('bool', mask, { kind: 'ordinary', seed: data.seed });
              const x = over ? c.inout(dtype, contiguous(shape), data) : c.input(dtype, layout, data);
              const out = over ? x : c.output(dtype, shape);
              c.expression(softmax(dtype), [x, allowed, 1.5], [out]);
              c.check(out, bound, `softmax of [${shape}]`);
            }),
          ),
          { numRuns: runs * 3 },
        );
      });
    }
  });
}
