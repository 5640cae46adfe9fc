import { grad, type Tensor, tensor } from '@fluxion/autograd';
import type { Hyper, UpdateRule } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { errorOf, numbers } from '../../autograd/test/support/helpers.js';
import { gradcheck } from '../../gradcheck/src/index.js';
import { hypersOf, type Row, table, withHypers } from './table.js';

const shape = [2, 3];
const fill = (values: readonly number[]): Tensor =>
  tensor(values as number[], { dtype: 'float64' }).reshape(shape) as Tensor;
const start = fill([0.7, -1.2, 0.4, 1.9, -0.6, 1.1]);
/** Gradients away from the kinks: from step to step every element moves, and some turn. */
const gradientAt = (t: number): Tensor =>
  fill([0, 1, 2, 3, 4, 5].map(i => Math.sin(1 + 1.7 * i + 0.9 * t) + (i % 2 === 0 ? 0.3 : -0.4)));

/** All results of some steps: the parameter, its slots and carried scalars. */
function results(rule: UpdateRule, param: Tensor, grads: readonly Tensor[]): Tensor[] {
  let params = [param];
  let state = rule.init(params);
  for (const g of grads) ({ params, state } = rule.update([g], state, params));
  const carried = Object.values(state.carried ?? {}).filter((v): v is Tensor => typeof v !== 'number');
  return [params[0], ...Object.values(state.slots).map(([slot]) => slot), ...carried];
}

describe('gradcheck of some steps: by the parameter, every gradient and every hyperparameter', () => {
  test.each(Object.entries(table))('%s', (_, row: Row) => {
    const hypers = hypersOf(row);
    const inputs = [
      start,
      ...Array.from({ length: row.steps }, (_, t) => gradientAt(t)),
      ...hypers.map(({ value }) => tensor(value, { dtype: 'float64' }) as Tensor),
    ];
    const names = [
      'the parameter',
      ...Array.from({ length: row.steps }, (_, t) => `gradient ${t}`),
      ...hypers.map(({ place: { option, entry } }) => (entry === undefined ? option : `${option}[${entry}]`)),
    ];
    const report = gradcheck(
      (param: Tensor, ...rest: Tensor[]) =>
        results(row.rule(withHypers(row, rest.slice(row.steps))), param, rest.slice(0, row.steps)),
      inputs as [Tensor, ...Tensor[]],
      { names, strided: false, rtol: 1e-5, atol: 1e-7 },
    );
    expect(report.ok).toBe(true);
  });
});

describe('the meta-gradient is finite where gradients are zero', () => {
  /** Gradients of a loss after four steps by all hyperparameters and the start. */
  function meta(row: Row, from: readonly number[], weights: readonly number[]): Tensor[] {
    const w = fill(from).requiresGrad_();
    const hypers = hypersOf(row).map(
      ({ value }) => tensor(value, { dtype: 'float64', requiresGrad: true }) as Tensor,
    );
    const rule = row.rule(withHypers(row, hypers as Hyper[]));
    const loss = ([p]: readonly Tensor[]): Tensor => p.square().mul(fill(weights)).sum() as Tensor;
    let params: readonly Tensor[] = [w];
    let state = rule.init(params);
    for (let t = 0; t < 4; t++) ({ params, state } = rule.update(grad(loss)(params), state, params));
    const second = grad(loss(params), [w, ...hypers], { createGraph: true, allowUnused: true });
    // And once more, by the start.
    const again = grad(second[0].sum(), [w], { allowUnused: true });
    return [...second, ...again];
  }

  test.each(Object.entries(table))('%s: in some elements, and in all', (_, row: Row) => {
    for (const found of [
      meta(row, [1, -2, 0.5, 0, 3, 1], [1, 0.3, 0, 1, 0, 2]),
      meta(row, [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]),
      meta(row, [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]),
    ])
      for (const g of found) for (const v of numbers(g)) expect(Number.isFinite(v)).toBe(true);
  });
});

describe('hyperparameters of every rule', () => {
  const bad: Record<string, readonly unknown[]> = {
    lr: [-0.1, Number.NaN, Number.POSITIVE_INFINITY, '1'],
    weightDecay: [-1e-9, Number.NaN],
    momentum: [-0.1, Number.NaN],
    eps: [-1e-9, Number.NaN],
    lrDecay: [-1],
    initialAccumulatorValue: [-1],
    rho: [-0.1, 1.1],
    alpha: [Number.NaN],
    momentumDecay: [-1],
    lambd: [-1],
  };
  const badEntries: Record<string, readonly unknown[]> = {
    betas: [-0.1, 1, Number.NaN],
    etas: [Number.NaN, -1],
    stepSizes: [-1, Number.NaN],
  };
  const cases = Object.entries(table).flatMap(([label, row]) =>
    hypersOf(row).flatMap(({ place: { option, entry } }) =>
      ((entry === undefined ? bad : badEntries)[option] ?? []).map(
        value =>
          [label, entry === undefined ? option : `${option}[${entry}]`, value, row, option, entry] as const,
      ),
    ),
  );

  test.each(cases)('%s refuses %s = %s', (_, name, value, row, option, entry) => {
    const options = {
      ...row.options,
      [option]: entry === undefined ? value : (row.options[option] as unknown[]).with(entry, value),
    };
    const p = fill([1, 2, 3, 4, 5, 6]).requiresGrad_();
    for (const run of [() => row.rule(options), () => row.optimizer([p], options)]) {
      const { name: kind, message } = errorOf(run);
      expect(kind).toBe('ArgumentError');
      expect(message).toContain(`${name} is ${typeof value === 'string' ? `'${value}'` : value}; expected `);
    }
  });

  test.each(Object.entries(table))('%s takes no tensor that is no scalar', (_, row) => {
    const lr = tensor([0.1], { dtype: 'float64' });
    expect(errorOf(() => row.rule({ ...row.options, lr }))).toMatchObject({
      name: 'ShapeError',
      message: expect.stringContaining('lr has shape [1]; a hyperparameter is a number or a scalar tensor.'),
    });
  });
});
