import { filled, layer, uniform } from '../harness/random.js';
import type { CnnTask, StepWorkload } from '../harness/types.js';

/** Ten classes, on noise; see `mlpTask`. */
export function cnnTask(
  batch: number,
  size: number,
  channels: readonly [number, number, number] = [1, 16, 32],
): CnnTask {
  const random = uniform(2);
  const classes = 10;
  return {
    kind: 'cnn',
    batch,
    size,
    channels,
    classes,
    learningRate: 1e-3,
    inputs: filled(random, batch * channels[0] * size * size, -1, 1),
    labels: Int32Array.from({ length: batch }, () => Math.floor(random() * classes)),
    layers: [
      layer(random, channels[0] * 9, channels[1]),
      layer(random, channels[1] * 9, channels[2]),
      layer(random, channels[2] * (size / 4) ** 2, classes),
    ],
  };
}

const javascript = ['jaxjs', 'tfjs'] as const;

export const cnn: StepWorkload = {
  kind: 'steps',
  name: 'CNN 28x28 (batch 64)',
  detail: 'conv 3x3 1-16, pool, conv 3x3 16-32, pool, fully connected',
  unit: 'ms',
  // jax-js eager would take minutes a step.
  sides: ['fluxion', 'pytorch', 'jaxjs', 'tfjs'],
  task: () => cnnTask(64, 28),
  quick: { note: '12x12, batch 4', task: () => cnnTask(4, 12) },
  targets: {
    baseline: [
      { peers: javascript, times: 100 },
      { peers: ['pytorch'], times: 1 / 1.4 },
    ],
    relaxed: [
      { peers: javascript, times: 100 },
      { peers: ['pytorch'], times: 1 },
    ],
  },
  check: { steps: 2, tolerance: 1e-5 },
  maximumSteps: 500,
};
