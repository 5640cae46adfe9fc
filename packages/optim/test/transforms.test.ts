import { grad, noGrad, type Tensor, tensor } from '@fluxion/autograd';
import {
  addDecayedWeights,
  centralize,
  chain,
  clipByGlobalNorm,
  clipByValue,
  type Hyper,
  lamb,
  lion,
  movingAverage,
  muon,
  Optimizer,
  orthogonalize,
  type RuleSpec,
  rule,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  scaleByTrustRatio,
  type Transform,
  trace,
  transform,
  type UpdateRule,
} from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from '../../autograd/test/support/helpers.js';
import { metered } from '../../autograd/test/support/meter.js';
import { gradcheck } from '../../gradcheck/src/index.js';

type Options = { readonly lr?: Hyper };

/** A rule made by a user, as a spec: the optimizer in place comes with it. */
const specOf = (make: () => Transform): RuleSpec<Options> => ({
  name: 'own',
  defaults: { lr: 0.1 },
  check: () => {},
  transform: options =>
    chain(
      make(),
      scaleByLearningRate(() => options.lr ?? 0),
    ),
});

/** Chains with pieces that see whole tensors, at the beginning, in the middle and at the end. */
const chains: Record<string, () => Transform> = {
  clipByGlobalNorm: () => clipByGlobalNorm(0.5),
  'clipByGlobalNorm, infinite': () => clipByGlobalNorm(0.5, { normType: Number.POSITIVE_INFINITY }),
  'clipByGlobalNorm before Adam': () => chain(clipByGlobalNorm(0.7), scaleByAdam()),
  'clipByGlobalNorm in the middle': () => chain(trace({ momentum: 0.9 }), clipByGlobalNorm(0.7), scale(2)),
  'clipByGlobalNorm twice': () => chain(clipByGlobalNorm(0.7), scale(3), clipByGlobalNorm(1), scaleByAdam()),
  clipByValue: () => chain(clipByValue(0.5), trace({ momentum: 0.9 })),
  centralize: () => chain(centralize(), scaleByAdam()),
  scaleByTrustRatio: () => chain(scaleByAdam(), addDecayedWeights(0.1), scaleByTrustRatio()),
  orthogonalize: () => chain(movingAverage({ decay: 0.9, nesterov: true }), orthogonalize()),
  nothing: () => chain(),
};

const starts = [
  [
    [0.5, -1.25, 2],
    [0.3, 3, -0.75],
  ],
  [[1], [-2]],
];
const gradientAt = (p: number, t: number): number[][] =>
  starts[p].map((row, i) => row.map((_, j) => Math.sin(1 + p + 2 * i + 3 * j + 1.3 * t)));

describe.each(Object.entries(chains))('%s', (_, make) => {
  test.each(['float32', 'float64'] as const)('in place is the pure rule, %s: 2 ulp, or 1e-12', dtype => {
    const params = starts.map(s => tensor(s, { dtype, requiresGrad: true }) as Tensor);
    const optimizer = new Optimizer(specOf(make), params, {});
    const pure = rule('own', chain(make(), scaleByLearningRate(0.1)));
    let own = params.map(p => p.detach().clone() as Tensor);
    let state = pure.init(own);
    for (let t = 0; t < 6; t++) {
      const grads = starts.map((_, p) => tensor(gradientAt(p, t), { dtype }) as Tensor);
      noGrad(() => {
        ({ params: own, state } = pure.update(grads, state, own));
      });
      params.forEach((p, i) => {
        p.grad = grads[i];
      });
      optimizer.step();
      params.forEach((p, i) => {
        expectClose(numbers(p), numbers(own[i]), dtype === 'float32' ? 2 ** -21 : 1e-12);
      });
    }
    for (const [slot, tensors] of Object.entries(state.slots))
      tensors.forEach((t, i) => {
        expectClose(
          optimizer.stateDict().state[i][slot] as Float32Array,
          numbers(t),
          dtype === 'float32' ? 2 ** -21 : 1e-12,
        );
      });
  });

  test('is differentiable', () => {
    const inputs = [...starts.map(s => constant(s)), ...starts.map((_, p) => constant(gradientAt(p, 0)))];
    const step = (...all: Tensor[]): Tensor[] => {
      const own = rule('own', chain(make(), scaleByLearningRate(0.1)));
      const first = own.update(all.slice(2), own.init(all.slice(0, 2)), all.slice(0, 2));
      return own.update(
        all.slice(2).map(g => g.mul(0.7) as Tensor),
        first.state,
        first.params,
      ).params;
    };
    expect(gradcheck(step, inputs as [Tensor, ...Tensor[]], { rtol: 1e-5, atol: 1e-7 }).ok).toBe(true);
  });

  test('has finite derivatives where gradients and parameters are zero', () => {
    const zero = leaf([
      [0, 0],
      [0, 0],
    ]);
    const own = rule('own', chain(make(), scaleByLearningRate(0.1)));
    const { params } = own.update([zero.mul(1) as Tensor], own.init([zero]), [zero]);
    for (const v of numbers(grad(params[0].sum(), [zero])[0])) expect(Number.isFinite(v)).toBe(true);
  });
});

