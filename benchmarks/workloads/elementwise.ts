import { filled, uniform } from '../harness/random.js';
import type { ElementwiseTask, StepWorkload, Target } from '../harness/types.js';

const SIZE = 1_000_000;

function elementwiseTask(op: ElementwiseTask['op']): ElementwiseTask {
  const random = uniform(4);
  const [from, to] = op === 'log' ? [0.01, 10] : [-4, 4];
  return {
    kind: 'elementwise',
    op,
    x: filled(random, SIZE, from, to),
    y: filled(random, op === 'add' ? SIZE : 0, from, to),
  };
}

const functionTargets: readonly Target[] = [
  { peers: ['tfjs'], times: 6 },
  { peers: ['jaxjs'], times: 6 },
  { peers: ['pytorch'], times: 1 / 2.5 },
];

export const elementwise: readonly StepWorkload[] = (
  ['exp', 'tanh', 'sigmoid', 'log', 'gelu', 'add'] as const
).map(op => {
  const targets = op === 'add' ? [] : functionTargets;
  return {
    kind: 'steps',
    name: `${op} of 1M float32`,
    unit: 'ms',
    sides: ['fluxion', 'pytorch', 'jaxjs', 'jaxjsEager', 'tfjs'],
    task: () => elementwiseTask(op),
    targets: { baseline: targets, relaxed: targets },
    check: { steps: 1, tolerance: 1e-6 },
    maximumSteps: 500,
  };
});
