import { grad, hessian, jvp, type Tensor, type Value, value, vjp } from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, expectClose, leaf, numbers } from './support/helpers.js';

/** A straight-line program over a growing list of values: op, and where its arguments stand. */
type Program = readonly (readonly [op: number, a: number, b: number])[];

/** What tensors and scalar Values have in common, as far as the programs use it. */
interface Arithmetic<T> {
  add(b: T): T;
  sub(b: T): T;
  mul(b: T): T;
  tanh(): T;
  sin(): T;
  cos(): T;
  sigmoid(): T;
  square(): T;
}

const OPS = 8;

function run<T extends Arithmetic<T>>(program: Program, inputs: readonly T[]): T {
  const nodes: T[] = [...inputs];
  for (const [op, i, j] of program) {
    const a = nodes[i % nodes.length];
    const b = nodes[j % nodes.length];
    switch (op) {
      case 0:
        nodes.push(a.add(b));
        break;
      case 1:
        nodes.push(a.sub(b));
        break;
      case 2:
        nodes.push(a.mul(b));
        break;
      case 3:
        nodes.push(a.tanh());
        break;
      case 4:
        nodes.push(a.sin());
        break;
      case 5:
        nodes.push(a.cos());
        break;
      case 6:
        nodes.push(a.sigmoid());
        break;
      default:
        nodes.push(a.tanh().square());
    }
  }
  // All inputs take part, so that every gradient exists.
  return inputs.reduce((sum, x) => sum.add(x.mul(x)), nodes[nodes.length - 1]);
}

const runTensors = (program: Program, inputs: readonly Tensor[]): Tensor =>
  run(program, inputs as unknown as readonly Arithmetic<never>[] as never) as Tensor;

const programs: fc.Arbitrary<Program> = fc.array(fc.tuple(fc.nat(OPS - 1), fc.nat(1000), fc.nat(1000)), {
  minLength: 1,
  maxLength: 12,
});
const elements = fc.double({ min: -1.5, max: 1.5, noNaN: true });
const vectors = fc.array(elements, { minLength: 3, maxLength: 3 });
const inputs = fc.array(vectors, { minLength: 2, maxLength: 3 });

/**
 * The derivative as the definition has it: the sum over all paths of the product of the slopes along them, each local slope by a
 * complex-free central difference of the op itself. Exponential, so for small programs only.
 */
function sumOverPaths(program: Program, x: readonly number[]): number[] {
  interface N {
    readonly data: number;
    readonly edges: readonly (readonly [to: number, slope: number])[];
  }
  const nodes: N[] = x.map(data => ({ data, edges: [] }));
  const push = (data: number, edges: N['edges']): number => nodes.push({ data, edges }) - 1;
  const values: number[] = x.map((_, i) => i);
  for (const [op, i, j] of program) {
    const [ia, ib] = [values[i % values.length], values[j % values.length]];
    const [a, b] = [nodes[ia].data, nodes[ib].data];
    const t = Math.tanh(a);
    const s = 1 / (1 + Math.exp(-a));
    const made: [number, N['edges']][] = [
      [
        a + b,
        [
          [ia, 1],
          [ib, 1],
        ],
      ],
      [
        a - b,
        [
          [ia, 1],
          [ib, -1],
        ],
      ],
      [
        a * b,
        [
          [ia, b],
          [ib, a],
        ],
      ],
      [t, [[ia, 1 - t * t]]],
      [Math.sin(a), [[ia, Math.cos(a)]]],
      [Math.cos(a), [[ia, -Math.sin(a)]]],
      [s, [[ia, s * (1 - s)]]],
      [t * t, [[ia, 2 * t * (1 - t * t)]]],
    ];
    values.push(push(...made[op]));
  }
  const result = x.map(v => 2 * v);
  const follow = (node: number, slope: number): void => {
    if (node < x.length) result[node] += slope;
    for (const [to, factor] of nodes[node].edges) follow(to, slope * factor);
  };
  follow(values[values.length - 1], 1);
  return result;
}

