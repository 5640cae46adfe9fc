import { type Array as JaxArray, numpy as np } from '@jax-js/jax';

// jax-js counts references: a call consumes its arguments, and `.ref` keeps one for later use.

/** Adam's state beside the parameters; `power1` and `power2` are the betas to the power of the step. */
export type State = {
  params: JaxArray[];
  m: JaxArray[];
  v: JaxArray[];
  power1: JaxArray;
  power2: JaxArray;
};

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** The state before the first step. */
export function initialState(params: JaxArray[]): State {
  const zeros = (): JaxArray[] => params.map(p => np.array(new Float32Array(p.size)).reshape(p.shape));
  const one = (): JaxArray => np.array(new Float32Array([1])).reshape([]);
  return { params, m: zeros(), v: zeros(), power1: one(), power2: one() };
}

export function adam(state: State, grads: JaxArray[], rate: number): State {
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

export function arraysOf(state: State): JaxArray[] {
  return [...state.params, ...state.m, ...state.v, state.power1, state.power2];
}
