import type { Task } from '../types.js';
import {
  expectedAdam,
  expectedChain,
  expectedElementwise,
  expectedMatmul,
  expectedTinyGraph,
} from './arrays.js';
import type { Expected } from './expected.js';
import { expectedCnn, expectedMlp } from './networks.js';
import { expectedScalarMlp } from './scalarMlp.js';

export type { Expected } from './expected.js';

export function expected(task: Task, steps: number): Expected {
  switch (task.kind) {
    case 'mlp':
      return expectedMlp(task, steps);
    case 'cnn':
      return expectedCnn(task, steps);
    case 'scalarMlp':
      return expectedScalarMlp(task, steps);
    case 'tinyGraph':
      return expectedTinyGraph(task, steps);
    case 'chain':
      return expectedChain(task, steps);
    case 'elementwise':
      return expectedElementwise(task, steps);
    case 'matmul':
      return expectedMatmul(task, steps);
    case 'adam':
      return expectedAdam(task, steps);
  }
}
