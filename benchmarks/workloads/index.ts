import type { Workload } from '../harness/types.js';
import { mlpLarge, mlpMedium, mlpSmall } from './mlp.js';
import { tinyGraph } from './tinyGraph.js';

export const workloads: readonly Workload[] = [mlpSmall, mlpMedium, mlpLarge, tinyGraph];
