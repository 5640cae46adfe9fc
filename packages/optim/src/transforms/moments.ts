import { type Tensor, where } from '@fluxion/autograd';
import {
  add,
  at,
  div,
  type Hyper,
  mul,
  numberOf,
  oneMinus,
  pow,
  reciprocal,
  sqrt,
  sub,
  type Varying,
} from '../hyper.js';
import { type Transform, transform } from '../transform.js';
import { blend } from './basic.js';
import { safeSqrt } from './safe.js';

type Betas = readonly [Hyper, Hyper];

const usual: Betas = [0.9, 0.999];

export interface ScaleByAdamOptions {
  /** Decay of the means of the update and of its square. Default [0.9, 0.999]. */
  readonly betas?: Varying<Betas>;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly eps?: Varying;
  /** Divide by the largest second moment so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

/**
 * m / (1 - b1**t) over sqrt(v) / sqrt(1 - b2**t) + eps, with m and v the decaying means of the update and of its square
 * (Kingma and Ba 2015, algorithm 1).
 */
export function scaleByAdam({
  betas = usual,
  eps = 1e-8,
  amsgrad = false,
}: ScaleByAdamOptions = {}): Transform {
  return transform({
    name: 'scaleByAdam',
    slots: amsgrad ? ['expAvg', 'expAvgSq', 'maxExpAvgSq'] : ['expAvg', 'expAvgSq'],
    scalars: step => {
      const [b1, b2] = at(betas, step);
      return [
        b1,
        oneMinus(b1),
        b2,
        oneMinus(b2),
        reciprocal(oneMinus(pow(b1, step))),
        reciprocal(sqrt(oneMinus(pow(b2, step)))),
        at(eps, step),
      ];
    },
    apply: (update, { slots: [m0, v0, max0], scalars }) => {
      const [b1, rest1, b2, rest2, correct1, correct2, epsilon] = scalars as readonly Tensor[];
      const m = blend(m0, b1, update, rest1);
      const v = blend(v0, b2, update.square(), rest2);
      const largest = amsgrad ? (where(v.gt(max0), v, max0) as Tensor) : v;
      const denominator = safeSqrt(largest).mul(correct2).add(epsilon);
      return {
        update: m.mul(correct1).div(denominator) as Tensor,
        slots: amsgrad ? [m, v, largest] : [m, v],
      };
    },
  });
}

export interface ScaleByNadamOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: Varying<Betas>;
  /** Default 1e-8. */
  readonly eps?: Varying;
  /** How fast the momentum approaches betas[0]. Default 4e-3. */
  readonly momentumDecay?: Varying;
}

/**
 * Adam with Nesterov momentum (Dozat 2016), whose momentum of step t is mu(t) = b1 * (1 - 0.96**(t * momentumDecay) / 2). As in PyTorch 1.13 the share of
 * the mean is divided by 1 - mu(1) ... mu(t) * mu(t) * mu(t + 1).
 */
export function scaleByNadam({
  betas = usual,
  eps = 1e-8,
  momentumDecay = 4e-3,
}: ScaleByNadamOptions = {}): Transform {
  const mu = (step: number, of = step): Hyper => {
    const [b1] = at(betas, step);
    return mul(b1, oneMinus(mul(pow(0.96, mul(at(momentumDecay, step), of)), 0.5)));
  };
  return transform({
    name: 'scaleByNadam',
    slots: ['expAvg', 'expAvgSq'],
    carried: {
      names: ['muProduct'],
      initial: () => [1],
      next: (step, [product]) => [mul(product, mu(step))],
    },
    scalars: (step, [before]) => {
      const [b1, b2] = at(betas, step);
      const now = mu(step);
      const next = mu(step, step + 1);
      const product = mul(before, now);
      return [
        b1,
        oneMinus(b1),
        b2,
        oneMinus(b2),
        div(oneMinus(now), oneMinus(product)),
        div(next, oneMinus(mul(mul(product, now), next))),
        reciprocal(sqrt(oneMinus(pow(b2, step)))),
        at(eps, step),
      ];
    },
    apply: (update, { slots: [m0, v0], scalars }) => {
      const [b1, rest1, b2, rest2, ofUpdate, ofMean, correct2, epsilon] = scalars as readonly Tensor[];
      const m = blend(m0, b1, update, rest1);
      const v = blend(v0, b2, update.square(), rest2);
      const denominator = safeSqrt(v).mul(correct2).add(epsilon);
      return {
        update: update.mul(ofUpdate).add(m.mul(ofMean)).div(denominator) as Tensor,
        slots: [m, v],
      };
    },
  });
}

export interface ScaleByRadamOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: Varying<Betas>;
  /** Default 1e-8. */
  readonly eps?: Varying;
}

/**
 * Rectified Adam (Liu et al. 2020): while too few steps were taken for the second moment to mean anything (rho <= 5), the corrected mean alone. Which it is
 * depends on the value of betas[1]; no gradient flows through that decision.
 */
