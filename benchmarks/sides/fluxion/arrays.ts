import { noGrad, type Tensor, tensor, type Value, value } from '@fluxion/autograd';
import { Adam } from '@fluxion/optim';
import { readingsOf } from '../../harness/digest.js';
import type {
  AdamTask,
  ChainTask,
  ElementwiseTask,
  MatmulTask,
  Prepared,
  TinyGraphTask,
} from '../../harness/types.js';

export function tinyGraph(task: TinyGraphTask): Prepared {
  const x: Tensor = tensor(task.x, { requiresGrad: true });
  return {
    reset: () => undefined,
    step() {
      x.grad = null;
      const y = x.mul(x).add(x).tanh().sum();
      y.backward();
      return y.item();
    },
    readings: () => (x.grad ? readingsOf(task, [x.grad.toTypedArray()]) : {}),
  };
}

function chainOf<T extends { mul(b: number): T; add(b: T): T }>(x: T, nodes: number): T {
  let h = x;
  for (let i = 0; i < nodes; i++) h = i % 2 === 0 ? h.mul(0.5) : h.add(x);
  return h;
}

export function chain(task: ChainTask): Prepared {
  return task.scalars ? scalarChain(task) : tensorChain(task);
}

function tensorChain(task: ChainTask): Prepared {
  const x = tensor([task.x], { requiresGrad: true }) as unknown as Tensor;
  return {
    reset: () => undefined,
    step() {
      x.grad = null;
      const h = chainOf<Tensor>(x, task.nodes).sum();
      h.backward();
      return h.item();
    },
    readings: () => (x.grad ? readingsOf(task, [x.grad.toTypedArray()]) : {}),
  };
}

function scalarChain(task: ChainTask): Prepared {
  const x = value(task.x);
  return {
    reset: () => undefined,
    step() {
      x.grad = 0;
      const h = chainOf<Value>(x, task.nodes);
      h.backward();
      return h.data;
    },
    readings: () => readingsOf(task, [[x.grad]]),
  };
}

export function elementwise(task: ElementwiseTask): Prepared {
  const x: Tensor = tensor(task.x);
  const y: Tensor = tensor(task.y);
  const f = task.op === 'add' ? () => x.add(y) : () => x[task.op as Exclude<ElementwiseTask['op'], 'add'>]();
  let result: Tensor = x;
  return {
    reset: () => undefined,
    step() {
      result = f() as Tensor;
      return result.select(0, 0).item();
    },
    readings: () => readingsOf(task, [result.toTypedArray()]),
  };
}

export function matmul(task: MatmulTask): Prepared {
  const { size } = task;
  const a: Tensor = tensor(task.a).reshape([size, size]);
  const b: Tensor = tensor(task.b).reshape([size, size]);
  let result = a;
  return {
    reset: () => undefined,
    step() {
      result = a.matmul(b) as Tensor;
      return result.select(0, 0).select(0, 0).item();
    },
    readings: () => readingsOf(task, [result.toTypedArray()]),
  };
}

export function adam(task: AdamTask): Prepared {
  const parameter: Tensor = tensor(task.parameter, { requiresGrad: true });
  const initial = tensor(task.parameter);
  const gradient: Tensor = tensor(task.gradient);
  let optimizer: Adam | undefined;
  return {
    reset() {
      noGrad(() => parameter.assign(initial));
      parameter.grad = gradient;
      optimizer = new Adam([parameter], { lr: task.learningRate });
    },
    step() {
      optimizer?.step();
      return parameter.select(0, 0).item();
    },
    readings: () => readingsOf(task, [parameter.toTypedArray()]),
  };
}
