import type { Module } from '../../../../nn/src/index.js';
import { grad, type Tensor } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { GoldenTensor, KindCase } from '../format.js';
import { buildModule } from '../modules.js';
import { build } from '../tensors.js';

export type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

interface BatchNormCase extends KindCase {
  readonly module: string;
  readonly ctor: Readonly<Record<string, unknown>>;
  readonly state_dict: GoldenTensors;
  readonly steps: readonly {
    readonly training: boolean;
    readonly input: GoldenTensor;
    readonly output: GoldenTensor;
    readonly v: GoldenTensor;
    readonly grads: GoldenTensors;
    readonly state_dict_after: GoldenTensors;
  }[];
}

/** PyTorch's state dict as it is: names, layouts and all. */
export function load(module: Module, state: GoldenTensors): void {
  module.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, t]) => [name, build(t)])));
}

export function compareState(compare: Comparison, label: string, module: Module, want: GoldenTensors): void {
  const state = module.stateDict();
  const names = Object.keys(want);
  if (Object.keys(state).sort().join() !== [...names].sort().join())
    compare.fail(label, Object.keys(state).join(', '), names.join(', '));
  for (const name of names)
    if (state[name] !== undefined)
      compare.numbers(`${label}.${name}`, state[name].data, want[name].data, tolerances.trajectory);
}

/** A batch norm over several batches: outputs, gradients and running statistics. */
export function runBatchNorm(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as BatchNormCase;
  const module = buildModule(c.module, c.ctor);
  const forward = module.forward as (x: Tensor) => Tensor;
  load(module, c.state_dict);
  c.steps.forEach((step, i) => {
    module.train(step.training);
    const input = build(step.input).requiresGrad_();
    const output = Reflect.apply(forward, module, [input]);
    compare.tensor(`steps[${i}].output`, output, step.output, tolerances.trajectory);
    const leaves: Readonly<Record<string, Tensor>> = { input, ...module.namedParameters() };
    const names = Object.keys(step.grads);
    const grads = grad(
      output,
      names.map(name => leaves[name]),
      { gradOutputs: build(step.v) },
    );
    names.forEach((name, k) => {
      compare.tensor(`steps[${i}].grads.${name}`, grads[k], step.grads[name], tolerances.trajectory);
    });
    compareState(compare, `steps[${i}].state`, module, step.state_dict_after);
  });
}
