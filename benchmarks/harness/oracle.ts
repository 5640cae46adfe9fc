import { addDigest, arrayNames } from './digest.js';
import type { MlpTask, Readings, Task, TinyGraphTask } from './types.js';

/** The same work in float64 and plain loops, written from the formulas: what every side is compared with. */
export interface Expected {
  /** After each step. */
  readonly readings: readonly Readings[];
  /** For each reading, how large its terms are: a sum may cancel to nearly nothing. */
  readonly scales: readonly Readings[];
  /**
   * What a digest may be off by besides. Adam's first step moves a parameter by the learning rate in the direction of its gradient
   * however small that is, so where a gradient is zero but for rounding, float32 may go the other way: one such
   * parameter an array is allowed. The loss feels none of it.
   */
  readonly slack: number;
}

interface Layer {
  readonly inSize: number;
  readonly outSize: number;
  readonly parameters: [weight: Float64Array, bias: Float64Array];
  readonly m: [Float64Array, Float64Array];
  readonly v: [Float64Array, Float64Array];
}

/** out[b, o] = sum over i of x[b, i] w[o, i] + bias[o] */
function affine(x: Float64Array, layer: Layer, batch: number): Float64Array {
  const { inSize, outSize } = layer;
  const [weight, bias] = layer.parameters;
  const out = new Float64Array(batch * outSize);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outSize; o++) {
      let sum = bias[o];
      for (let i = 0; i < inSize; i++) sum += x[b * inSize + i] * weight[o * inSize + i];
      out[b * outSize + o] = sum;
    }
  }
  return out;
}

/** Mean cross-entropy of the softmax, and its gradient (softmax - one-hot) / batch in place of the logits. */
function crossEntropy(logits: Float64Array, labels: Int32Array): number {
  const batch = labels.length;
  const classes = logits.length / batch;
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    const row = logits.subarray(b * classes, (b + 1) * classes);
    const max = row.reduce((a, z) => Math.max(a, z), -Infinity);
    const total = row.reduce((a, z) => a + Math.exp(z - max), 0);
    loss += Math.log(total) + max - row[labels[b]];
    for (let c = 0; c < classes; c++) {
      row[c] = (Math.exp(row[c] - max) / total - (c === labels[b] ? 1 : 0)) / batch;
    }
  }
  return loss / batch;
}

function backward(grad: Float64Array, x: Float64Array, layer: Layer, batch: number) {
  const { inSize, outSize } = layer;
  const weight = layer.parameters[0];
  const gradWeight = new Float64Array(weight.length);
  const gradBias = new Float64Array(outSize);
  const gradInput = new Float64Array(x.length);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outSize; o++) {
      const g = grad[b * outSize + o];
      if (g === 0) continue;
      gradBias[o] += g;
      for (let i = 0; i < inSize; i++) {
        gradWeight[o * inSize + i] += g * x[b * inSize + i];
        gradInput[b * inSize + i] += g * weight[o * inSize + i];
      }
    }
  }
  return { grads: [gradWeight, gradBias] as const, gradInput };
}

/** Kingma and Ba 2015, algorithm 1, with the bias corrections as written there. */
function adam(layer: Layer, grads: readonly [Float64Array, Float64Array], step: number, rate: number): void {
  for (const k of [0, 1] as const) {
    const [p, g, m, v] = [layer.parameters[k], grads[k], layer.m[k], layer.v[k]];
    for (let i = 0; i < p.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      p[i] -= (rate * (m[i] / (1 - 0.9 ** step))) / (Math.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8);
    }
  }
}

function expectedMlp(task: MlpTask, steps: number): Expected {
  const pair = (layer: { weight: Float32Array; bias: Float32Array }): [Float64Array, Float64Array] => [
    new Float64Array(layer.weight.length),
    new Float64Array(layer.bias.length),
  ];
  const layers: Layer[] = task.layers.map((layer, i) => ({
    inSize: task.sizes[i],
    outSize: task.sizes[i + 1],
    parameters: [Float64Array.from(layer.weight), Float64Array.from(layer.bias)],
    m: pair(layer),
    v: pair(layer),
  }));
  const readings: Readings[] = [];
  const scales: Readings[] = [];
  for (let step = 1; step <= steps; step++) {
    const activations: Float64Array[] = [Float64Array.from(task.inputs)];
    for (const [i, layer] of layers.entries()) {
      const out = affine(activations[i], layer, task.batch);
      activations.push(i + 1 < layers.length ? out.map(z => Math.max(z, 0)) : out);
    }
    let grad = activations[layers.length];
    const loss = crossEntropy(grad, task.labels);
    for (let i = layers.length - 1; i >= 0; i--) {
      const { grads, gradInput } = backward(grad, activations[i], layers[i], task.batch);
      grad = gradInput.map((g, j) => (activations[i][j] > 0 ? g : 0));
      adam(layers[i], [grads[0], grads[1]], step, task.learningRate);
    }
    const arrays = layers.flatMap(layer => layer.parameters);
    readings.push(readingsOf(task, loss, arrays));
    scales.push(scalesOf(task, loss, arrays));
  }
  return { readings, scales, slack: 2 * task.learningRate };
}

function expectedTinyGraph(task: TinyGraphTask, steps: number): Expected {
  const x = Float64Array.from(task.x);
  const t = x.map(a => Math.tanh(a * a + a));
  const loss = t.reduce((a, b) => a + b, 0);
  const grad = x.map((a, i) => (1 - t[i] * t[i]) * (2 * a + 1));
  const readings = readingsOf(task, loss, [grad]);
  const scales = scalesOf(task, loss, [grad]);
  return { readings: Array(steps).fill(readings), scales: Array(steps).fill(scales), slack: 0 };
}

function readingsOf(task: Task, loss: number, arrays: readonly Float64Array[]): Readings {
  const result: Readings = { loss };
  arrayNames(task).forEach((name, i) => {
    addDigest(result, name, arrays[i]);
  });
  return result;
}

function scalesOf(task: Task, loss: number, arrays: readonly Float64Array[]): Readings {
  const result: Readings = { loss: Math.max(1, Math.abs(loss)) };
  arrayNames(task).forEach((name, i) => {
    const scale = arrays[i].reduce((a, b) => a + Math.abs(b), 0);
    result[`${name} sum`] = scale;
    result[`${name} projection`] = scale;
  });
  return result;
}

export function expected(task: Task, steps: number): Expected {
  return task.kind === 'mlp' ? expectedMlp(task, steps) : expectedTinyGraph(task, steps);
}