describe('random graphs', () => {
  test('the gradient is the sum over all paths', () => {
    fc.assert(
      fc.property(programs, inputs, (program, data) => {
        const leaves = data.map(v => leaf(v));
        runTensors(program, leaves).sum().backward();
        for (let e = 0; e < 3; e++) {
          const expected = sumOverPaths(
            program,
            data.map(v => v[e]),
          );
          expectClose(
            leaves.map(t => numbers(t.grad)[e]),
            expected,
            1e-10,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test('tensors and Values agree, in value, first and second derivative', () => {
    fc.assert(
      fc.property(programs, fc.array(elements, { minLength: 2, maxLength: 2 }), (program, data) => {
        const t = data.map(v => leaf(v));
        const v = data.map(value);
        const [y, z] = [runTensors(program, t), run<Value>(program, v)];
        expectClose([z.data], [y.item()], 1e-11);
        const [g, h] = [grad(y, t, { createGraph: true }), grad(z, v, { createGraph: true })];
        expectClose(
          h.map(s => s.data),
          g.map(s => s.item()),
          1e-10,
        );
        const options = { allowUnused: true, retainGraph: true };
        for (let i = 0; i < 2; i++)
          expectClose(
            grad(h[i], v, options).map(s => s.data),
            grad(g[i], t, options).map(s => s.item()),
            1e-9,
          );
      }),
      { numRuns: 60 },
    );
  });

  test('two gradients with createGraph are the Hessian by finite differences of the gradient', () => {
    const h = 1e-5;
    fc.assert(
      fc.property(programs, fc.array(elements, { minLength: 2, maxLength: 2 }), (program, data) => {
        const gradient = (x: readonly number[]): number[] => sumOverPaths(program, x);
        const leaves = data.map(v => leaf(v));
        const first = grad(runTensors(program, leaves), leaves, { createGraph: true });
        for (let i = 0; i < 2; i++) {
          const row = grad(first[i], leaves, { allowUnused: true, retainGraph: true }).map(t => t.item());
          const numeric = [0, 1].map(j => {
            const moved = (by: number): number => gradient(data.map((v, k) => (k === j ? v + by : v)))[i];
            return (moved(h) - moved(-h)) / (2 * h);
          });
          // Central differences: error h**2 times the third derivative, and rounding 1e-16 / h.
          expectClose(row, numeric, 1e-4);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the Hessian is symmetric, and jvp and vjp are transposes of each other', () => {
    fc.assert(
      fc.property(programs, vectors, vectors, vectors, (program, x, u, v) => {
        const f = (t: Tensor): Tensor => runTensors(program, [t, t.mul(0.5)]);
        const h = numbers(hessian((t: Tensor) => f(t).sum().square())(constant(x)));
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) expectClose([h[3 * i + j]], [h[3 * j + i]], 1e-8);
        const forward = numbers(jvp(f, constant(x), constant(u)).tangent);
        const back = numbers(vjp(f, constant(x)).pullback(constant(v)));
        const dot = (a: readonly number[], b: readonly number[]): number =>
          a.reduce((s, e, i) => s + e * b[i], 0);
        expectClose([dot(forward, v)], [dot(u, back)], 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  test('the same graph gives the same bits, and every way to ask for a gradient the same', () => {
    fc.assert(
      fc.property(programs, inputs, (program, data) => {
        const once = (): number[][] => {
          const leaves = data.map(v => leaf(v));
          runTensors(program, leaves).sum().backward();
          return leaves.map(t => numbers(t.grad));
        };
        const expected = once();
        expect(once()).toEqual(expected);
        const leaves = data.map(v => leaf(v));
        expect(grad(runTensors(program, leaves).sum(), leaves).map(numbers)).toEqual(expected);
        const functional = grad((list: readonly Tensor[]) => runTensors(program, list).sum());
        expect(functional(data.map(v => constant(v))).map(numbers)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('is linear in the gradient that comes in', () => {
    fc.assert(
      fc.property(programs, vectors, vectors, vectors, (program, x, u, v) => {
        const { pullback } = vjp((t: Tensor) => runTensors(program, [t, t]), constant(x));
        const sum = numbers(pullback(constant(u.map((e, i) => 2 * e + v[i]))));
        const [a, b] = [numbers(pullback(constant(u))), numbers(pullback(constant(v)))];
        expectClose(
          sum,
          a.map((e, i) => 2 * e + b[i]),
          1e-10,
        );
      }),
      { numRuns: 30 },
    );
  });
});
