import { availableParallelism } from 'node:os';
import { setThreads } from '@fluxion/autograd';
import { kernels } from '@fluxion/kernels';
import type { CnnTask, MatmulTask, Prepared, Side } from '../../harness/types.js';
import { adam, chain, elementwise, matmul, tinyGraph } from './arrays.js';
import { cnn, mlp } from './networks.js';
import { scalarMlp } from './scalarMlp.js';

/** With `alone`, tasks that ask for several threads get one all the same. */
export async function load(alone: boolean): Promise<Side> {
  const threaded =
    <T extends CnnTask | MatmulTask>(make: (task: T) => Prepared) =>
    async (task: T): Promise<Prepared> => {
      const threads = alone ? 1 : (task.threads ?? 1);
      await setThreads(threads);
      const prepared = make(task);
      const cores = availableParallelism();
      return threads > cores ? { ...prepared, note: `${cores} core for ${threads} threads` } : prepared;
    };
  return {
    description: `this checkout, ${kernels().name} kernels, ${alone ? '1 thread' : '1 thread, or what the workload says'}`,
    preparations: {
      ...{ mlp, tinyGraph, chain, elementwise, adam, scalarMlp },
      ...{ cnn: threaded(cnn), matmul: threaded(matmul) },
    },
  };
}
