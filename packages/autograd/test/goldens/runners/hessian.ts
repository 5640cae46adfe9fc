import { grad, hessian, hvp, jacobian, softplus, type Tensor } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { GoldenTensor, KindCase } from '../format.js';
import { build, NotSupported } from '../tensors.js';
import { mlp } from './optim.js';

interface HessianCase extends KindCase {
  readonly activation: string;
  readonly sizes: readonly [input: number, hidden: number, output: number];
  readonly X: GoldenTensor;
  readonly Y: GoldenTensor;
  readonly theta: GoldenTensor;
  readonly vec: GoldenTensor;
  readonly loss: number;
  readonly grad: GoldenTensor;
  readonly hessian: GoldenTensor;
  readonly hvp: GoldenTensor;
  readonly third: GoldenTensor;
  readonly jacobian: GoldenTensor;
}

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  tanh: x => x.tanh(),
  softplus: x => softplus(x),
};

/** First to third derivatives of a perceptron by its flattened parameters. */
export function runHessian(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as HessianCase;
  const activation = activations[c.activation];
  if (activation === undefined) throw new NotSupported(`the activation ${c.activation}`);
  const [inputs, hidden, outputs] = c.sizes;
  const [X, Y, theta, vec] = [c.X, c.Y, c.theta, c.vec].map(t => build(t));
  const model = (parameters: Tensor): Tensor => {
    const [W1, b1, W2, b2] = parameters.split([hidden * inputs, hidden, outputs * hidden, outputs]);
    return mlp(
      { W1: W1.reshape([hidden, inputs]), b1, W2: W2.reshape([outputs, hidden]), b2 },
      X,
      activation,
    );
  };
  const loss = (parameters: Tensor): Tensor => model(parameters).sub(Y).square().mean();
  const tolerance = tolerances.trajectory;

  compare.number('loss', loss(theta).item(), c.loss, tolerance);
  compare.tensor('grad', grad(loss)(theta), c.grad, tolerance);
  compare.tensor('hessian', hessian(loss)(theta), c.hessian, tolerance);
  compare.tensor('hvp', hvp(loss, theta, vec).product, c.hvp, tolerance);
  const curvature = (parameters: Tensor): Tensor => hvp(loss, parameters, vec).product.mul(vec).sum();
  compare.tensor('third', grad(curvature)(theta), c.third, tolerance);
  compare.tensor('jacobian', jacobian((p: Tensor) => model(p).flatten())(theta), c.jacobian, tolerance);
}
