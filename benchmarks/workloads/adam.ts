import { filled, uniform } from '../harness/random.js';
import type { AdamTask, StepWorkload, Target } from '../harness/types.js';

function adamTask(): AdamTask {
  const random = uniform(5);
  const size = 1_000_000;
  return {
    kind: 'adam',
    learningRate: 1e-3,
    parameter: filled(random, size, -1, 1),
    // Away from zero, where Adam's first step has no true direction.
    gradient: filled(random, size, 0.5, 1.5).map(g => (random() < 0.5 ? g : -g)),
  };
}

const targets: readonly Target[] = [{ peers: ['plainCopy'], times: 1 / 1.3 }];

/** One fused pass is bound by memory; the measure is a copy of as many bytes, see sides/plainCopy.ts. */
export const adam: StepWorkload = {
  kind: 'steps',
  name: 'Adam over 1M parameters',
  detail: 'against copying as many bytes',
  unit: 'ms',
  sides: ['fluxion', 'pytorch', 'jaxjs', 'jaxjsEager', 'tfjs', 'plainCopy'],
  task: adamTask,
  targets: { baseline: targets, relaxed: targets },
  check: { steps: 3, tolerance: 1e-6 },
  maximumSteps: 500,
};
