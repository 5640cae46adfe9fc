import fc from 'fast-check';
import { describe, test } from 'vitest';
import type {
  ArithmeticOp,
  CompareOp,
  Expression,
  ExpressionNode,
  LogicalOp,
  UnaryOp,
} from '../../src/interface.js';
import {
  broadcastingLayouts,
  contiguous,
  generate,
  layouts,
  lengths,
  shapes,
  values,
} from './arbitraries.js';
import { bounds, describeBound } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

type Float = Expression['dtype'];

/**
 * Ops whose result is defined to the bit. relu, sign, maximum and minimum leave the sign of a zero open, which a later division
 * would turn into an infinity of either sign: they are tried with ops that do not tell zeros apart.
 */
const signedZeros = {
  unary: ['neg', 'abs', 'square', 'sqrt', 'reciprocal', 'floor', 'ceil', 'round', 'trunc'],
  binary: ['add', 'sub', 'mul', 'div'],
} as const;
const looseZeros = {
  unary: ['neg', 'abs', 'sign', 'square', 'relu', 'sqrt', 'floor', 'ceil', 'round', 'trunc'],
  binary: ['add', 'sub', 'mul', 'maximum', 'minimum'],
} as const;
/** For tiers that round a * b + c once: the same sets without the one, and without the other. */
const withoutAdditions = { unary: signedZeros.unary, binary: ['mul', 'div'] } as const;
const withoutProducts = {
  unary: ['neg', 'abs', 'sign', 'relu', 'sqrt', 'floor', 'ceil', 'round', 'trunc'],
  binary: ['add', 'sub', 'maximum', 'minimum'],
} as const;
type OpSet = { readonly unary: readonly UnaryOp[]; readonly binary: readonly ArithmeticOp[] };
const compareOps: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const logicalOps: readonly LogicalOp[] = ['logicalAnd', 'logicalOr', 'logicalXor'];

/** A random program from a list of random numbers; every choice is among what fits. */
function program(
  dtype: Float,
  inputs: readonly ('array' | 'scalar')[],
  choices: readonly number[],
  ops: OpSet,
): Expression {
  const nodes: ExpressionNode[] = inputs.map((_, index) => ({ op: 'input', index }));
  const numbers = nodes.map((_, i) => i);
  const truths: number[] = [];
  let next = 0;
  const choose = <T>(from: readonly T[]): T => from[choices[next++ % choices.length] % from.length];
  while (next < choices.length) {
    const kind = choose([
      'unary',
      'unary',
      'binary',
      'binary',
      'binary',
      'constant',
      'compare',
      'logical',
      'not',
      'where',
    ]);
    let truth = false;
    if (kind === 'unary') nodes.push({ op: choose(ops.unary), a: choose(numbers) });
    else if (kind === 'binary')
      nodes.push({ op: choose(ops.binary), a: choose(numbers), b: choose(numbers) });
    else if (kind === 'constant')
      nodes.push({ op: 'constant', value: choose([0.1, -2.5, 1, 3, 1e-8, 1e10, 0, -0]) });
    else if (kind === 'compare' || truths.length === 0) {
      nodes.push({ op: choose(compareOps), a: choose(numbers), b: choose(numbers) });
      truth = true;
    } else if (kind === 'logical') {
      nodes.push({ op: choose(logicalOps), a: choose(truths), b: choose(truths) });
      truth = true;
    } else if (kind === 'not') {
      nodes.push({ op: 'logicalNot', a: choose(truths) });
      truth = true;
    } else nodes.push({ op: 'where', condition: choose(truths), a: choose(numbers), b: choose(numbers) });
    (truth ? truths : numbers).push(nodes.length - 1);
  }
  // The last results, so that what was computed is seen; an input may be among them.
  const outputs = numbers.slice(-(1 + (choices[0] % 3)));
  return { dtype, inputs, nodes, outputs };
}

