/**
 * The third derivative of tanh, by taking the gradient of the gradient of the gradient, next to the formula
 *
 *   tanh'''(x) = -2 (1 - t**2) (1 - 3 t**2)   with t = tanh(x)
 *
 * that can be worked out by hand from tanh' = 1 - tanh**2.
 *
 *   npx tsx --conditions=@fluxion/source docs/examples/third-derivative.ts
 */
import { pathToFileURL } from 'node:url';
import { grad, type Tensor, tensor } from '@fluxion/autograd';

export interface Comparison {
  readonly x: number;
  readonly byGrad: number;
  readonly byFormula: number;
}

const tanh = (x: Tensor): Tensor => x.tanh();
const first = grad(tanh);
const second = grad((x: Tensor) => first(x));
const third = grad((x: Tensor) => second(x));

/** Both at each point, in float64. */
export function thirdDerivativeOfTanh(points: readonly number[]): Comparison[] {
  return points.map(x => {
    const t = Math.tanh(x);
    return {
      x,
      byGrad: third(tensor(x, { dtype: 'float64' })).item(),
      byFormula: -2 * (1 - t * t) * (1 - 3 * t * t),
    };
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log('     x   grad(grad(grad(tanh)))    -2 (1 - t**2) (1 - 3 t**2)');
  for (const { x, byGrad, byFormula } of thirdDerivativeOfTanh([-2, -1, -0.5, 0, 0.5, 1, 2]))
    console.log(
      `${x.toFixed(2).padStart(6)}   ${byGrad.toFixed(17).padStart(22)}    ${byFormula.toFixed(17).padStart(22)}`,
    );
}
