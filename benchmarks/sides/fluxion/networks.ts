import { noGrad, type Tensor, tensor } from '@fluxion/autograd';
import { Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, type Module, ReLU, Sequential } from '@fluxion/nn';
import { Adam } from '@fluxion/optim';
import { readingsOf } from '../../harness/digest.js';
import type { CnnTask, MlpTask, Prepared } from '../../harness/types.js';

/** What a user of the library would write: modules, a loss, an optimizer, nothing freed by hand. */
function training(
  task: MlpTask | CnnTask,
  inputs: Tensor,
  net: Sequential,
  weighted: readonly Module[],
): Prepared {
  const labels = tensor(task.labels, { dtype: 'int32' });
  const parameters = weighted.flatMap(layer => [...layer.parameters()]);
  const initial = task.layers
    .flatMap(({ weight, bias }) => [weight, bias])
    .map((values, i) => tensor(values).reshape(parameters[i].shape));
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
      const loss = crossEntropy(net.forward(inputs) as Tensor, labels);
      loss.backward();
      optimizer.step();
      return loss.item();
    },
    readings: () =>
      readingsOf(
        task,
        parameters.map(parameter => parameter.toTypedArray()),
      ),
  };
}

export function mlp(task: MlpTask): Prepared {
  const { sizes, batch } = task;
  const linears = task.layers.map((_, i) => new Linear(sizes[i], sizes[i + 1]));
  const net = new Sequential(
    ...linears.flatMap((linear, i) => (i + 1 < linears.length ? [linear, new ReLU()] : [linear])),
  );
  return training(task, tensor(task.inputs).reshape([batch, sizes[0]]), net, linears);
}

export function cnn(task: CnnTask): Prepared {
  const { batch, size, channels, classes } = task;
  const first = new Conv2d(channels[0], channels[1], 3, { padding: 1 });
  const second = new Conv2d(channels[1], channels[2], 3, { padding: 1 });
  const linear = new Linear(channels[2] * (size / 4) ** 2, classes);
  const net = new Sequential(
    first,
    new ReLU(),
    new MaxPool2d(2),
    second,
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    linear,
  );
  const inputs = tensor(task.inputs).reshape([batch, channels[0], size, size]);
  return training(task, inputs, net as Sequential, [first, second, linear]);
}