export function expressionConformance({ tested, reference, runs, fused }: Tiers): void {
  const inputKinds = fc.array(fc.constantFrom('array', 'array', 'scalar'), { minLength: 1, maxLength: 5 });
  const choiceLists = fc.array(fc.nat({ max: 1000 }), { minLength: 3, maxLength: 60 });

  describe('expressions', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const exactly = [
        ['defined signs of zero', signedZeros, bounds.bits],
        ['maximum, minimum, relu, sign', looseZeros, bounds.value],
      ] as const;
      const separately = [
        ['no additions', withoutAdditions, bounds.bits],
        ['no products', withoutProducts, bounds.value],
      ] as const;
      for (const [name, ops, bound] of fused ? separately : exactly) {
        test(`random programs ${dtype}, ${name}: ${describeBound(bound)}, like the ops one by one`, () => {
          const plan = fc
            .record({ shape: shapes, kinds: inputKinds, choices: choiceLists })
            .chain(({ shape, kinds, choices }) =>
              fc.record({
                shape: fc.constant(shape),
                kinds: fc.constant(kinds as ('array' | 'scalar')[]),
                choices: fc.constant(choices),
                sources: fc.tuple(...kinds.map(() => broadcastingLayouts(shape))),
                data: fc.tuple(...kinds.map(() => values())),
              }),
            );
          fc.assert(
            fc.property(plan, ({ shape, kinds, choices, sources, data }) =>
              Comparison.run(tested, reference, c => {
                const expression = program(dtype, kinds, choices, ops);
                const inputs = kinds.map((kind, i) =>
                  kind === 'scalar' ? generate(data[i], dtype, 1)[0] : c.input(dtype, sources[i], data[i]),
                );
                const outputs = expression.outputs.map(() => c.output(dtype, shape));
                c.expression(expression, inputs, outputs);
                outputs.forEach((out, i) => {
                  c.check(out, bound, `output ${i} of ${JSON.stringify(expression.nodes)}`);
                });
              }),
            ),
            { numRuns: runs * 2 },
          );
        });
      }

      const curved: readonly UnaryOp[] = [
        'exp',
        'expm1',
        'log',
        'log1p',
        'rsqrt',
        'sin',
        'cos',
        'tanh',
        'sigmoid',
        'erf',
        'tan',
        'lgamma',
      ];
      for (const op of curved) {
        const bound = bounds.unary(op, dtype);
        test(`${op} ${dtype} in an expression: ${describeBound(bound)}`, () => {
          const expression: Expression = {
            dtype,
            inputs: ['array'],
            nodes: [
              { op: 'input', index: 0 },
              { op: 'neg', a: 0 },
              { op, a: 1 },
            ],
            outputs: [2],
          };
          const plan = shapes.chain(shape => fc.tuple(layouts(shape), values()));
          fc.assert(
            fc.property(plan, ([layout, data]) =>
              Comparison.run(tested, reference, c => {
                const out = c.output(dtype, layout.shape);
                c.expression(expression, [c.input(dtype, layout, data)], [out]);
                c.check(out, bound, op);
              }),
            ),
            { numRuns: runs },
          );
        });
      }

      const power = bounds.arithmetic('pow', dtype);
      test(`pow ${dtype} in an expression: ${describeBound(power)}`, () => {
        const expression: Expression = {
          dtype,
          inputs: ['array', 'array'],
          nodes: [
            { op: 'input', index: 0 },
            { op: 'input', index: 1 },
            { op: 'pow', a: 0, b: 1 },
          ],
          outputs: [2],
        };
        for (const n of lengths) {
          Comparison.run(tested, reference, c => {
            const a = c.input(dtype, contiguous([n]), { kind: 'special', seed: n });
            const b = c.input(dtype, contiguous([n]), { kind: 'special', seed: n + 1 });
            const out = c.output(dtype, [n]);
            c.expression(expression, [a, b], [out]);
            c.check(out, power, 'pow');
          });
        }
      });

      if (fused) {
        test(`a * b + c, a * b - c, c - a * b, a * a + b ${dtype}: within 1 eps of |a b| + |c|`, () => {
          const nodes: ExpressionNode[] = [
            { op: 'input', index: 0 },
            { op: 'input', index: 1 },
            { op: 'input', index: 2 },
            // A product of its own for every sum: one that several use may not be worth fusing.
            { op: 'mul', a: 0, b: 1 },
            { op: 'add', a: 3, b: 2 },
            { op: 'mul', a: 1, b: 0 },
            { op: 'sub', a: 5, b: 2 },
            { op: 'mul', a: 0, b: 1 },
            { op: 'sub', a: 2, b: 7 },
            { op: 'square', a: 0 },
            { op: 'add', a: 9, b: 2 },
          ];
          const expression: Expression = {
            dtype,
            inputs: ['array', 'array', 'array'],
            nodes,
            outputs: [4, 6, 8, 10],
          };
          for (const n of lengths) {
            Comparison.run(tested, reference, c => {
              const data = [0, 1, 2].map(i => generate({ kind: 'ordinary', seed: 3 * n + i }, dtype, n));
              const outputs = expression.outputs.map(() => c.output(dtype, [n]));
              c.expression(
                expression,
                data.map(x => c.input(dtype, contiguous([n]), x)),
                outputs,
              );
              const [x, y, z] = data;
              outputs.forEach((out, i) => {
                const scales = x.map(
                  (_, k) => Math.abs(i === 3 ? x[k] * x[k] : x[k] * y[k]) + Math.abs(z[k]),
                );
                c.check(out, bounds.fused, `output ${i} of ${n}`, scales);
              });
            });
          }
        });
      }

      const adam = fused ? bounds.fusedAdam : bounds.bits;
      test(`Adam's update in place ${dtype}: ${describeBound(adam)}${fused ? ', 16' : ''}`, () => {
        // Parameter, gradient, both moments; lr, beta1, 1 - beta1, beta2, 1 - beta2, epsilon.
        const inputs = [...new Array<'array'>(4).fill('array'), ...new Array<'scalar'>(6).fill('scalar')];
        const nodes: ExpressionNode[] = inputs.map((_, index) => ({ op: 'input', index }));
        const push = (node: ExpressionNode): number => nodes.push(node) - 1;
        const m = push({
          op: 'add',
          a: push({ op: 'mul', a: 2, b: 5 }),
          b: push({ op: 'mul', a: 1, b: 6 }),
        });
        const square = push({ op: 'square', a: 1 });
        const v = push({
          op: 'add',
          a: push({ op: 'mul', a: 3, b: 7 }),
          b: push({ op: 'mul', a: square, b: 8 }),
        });
        const root = push({ op: 'add', a: push({ op: 'sqrt', a: v }), b: 9 });
        const step = push({ op: 'mul', a: 4, b: push({ op: 'div', a: m, b: root }) });
        const p = push({ op: 'sub', a: 0, b: step });
        const expression: Expression = { dtype, inputs, nodes, outputs: [p, m, v] };
        for (const n of lengths) {
          Comparison.run(tested, reference, c => {
            const gradient = c.input(dtype, contiguous([n]), { kind: 'ordinary', seed: n });
            const state = [1, 2, 3].map(seed =>
              c.inout(
                dtype,
                contiguous([n]),
                generate({ kind: 'ordinary', seed: n + seed }, dtype, n).map(Math.abs),
              ),
            );
            const [parameter, first, second] = state;
            const all = [parameter, gradient, first, second, 1e-3, 0.9, 0.1, 0.999, 0.001, 1e-8];
            for (let time = 0; time < 3; time++) c.expression(expression, all, state);
            state.forEach((out, i) => {
              c.check(out, adam, `output ${i} of ${n}`, new Float64Array(n).fill(16));
            });
          });
        }
      });
    }
  });
}
