import * as tf from '@tensorflow/tfjs-core';
import { addDigest, readingsOf } from '../../harness/digest.js';
import type {
  AdamTask,
  ElementwiseTask,
  MatmulTask,
  Prepared,
  Readings,
  TinyGraphTask,
} from '../../harness/types.js';

export function tinyGraph(task: TinyGraphTask): Prepared {
  const x = tf.tensor1d(task.x);
  const valueAndGrad = tf.valueAndGrad((t: tf.Tensor) => tf.sum(tf.tanh(tf.add(tf.mul(t, t), t))));
  let gradient: tf.Tensor | undefined;
  return {
    reset: () => undefined,
    step() {
      gradient?.dispose();
      const { value, grad } = valueAndGrad(x);
      gradient = grad;
      const y = value.dataSync()[0];
      value.dispose();
      return y;
    },
    readings() {
      const result: Readings = {};
      if (gradient) addDigest(result, 'grad', gradient.dataSync());
      return result;
    },
    dispose() {
      tf.dispose([x]);
      gradient?.dispose();
    },
  };
}

/** The same result in every step. Kernels run when called; one element is read, as on every side. */
function computation(
  task: ElementwiseTask | MatmulTask,
  inputs: readonly tf.Tensor[],
  f: () => tf.Tensor,
): Prepared {
  let result: tf.Tensor | undefined;
  return {
    reset: () => undefined,
    step() {
      result?.dispose();
      result = tf.tidy(f);
      const first = tf.slice(
        result,
        result.shape.map(() => 0),
        result.shape.map(() => 1),
      );
      const value = first.dataSync()[0];
      first.dispose();
      return value;
    },
    readings: () => (result ? readingsOf(task, [result.dataSync()]) : {}),
    dispose() {
      tf.dispose([...inputs]);
      result?.dispose();
    },
  };
}

/** tfjs has no gelu: it is written out, with the error function. */
const functions: Readonly<Record<ElementwiseTask['op'], (x: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
  exp: x => tf.exp(x),
  tanh: x => tf.tanh(x),
  sigmoid: x => tf.sigmoid(x),
  log: x => tf.log(x),
  gelu: x => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  add: (x, y) => tf.add(x, y),
};

export function elementwise(task: ElementwiseTask): Prepared {
  const [x, y] = [tf.tensor1d(task.x), tf.tensor1d(task.y)];
  return computation(task, [x, y], () => functions[task.op](x, y));
}

export function matmul(task: MatmulTask): Prepared {
  const { size } = task;
  const [a, b] = [tf.tensor2d(task.a, [size, size]), tf.tensor2d(task.b, [size, size])];
  return computation(task, [a, b], () => tf.matMul(a, b));
}

export function adam(task: AdamTask): Prepared {
  const gradient = tf.tensor1d(task.gradient);
  let variable: tf.Variable | undefined;
  let optimizer: tf.AdamOptimizer | undefined;
  return {
    reset() {
      variable?.dispose();
      optimizer?.dispose();
      variable = tf.variable(tf.tensor1d(task.parameter), true, 'parameter');
      optimizer = tf.train.adam(task.learningRate, 0.9, 0.999, 1e-8);
    },
    step() {
      if (!variable || !optimizer) throw new Error('reset first');
      optimizer.applyGradients({ parameter: gradient } as unknown as Parameters<
        typeof optimizer.applyGradients
      >[0]);
      const first = tf.slice(variable as tf.Tensor, 0, 1);
      const value = first.dataSync()[0];
      first.dispose();
      return value;
    },
    readings: () => (variable ? readingsOf(task, [variable.dataSync()]) : {}),
    dispose() {
      variable?.dispose();
      optimizer?.dispose();
      gradient.dispose();
    },
  };
}
