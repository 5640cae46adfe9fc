import { noGrad, type Tensor, tensor } from '@fluxion/autograd';
import { kernels } from '@fluxion/kernels';
import { crossEntropy, Linear, ReLU, Sequential } from '@fluxion/nn';
import { Adam } from '@fluxion/optim';
import { addDigest, arrayNames } from '../harness/digest.js';
import type { MlpTask, Prepared, Readings, Side, Task, TinyGraphTask } from '../harness/types.js';

/** What a user of the library would write: modules, a loss, an optimizer, nothing freed by hand. */
function mlp(task: MlpTask): Prepared {
  const { sizes, batch } = task;
  const inputs = tensor(task.inputs).reshape([batch, sizes[0]]);
  const labels = tensor(task.labels, { dtype: 'int32' });
  const linears = task.layers.map((_, i) => new Linear(sizes[i], sizes[i + 1]));
  const net = new Sequential(
    ...linears.flatMap((linear, i) => (i + 1 < linears.length ? [linear, new ReLU()] : [linear])),
  );
  const parameters = linears.flatMap(linear => {
    if (linear.bias === null) throw new Error('Linear has no bias');
    return [linear.weight, linear.bias];
  });
  const initial = task.layers.flatMap((layer, i) => [
    tensor(layer.weight).reshape([sizes[i + 1], sizes[i]]),
    tensor(layer.bias),
  ]);
  let optimizer: Adam | undefined;
  return {
    reset() {
      noGrad(() => {
        parameters.forEach((parameter, i) => {
          parameter.assign(initial[i]);
        });
      });
      optimizer = new Adam(net.parameters(), { lr: task.learningRate });
    },
    step() {
      if (optimizer === undefined) throw new Error('reset first');
      optimizer.zeroGrad();
      const loss = crossEntropy(net.forward(inputs), labels);
      loss.backward();
      optimizer.step();
      return loss.item();
    },
    readings() {
      const result: Readings = {};
      arrayNames(task).forEach((name, i) => {
        addDigest(result, name, parameters[i].toTypedArray());
      });
      return result;
    },
  };
}

function tinyGraph(task: TinyGraphTask): Prepared {
  const x: Tensor = tensor(task.x, { requiresGrad: true });
  return {
    reset: () => undefined,
    step() {
      x.grad = null;
      const y = x.mul(x).add(x).tanh().sum();
      y.backward();
      return y.item();
    },
    readings() {
      const result: Readings = {};
      if (x.grad) addDigest(result, 'grad', x.grad.toTypedArray());
      return result;
    },
  };
}

export async function load(): Promise<Side> {
  return {
    description: `this checkout, ${kernels().name} kernels, 1 thread`,
    prepare: (task: Task) => (task.kind === 'mlp' ? mlp(task) : tinyGraph(task)),
  };
}
