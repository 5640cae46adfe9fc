import type { AdamTask, ChainTask, ElementwiseTask, MatmulTask, TinyGraphTask } from '../types.js';
import { constant, type Expected, Recorder } from './expected.js';
import { adam } from './layers.js';

export function expectedTinyGraph(task: TinyGraphTask, steps: number): Expected {
  const x = Float64Array.from(task.x);
  const t = x.map(a => Math.tanh(a * a + a));
  const loss = t.reduce((a, b) => a + b, 0);
  const grad = x.map((a, i) => (1 - t[i] * t[i]) * (2 * a + 1));
  return constant(task, steps, loss, [grad]);
}

export function expectedChain(task: ChainTask, steps: number): Expected {
  let [h, grad] = [task.x, 1];
  for (let i = 0; i < task.nodes; i++) {
    if (i % 2 === 0) [h, grad] = [h / 2, grad / 2];
    else [h, grad] = [h + task.x, grad + 1];
  }
  return constant(task, steps, h, [Float64Array.of(grad)]);
}

/** The Maclaurin series (DLMF 7.6.2), whose terms are all positive after the factor: no digits are lost. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const functions: Readonly<Record<ElementwiseTask['op'], (x: number, y: number) => number>> = {
  exp: Math.exp,
  tanh: Math.tanh,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  log: Math.log,
  gelu: x => (x / 2) * (1 + erf(x * Math.SQRT1_2)),
  add: (x, y) => x + y,
};

/** The "loss" is the first element. */
export function expectedElementwise(task: ElementwiseTask, steps: number): Expected {
  const f = functions[task.op];
  const result = Float64Array.from(task.x, (x, i) => f(x, task.y[i]));
  return constant(task, steps, result[0], [result]);
}

/** The "loss" is the first element. */
export function expectedMatmul(task: MatmulTask, steps: number): Expected {
  const { size, a, b } = task;
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = result.subarray(i * size, (i + 1) * size);
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k];
      for (let j = 0; j < size; j++) row[j] += factor * b[k * size + j];
    }
  }
  return constant(task, steps, result[0], [result]);
}

/** The "loss" is the first element of the parameter after the step. */
export function expectedAdam(task: AdamTask, steps: number): Expected {
  const parameter = Float64Array.from(task.parameter);
  const state = { parameter, m: new Float64Array(parameter.length), v: new Float64Array(parameter.length) };
  const recorder = new Recorder(task);
  for (let step = 1; step <= steps; step++) {
    adam(state, task.gradient, step, task.learningRate);
    recorder.record(parameter[0], [parameter]);
  }
  return recorder.result(0);
}
