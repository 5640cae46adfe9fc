/**
 * A meta-gradient: how the loss after five steps of Adam changes with the learning rate. The update rule is made of graph operations, so
 * the whole training run is one differentiable function; `lr` is a tensor, and `grad` follows it through every step.
 * Next to it stand central differences: the same run with a learning rate a little larger and a little smaller.
 *
 *   npx tsx --conditions=@fluxion/source docs/examples/meta-gradient.ts
 */
import { pathToFileURL } from 'node:url';
import { Generator, grad, noGrad, randn, type Tensor, tensor } from '@fluxion/autograd';
import { adam } from '@fluxion/optim';

export interface MetaGradient {
  readonly lr: number;
  readonly loss: number;
  readonly byGrad: number;
  readonly byDifferences: number;
}

interface Params {
  readonly [name: string]: Tensor;
  readonly w: Tensor;
  readonly v: Tensor;
}

/** A small regression: a layer of tanh units on random data, the same for each seed. */
function problem(seed: number): { lossOf: (params: Params) => Tensor; start: Params } {
  const generator = new Generator(seed);
  const draw = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator }) as Tensor;
  const x = draw(20, 3);
  const y = x.sum(1, { keepdim: true }).sin();
  return {
    lossOf: ({ w, v }) => x.matmul(w).tanh().matmul(v).sub(y).square().mean(),
    start: { w: draw(3, 4), v: draw(4, 1) },
  };
}

/** The derivative of the loss after some steps of Adam by its learning rate, both ways, in float64. */
export function metaGradient({ lr = 0.05, steps = 5, seed = 0 } = {}): MetaGradient {
  const { lossOf, start } = problem(seed);
  const train = (rate: Tensor): Tensor => {
    const rule = adam({ lr: rate });
    let params = start;
    let state = rule.init(params);
    for (let i = 0; i < steps; i++) ({ params, state } = rule.update(grad(lossOf)(params), state, params));
    return lossOf(params);
  };
  const rate = tensor(lr, { dtype: 'float64', requiresGrad: true });
  const loss = train(rate);
  const [byGrad] = grad(loss, [rate]);
  const h = 1e-6;
  const lossAt = (value: number): number => noGrad(() => train(tensor(value, { dtype: 'float64' })).item());
  return {
    lr,
    loss: loss.item(),
    byGrad: byGrad.item(),
    byDifferences: (lossAt(lr + h) - lossAt(lr - h)) / (2 * h),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const lr of [0.01, 0.05, 0.2]) {
    const { loss, byGrad, byDifferences } = metaGradient({ lr });
    console.log(`Adam, lr ${lr}: loss after 5 steps ${loss.toFixed(6)}`);
    console.log(`  d loss / d lr by grad                ${byGrad.toFixed(12)}`);
    console.log(`  d loss / d lr by central differences ${byDifferences.toFixed(12)}`);
  }
}
