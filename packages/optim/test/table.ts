import type { Tensor } from '@fluxion/autograd';
import type { Hyper, Optimizer, UpdateRule } from '@fluxion/optim';
import * as optim from '@fluxion/optim';

export type Options = Readonly<Record<string, unknown>>;

/** A rule with options that set all its hyperparameters, so that every one of them takes part. */
export interface Row {
  readonly rule: (options: Options) => UpdateRule;
  readonly optimizer: (params: Iterable<Tensor>, options: Options) => Optimizer<{ readonly lr?: Hyper }>;
  readonly options: Options;
  /** Options that are no hyperparameters to differentiate by. */
  readonly fixed: readonly string[];
  /** Steps until everything in it takes part. Default 2. */
  readonly steps: number;
  /** Rates for the problems of the convergence test, and for the one with a narrow valley. */
  readonly lr: readonly [usual: number, valley: number];
}

function row<O extends object>(
  rule: (options: O) => UpdateRule,
  optimizer: new (params: Iterable<Tensor>, options: O) => Optimizer<O>,
  lr: readonly [number, number],
  options: Readonly<O>,
  { fixed = [], steps = 2 }: { readonly fixed?: readonly (keyof O & string)[]; readonly steps?: number } = {},
): Row {
  return {
    rule: given => rule(given as O),
    optimizer: (params, given) =>
      new optimizer(params, given as O) as unknown as Optimizer<{ readonly lr?: Hyper }>,
    options: options as Options,
    fixed,
    steps,
    lr,
  };
}

const betas = [0.8, 0.95] as const;

/** All rules, with all options that change their arithmetic. The keys begin with the name of the class. */
export const table: Readonly<Record<string, Row>> = {
  SGD: row(optim.sgd, optim.SGD, [0.3, 0.003], { lr: 0.1 }),
  'SGD with weight decay, maximizing': row(optim.sgd, optim.SGD, [0.3, 0.003], {
    lr: 0.1,
    weightDecay: 0.05,
    maximize: true,
  }),
  'SGD with momentum and dampening': row(optim.sgd, optim.SGD, [0.1, 0.003], {
    lr: 0.1,
    momentum: 0.9,
    dampening: 0.3,
  }),
  'SGD, Nesterov': row(optim.sgd, optim.SGD, [0.1, 0.001], {
    lr: 0.1,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.01,
  }),
  Momentum: row(optim.momentum, optim.Momentum, [0.1, 0.003], { lr: 0.1, momentum: 0.8 }),
  Nesterov: row(optim.nesterov, optim.Nesterov, [0.1, 0.003], { lr: 0.1, momentum: 0.8 }),
  Adam: row(optim.adam, optim.Adam, [0.1, 0.01], { lr: 0.01, betas, eps: 1e-6 }),
  'Adam with everything': row(optim.adam, optim.Adam, [0.1, 0.3], {
    lr: 0.01,
    betas,
    eps: 1e-3,
    weightDecay: 0.1,
    amsgrad: true,
    maximize: true,
  }),
  AdamW: row(optim.adamw, optim.AdamW, [0.1, 0.01], { lr: 0.01, betas, eps: 1e-6, weightDecay: 0.1 }),
  AMSGrad: row(optim.amsgrad, optim.AMSGrad, [0.1, 0.3], { lr: 0.01, betas, eps: 1e-6 }),
  NAdam: row(optim.nadam, optim.NAdam, [0.1, 0.01], {
    lr: 0.01,
    betas,
    eps: 1e-4,
    momentumDecay: 0.02,
    weightDecay: 0.1,
  }),
  RAdam: row(
    optim.radam,
    optim.RAdam,
    [0.1, 0.006],
    { lr: 0.01, betas, eps: 1e-4, weightDecay: 0.1 },
    { steps: 7 },
  ),
  Adamax: row(optim.adamax, optim.Adamax, [0.1, 0.01], { lr: 0.01, betas, eps: 1e-4, weightDecay: 0.1 }),
  Adagrad: row(optim.adagrad, optim.Adagrad, [1, 1], {
    lr: 0.1,
    lrDecay: 0.05,
    initialAccumulatorValue: 0.1,
    eps: 1e-4,
    weightDecay: 0.1,
  }),
  'Adagrad from 0': row(optim.adagrad, optim.Adagrad, [0.3, 1], { lr: 0.1 }),
  Adadelta: row(optim.adadelta, optim.Adadelta, [1, 0.1], {
    lr: 0.7,
    rho: 0.8,
    eps: 1e-4,
    weightDecay: 0.02,
  }),
  RMSprop: row(optim.rmsprop, optim.RMSprop, [0.1, 0.01], { lr: 0.01, alpha: 0.9, eps: 1e-4 }),
  'RMSprop with everything': row(optim.rmsprop, optim.RMSprop, [0.03, 0.003], {
    lr: 0.01,
    alpha: 0.9,
    eps: 1e-4,
    weightDecay: 0.01,
    centered: true,
    momentum: 0.5,
  }),
  Rprop: row(optim.rprop, optim.Rprop, [0.1, 0.03], { lr: 0.05, etas: [0.4, 1.3], stepSizes: [1e-4, 1] }),
  ASGD: row(
    optim.asgd,
    optim.ASGD,
    [0.3, 0.003],
    { lr: 0.05, lambd: 0.01, alpha: 0.6, t0: 1, weightDecay: 0.1 },
    { fixed: ['t0'], steps: 4 },
  ),
  Lion: row(optim.lion, optim.Lion, [0.03, 0.01], { lr: 0.01, betas, weightDecay: 0.1 }),
  LAMB: row(optim.lamb, optim.LAMB, [0.1, 0.1], { lr: 0.01, betas, eps: 1e-4, weightDecay: 0.1 }),
  Muon: row(
    optim.muon,
    optim.Muon,
    [0.1, 0.01],
    { lr: 0.02, weightDecay: 0.1, momentum: 0.9, nsCoefficients: [3.4445, -4.775, 2.0315], nsSteps: 5 },
    { fixed: ['nsCoefficients', 'nsSteps'] },
  ),
};

/** A hyperparameter of a row: which option, and which entry of it where it is a list. */
export interface Place {
  readonly option: string;
  readonly entry?: number;
}

/** The hyperparameters of a row. */
export function hypersOf({ options, fixed }: Row): { readonly place: Place; readonly value: number }[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (fixed.includes(option)) return [];
    if (typeof value === 'number') return [{ place: { option }, value }];
    return Array.isArray(value)
      ? value.map((v: number, entry) => ({ place: { option, entry }, value: v }))
      : [];
  });
}

/** The options with other values for the hyperparameters. */
export function withHypers(row: Row, values: readonly unknown[]): Options {
  const options: Record<string, unknown> = { ...row.options };
  hypersOf(row).forEach(({ place: { option, entry } }, i) => {
    if (entry === undefined) options[option] = values[i];
    else options[option] = (options[option] as unknown[]).with(entry, values[i]);
  });
  return options;
}
