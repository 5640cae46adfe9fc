import { ArgumentError, ShapeError, show } from '@fluxion/autograd';
import type { ParamGroups } from '../base.js';
import { beta, checkNumber, checksOf, count, finite, notNegative, positive } from '../check.js';
import type { Hyper } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain } from '../transform.js';
import { movingAverage, scaleByLearningRate } from '../transforms/basic.js';
import { scaleByAdam } from '../transforms/moments.js';
import { orthogonalize, scaleByTrustRatio } from '../transforms/whole.js';
import { decayed, type FrontOptions, turned } from './front.js';

// Rules that see each parameter as a whole.

export interface LambOptions extends FrontOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [Hyper, Hyper];
  /** Default 1e-6. */
  readonly eps?: Hyper;
  /** Added, times the parameter, to the step before its length is set. Default 0. */
  readonly weightDecay?: Hyper;
}

export interface MuonOptions extends FrontOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Subtracted, times lr and the parameter. Default 0.1. */
  readonly weightDecay?: Hyper;
  /** Default 0.95. */
  readonly momentum?: Hyper;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Coefficients of the Newton-Schulz iteration. Default [3.4445, -4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /** Iterations. Default 5. */
  readonly nsSteps?: number;
  /** The norm that the momentum is divided by is at least this. Default 1e-7. */
  readonly eps?: number;
  /**
   * How lr depends on the shape [m, n]. 'original': times sqrt(max(1, m / n)) (Jordan et al. 2024); 'matchRmsAdamw': times 0.2 * sqrt(max(m, n)), so that lr and
   * weight decay can be those of AdamW (Liu et al. 2025). Default 'original'.
   */
  readonly adjustLr?: 'original' | 'matchRmsAdamw';
}

const betas = [0.9, 0.999] as const;

const lambSpec: RuleSpec<LambOptions> = {
  name: 'lamb',
  defaults: { lr: 1e-3, betas, eps: 1e-6 },
  switches: ['maximize', 'weightDecay'],
  check: checksOf<LambOptions>('lamb', {
    lr: notNegative,
    betas: [beta, beta],
    eps: notNegative,
    weightDecay: notNegative,
  }),
  transform: options =>
    chain(
      ...turned(options),
      scaleByAdam({ betas: () => options.betas ?? betas, eps: () => options.eps ?? 1e-6 }),
      ...decayed(options),
      scaleByTrustRatio(),
      scaleByLearningRate(() => options.lr ?? 1e-3),
    ),
};

const checkMuon = checksOf<MuonOptions>('muon', {
  lr: notNegative,
  weightDecay: notNegative,
  momentum: beta,
  nsCoefficients: [finite, finite, finite],
});

const original = (m: number, n: number): number => Math.sqrt(Math.max(1, m / n));
const likeAdamw = (m: number, n: number): number => 0.2 * Math.sqrt(Math.max(m, n));

const muonSpec: RuleSpec<MuonOptions> = {
  name: 'muon',
  defaults: {
    lr: 1e-3,
    weightDecay: 0.1,
    momentum: 0.95,
    nesterov: true,
    nsCoefficients: [3.4445, -4.775, 2.0315],
    nsSteps: 5,
    eps: 1e-7,
    adjustLr: 'original',
  },
  switches: ['maximize', 'weightDecay', 'nesterov'],
  check: options => {
    checkMuon(options);
    checkNumber('muon', 'nsSteps', options.nsSteps ?? 5, count);
    checkNumber('muon', 'eps', options.eps ?? 1e-7, positive);
    const { adjustLr = 'original' } = options;
    if (adjustLr !== 'original' && adjustLr !== 'matchRmsAdamw')
      throw new ArgumentError(`muon: adjustLr is ${show(adjustLr)}; expected 'original' or 'matchRmsAdamw'.`);
  },
  checkParam: (p, which) => {
    if (p.ndim !== 2)
      throw new ShapeError(
        `muon: ${which} has shape [${p.shape.join(', ')}], and only matrices can be orthogonalized. Give the others to AdamW.`,
      );
  },
  transform: options =>
    chain(
      ...turned(options),
      movingAverage({ decay: () => options.momentum ?? 0.95, nesterov: options.nesterov }),
      orthogonalize(() => ({
        ...options,
        factor: options.adjustLr === 'matchRmsAdamw' ? likeAdamw : original,
      })),
      ...decayed(options),
      scaleByLearningRate(() => options.lr ?? 1e-3),
    ),
};

/** Adam with decoupled weight decay, each parameter's step as long, relative to lr, as the parameter itself (You et al. 2020). */
export function lamb(options: LambOptions = {}): UpdateRule {
  return ruleOf(lambSpec, options);
}

/** Momentum made orthogonal by Newton-Schulz iterations, for matrices (Jordan et al. 2024); the defaults are those of PyTorch. */
export function muon(options: MuonOptions = {}): UpdateRule {
  return ruleOf(muonSpec, options);
}

/** `lamb` in place. */
export class LAMB extends Optimizer<LambOptions> {
  constructor(params: ParamGroups<LambOptions>, options: LambOptions = {}) {
    super(lambSpec, params, options);
  }
}

/** `muon` in place. For the weights of hidden layers; biases, embeddings and the last layer go to another optimizer. */
export class Muon extends Optimizer<MuonOptions> {
  constructor(params: ParamGroups<MuonOptions>, options: MuonOptions = {}) {
    super(muonSpec, params, options);
  }
}
