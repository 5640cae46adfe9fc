import type { ParamGroups } from '../base.js';
import { beta, checksOf, notNegative, type Ranges } from '../check.js';
import type { Hyper } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain, type Transform } from '../transform.js';
import { scaleByLearningRate } from '../transforms/basic.js';
import { scaleByAdamax, scaleByNadam, scaleByRadam } from '../transforms/moments.js';
import { type FrontOptions, front } from './front.js';

interface MomentOptions extends FrontOptions {
  /** Decay of the means of the gradient and of its square (Adamax: of its size). Default [0.9, 0.999]. */
  readonly betas?: readonly [Hyper, Hyper];
  /** Default 1e-8. */
  readonly eps?: Hyper;
}

export interface NadamOptions extends MomentOptions {
  /** Learning rate. Default 2e-3. */
  readonly lr?: Hyper;
  /** How fast the momentum approaches betas[0]. Default 4e-3. */
  readonly momentumDecay?: Hyper;
}

export interface RadamOptions extends MomentOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
}

export interface AdamaxOptions extends MomentOptions {
  /** Learning rate. Default 2e-3. */
  readonly lr?: Hyper;
}

const betas = [0.9, 0.999] as const;

function specOf<O extends MomentOptions & { readonly lr?: Hyper }>(
  name: string,
  defaults: O,
  ranges: Ranges<O>,
  moments: (options: O) => Transform,
): RuleSpec<O> {
  return {
    name,
    defaults,
    switches: ['maximize', 'weightDecay'],
    check: checksOf<O>(name, {
      lr: notNegative,
      betas: [beta, beta],
      eps: notNegative,
      weightDecay: notNegative,
      ...ranges,
    }),
    transform: options =>
      chain(
        ...front(options),
        moments(options),
        scaleByLearningRate(() => options.lr ?? 0),
      ),
  };
}

const shared = (options: MomentOptions): { betas: () => readonly [Hyper, Hyper]; eps: () => Hyper } => ({
  betas: () => options.betas ?? betas,
  eps: () => options.eps ?? 1e-8,
});

const nadamSpec = specOf<NadamOptions>(
  'nadam',
  { lr: 2e-3, betas, eps: 1e-8, momentumDecay: 4e-3 },
  { momentumDecay: notNegative },
  options => scaleByNadam({ ...shared(options), momentumDecay: () => options.momentumDecay ?? 4e-3 }),
);
const radamSpec = specOf<RadamOptions>('radam', { lr: 1e-3, betas, eps: 1e-8 }, {}, options =>
  scaleByRadam(shared(options)),
);
const adamaxSpec = specOf<AdamaxOptions>('adamax', { lr: 2e-3, betas, eps: 1e-8 }, {}, options =>
  scaleByAdamax(shared(options)),
);

/** Adam with Nesterov momentum (Dozat 2016), in the form of PyTorch 1.13; see `scaleByNadam`. */
export function nadam(options: NadamOptions = {}): UpdateRule {
  return ruleOf(nadamSpec, options);
}

/** Rectified Adam (Liu et al. 2020): without the second moment until enough steps were taken to know it. */
export function radam(options: RadamOptions = {}): UpdateRule {
  return ruleOf(radamSpec, options);
}

/** Adam by the infinity norm (Kingma and Ba 2015, algorithm 2). */
export function adamax(options: AdamaxOptions = {}): UpdateRule {
  return ruleOf(adamaxSpec, options);
}

/** `nadam` in place. */
export class NAdam extends Optimizer<NadamOptions> {
  constructor(params: ParamGroups<NadamOptions>, options: NadamOptions = {}) {
    super(nadamSpec, params, options);
  }
}

/** `radam` in place. */
export class RAdam extends Optimizer<RadamOptions> {
  constructor(params: ParamGroups<RadamOptions>, options: RadamOptions = {}) {
    super(radamSpec, params, options);
  }
}

/** `adamax` in place. */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: ParamGroups<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(adamaxSpec, params, options);
  }
}