export function scaleByRadam({ betas = usual, eps = 1e-8 }: ScaleByRadamOptions = {}): Transform {
  return transform({
    name: 'scaleByRadam',
    slots: ['expAvg', 'expAvgSq'],
    scalars: step => {
      const [b1, b2] = at(betas, step);
      const correction = oneMinus(pow(b2, step));
      const longest = sub(div(2, oneMinus(b2)), 1);
      const length = sub(longest, div(mul(pow(b2, step), 2 * step), correction));
      const rectified = numberOf(length) > 5;
      const rectification = (): Hyper => {
        const over = mul(mul(sub(length, 4), sub(length, 2)), longest);
        const under = mul(mul(sub(longest, 4), sub(longest, 2)), length);
        return mul(sqrt(div(over, under)), sqrt(correction));
      };
      return [
        b1,
        oneMinus(b1),
        b2,
        oneMinus(b2),
        mul(reciprocal(oneMinus(pow(b1, step))), rectified ? rectification() : 1),
        at(eps, step),
        // The denominator is 1 where there is no rectification, so that one kernel serves both.
        rectified ? 1 : 0,
        rectified ? 0 : 1,
      ];
    },
    apply: (update, { slots: [m0, v0], scalars }) => {
      const [b1, rest1, b2, rest2, factor, epsilon, adaptive, plain] = scalars as readonly Tensor[];
      const m = blend(m0, b1, update, rest1);
      const v = blend(v0, b2, update.square(), rest2);
      const denominator = safeSqrt(v).add(epsilon).mul(adaptive).add(plain);
      return { update: m.mul(factor).div(denominator) as Tensor, slots: [m, v] };
    },
  });
}

export interface ScaleByAdamaxOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: Varying<Betas>;
  /** Added to the size of the update. Default 1e-8. */
  readonly eps?: Varying;
}

/** m / (1 - b1**t) over u = max(b2 * u, |update| + eps) (Kingma and Ba 2015, algorithm 2, with PyTorch's placement of eps). */
export function scaleByAdamax({ betas = usual, eps = 1e-8 }: ScaleByAdamaxOptions = {}): Transform {
  return transform({
    name: 'scaleByAdamax',
    slots: ['expAvg', 'expInf'],
    scalars: step => {
      const [b1, b2] = at(betas, step);
      return [b1, oneMinus(b1), b2, reciprocal(oneMinus(pow(b1, step))), at(eps, step)];
    },
    apply: (update, { slots: [m0, u0], scalars }) => {
      const [b1, rest1, b2, correct1, epsilon] = scalars as readonly Tensor[];
      const m = blend(m0, b1, update, rest1);
      const u = u0.mul(b2).maximum(update.abs().add(epsilon)) as Tensor;
      return { update: m.mul(correct1).div(u) as Tensor, slots: [m, u] };
    },
  });
}

export interface ScaleByLionOptions {
  /** Of the mean in the sign, and of the mean that is kept. Default [0.9, 0.99]. */
  readonly betas?: Varying<Betas>;
}

/** The sign of b1 * m + (1 - b1) * update; m = b2 * m + (1 - b2) * update (Chen et al. 2023). The derivative of the sign is 0 everywhere. */
export function scaleByLion({ betas = [0.9, 0.99] }: ScaleByLionOptions = {}): Transform {
  return transform({
    name: 'scaleByLion',
    slots: ['expAvg'],
    scalars: step => {
      const [b1, b2] = at(betas, step);
      return [b1, oneMinus(b1), b2, oneMinus(b2)];
    },
    apply: (update, { slots: [m0], scalars: [b1, rest1, b2, rest2] }) => ({
      update: blend(m0, b1, update, rest1).sign(),
      slots: [blend(m0, b2, update, rest2)],
    }),
  });
}

export interface ScaleByAsgdOptions {
  /** Default 0.01. */
  readonly lr?: Varying;
  /** Decay of the parameters. Default 1e-4. */
  readonly lambd?: Varying;
  /** The power by which the rate falls. Default 0.75. */
  readonly alpha?: Varying;
  /** The step from which on there is averaging. Default 1e6. */
  readonly t0?: Varying;
}

/**
 * The step of averaged stochastic gradient descent (Polyak and Juditsky 1992), sign included: -eta * (update + lambd * p), eta = lr / (1 + lambd * lr * t)**alpha,
 * and the mean of the parameters since step t0 in the slot `ax`. It ends a chain, since it averages what the parameter will be.
 */
export function scaleByAsgd({
  lr = 0.01,
  lambd = 1e-4,
  alpha = 0.75,
  t0 = 1e6,
}: ScaleByAsgdOptions = {}): Transform {
  return transform({
    name: 'scaleByAsgd',
    slots: ['ax'],
    carried: {
      names: ['eta', 'mu'],
      initial: () => [at(lr, 1), 1],
      next: step => {
        const rate = at(lr, step);
        const falling = pow(add(mul(mul(at(lambd, step), rate), step), 1), at(alpha, step));
        return [div(rate, falling), 1 / Math.max(1, step - numberOf(at(t0, step)))];
      },
    },
    scalars: (step, [eta, mu]) => [mul(eta, -1), at(lambd, step), mu, oneMinus(mu)],
    apply: (update, { param, slots: [mean], scalars }) => {
      const [rate, decay, take, keep] = scalars as readonly Tensor[];
      const change = update.add(param.mul(decay)).mul(rate) as Tensor;
      return { update: change, slots: [blend(mean, keep, param.add(change) as Tensor, take)] };
    },
  });
}
