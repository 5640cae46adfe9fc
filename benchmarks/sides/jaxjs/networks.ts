import {
  blockUntilReady,
  type Array as JaxArray,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
} from '@jax-js/jax';
import { oneHot, permuted, readingsOf, transposed } from '../../harness/digest.js';
import type { CnnTask, MlpTask, Prepared } from '../../harness/types.js';
import { adam, arraysOf, initialState, type State } from './adam.js';

interface Network {
  readonly inputs: JaxArray;
  readonly classes: number;
  /** Parameters in the layout of this side. */
  initial(): JaxArray[];
  /** Consumes both; gives logits [batch, classes]. */
  forward(params: JaxArray[], inputs: JaxArray): JaxArray;
  /** The values of a parameter in the layout of the task. */
  asInTask(values: ArrayLike<number>, parameter: number): ArrayLike<number>;
}

/** Softmax cross-entropy, its gradients and Adam; all of it one compiled function unless `eager`. */
function training(task: MlpTask | CnnTask, network: Network, eager: boolean): Prepared {
  const { batch } = task;
  const { inputs } = network;
  const labels = np.array(oneHot(task.labels, network.classes)).reshape([batch, network.classes]);
  const lossAndGrads = valueAndGrad((params: JaxArray[], x: JaxArray, y: JaxArray) =>
    nn
      .logSoftmax(network.forward(params, x), 1)
      .mul(y)
      .sum()
      .mul(-1 / batch),
  );
  const update = (state: State, x: JaxArray, y: JaxArray): [JaxArray, State] => {
    const [loss, grads] = lossAndGrads(
      state.params.map(p => p.ref),
      x,
      y,
    );
    return [loss, adam(state, grads, task.learningRate)];
  };
  const compiled = eager ? undefined : jit(update);
  let state: State | undefined;
  const current = (): State => {
    if (state === undefined) throw new Error('reset first');
    return state;
  };
  const release = (): void => {
    for (const array of state === undefined ? [] : arraysOf(state)) array.dispose();
    state = undefined;
  };
  return {
    reset() {
      release();
      state = initialState(network.initial());
    },
    step() {
      const [loss, next] = (compiled ?? update)(current(), inputs.ref, labels.ref);
      state = next;
      return loss.item() as number;
    },
    async finish() {
      await blockUntilReady(arraysOf(current()));
    },
    readings: () =>
      readingsOf(
        task,
        current().params.map((p, i) => network.asInTask(p.ref.dataSync(), i)),
      ),
    dispose() {
      release();
      inputs.dispose();
      labels.dispose();
      compiled?.dispose();
    },
  };
}

/** Weights are [in, out], as is usual in JAX. */
export function mlp(task: MlpTask, eager: boolean): Prepared {
  const { sizes, batch } = task;
  return training(
    task,
    {
      inputs: np.array(task.inputs).reshape([batch, sizes[0]]),
      classes: sizes[sizes.length - 1],
      initial: () =>
        task.layers.flatMap((layer, i) => [
          np.array(transposed(layer.weight, sizes[i + 1], sizes[i])).reshape([sizes[i], sizes[i + 1]]),
          np.array(layer.bias),
        ]),
      forward(params, inputs) {
        let h = inputs;
        for (let i = 0; i < params.length; i += 2) {
          h = np.matmul(h, params[i]).add(params[i + 1]);
          if (i + 2 < params.length) h = nn.relu(h);
        }
        return h;
      },
      asInTask: (values, i) => (i % 2 ? values : transposed(values, sizes[i >> 1], sizes[(i >> 1) + 1])),
    },
    eager,
  );
}

/** Images are [batch, channels, height, width], as jax-js's convolution takes them. */
export function cnn(task: CnnTask, eager: boolean): Prepared {
  const { batch, size, channels, classes } = task;
  const features = channels[2] * (size / 4) ** 2;
  const shapes = [[channels[1], channels[0], 3, 3], [channels[2], channels[1], 3, 3], null];
  const pool = (x: JaxArray): JaxArray => lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
  const convolved = (x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray =>
    pool(nn.relu(lax.conv(x, weight, [1, 1], 'SAME').add(bias.reshape([-1, 1, 1]))));
  return training(
    task,
    {
      inputs: np.array(task.inputs).reshape([batch, channels[0], size, size]),
      classes,
      initial: () =>
        task.layers.flatMap(({ weight, bias }, i) => [
          shapes[i] === null
            ? np.array(transposed(weight, classes, features)).reshape([features, classes])
            : np.array(weight).reshape(shapes[i]),
          np.array(bias),
        ]),
      forward(params, inputs) {
        const [w1, b1, w2, b2, w3, b3] = params;
        const h = convolved(convolved(inputs, w1, b1), w2, b2);
        return np.matmul(h.reshape([batch, features]), w3).add(b3);
      },
      asInTask: (values, i) => (i === 4 ? permuted(values, [features, classes], [1, 0]) : values),
    },
    eager,
  );
}
