import type { CnnTask, MlpTask } from '../types.js';
import { convolution, convolutionBackward, maxPool, maxPoolBackward } from './convolution.js';
import { type Expected, Recorder } from './expected.js';
import { adamOfLayer, affine, affineBackward, crossEntropy, layerOf } from './layers.js';

const relu = (x: Float64Array): Float64Array => x.map(z => Math.max(z, 0));
const reluBackward = (grad: Float64Array, out: Float64Array): Float64Array =>
  grad.map((g, i) => (out[i] > 0 ? g : 0));

export function expectedMlp(task: MlpTask, steps: number): Expected {
  const { batch, learningRate, labels } = task;
  const layers = task.layers.map(layerOf);
  const recorder = new Recorder(task);
  for (let step = 1; step <= steps; step++) {
    const activations: Float64Array[] = [Float64Array.from(task.inputs)];
    for (const [i, layer] of layers.entries()) {
      const out = affine(activations[i], layer, batch);
      activations.push(i + 1 < layers.length ? relu(out) : out);
    }
    // The gradient takes the place of the logits.
    let grad = activations[layers.length];
    const loss = crossEntropy(grad, labels);
    for (let i = layers.length - 1; i >= 0; i--) {
      const { grads, gradInput } = affineBackward(grad, activations[i], layers[i], batch);
      grad = reluBackward(gradInput, activations[i]);
      adamOfLayer(layers[i], grads, step, learningRate);
    }
    recorder.record(
      loss,
      layers.flatMap(layer => layer.parameters),
    );
  }
  return recorder.result(2 * learningRate);
}

export function expectedCnn(task: CnnTask, steps: number): Expected {
  const { batch, size, channels, learningRate, labels } = task;
  const layers = task.layers.map(layerOf);
  const [first, second, linear] = layers;
  const grids = [
    { batch, size, from: channels[0], to: channels[1] },
    { batch, size: size / 2, from: channels[1], to: channels[2] },
  ] as const;
  const inputs = Float64Array.from(task.inputs);
  const recorder = new Recorder(task);
  for (let step = 1; step <= steps; step++) {
    const h1 = relu(convolution(inputs, first, grids[0]));
    const p1 = maxPool(h1, batch * channels[1], size);
    const h2 = relu(convolution(p1, second, grids[1]));
    const p2 = maxPool(h2, batch * channels[2], size / 2);
    const logits = affine(p2, linear, batch);
    const loss = crossEntropy(logits, labels);
    const top = affineBackward(logits, p2, linear, batch);
    const g2 = reluBackward(maxPoolBackward(top.gradInput, h2, batch * channels[2], size / 2), h2);
    const middle = convolutionBackward(g2, p1, second, grids[1]);
    const g1 = reluBackward(maxPoolBackward(middle.gradInput, h1, batch * channels[1], size), h1);
    const bottom = convolutionBackward(g1, inputs, first, grids[0]);
    adamOfLayer(linear, top.grads, step, learningRate);
    adamOfLayer(second, middle.grads, step, learningRate);
    adamOfLayer(first, bottom.grads, step, learningRate);
    recorder.record(
      loss,
      layers.flatMap(layer => layer.parameters),
    );
  }
  return recorder.result(2 * learningRate);
}
