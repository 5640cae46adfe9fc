import { readingsOf } from '../../harness/digest.js';
import type { Prepared, ScalarMlpTask, Side } from '../../harness/types.js';
import { Scalar } from './scalar.js';

interface Neuron {
  readonly weights: readonly Scalar[];
  readonly bias: Scalar;
}

function scalarMlp(task: ScalarMlpTask): Prepared {
  const { sizes, signs, learningRate, penalty } = task;
  const points = Array.from(signs, (_, p) => [...task.inputs.subarray(p * sizes[0], (p + 1) * sizes[0])]);
  const start = (): Neuron[][] =>
    task.layers.map(({ weight, bias }, l) =>
      Array.from(bias, (b, o) => ({
        weights: Array.from(weight.subarray(o * sizes[l], (o + 1) * sizes[l]), w => new Scalar(w)),
        bias: new Scalar(b),
      })),
    );
  let layers = start();

  const output = (point: readonly number[]): Scalar => {
    let h = point.map(x => new Scalar(x));
    for (const [l, layer] of layers.entries()) {
      h = layer.map(({ weights, bias }) => {
        const z = weights.reduce((sum, w, i) => sum.add(w.mul(h[i])), bias);
        return l + 1 < layers.length ? z.relu() : z;
      });
    }
    return h[0];
  };

  return {
    reset() {
      layers = start();
    },
    step() {
      const losses = points.map((point, i) =>
        output(point).mul(new Scalar(-signs[i])).add(new Scalar(1)).relu(),
      );
      const parameters = layers.flatMap(layer => layer.flatMap(({ weights, bias }) => [...weights, bias]));
      const data = losses.reduce((sum, one) => sum.add(one)).mul(new Scalar(1 / points.length));
      const squares = parameters.map(p => p.mul(p)).reduce((sum, one) => sum.add(one));
      const loss = data.add(squares.mul(new Scalar(penalty)));
      for (const p of parameters) p.grad = 0;
      loss.backward();
      for (const p of parameters) p.data -= learningRate * p.grad;
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

export async function load(): Promise<Side> {
  return { description: "micrograd's algorithm in JavaScript", preparations: { scalarMlp } };
}
