import { Generator, nn, optim, randn, type Tensor, tensor } from '../../src/index.js';

/** What is made once, and the step that is counted. */
export type Workload = () => () => void;

/** The same labels every time. */
function labels(count: number, classes: number): Tensor {
  return tensor(
    Array.from({ length: count }, (_, i) => (i * 7) % classes),
    { dtype: 'int32' },
  );
}

/** Forward, backward, and a step of Adam. */
function training(net: nn.Module, loss: () => Tensor): () => void {
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  return () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
}

function perceptron(inputs: number, hidden: number, classes: number, batch: number): Workload {
  return () => {
    const generator = new Generator(1);
    const net = new nn.Sequential(
      new nn.Linear(inputs, hidden, { generator }),
      new nn.ReLU(),
      new nn.Linear(hidden, classes, { generator }),
    );
    const x = randn([batch, inputs], { generator }) as Tensor;
    const truth = labels(batch, classes);
    return training(net, () => nn.crossEntropy(net.forward(x) as Tensor, truth) as Tensor);
  };
}

function convolutional(norm: boolean): Workload {
  return () => {
    const generator = new Generator(2);
    const net = new nn.Sequential(
      new nn.Conv2d(1, 16, 3, { padding: 1, generator }),
      ...(norm ? [new nn.BatchNorm2d(16)] : []),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(16, 32, 3, { padding: 1, generator }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(32 * 7 * 7, 10, { generator }),
    );
    const x = randn([8, 1, 28, 28], { generator }) as Tensor;
    const truth = labels(8, 10);
    return training(net, () => nn.crossEntropy(net.forward(x) as Tensor, truth) as Tensor);
  };
}

/** The workloads whose time `npm run bench` measures, and relatives that train small. */
export const workloads: Readonly<Record<string, Workload>> = {
  'mlp 4-16-3, batch 32': perceptron(4, 16, 3, 32),
  'mlp 784-128-10, batch 64': perceptron(784, 128, 10, 64),
  'cnn 1-16-32, batch 8': convolutional(false),
  'cnn 1-16-32 with batch norm, batch 8': convolutional(true),
  'gru 8-16, 20 steps, batch 4': () => {
    const generator = new Generator(3);
    const net = new nn.GRU(8, 16, { generator });
    const x = randn([20, 4, 8], { generator }) as Tensor;
    return training(net, () => net.forward(x)[0].square().mean() as Tensor);
  },
  'tiny graph': () => {
    const x = tensor([0.1, 0.2, 0.3], { requiresGrad: true });
    return () => {
      x.grad = null;
      x.mul(x).add(x).tanh().sum().backward();
    };
  },
  'adam over three parameters': () => {
    const generator = new Generator(4);
    const shapes = [[64, 32], [32], []] as const;
    const params = shapes.map(shape => randn(shape, { requiresGrad: true, generator }) as Tensor);
    for (const p of params) p.square().sum().backward();
    const optimizer = new optim.Adam(params, { lr: 1e-3, weightDecay: 1e-2 });
    return () => optimizer.step();
  },
};