describe('transforms', () => {
  test('clipByGlobalNorm sees all parameters, and only those with a gradient', () => {
    const params = [leaf([0, 0]), leaf([0]), leaf([0])];
    const optimizer = new Optimizer(
      specOf(() => clipByGlobalNorm(1)),
      params,
      { lr: 1 },
    );
    params[0].grad = constant([3, 0]);
    params[1].grad = constant([4]);
    optimizer.step();
    expectClose(params.flatMap(numbers), [-0.6, 0, -0.8, 0], 1e-6);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(['0', '1']);
  });

  test('centralize takes the mean of each row from matrices, and leaves vectors', () => {
    const run = (g: Tensor): number[] => {
      const own = rule('own', centralize());
      const zero = g.mul(0) as Tensor;
      return numbers(own.update(g, own.init(zero), zero).params);
    };
    expect(
      run(
        constant([
          [1, 3],
          [5, 5],
        ]),
      ),
    ).toEqual([-1, 1, 0, 0]);
    expect(
      run(
        constant([
          [
            [1, 3],
            [5, 7],
          ],
        ]),
      ),
    ).toEqual([-3, -1, 1, 3]);
    expect(run(constant([1, 3]))).toEqual([1, 3]);
  });

  test('a chain of one segment is one kernel for each parameter; whole tensors cost their reductions besides, and nothing is left behind', () => {
    metered(meter => {
      const params = starts.map(s => tensor(s, { requiresGrad: true }) as Tensor);
      const optimizer = new Optimizer(specOf(chains.scaleByTrustRatio), params, {});
      const step = (): void => {
        params.forEach((p, i) => {
          p.grad = tensor(gradientAt(i, 0)) as Tensor;
        });
        optimizer.step();
      };
      step();
      step();
      meter.calls.clear();
      const before = meter.live.size;
      optimizer.step();
      expect(meter.live.size).toBe(before);
      // For each of two parameters: two segments, and two norms, each a sum of squares and a root.
      expect(meter.calls.get('run')).toBe(12);
    });
  });

  test('a piece of a user: slots that start anywhere, and scalars that are carried', () => {
    const make = (): Transform =>
      transform({
        name: 'own',
        slots: ['start'],
        initial: param => [param],
        carried: {
          names: ['total'],
          initial: () => [1],
          next: (step, [total]) => [(total as number) + step],
        },
        scalars: (_, [total]) => [total],
        apply: (update, { param, slots: [from], scalars: [total] }) => ({
          update: update.mul(total as Tensor).add(from.sub(param)) as Tensor,
          slots: [from],
        }),
      });
    const p = leaf([1, 2]);
    const optimizer = new Optimizer({ ...specOf(make), transform: make }, [p], {});
    const pure = rule('own', make());
    let params: Tensor = p.detach().clone();
    let state = pure.init(params);
    for (let t = 0; t < 3; t++) {
      p.grad = constant([1, -1]);
      optimizer.step();
      ({ params, state } = pure.update(constant([1, -1]), state, params));
    }
    // start + total, total being 1, 2 and 4.
    expect([numbers(p), numbers(params)]).toEqual([
      [5, -2],
      [5, -2],
    ]);
    expect(state.carried).toEqual({ total: 7 });
    expect(optimizer.stateDict().state[0]).toMatchObject({ total: 7, start: new Float64Array([1, 2]) });
  });

  test('orthogonalize refuses what is no matrix', () => {
    const own = rule('own', orthogonalize());
    const p = constant([1, 2]);
    expect(errorOf(() => own.update(p, own.init(p), p))).toEqual({
      name: 'ShapeError',
      message:
        'orthogonalize: got an update of shape [2], expected a matrix. Leave other parameters to another optimizer.',
    });
  });
});

