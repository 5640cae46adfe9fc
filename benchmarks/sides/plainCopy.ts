import { readingsOf } from '../harness/digest.js';
import type { AdamTask, Prepared, Side } from '../harness/types.js';

/**
 * The least that memory asks of Adam: it reads parameter, gradient and two moments and writes parameter and moments. A copy reads an array
 * and writes one, so that these seven are three copies and a half.
 */
function adam(task: AdamTask): Prepared {
  const size = task.parameter.length;
  const half = size >> 1;
  const from = [task.parameter, task.gradient, new Float32Array(size), new Float32Array(size)];
  const to = from.map(() => new Float32Array(size));
  return {
    reset: () => undefined,
    step() {
      for (let i = 0; i < 3; i++) to[i].set(from[i]);
      to[3].set(from[3].subarray(0, half));
      return to[0][0];
    },
    readings: () => readingsOf(task, [to[0]]),
  };
}

export async function load(): Promise<Side> {
  return { description: 'TypedArray.set of as many bytes', preparations: { adam } };
}
