import { cat, noGrad, type Tensor, zeros } from '@fluxion/autograd';

// Parameters as one vector.

/** All elements of the parameters as one vector. */
export function join(params: readonly Tensor[]): Tensor {
  return cat(params.map(p => p.reshape([p.size]) as Tensor)) as Tensor;
}

/** The same of their gradients; zeros where there is none. */
export function gradientOf(params: readonly Tensor[]): Tensor {
  return cat(
    params.map(p => (p.gradient?.reshape([p.size]) ?? zeros([p.size], { dtype: p.dtype })) as Tensor),
  ) as Tensor;
}

/** For each parameter its part of a vector. */
function parts(params: readonly Tensor[], vector: Tensor): Tensor[] {
  const sizes = params.map(p => p.size);
  return vector.split(sizes).map((part, i) => part.reshape(params[i].shape) as Tensor);
}

/** Overwrites the parameters with the elements of a vector. */
export function write(params: readonly Tensor[], values: Tensor): void {
  noGrad(() => {
    parts(params, values).forEach((part, i) => {
      params[i].assign(part);
    });
  });
}

/** Adds t times a vector to the parameters. */
export function move(params: readonly Tensor[], d: Tensor, t: number): void {
  parts(params, d.mul(t) as Tensor).forEach((part, i) => {
    params[i].add_(part);
  });
}
