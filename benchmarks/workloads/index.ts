import type { Workload } from '../harness/types.js';
import { bundleSizes } from '../probes/bundleSize.js';
import { graphGrowth } from '../probes/graphGrowth.js';
import { importTime } from '../probes/importTime.js';
import { memoryLoop } from '../probes/memoryLoop.js';
import { adam } from './adam.js';
import { cnn } from './cnn.js';
import { elementwise } from './elementwise.js';
import { matmuls } from './matmul.js';
import { mlpLarge, mlpMedium, mlpSmall } from './mlp.js';
import { scalarMlp } from './scalarMlp.js';
import { twoThreads } from './threads.js';
import { tinyGraph } from './tinyGraph.js';

export const workloads: readonly Workload[] = [
  mlpSmall,
  mlpMedium,
  mlpLarge,
  cnn,
  ...matmuls,
  ...elementwise,
  tinyGraph,
  scalarMlp,
  adam,
  ...twoThreads,
  ...graphGrowth,
  memoryLoop,
  importTime,
  ...bundleSizes,
];
