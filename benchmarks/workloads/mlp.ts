import { filled, layer, uniform } from '../harness/random.js';
import type { MlpTask, StepWorkload, Target } from '../harness/types.js';

/**
 * A perceptron with relu, softmax cross-entropy and Adam on one batch of noise. Weights and biases are uniform in
 * +-1/sqrt(in), PyTorch's default for a linear layer; labels are drawn at random.
 */
export function mlpTask(sizes: readonly number[], batch: number, seed: number): MlpTask {
  const random = uniform(seed);
  const classes = sizes[sizes.length - 1];
  return {
    kind: 'mlp',
    sizes,
    batch,
    learningRate: 1e-3,
    // Centred, so that each unit is active in about half of the batch. A unit that is active in one sample, and barely, would make
    // Adam's step depend on rounding.
    inputs: filled(random, batch * sizes[0], -1, 1),
    labels: Int32Array.from({ length: batch }, () => Math.floor(random() * classes)),
    layers: sizes.slice(1).map((outSize, i) => layer(random, sizes[i], outSize)),
  };
}

function mlp(
  sizes: readonly number[],
  batch: number,
  targets: { baseline: readonly Target[]; relaxed: readonly Target[] },
): StepWorkload {
  return {
    kind: 'steps',
    name: `MLP ${sizes.join('-')} (batch ${batch})`,
    unit: 'ms',
    sides: ['fluxion', 'jaxjs', 'jaxjsEager', 'tfjs', 'pytorch'],
    task: () => mlpTask(sizes, batch, 1),
    targets,
    check: { steps: 4, tolerance: 1e-5 },
    // Beyond some hundred steps a unit that died leaves subnormal numbers in Adam's state, which are slow.
    maximumSteps: 500,
  };
}

export const mlpSmall: StepWorkload = mlp([4, 16, 3], 32, {
  baseline: [{ peers: ['pytorch'], times: 8 }],
  relaxed: [{ peers: ['pytorch'], times: 8 }],
});

export const mlpMedium: StepWorkload = mlp([784, 128, 10], 64, {
  baseline: [
    { peers: ['jaxjs'], times: 4 },
    { peers: ['tfjs'], times: 14 },
    { peers: ['pytorch'], times: 1 / 1.15 },
  ],
  relaxed: [
    { peers: ['jaxjs'], times: 4 },
    { peers: ['tfjs'], times: 14 },
    { peers: ['pytorch'], times: 1 },
  ],
});

export const mlpLarge: StepWorkload = mlp([784, 512, 512, 10], 128, {
  baseline: [
    { peers: ['jaxjs'], times: 2.5 },
    { peers: ['pytorch'], times: 1 / 1.7 },
  ],
  relaxed: [
    { peers: ['jaxjs'], times: 3 },
    { peers: ['pytorch'], times: 1 / 1.35 },
  ],
});