describe('rules that PyTorch 1.13 does not have, by their papers', () => {
  type Matrix = readonly (readonly number[])[];
  const start: Matrix = starts[0];

  /** Five steps of a rule with the gradients above. */
  function run(own: UpdateRule): number[][] {
    let params = constant(start as number[][]);
    let state = own.init(params);
    return Array.from({ length: 5 }, (_, t) => {
      ({ params, state } = own.update(constant(gradientAt(0, t)), state, params));
      return numbers(params);
    });
  }
  const flatStart = start.flat();
  const flatGradient = (t: number): number[] => gradientAt(0, t).flat();

  test('Lion (Chen et al. 2023, algorithm 2)', () => {
    let p = [...flatStart];
    let m = p.map(() => 0);
    const expected = Array.from({ length: 5 }, (_, t) => {
      const g = flatGradient(t);
      p = p.map((v, i) => v - 0.1 * (Math.sign(0.9 * m[i] + 0.1 * g[i]) + 0.2 * v));
      m = m.map((v, i) => 0.99 * v + 0.01 * g[i]);
      return p;
    });
    expectClose(run(lion({ lr: 0.1, weightDecay: 0.2 })).flat(), expected.flat());
  });

  test('LAMB (You et al. 2020, algorithm 2)', () => {
    let p = [...flatStart];
    let m = p.map(() => 0);
    let v = p.map(() => 0);
    const norm = (x: readonly number[]): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0));
    const expected = Array.from({ length: 5 }, (_, t) => {
      const g = flatGradient(t);
      m = m.map((e, i) => 0.9 * e + 0.1 * g[i]);
      v = v.map((e, i) => 0.999 * e + 0.001 * g[i] ** 2);
      const r = m.map(
        (e, i) => e / (1 - 0.9 ** (t + 1)) / (Math.sqrt(v[i] / (1 - 0.999 ** (t + 1))) + 1e-6) + 0.2 * p[i],
      );
      const ratio = norm(p) / norm(r);
      p = p.map((e, i) => e - 0.1 * ratio * r[i]);
      return p;
    });
    expectClose(run(lamb({ lr: 0.1, weightDecay: 0.2 })).flat(), expected.flat(), 1e-11);
  });

  const product = (a: Matrix, b: Matrix): number[][] =>
    a.map(row => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
  const transposed = (a: Matrix): number[][] => a[0].map((_, j) => a.map(row => row[j]));

  test.each(['original', 'matchRmsAdamw'] as const)('Muon (Jordan et al. 2024), rates %s', adjustLr => {
    let p = start.map(row => [...row]);
    let b = p.map(row => row.map(() => 0));
    const expected = Array.from({ length: 5 }, (_, t) => {
      const g = gradientAt(0, t);
      b = b.map((row, i) => row.map((v, j) => 0.95 * v + 0.05 * g[i][j]));
      let x: number[][] = b.map((row, i) => row.map((v, j) => 0.95 * v + 0.05 * g[i][j]));
      const size = Math.sqrt(x.flat().reduce((sum, v) => sum + v * v, 0));
      x = x.map(row => row.map(v => v / size));
      for (let k = 0; k < 5; k++) {
        const gram = product(x, transposed(x));
        const square = product(gram, gram);
        const factor = gram.map((row, i) => row.map((v, j) => -4.775 * v + 2.0315 * square[i][j]));
        const add = product(factor, x);
        x = x.map((row, i) => row.map((v, j) => 3.4445 * v + add[i][j]));
      }
      const factor = adjustLr === 'original' ? 1 : 0.2 * Math.sqrt(3);
      p = p.map((row, i) => row.map((v, j) => v - 0.1 * (factor * x[i][j] + 0.1 * v)));
      return p.flat();
    });
    expectClose(run(muon({ lr: 0.1, adjustLr })).flat(), expected.flat(), 1e-11);
  });

  test('Muon: the step of a tall matrix is that of the wide one, transposed and longer', () => {
    const g = gradientAt(0, 0);
    const step = (gradient: number[][]): Tensor => {
      const own = muon({ lr: 1, weightDecay: 0, momentum: 0, nesterov: false });
      const zero = constant(gradient).mul(0) as Tensor;
      return own.update(constant(gradient), own.init(zero), zero).params;
    };
    const wide = numbers(step(g));
    const tall = numbers(step(transposed(g)).transpose(0, 1));
    expectClose(
      tall,
      wide.map(v => v * Math.sqrt(3 / 2)),
    );
    // Roughly orthonormal rows.
    const gram = numbers(step(g).matmul(step(g).transpose(0, 1)));
    for (const [i, v] of gram.entries()) expect(Math.abs(v - (i % 3 === 0 ? 1 : 0))).toBeLessThan(0.5);
  });
});
