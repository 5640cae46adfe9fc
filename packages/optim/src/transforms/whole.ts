import { ShapeError, type Tensor, where, zeros } from '@fluxion/autograd';
import { at, type Varying } from '../hyper.js';
import { globalNorm } from '../norm.js';
import { type Transform, transform } from '../transform.js';

// Transforms that have to see whole tensors.

export interface ClipByGlobalNormOptions {
  /** 2: Euclidean; Infinity: the largest size of an element. Default 2. */
  readonly normType?: number;
}

/**
 * The updates of all parameters scaled down together so that their norm, taken as one vector, is at most maxNorm: times min(1, maxNorm / (norm + 1e-6)). In
 * an optimizer with several groups each group is clipped by itself; `clipGradNorm` before the step clips all of them together.
 */
export function clipByGlobalNorm(
  maxNorm: Varying,
  { normType = 2 }: ClipByGlobalNormOptions = {},
): Transform {
  return transform({
    name: 'clipByGlobalNorm',
    slots: [],
    scalars: step => [at(maxNorm, step)],
    measure: updates => {
      const room = globalNorm(updates, normType).add(1e-6) as Tensor;
      return updates.map(u => [room.to(u.dtype)]);
    },
    apply: (update, { measured: [room], scalars: [limit] }) => ({
      update: update.mul(
        room
          .reciprocal()
          .mul(limit as Tensor)
          .clamp({ max: 1 }),
      ) as Tensor,
      slots: [],
    }),
  });
}

/**
 * The update of each parameter times the norm of the parameter over that of the update (You et al. 2020); as it is where one of them is 0. The end of LAMB, before
 * the learning rate.
 */
export function scaleByTrustRatio(): Transform {
  return transform({
    name: 'scaleByTrustRatio',
    slots: [],
    scalars: () => [],
    measure: (updates, params) =>
      updates.map((u, i) => {
        const [size, ofUpdate] = [params[i], u].map(t => globalNorm([t]));
        const vanishes = size.mul(ofUpdate).eq(0);
        return [where(vanishes, 1, size.div(where(vanishes, 1, ofUpdate) as Tensor)) as Tensor];
      }),
    apply: (update, { measured: [ratio] }) => ({ update: update.mul(ratio) as Tensor, slots: [] }),
  });
}

/** The update of each parameter with at least two dims less its mean over all dims but the first (gradient centralization; Yong et al. 2020). */
export function centralize(): Transform {
  return transform({
    name: 'centralize',
    slots: [],
    scalars: () => [],
    measure: updates =>
      updates.map(u => [
        u.ndim < 2
          ? (zeros([], { dtype: u.dtype }) as Tensor)
          : (u.mean(
              Array.from({ length: u.ndim - 1 }, (_, d) => d + 1),
              { keepdim: true },
            ) as Tensor),
      ]),
    apply: (update, { measured: [mean] }) => ({ update: update.sub(mean) as Tensor, slots: [] }),
  });
}

export interface OrthogonalizeOptions {
  /** Coefficients of x, x x^T x and (x x^T)^2 x in one iteration. Default [3.4445, -4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /** How many iterations. Default 5. */
  readonly nsSteps?: number;
  /** The norm that is divided by is at least this. Default 1e-7. */
  readonly eps?: number;
  /** Multiplies the result, by the numbers of rows and columns. Default 1. */
  readonly factor?: (rows: number, columns: number) => number;
}

/**
 * Each update, a matrix, replaced by roughly the nearest matrix with orthonormal rows or columns: its singular values are pushed towards 1 by Newton-Schulz
 * iterations, which are products of matrices alone (Jordan et al. 2024). The arithmetic is that of the parameter's dtype, not bfloat16.
 */
export function orthogonalize(options: () => OrthogonalizeOptions = () => ({})): Transform {
  return transform({
    name: 'orthogonalize',
    slots: [],
    scalars: () => [],
    measure: updates => updates.map(u => [newtonSchulz(u, options())]),
    apply: (_, { measured: [orthogonal] }) => ({ update: orthogonal, slots: [] }),
  });
}

function newtonSchulz(
  update: Tensor,
  {
    nsCoefficients: [a, b, c] = [3.4445, -4.775, 2.0315],
    nsSteps = 5,
    eps = 1e-7,
    factor,
  }: OrthogonalizeOptions,
): Tensor {
  if (update.ndim !== 2)
    throw new ShapeError(
      `orthogonalize: got an update of shape [${update.shape.join(', ')}], expected a matrix. Leave other parameters to another optimizer.`,
    );
  const tall = update.shape[0] > update.shape[1];
  let x = (tall ? update.transpose(0, 1) : update) as Tensor;
  x = x.div(globalNorm([x]).clamp({ min: eps })) as Tensor;
  for (let i = 0; i < nsSteps; i++) {
    const gram = x.matmul(x.transpose(0, 1)) as Tensor;
    x = x.mul(a).add(gram.mul(b).add(gram.matmul(gram).mul(c)).matmul(x)) as Tensor;
  }
  if (factor !== undefined) x = x.mul(factor(update.shape[0], update.shape[1])) as Tensor;
  return (tall ? x.transpose(0, 1) : x) as Tensor;
}
