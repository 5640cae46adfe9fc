import type { StepWorkload, Target } from '../harness/types.js';

const targets: readonly Target[] = [
  { peers: ['pytorch'], times: 6 },
  { peers: ['jaxjs'], times: 4 },
];

/** Almost no arithmetic: what is timed is the cost of an op and of a node of the graph. */
export const tinyGraph: StepWorkload = {
  kind: 'steps',
  name: 'tiny graph',
  detail: 'tanh(x*x+x).sum() of 3 elements, forward + backward',
  unit: 'µs',
  sides: ['fluxion', 'jaxjs', 'jaxjsEager', 'tfjs', 'pytorch'],
  task: () => ({ kind: 'tinyGraph', x: Float32Array.of(0.3, -0.7, 1.1) }),
  targets: { baseline: targets, relaxed: targets },
  check: { steps: 2, tolerance: 1e-6 },
  maximumSteps: 20_000,
};
