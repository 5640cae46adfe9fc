import { type Tensor, tensor } from '@fluxion/autograd';
import type { LRScheduler, Schedule } from '@fluxion/optim';
import * as optim from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { errorOf, expectClose } from '../../autograd/test/support/helpers.js';

const parameter = (): Tensor => tensor([0], { requiresGrad: true }) as Tensor;
const sgd = (lr = 0.1): optim.SGD => new optim.SGD([{ params: [parameter()], lr }], { momentum: 0.9 });
const rate = (o: optim.SGD): number => o.groups[0].lr as number;

/** Schedulers and the pure schedule that they follow when nobody else changes the rate. */
const table: Record<string, { make: (o: optim.SGD) => LRScheduler; pure: Schedule }> = {
  StepLR: {
    make: o => new optim.StepLR(o, { stepSize: 7, gamma: 0.5 }),
    pure: optim.stepLR(0.1, { stepSize: 7, gamma: 0.5 }),
  },
  MultiStepLR: {
    make: o => new optim.MultiStepLR(o, { milestones: [3, 9, 9] }),
    pure: optim.multiStepLR(0.1, { milestones: [3, 9, 9] }),
  },
  ExponentialLR: {
    make: o => new optim.ExponentialLR(o, { gamma: 0.9 }),
    pure: optim.exponentialLR(0.1, { gamma: 0.9 }),
  },
  ConstantLR: { make: o => new optim.ConstantLR(o), pure: optim.constantLR(0.1) },
  LinearLR: { make: o => new optim.LinearLR(o), pure: optim.linearLR(0.1) },
  'LinearLR down to 0': {
    make: o => new optim.LinearLR(o, { startFactor: 0.7, endFactor: 0, totalIters: 13 }),
    pure: optim.linearLR(0.1, { startFactor: 0.7, endFactor: 0, totalIters: 13 }),
  },
  PolynomialLR: {
    make: o => new optim.PolynomialLR(o, { totalIters: 20, power: 1.5 }),
    pure: optim.polynomialLR(0.1, { totalIters: 20, power: 1.5 }),
  },
  CosineAnnealingLR: {
    make: o => new optim.CosineAnnealingLR(o, { tMax: 9, etaMin: 0.01 }),
    pure: optim.cosineAnnealingLR(0.1, { tMax: 9, etaMin: 0.01 }),
  },
  CosineAnnealingWarmRestarts: {
    make: o => new optim.CosineAnnealingWarmRestarts(o, { t0: 5, tMult: 2 }),
    pure: optim.cosineAnnealingWarmRestarts(0.1, { t0: 5, tMult: 2 }),
  },
  'CosineAnnealingWarmRestarts, equal periods': {
    make: o => new optim.CosineAnnealingWarmRestarts(o, { t0: 5, etaMin: 0.01 }),
    pure: optim.cosineAnnealingWarmRestarts(0.1, { t0: 5, etaMin: 0.01 }),
  },
  LambdaLR: {
    make: o => new optim.LambdaLR(o, { lrLambda: t => 1 / (1 + t) }),
    pure: optim.lambdaLR(0.1, t => 1 / (1 + t)),
  },
  MultiplicativeLR: {
    make: o => new optim.MultiplicativeLR(o, { lrLambda: t => 1 - 1 / (t + 5) }),
    pure: optim.multiplicativeLR(0.1, t => 1 - 1 / (t + 5)),
  },
  OneCycleLR: {
    make: o => new optim.OneCycleLR(o, { maxLr: 0.4, totalSteps: 40 }),
    pure: optim.oneCycleLR(0.4, { totalSteps: 40 }),
  },
  CyclicLR: {
    make: o => new optim.CyclicLR(o, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 3, mode: 'triangular2' }),
    pure: optim.cyclicLR(0.1, 0.5, { stepSizeUp: 3, mode: 'triangular2' }),
  },
  'CyclicLR with a function': {
    make: o =>
      new optim.CyclicLR(o, {
        baseLr: 0.1,
        maxLr: 0.5,
        stepSizeUp: 3,
        scaleFn: t => 1 / (1 + t),
        scaleMode: 'iterations',
      }),
    pure: optim.cyclicLR(0.1, 0.5, { stepSizeUp: 3, scaleFn: t => 1 / (1 + t), scaleMode: 'iterations' }),
  },
  SWALR: {
    make: o => new optim.SWALR(o, { swaLr: 0.02, annealEpochs: 6 }),
    pure: optim.swaLR(0.1, 0.02, { annealEpochs: 6 }),
  },
  SequentialLR: {
    make: o =>
      new optim.SequentialLR(o, {
        schedulers: [
          new optim.LinearLR(o, { startFactor: 0.1, totalIters: 5 }),
          new optim.CosineAnnealingLR(o, { tMax: 20 }),
          new optim.ExponentialLR(o, { gamma: 0.8 }),
        ],
        milestones: [6, 15],
      }),
    pure: optim.sequentialLR(
      [
        optim.linearLR(0.1, { startFactor: 0.1, totalIters: 5 }),
        optim.cosineAnnealingLR(0.1, { tMax: 20 }),
        optim.exponentialLR(0.1, { gamma: 0.8 }),
      ],
      [6, 15],
    ),
  },
  ChainedScheduler: {
    make: o =>
      new optim.ChainedScheduler([
        new optim.ConstantLR(o, { factor: 0.1 }),
        new optim.ExponentialLR(o, { gamma: 0.9 }),
      ]),
    pure: optim.chainedLR(0.1, optim.constantLR(1, { factor: 0.1 }), optim.exponentialLR(1, { gamma: 0.9 })),
  },
  'LambdaLR with a warmup': {
    make: o =>
      new optim.LambdaLR(o, {
        lrLambda: optim.warmup(optim.cosineAnnealingLR(1, { tMax: 30 }), { steps: 8, startFactor: 0.1 }),
      }),
    pure: optim.warmup(optim.cosineAnnealingLR(0.1, { tMax: 30 }), { steps: 8, startFactor: 0.1 }),
  },
};

