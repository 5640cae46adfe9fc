import { readFileSync } from 'node:fs';
import {
  blockUntilReady,
  defaultDevice,
  init,
  type Array as JaxArray,
  jit,
  nn,
  numpy as np,
  valueAndGrad,
} from '@jax-js/jax';
import { addDigest, arrayNames, oneHot, transposed } from '../harness/digest.js';
import type { MlpTask, Prepared, Readings, Side, Task, TinyGraphTask } from '../harness/types.js';

// jax-js counts references: a call consumes its arguments, and `.ref` keeps one for later use.

/** Adam's state beside the parameters; `power1` and `power2` are the betas to the power of the step. */
type State = { params: JaxArray[]; m: JaxArray[]; v: JaxArray[]; power1: JaxArray; power2: JaxArray };

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

function lossOf(params: JaxArray[], inputs: JaxArray, labels: JaxArray, batch: number): JaxArray {
  let h = inputs;
  for (let i = 0; i < params.length; i += 2) {
    h = np.matmul(h, params[i]).add(params[i + 1]);
    if (i + 2 < params.length) h = nn.relu(h);
  }
  return nn
    .logSoftmax(h, 1)
    .mul(labels)
    .sum()
    .mul(-1 / batch);
}

function adam(state: State, grads: JaxArray[], rate: number): State {
  const power1 = state.power1.mul(BETA1);
  const power2 = state.power2.mul(BETA2);
  const scale1 = np.reciprocal(np.subtract(1, power1.ref));
  const scale2 = np.reciprocal(np.subtract(1, power2.ref));
  const next: State = { params: [], m: [], v: [], power1, power2 };
  state.params.forEach((param, i) => {
    const g = grads[i];
    const m = state.m[i].mul(BETA1).add(g.ref.mul(1 - BETA1));
    const v = state.v[i].mul(BETA2).add(np.square(g).mul(1 - BETA2));
    const denominator = np.sqrt(v.ref.mul(scale2.ref)).add(EPSILON);
    next.params.push(param.sub(m.ref.mul(scale1.ref).mul(rate).div(denominator)));
    next.m.push(m);
    next.v.push(v);
  });
  scale1.dispose();
  scale2.dispose();
  return next;
}

function arraysOf(state: State): JaxArray[] {
  return [...state.params, ...state.m, ...state.v, state.power1, state.power2];
}

/** Weights are [in, out], as is usual in JAX. */
function mlp(task: MlpTask, eager: boolean): Prepared {
  const { sizes, batch } = task;
  const inputs = np.array(task.inputs).reshape([batch, sizes[0]]);
  const labels = np.array(oneHot(task)).reshape([batch, sizes[sizes.length - 1]]);
  const lossAndGrads = valueAndGrad((params: JaxArray[], x: JaxArray, y: JaxArray) =>
    lossOf(params, x, y, batch),
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
      const params = task.layers.flatMap((layer, i) => [
        np.array(transposed(layer.weight, sizes[i + 1], sizes[i])).reshape([sizes[i], sizes[i + 1]]),
        np.array(layer.bias),
      ]);
      const zeros = (): JaxArray[] => params.map(p => np.array(new Float32Array(p.size)).reshape(p.shape));
      state = {
        params,
        m: zeros(),
        v: zeros(),
        power1: np.array(new Float32Array([1])).reshape([]),
        power2: np.array(new Float32Array([1])).reshape([]),
      };
    },
    step() {
      const [loss, next] = (compiled ?? update)(current(), inputs.ref, labels.ref);
      state = next;
      return loss.item() as number;
    },
    async finish() {
      await blockUntilReady(arraysOf(current()));
    },
    readings() {
      const result: Readings = {};
      arrayNames(task).forEach((name, i) => {
        const values = current().params[i].ref.dataSync();
        const layer = i >> 1;
        addDigest(result, name, i % 2 ? values : transposed(values, sizes[layer], sizes[layer + 1]));
      });
      return result;
    },
    dispose() {
      release();
      inputs.dispose();
      labels.dispose();
      compiled?.dispose();
    },
  };
}

function tinyGraph(task: TinyGraphTask, eager: boolean): Prepared {
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

/** The package does not tell its version and lets nobody read its package.json; ours pins it. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { devDependencies: Record<string, string> }).devDependencies['@jax-js/jax'];
}

export async function load(eager: boolean): Promise<Side> {
  // With a global `Worker` jax-js starts a thread per core; one core is compared here.
  if ('Worker' in globalThis) Reflect.deleteProperty(globalThis, 'Worker');
  await init('wasm');
  defaultDevice('wasm');
  return {
    description: `jax-js ${version()}, wasm, ${eager ? 'eager' : 'jit'}, 1 thread`,
    prepare: (task: Task) => (task.kind === 'mlp' ? mlp(task, eager) : tinyGraph(task, eager)),
  };
}
