import { type Value, value } from '@fluxion/autograd';
import { readingsOf } from '../../harness/digest.js';
import type { Prepared, ScalarMlpTask } from '../../harness/types.js';

interface Neuron {
  readonly weights: Value[];
  readonly bias: Value;
}

/** A graph of scalars in every step, as micrograd's. A Value never changes, so that a step makes the parameters anew. */
export function scalarMlp(task: ScalarMlpTask): Prepared {
  const { sizes, signs, learningRate, penalty } = task;
  const points = Array.from(signs, (_, p) => [...task.inputs.subarray(p * sizes[0], (p + 1) * sizes[0])]);
  const start = (): Neuron[][] =>
    task.layers.map(({ weight, bias }, l) =>
      Array.from(bias, (b, o) => ({
        weights: Array.from(weight.subarray(o * sizes[l], (o + 1) * sizes[l]), value),
        bias: value(b),
      })),
    );
  let layers = start();

  const output = (point: readonly (Value | number)[]): Value => {
    let h = point;
    for (const [l, layer] of layers.entries()) {
      h = layer.map(({ weights, bias }) => {
        const z = weights.reduce((sum, w, i) => sum.add(w.mul(h[i])), bias);
        return l + 1 < layers.length ? z.relu() : z;
      });
    }
    return h[0] as Value;
  };
  const moved = (p: Value): Value => value(p.data - learningRate * p.grad);

  return {
    reset() {
      layers = start();
    },
    step() {
      const losses = points.map((point, i) => output(point).mul(-signs[i]).add(1).relu());
      const parameters = layers.flatMap(layer => layer.flatMap(({ weights, bias }) => [...weights, bias]));
      const data = losses.reduce((sum, one) => sum.add(one)).mul(1 / points.length);
      const squares = parameters.map(p => p.mul(p)).reduce((sum, one) => sum.add(one));
      const loss = data.add(squares.mul(penalty));
      loss.backward();
      layers = layers.map(layer =>
        layer.map(({ weights, bias }) => ({ weights: weights.map(moved), bias: moved(bias) })),
      );
      return loss.data;
    },
    readings: () =>
      readingsOf(
        task,
        layers.flatMap(layer => [
          layer.flatMap(({ weights }) => weights.map(w => w.data)),
          layer.map(({ bias }) => bias.data),
        ]),
      ),
  };
}
