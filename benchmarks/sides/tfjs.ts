import { createRequire } from 'node:module';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { addDigest, arrayNames, oneHot, transposed } from '../harness/digest.js';
import type { MlpTask, Prepared, Readings, Side, Task, TinyGraphTask } from '../harness/types.js';

/** Weights are [in, out], as tfjs-layers has them. */
function mlp(task: MlpTask): Prepared {
  const { sizes, batch } = task;
  const inputs = tf.tensor2d(task.inputs, [batch, sizes[0]]);
  const labels = tf.tensor2d(oneHot(task), [batch, sizes[sizes.length - 1]]);
  let variables: tf.Variable[] = [];
  let optimizer: tf.AdamOptimizer | undefined;

  const lossOf = (): tf.Scalar => {
    let h: tf.Tensor2D = inputs;
    for (let i = 0; i < variables.length; i += 2) {
      h = tf.add(tf.matMul(h, variables[i] as unknown as tf.Tensor2D), variables[i + 1]);
      if (i + 2 < variables.length) h = tf.relu(h);
    }
    return tf.losses.softmaxCrossEntropy(labels, h) as tf.Scalar;
  };
  const release = (): void => {
    tf.dispose(variables);
    optimizer?.dispose();
  };

  return {
    reset() {
      release();
      variables = task.layers.flatMap((layer, i) => [
        tf.variable(tf.tensor2d(transposed(layer.weight, sizes[i + 1], sizes[i]), [sizes[i], sizes[i + 1]])),
        tf.variable(tf.tensor1d(layer.bias)),
      ]);
      optimizer = tf.train.adam(task.learningRate, 0.9, 0.999, 1e-8);
    },
    step() {
      const cost = optimizer?.minimize(lossOf, true, variables);
      if (!cost) throw new Error('minimize returned no cost');
      const loss = cost.dataSync()[0];
      cost.dispose();
      return loss;
    },
    readings() {
      const result: Readings = {};
      arrayNames(task).forEach((name, i) => {
        const values = variables[i].dataSync();
        const layer = i >> 1;
        addDigest(result, name, i % 2 ? values : transposed(values, sizes[layer], sizes[layer + 1]));
      });
      return result;
    },
    dispose() {
      release();
      tf.dispose([inputs, labels]);
    },
  };
}

function tinyGraph(task: TinyGraphTask): Prepared {
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

export async function load(): Promise<Side> {
  // The main entry registers no gradients. The file that does is an ES module with CommonJS habits (directory imports,
  // no "type": "module"), which Node's own loader refuses; `require` under tsx takes it.
  createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  wasm.setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tfjs does not start');
  await tf.ready();
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('tfjs finds no WebAssembly SIMD');
  return {
    description: `tfjs ${tf.version_core}, ${tf.getBackend()} backend, SIMD, 1 thread`,
    prepare: (task: Task) => (task.kind === 'mlp' ? mlp(task) : tinyGraph(task)),
  };
}
