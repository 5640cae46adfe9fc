import { filled, layer, uniform } from '../harness/random.js';
import type { ScalarMlpTask, StepWorkload, Target } from '../harness/types.js';

/** Points of two half circles that reach into each other, with noise. */
function scalarMlpTask(count: number): ScalarMlpTask {
  const random = uniform(6);
  const sizes = [2, 16, 16, 1];
  const signs = Int32Array.from({ length: count }, (_, i) => (i % 2 ? 1 : -1));
  const inputs = filled(random, 2 * count, -0.1, 0.1);
  signs.forEach((sign, i) => {
    const angle = Math.PI * random();
    inputs[2 * i] += sign > 0 ? 1 - Math.cos(angle) : Math.cos(angle);
    inputs[2 * i + 1] += sign > 0 ? 0.5 - Math.sin(angle) : Math.sin(angle);
  });
  return {
    kind: 'scalarMlp',
    sizes,
    inputs,
    signs,
    learningRate: 0.05,
    penalty: 1e-4,
    layers: sizes.slice(1).map((outSize, i) => layer(random, sizes[i], outSize)),
  };
}

const targets: readonly Target[] = [{ peers: ['micrograd'], times: 100 }];

/** A graph of some hundred thousand scalars in every step. All sides compute in float64. */
export const scalarMlp: StepWorkload = {
  kind: 'steps',
  name: 'scalar MLP 2-16-16-1',
  detail: '100 points, a graph of scalars',
  unit: 'ms',
  sides: ['fluxion', 'micrograd', 'microgradJs'],
  task: () => scalarMlpTask(100),
  quick: { note: '10 points', task: () => scalarMlpTask(10) },
  targets: { baseline: targets, relaxed: targets },
  check: { steps: 3, tolerance: 1e-10 },
  maximumSteps: 200,
};