/** The rates of the next steps, the present one first. */
function rates(o: optim.SGD, scheduler: LRScheduler, steps: number): number[] {
  return Array.from({ length: steps }, (_, t) => {
    if (t > 0) scheduler.step();
    expect(scheduler.getLastLr()).toEqual([rate(o)]);
    return rate(o);
  });
}

describe('schedulers', () => {
  test.each(Object.entries(table))('%s follows its closed form, within 1e-12', (_, { make, pure }) => {
    const o = sgd();
    const found = rates(o, make(o), 40);
    expectClose(
      found.map(v => v / 0.1),
      found.map((_, t) => pure(t) / 0.1),
      1e-12,
    );
    for (const v of found) expect(v).toBeGreaterThanOrEqual(0);
  });

  test.each(Object.entries(table))('%s saved and loaded goes on the same', (_, { make }) => {
    const first = sgd();
    const scheduler = make(first);
    rates(first, scheduler, 11);
    const saved = structuredClone([first.stateDict(), scheduler.stateDict()] as const);
    const second = sgd();
    const other = make(second);
    second.loadStateDict(saved[0]);
    other.loadStateDict(saved[1]);
    expect(other.stateDict()).toEqual(scheduler.stateDict());
    expect(rates(second, other, 20)).toEqual(rates(first, scheduler, 20));
  });

  test('ReduceLROnPlateau saved and loaded goes on the same', () => {
    const make = (o: optim.SGD): optim.ReduceLROnPlateau =>
      new optim.ReduceLROnPlateau(o, { patience: 1, cooldown: 2, factor: 0.5 });
    const metric = (t: number): number => Math.sin(t) + 3;
    const first = sgd();
    const scheduler = make(first);
    for (let t = 0; t < 9; t++) scheduler.step(metric(t));
    const second = sgd();
    const other = make(second);
    second.loadStateDict(structuredClone(first.stateDict()));
    other.loadStateDict(structuredClone(scheduler.stateDict()));
    for (let t = 9; t < 25; t++)
      for (const [s, value] of [
        [scheduler, metric(t)],
        [other, tensor(metric(t), { dtype: 'float64' }) as Tensor],
      ] as const)
        s.step(value);
    expect(other.stateDict()).toEqual(scheduler.stateDict());
    expect(rate(second)).toBe(rate(first));
    expect(rate(first)).toBeLessThan(0.1);
  });

  test('a run is gone on with by lastEpoch', () => {
    const whole = sgd();
    const found = rates(whole, new optim.CosineAnnealingLR(whole, { tMax: 10 }), 9);
    const o = sgd();
    expect(errorOf(() => new optim.StepLR(o, { stepSize: 1, lastEpoch: 3 })).message).toBe(
      'StepLR: lastEpoch is 3, but group 0 has no initialLr. Load the state of the optimizer first, or start anew.',
    );
    o.groups[0].lr = found[4];
    Object.assign(o.groups[0], { initialLr: 0.1 });
    expectClose(
      rates(o, new optim.CosineAnnealingLR(o, { tMax: 10, lastEpoch: 4 }), 4),
      found.slice(5),
      1e-14,
    );
  });

  test('changes that others make to the rate stay', () => {
    const o = sgd();
    const scheduler = new optim.ExponentialLR(o, { gamma: 0.5 });
    scheduler.step();
    o.groups[0].lr = 8;
    scheduler.step();
    expect(rate(o)).toBe(4);
  });

  test('groups that are added later are scheduled too, from their own rate', () => {
    const o = sgd();
    const scheduler = new optim.ExponentialLR(o, { gamma: 0.5 });
    scheduler.step();
    o.addParamGroup({ params: [parameter()], lr: 1 });
    scheduler.step();
    expect(o.groups.map(g => g.lr)).toEqual([0.025, 0.5]);
  });

  test('momentum is cycled the other way: of SGD, and betas[0] of Adam', () => {
    const schedules: readonly ((o: optim.SGD | optim.Adam) => LRScheduler)[] = [
      o => new optim.OneCycleLR(o, { maxLr: 1, totalSteps: 10, annealStrategy: 'linear', pctStart: 0.5 }),
      o =>
        new optim.CyclicLR(o, {
          baseLr: 0.1,
          maxLr: 1,
          stepSizeUp: 4,
          baseMomentum: 0.85,
          maxMomentum: 0.95,
        }),
    ];
    for (const make of schedules) {
      const plain = sgd();
      const adam = new optim.Adam([parameter()], { betas: [0.9, 0.98] });
      const both = [make(plain), make(adam)];
      for (let t = 0; t < 4; t++) {
        expect(adam.groups[0].betas).toEqual([plain.groups[0].momentum, 0.98]);
        for (const s of both) s.step();
      }
      expectClose([plain.groups[0].momentum as number], [0.85], 1e-12);
      // The optimizer takes it: it is in use at the next step.
      plain.groups[0].params[0].grad = tensor([1]);
      plain.step();
    }
    const bare = sgd();
    new optim.OneCycleLR(bare, { maxLr: 1, totalSteps: 10, cycleMomentum: false }).step();
    expect(bare.groups[0].momentum).toBe(0.9);
  });

  test('momentum begins where an optimizer had none before', () => {
    const p = parameter();
    const o = new optim.SGD([p], { lr: 0.1 });
    new optim.CyclicLR(o, { baseLr: 0.1, maxLr: 0.2, stepSizeUp: 5 });
    p.grad = tensor([1]);
    o.step();
    expect(Object.keys(o.stateDict().state[0])).toEqual(['step', 'momentumBuffer']);
  });

  test('pure schedules drive transforms: step 0 is the first', () => {
    const schedule = optim.linearLR(1, { startFactor: 0.25, totalIters: 3 });
    const rule = optim.rule('sgd', optim.chain(optim.scaleByLearningRate(schedule)));
    let params = tensor([0]) as Tensor;
    let state = rule.init(params);
    const seen: number[] = [];
    for (let t = 0; t < 4; t++) {
      const before = params.item();
      ({ params, state } = rule.update(tensor([1]) as Tensor, state, params));
      seen.push(before - params.item());
    }
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('schedulers refuse', () => {
  const o = sgd();
  const other = sgd();
  const cases: [string, () => unknown, string, string][] = [
    [
      'no optimizer',
      () => new optim.StepLR(3 as never, { stepSize: 1 }),
      'ArgumentError',
      'StepLR: expected an optimizer, got 3.',
    ],
    [
      'no step size',
      () => new optim.StepLR(o, {} as never),
      'ArgumentError',
      'stepLR: stepSize is undefined; expected a whole number from 1.',
    ],
    [
      'a gamma of NaN',
      () => new optim.ExponentialLR(o, { gamma: Number.NaN }),
      'ArgumentError',
      'exponentialLR: gamma is NaN; expected a finite number.',
    ],
    [
      'milestones that are none',
      () => new optim.MultiStepLR(o, { milestones: 3 as never }),
      'ArgumentError',
      'multiStepLR: milestones is 3; expected a list of steps.',
    ],
    [
      'half a milestone',
      () => optim.multiStepLR(1, { milestones: [0.5] }),
      'ArgumentError',
      'multiStepLR: milestones[0] is 0.5; expected a whole number from 0.',
    ],
    [
      'a factor above 1',
      () => new optim.ConstantLR(o, { factor: 2 }),
      'ArgumentError',
      'constantLR: factor is 2; expected a number in [0, 1].',
    ],
    [
      'a start above 1',
      () => new optim.LinearLR(o, { startFactor: 1.5 }),
      'ArgumentError',
      'linearLR: startFactor is 1.5; expected a number in [0, 1].',
    ],
    [
      'a period of 0',
      () => new optim.CosineAnnealingWarmRestarts(o, { t0: 0 }),
      'ArgumentError',
      'cosineAnnealingWarmRestarts: t0 is 0; expected a whole number from 1.',
    ],
    [
      'no period',
      () => optim.cosineAnnealingLR(1, {} as never),
      'ArgumentError',
      'cosineAnnealingLR: tMax is undefined; expected a whole number from 1.',
    ],
    [
      'no power',
      () => optim.polynomialLR(1, { power: Number.NaN }),
      'ArgumentError',
      'polynomialLR: power is NaN; expected a finite number.',
    ],
    [
      'no function',
      () => new optim.LambdaLR(o, { lrLambda: 3 as never }),
      'ArgumentError',
      'LambdaLR: lrLambda is 3; expected a function of the step.',
    ],
    [
      'too many functions',
      () => new optim.MultiplicativeLR(o, { lrLambda: [() => 1, () => 1] }),
      'ArgumentError',
      'MultiplicativeLR: got 2 values of lrLambda for 1 groups; expected one for each.',
    ],
    [
      'no length',
      () => new optim.OneCycleLR(o, { maxLr: 1, epochs: 3 }),
      'ArgumentError',
      'oneCycleLR: got neither totalSteps nor epochs and stepsPerEpoch; expected one or the other.',
    ],
    [
      'an unknown strategy',
      () => optim.oneCycleLR(1, { totalSteps: 3, annealStrategy: 'sin' as never }),
      'ArgumentError',
      "oneCycleLR: annealStrategy is 'sin'; expected 'cos' or 'linear'.",
    ],
    [
      'a maxLr of 0',
      () => new optim.OneCycleLR(o, { maxLr: 0, totalSteps: 3 }),
      'ArgumentError',
      'OneCycleLR: maxLr is 0; expected a finite number above 0.',
    ],
    [
      'an unknown mode',
      () => new optim.CyclicLR(o, { baseLr: 0, maxLr: 1, mode: 'square' as never }),
      'ArgumentError',
      "cyclicLR: mode is 'square'; expected 'triangular', 'triangular2' or 'expRange', or a scaleFn.",
    ],
    [
      'no momentum to cycle',
      () => new optim.CyclicLR(new optim.Adagrad([parameter()]), { baseLr: 0, maxLr: 1 }),
      'ArgumentError',
      'CyclicLR: group 0 has neither momentum nor betas to cycle. Use an optimizer with momentum, or cycleMomentum: false.',
    ],
    [
      'a momentum of 1',
      () => new optim.CyclicLR(o, { baseLr: 0, maxLr: 1, maxMomentum: 1 }),
      'ArgumentError',
      'CyclicLR: maxMomentum is 1; expected a number in [0, 1).',
    ],
    [
      'a rate that is a tensor',
      () => new optim.StepLR(new optim.SGD([parameter()], { lr: tensor(0.1) }), { stepSize: 1 }),
      'ArgumentError',
      'StepLR: lr of group 0 is Tensor; a scheduler needs a number. Schedule a tensor by a pure schedule: sgd({ lr: rate.mul(schedule(step)) }).',
    ],
    [
      'too few milestones',
      () => new optim.SequentialLR(o, { schedulers: [new optim.ConstantLR(o)], milestones: [3] }),
      'ArgumentError',
      'SequentialLR: got 1 milestones for 1 schedules; expected one less than schedules.',
    ],
    [
      'milestones that fall',
      () => optim.sequentialLR([() => 1, () => 1, () => 1], [5, 3]),
      'ArgumentError',
      'sequentialLR: milestones are [5, 3]; expected rising ones.',
    ],
    [
      'a scheduler of another optimizer',
      () => new optim.SequentialLR(o, { schedulers: [new optim.ConstantLR(other)], milestones: [] }),
      'ArgumentError',
      'SequentialLR: scheduler 0 is of another optimizer; expected schedulers of one optimizer.',
    ],
    [
      'no schedulers',
      () => new optim.ChainedScheduler([]),
      'ArgumentError',
      'ChainedScheduler: expected an optimizer, got undefined.',
    ],
    [
      'half a warmup step',
      () => optim.warmup(() => 1, { steps: 0.5 }),
      'ArgumentError',
      'warmup: steps is 0.5; expected a whole number from 0.',
    ],
    [
      'a factor of 1',
      () => new optim.ReduceLROnPlateau(o, { factor: 1 }),
      'ArgumentError',
      'ReduceLROnPlateau: factor is 1; expected a number in [0, 1).',
    ],
    [
      'no optimizer for a plateau',
      () => new optim.ReduceLROnPlateau(3 as never),
      'ArgumentError',
      'ReduceLROnPlateau: expected an optimizer, got 3.',
    ],
    [
      'a negative minLr',
      () => new optim.ReduceLROnPlateau(o, { minLr: -1 }),
      'ArgumentError',
      'ReduceLROnPlateau: minLr is -1; expected a finite number from 0.',
    ],
    [
      'an unknown direction',
      () => new optim.ReduceLROnPlateau(o, { mode: 'up' as never }),
      'ArgumentError',
      "ReduceLROnPlateau: mode is 'up'; expected 'min' or 'max'.",
    ],
    [
      'an unknown threshold',
      () => new optim.ReduceLROnPlateau(o, { thresholdMode: 'up' as never }),
      'ArgumentError',
      "ReduceLROnPlateau: thresholdMode is 'up'; expected 'rel' or 'abs'.",
    ],
    [
      'no measure',
      () => (new optim.ReduceLROnPlateau(o) as unknown as LRScheduler).step(),
      'ArgumentError',
      'ReduceLROnPlateau: expected the measure of this step, a number, got undefined.',
    ],
    [
      'a negative swaLr',
      () => new optim.SWALR(o, { swaLr: -1 }),
      'ArgumentError',
      'SWALR: swaLr is -1; expected a finite number from 0.',
    ],
    [
      'an unknown annealing',
      () => optim.swaLR(1, 0.1, { annealStrategy: 'sin' as never }),
      'ArgumentError',
      "swaLR: annealStrategy is 'sin'; expected 'cos' or 'linear'.",
    ],
  ];
  test.each(cases)('%s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });

  test('a step beyond the end of the cycle, and then stand where they were', () => {
    const own = sgd();
    const scheduler = new optim.OneCycleLR(own, { maxLr: 1, totalSteps: 4 });
    for (let t = 0; t < 4; t++) scheduler.step();
    const before = [scheduler.stateDict(), own.stateDict()];
    expect(errorOf(() => scheduler.step()).message).toBe(
      'oneCycleLR: step 5 of a cycle of 4 steps; it ends there.',
    );
    expect([scheduler.stateDict(), own.stateDict()]).toEqual(before);
  });

  test('states that do not fit, all problems at once, and change nothing', () => {
    const own = sgd();
    const scheduler = new optim.StepLR(own, { stepSize: 2 });
    const before = scheduler.stateDict();
    expect(
      errorOf(() =>
        scheduler.loadStateDict({ scheduler: 'LinearLR', lastEpoch: 0.5, baseLrs: [], lastLr: [1] }),
      ),
    ).toEqual({
      name: 'ShapeError',
      message:
        "StepLR.loadStateDict: the state does not fit: it is of 'LinearLR', expected one of StepLR; lastEpoch is 0.5; baseLrs is [], expected 1 numbers.",
    });
    expect(scheduler.stateDict()).toEqual(before);
    const chained = new optim.ChainedScheduler([scheduler, new optim.ConstantLR(own)]);
    expect(
      errorOf(() => chained.loadStateDict({ ...chained.stateDict(), schedulers: [before] })).message,
    ).toBe('ChainedScheduler.loadStateDict: the state does not fit: it has 1 schedulers, expected 2.');
    expect(
      errorOf(() => chained.loadStateDict({ ...chained.stateDict(), schedulers: [before, before] })).message,
    ).toMatch(/scheduler 1: it is of 'StepLR', expected one of ConstantLR/);
    const plateau = new optim.ReduceLROnPlateau(own);
    expect(errorOf(() => plateau.loadStateDict({} as never)).message).toBe(
      'ReduceLROnPlateau.loadStateDict: the state does not fit: it is of undefined, expected one of ReduceLROnPlateau; lastEpoch is undefined, expected a number; ' +
        'best is undefined, expected a number; numBadEpochs is undefined, expected a number; cooldownCounter is undefined, expected a number; lastLr is undefined, expected 1 numbers.',
    );
  });
});
