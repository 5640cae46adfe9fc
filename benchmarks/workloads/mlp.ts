import { uniform } from '../harness/random.js';
import type { MlpTask, Target, Workload } from '../harness/types.js';

/**
 * A perceptron with relu, softmax cross-entropy and Adam on one batch of noise. Weights and biases are uniform in
 * +-1/sqrt(in), PyTorch's default for a linear layer; labels are drawn at random.
 */
function mlpTask(sizes: readonly number[], batch: number, seed: number): MlpTask {
  const random = uniform(seed);
  const filled = (length: number, from: number, to: number): Float32Array =>
    Float32Array.from({ length }, () => from + (to - from) * random());
  const classes = sizes[sizes.length - 1];
  return {
    kind: 'mlp',
    sizes,
    batch,
    learningRate: 1e-3,
    // Centred, so that each unit is active in about half of the batch. A unit that is active in one sample, and barely, would make
    // Adam's step depend on rounding.
    inputs: filled(batch * sizes[0], -1, 1),
    labels: Int32Array.from({ length: batch }, () => Math.floor(random() * classes)),
    layers: sizes.slice(1).map((outSize, i) => {
      const bound = 1 / Math.sqrt(sizes[i]);
      return { weight: filled(outSize * sizes[i], -bound, bound), bias: filled(outSize, -bound, bound) };
    }),
  };
}

function mlp(
  sizes: readonly number[],
  batch: number,
  targets: { baseline: readonly Target[]; relaxed: readonly Target[] },
): Workload {
  return {
    name: `MLP ${sizes.join('-')}, batch ${batch}`,
    unit: 'ms',
    sides: ['fluxion', 'jaxjs', 'jaxjsEager', 'tfjs', 'pytorch'],
    task: () => mlpTask(sizes, batch, 1),
    targets,
    check: { steps: 4, tolerance: 1e-5 },
    // Beyond some hundred steps a unit that died leaves subnormal numbers in Adam's state, which are slow.
    maximumSteps: 500,
  };
}

export const mlpSmall: Workload = mlp([4, 16, 3], 32, {
  baseline: [{ peer: 'pytorch', times: 8 }],
  relaxed: [{ peer: 'pytorch', times: 8 }],
});

export const mlpMedium: Workload = mlp([784, 128, 10], 64, {
  baseline: [
    { peer: 'jaxjs', times: 4 },
    { peer: 'tfjs', times: 14 },
    { peer: 'pytorch', times: 1 / 1.15 },
  ],
  relaxed: [
    { peer: 'jaxjs', times: 4 },
    { peer: 'tfjs', times: 14 },
    { peer: 'pytorch', times: 1 },
  ],
});

export const mlpLarge: Workload = mlp([784, 512, 512, 10], 128, {
  baseline: [
    { peer: 'jaxjs', times: 2.5 },
    { peer: 'pytorch', times: 1 / 1.7 },
  ],
  relaxed: [
    { peer: 'jaxjs', times: 3 },
    { peer: 'pytorch', times: 1 / 1.35 },
  ],
});
