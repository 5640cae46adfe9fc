import type { StepWorkload } from '../harness/types.js';
import { cnn, cnnTask } from './cnn.js';
import { matmulTask, matmulWorkload } from './matmul.js';

const threads = 2;

/** Two threads against one. Last among the steps: the memory that threads share, the process keeps. */
export const twoThreads: readonly StepWorkload[] = [
  ...[512, 1024].map(size => ({
    ...matmulWorkload(size),
    task: () => ({ ...matmulTask(size), threads }),
    ...against(1.8),
  })),
  {
    ...cnn,
    task: () => ({ ...cnnTask(64, 28), threads }),
    quick: { note: '12x12, batch 4', task: () => ({ ...cnnTask(4, 12), threads }) },
    ...against(1.6),
  },
].map(workload => ({ ...workload, name: `${workload.name} two threads` }));

function against(times: number): Pick<StepWorkload, 'sides' | 'targets'> {
  const targets = [{ peers: ['oneThread'] as const, times }];
  return { sides: ['fluxion', 'oneThread'], targets: { baseline: targets, relaxed: targets } };
}
