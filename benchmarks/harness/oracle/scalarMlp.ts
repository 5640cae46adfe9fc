import type { ScalarMlpTask } from '../types.js';
import { type Expected, Recorder } from './expected.js';
import { affine, affineBackward, layerOf } from './layers.js';

/** Mean of max(0, 1 - sign * output), plus penalty times the sum of squares; then p -= rate * dp. */
export function expectedScalarMlp(task: ScalarMlpTask, steps: number): Expected {
  const { signs, learningRate, penalty } = task;
  const count = signs.length;
  const layers = task.layers.map(layerOf);
  const recorder = new Recorder(task);
  for (let step = 1; step <= steps; step++) {
    const activations: Float64Array[] = [Float64Array.from(task.inputs)];
    for (const [i, layer] of layers.entries()) {
      const out = affine(activations[i], layer, count);
      activations.push(i + 1 < layers.length ? out.map(z => Math.max(z, 0)) : out);
    }
    const margins = activations[layers.length].map((out, i) => 1 - signs[i] * out);
    let loss = margins.reduce((sum, margin) => sum + Math.max(0, margin), 0) / count;
    let grad: Float64Array = margins.map((margin, i) => (margin > 0 ? -signs[i] / count : 0));
    for (let i = layers.length - 1; i >= 0; i--) {
      const { grads, gradInput } = affineBackward(grad, activations[i], layers[i], count);
      grad = gradInput.map((g, j) => (activations[i][j] > 0 ? g : 0));
      for (const k of [0, 1] as const) {
        const p = layers[i].parameters[k];
        for (let j = 0; j < p.length; j++) {
          loss += penalty * p[j] * p[j];
          p[j] -= learningRate * (grads[k][j] + 2 * penalty * p[j]);
        }
      }
    }
    recorder.record(
      loss,
      layers.flatMap(layer => layer.parameters),
    );
  }
  return recorder.result(0);
}
