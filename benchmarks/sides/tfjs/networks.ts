import * as tf from '@tensorflow/tfjs-core';
import { oneHot, permuted, readingsOf, transposed } from '../../harness/digest.js';
import type { CnnTask, MlpTask, Prepared } from '../../harness/types.js';

interface Network {
  readonly inputs: tf.Tensor;
  readonly classes: number;
  /** Parameters in the layout of this side. */
  initial(): tf.Tensor[];
  /** Logits [batch, classes]. */
  forward(variables: readonly tf.Variable[], inputs: tf.Tensor): tf.Tensor;
  /** The values of a parameter in the layout of the task. */
  asInTask(values: ArrayLike<number>, parameter: number): ArrayLike<number>;
}

/** Softmax cross-entropy and Adam, both its own. */
function training(task: MlpTask | CnnTask, network: Network): Prepared {
  const { inputs, classes } = network;
  const labels = tf.tensor2d(oneHot(task.labels, classes), [task.batch, classes]);
  let variables: tf.Variable[] = [];
  let optimizer: tf.AdamOptimizer | undefined;
  const lossOf = (): tf.Scalar =>
    tf.losses.softmaxCrossEntropy(labels, network.forward(variables, inputs)) as tf.Scalar;
  const release = (): void => {
    tf.dispose(variables);
    optimizer?.dispose();
  };

  return {
    reset() {
      release();
      variables = network.initial().map(initial => tf.variable(initial));
      optimizer = tf.train.adam(task.learningRate, 0.9, 0.999, 1e-8);
    },
    step() {
      const cost = optimizer?.minimize(lossOf, true, variables);
      if (!cost) throw new Error('minimize returned no cost');
      const loss = cost.dataSync()[0];
      cost.dispose();
      return loss;
    },
    readings: () =>
      readingsOf(
        task,
        variables.map((variable, i) => network.asInTask(variable.dataSync(), i)),
      ),
    dispose() {
      release();
      tf.dispose([inputs, labels]);
    },
  };
}

/** Weights are [in, out], as tfjs-layers has them. */
export function mlp(task: MlpTask): Prepared {
  const { sizes, batch } = task;
  return training(task, {
    inputs: tf.tensor2d(task.inputs, [batch, sizes[0]]),
    classes: sizes[sizes.length - 1],
    initial: () =>
      task.layers.flatMap((layer, i) => [
        tf.tensor2d(transposed(layer.weight, sizes[i + 1], sizes[i]), [sizes[i], sizes[i + 1]]),
        tf.tensor1d(layer.bias),
      ]),
    forward(variables, inputs) {
      let h = inputs;
      for (let i = 0; i < variables.length; i += 2) {
        h = tf.add(tf.matMul(h, variables[i] as tf.Tensor), variables[i + 1] as tf.Tensor);
        if (i + 2 < variables.length) h = tf.relu(h);
      }
      return h;
    },
    asInTask: (values, i) => (i % 2 ? values : transposed(values, sizes[i >> 1], sizes[(i >> 1) + 1])),
  });
}

/** Images are [batch, height, width, channels] and filters [height, width, in, out], which is all that its backends know. */
export async function cnn(task: CnnTask): Promise<Prepared> {
  // The wasm backend has no kernel for the gradient of a convolution's filter.
  const wasm = tf.getBackend();
  await tf.setBackend('cpu');
  const { batch, size, channels, classes } = task;
  const quarter = size / 4;
  const features = channels[2] * quarter ** 2;
  const filters = [0, 1].map(i => [channels[i + 1], channels[i], 3, 3] as const);
  const prepared = training(task, {
    inputs: tf.tensor(permuted(task.inputs, [batch, channels[0], size, size], [0, 2, 3, 1]), [
      batch,
      size,
      size,
      channels[0],
    ]),
    classes,
    initial: () =>
      task.layers.flatMap(({ weight, bias }, i) => [
        i < 2
          ? tf.tensor(permuted(weight, filters[i], [2, 3, 1, 0]), [3, 3, filters[i][1], filters[i][0]])
          : tf.tensor(permuted(weight, [classes, channels[2], quarter, quarter], [2, 3, 1, 0]), [
              features,
              classes,
            ]),
        tf.tensor1d(bias),
      ]),
    forward([w1, b1, w2, b2, w3, b3], inputs) {
      const convolved = (x: tf.Tensor, weight: tf.Variable, bias: tf.Variable): tf.Tensor =>
        tf.maxPool(
          tf.relu(
            tf.add(tf.conv2d(x as tf.Tensor4D, weight as unknown as tf.Tensor4D, 1, 'same'), bias),
          ) as tf.Tensor4D,
          2,
          2,
          'valid',
        );
      const h = convolved(convolved(inputs, w1, b1), w2, b2);
      return tf.add(tf.matMul(tf.reshape(h, [batch, features]), w3 as tf.Tensor), b3 as tf.Tensor);
    },
    asInTask(values, i) {
      if (i % 2) return values;
      return i < 4
        ? permuted(values, [3, 3, filters[i >> 1][1], filters[i >> 1][0]], [3, 2, 0, 1])
        : permuted(values, [quarter, quarter, channels[2], classes], [3, 2, 0, 1]);
    },
  });
  return {
    ...prepared,
    note: 'cpu backend',
    async dispose() {
      prepared.dispose?.();
      await tf.setBackend(wasm);
    },
  };
}
