import { type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { addDigest, readingsOf } from '../../harness/digest.js';
import type {
  AdamTask,
  ElementwiseTask,
  MatmulTask,
  Prepared,
  Readings,
  TinyGraphTask,
} from '../../harness/types.js';
import { adam as adamStep, arraysOf, initialState, type State } from './adam.js';

export function tinyGraph(task: TinyGraphTask, eager: boolean): Prepared {
  const x = np.array(task.x);
  const traced = valueAndGrad((t: JaxArray) => np.tanh(t.ref.mul(t.ref).add(t)).sum());
  const compiled = eager ? undefined : jit(traced);
  let gradient: JaxArray | undefined;
  return {
    reset: () => undefined,
    step() {
      gradient?.dispose();
      const [value, grad] = (compiled ?? traced)(x.ref);
      gradient = grad;
      // The gradient is the purpose here and nothing else would force it: 3 numbers are read.
      grad.ref.dataSync();
      return value.item() as number;
    },
    readings() {
      const result: Readings = {};
      if (gradient) addDigest(result, 'grad', gradient.ref.dataSync());
      return result;
    },
    dispose() {
      gradient?.dispose();
      x.dispose();
      compiled?.dispose();
    },
  };
}

/**
 * Nothing runs before somebody reads. Reading the whole result would cost a copy that no other side makes, so one element is read: the
 * result of a function is an array in memory by then, of which that is a view, so that all of it is computed.
 */
function first(result: JaxArray): number {
  const index = result.shape.map(() => 0);
  return result.ref.slice(...index).dataSync()[0];
}

/** The same result in every step. */
function computation(
  task: ElementwiseTask | MatmulTask,
  inputs: readonly JaxArray[],
  f: (...inputs: JaxArray[]) => JaxArray,
  eager: boolean,
): Prepared {
  const compiled = eager ? undefined : jit(f);
  let result: JaxArray | undefined;
  return {
    reset: () => undefined,
    step() {
      result?.dispose();
      result = (compiled ?? f)(...inputs.map(x => x.ref));
      return first(result);
    },
    readings: () => (result ? readingsOf(task, [result.ref.dataSync()]) : {}),
    dispose() {
      result?.dispose();
      for (const x of inputs) x.dispose();
      compiled?.dispose();
    },
  };
}

const functions: Readonly<Record<ElementwiseTask['op'], (x: JaxArray, y: JaxArray) => JaxArray>> = {
  exp: x => np.exp(x),
  tanh: x => np.tanh(x),
  sigmoid: x => nn.sigmoid(x),
  log: x => np.log(x),
  gelu: x => nn.gelu(x, { approximate: false }),
  add: (x, y) => x.add(y),
};

export function elementwise(task: ElementwiseTask, eager: boolean): Prepared {
  const inputs = task.op === 'add' ? [np.array(task.x), np.array(task.y)] : [np.array(task.x)];
  return computation(task, inputs, functions[task.op], eager);
}

export function matmul(task: MatmulTask, eager: boolean): Prepared {
  const square = (values: Float32Array): JaxArray => np.array(values).reshape([task.size, task.size]);
  return computation(task, [square(task.a), square(task.b)], (a, b) => np.matmul(a, b), eager);
}

export function adam(task: AdamTask, eager: boolean): Prepared {
  const gradient = np.array(task.gradient);
  const update = (state: State, g: JaxArray): State => adamStep(state, [g], task.learningRate);
  const compiled = eager ? undefined : jit(update);
  let state: State | undefined;
  const release = (): void => {
    for (const array of state === undefined ? [] : arraysOf(state)) array.dispose();
    state = undefined;
  };
  return {
    reset() {
      release();
      state = initialState([np.array(task.parameter)]);
    },
    step() {
      if (state === undefined) throw new Error('reset first');
      state = (compiled ?? update)(state, gradient.ref);
      // The moments belong to the step: nothing else would force those of the last one.
      first(state.m[0]);
      first(state.v[0]);
      return first(state.params[0]);
    },
    readings: () => (state ? readingsOf(task, [state.params[0].ref.dataSync()]) : {}),
    dispose() {
      release();
      gradient.dispose();
      compiled?.dispose();
    },
  };
}
