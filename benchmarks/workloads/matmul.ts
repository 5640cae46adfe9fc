import { filled, uniform } from '../harness/random.js';
import type { MatmulTask, StepWorkload } from '../harness/types.js';

export function matmulTask(size: number): MatmulTask {
  const random = uniform(3);
  return {
    kind: 'matmul',
    size,
    a: filled(random, size * size, -1, 1),
    b: filled(random, size * size, -1, 1),
  };
}

export const matmulWorkload = (size: number): StepWorkload => ({
  kind: 'steps',
  name: `matmul ${size}`,
  detail: 'GFLOP/s',
  unit: 'GFLOP/s',
  operations: 2 * size ** 3,
  sides: ['fluxion', 'pytorch', 'jaxjs', 'jaxjsEager', 'tfjs'],
  task: () => matmulTask(size),
  targets: {
    baseline: [
      { peers: ['tfjs', 'jaxjs'], times: 1.9 },
      // PyTorch's product of matrices is OpenBLAS, or MKL.
      { peers: ['pytorch'], times: 0.42 },
    ],
    relaxed: [
      { peers: ['tfjs', 'jaxjs'], times: 1.8 },
      { peers: ['pytorch'], times: 0.53 },
    ],
  },
  check: { steps: 1, tolerance: 1e-5 },
  maximumSteps: 500,
});

export const matmuls: readonly StepWorkload[] = [256, 512, 1024].map(matmulWorkload);
