import { fullLike, type Tensor, where } from '@fluxion/autograd';
import { add, at, div, type Hyper, oneMinus, type Varying } from '../hyper.js';
import { type Transform, transform } from '../transform.js';
import { blend } from './basic.js';
import { safeSqrt } from './safe.js';

/** A tensor of the parameter's shape filled with a hyperparameter, which keeps its gradient. */
function filled(param: Tensor, value: Hyper): Tensor {
  return typeof value === 'number' ? fullLike(param, value) : (fullLike(param, 0).add(value) as Tensor);
}

export interface ScaleByRmsOptions {
  /** Decay of the mean of squares. Default 0.99. */
  readonly alpha?: Varying;
  /** Default 1e-8. */
  readonly eps?: Varying;
  /** Take the variance instead of the mean of squares (Graves 2013). Default false. */
  readonly centered?: boolean;
}

/** update / (sqrt(v) + eps), v the decaying mean of its square (Tieleman and Hinton 2012). */
export function scaleByRms({
  alpha = 0.99,
  eps = 1e-8,
  centered = false,
}: ScaleByRmsOptions = {}): Transform {
  return transform({
    name: 'scaleByRms',
    slots: centered ? ['squareAvg', 'gradAvg'] : ['squareAvg'],
    scalars: step => {
      const a = at(alpha, step);
      return [a, oneMinus(a), at(eps, step)];
    },
    apply: (update, { slots: [v0, mean0], scalars }) => {
      const [a, rest, epsilon] = scalars as readonly Tensor[];
      const v = blend(v0, a, update.square(), rest);
      const mean = centered ? blend(mean0, a, update, rest) : null;
      const spread = mean === null ? v : (v.sub(mean.square()) as Tensor);
      return {
        update: update.div(safeSqrt(spread).add(epsilon)) as Tensor,
        slots: mean === null ? [v] : [v, mean],
      };
    },
  });
}

export interface ScaleByAdagradOptions {
  /** Where the sum of squares starts. Default 0. */
  readonly initialAccumulatorValue?: Varying;
  /** Default 1e-10. */
  readonly eps?: Varying;
  /** The update of step t is divided by 1 + (t - 1) * lrDecay. Default 0. */
  readonly lrDecay?: Varying;
}

/** update / (sqrt(sum of squares so far) + eps) (Duchi et al. 2011). */
export function scaleByAdagrad({
  initialAccumulatorValue = 0,
  eps = 1e-10,
  lrDecay = 0,
}: ScaleByAdagradOptions = {}): Transform {
  return transform({
    name: 'scaleByAdagrad',
    slots: ['sum'],
    initial: param => [filled(param, at(initialAccumulatorValue, 1))],
    scalars: step => {
      const decay = at(lrDecay, step);
      const over = typeof decay === 'number' ? decay * (step - 1) : (decay.mul(step - 1) as Tensor);
      return [at(eps, step), div(1, add(over, 1))];
    },
    apply: (update, { slots: [sum0], scalars }) => {
      const [epsilon, share] = scalars as readonly Tensor[];
      const sum = sum0.add(update.square()) as Tensor;
      return { update: update.mul(share).div(safeSqrt(sum).add(epsilon)) as Tensor, slots: [sum] };
    },
  });
}

export interface ScaleByAdadeltaOptions {
  /** Decay of both means of squares. Default 0.9. */
  readonly rho?: Varying;
  /** Under both roots. Default 1e-6. */
  readonly eps?: Varying;
}

/** update * sqrt(d + eps) / sqrt(v + eps), v and d the decaying means of the squares of the update and of what comes out (Zeiler 2012). */
export function scaleByAdadelta({ rho = 0.9, eps = 1e-6 }: ScaleByAdadeltaOptions = {}): Transform {
  return transform({
    name: 'scaleByAdadelta',
    slots: ['squareAvg', 'accDelta'],
    scalars: step => {
      const r = at(rho, step);
      return [r, oneMinus(r), at(eps, step)];
    },
    apply: (update, { slots: [v0, d0], scalars }) => {
      const [r, rest, epsilon] = scalars as readonly Tensor[];
      const v = blend(v0, r, update.square(), rest);
      const delta = safeSqrt(d0.add(epsilon) as Tensor)
        .div(safeSqrt(v.add(epsilon) as Tensor))
        .mul(update) as Tensor;
      return { update: delta, slots: [v, blend(d0, r, delta.square(), rest)] };
    },
  });
}

export interface ScaleByRpropOptions {
  /** The first step size. Default 0.01. */
  readonly lr?: Varying;
  /** Factors of the step size where the gradient changed its sign and where it kept it. Default [0.5, 1.2]. */
  readonly etas?: Varying<readonly [Hyper, Hyper]>;
  /** Bounds of the step size. Default [1e-6, 50]. */
  readonly stepSizes?: Varying<readonly [Hyper, Hyper]>;
}

/**
 * The sign of the update times a step size of each element's own, which grows while the sign stays and shrinks when it changes; then the element
 * rests for one step (Riedmiller and Braun 1993, in the form of PyTorch: Rprop-).
 */
export function scaleByRprop({
  lr = 0.01,
  etas = [0.5, 1.2],
  stepSizes = [1e-6, 50],
}: ScaleByRpropOptions = {}): Transform {
  return transform({
    name: 'scaleByRprop',
    slots: ['prev', 'stepSize'],
    initial: param => [fullLike(param, 0), filled(param, at(lr, 1))],
    scalars: step => [...at(etas, step), ...at(stepSizes, step)],
    apply: (update, { slots: [previous, size0], scalars }) => {
      const [minus, plus, min, max] = scalars as readonly Tensor[];
      const trend = update.mul(previous).sign();
      const turned = trend.lt(0);
      const grown = where(trend.gt(0), size0.mul(plus), size0) as Tensor;
      const size = (where(turned, size0.mul(minus), grown) as Tensor).clamp({ min, max });
      const kept = where(turned, 0, update) as Tensor;
      return { update: kept.sign().mul(size) as Tensor, slots: [kept, size] };
    },
  });
}
