import { crossEntropy, type Module, ModuleDict } from '../../../../nn/src/index.js';
import * as optim from '../../../../optim/src/index.js';
import { grad, Tensor } from '../../../src/index.js';
import { adapterFor } from '../adapters/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { GoldenTensor, KindCase } from '../format.js';
import { buildModule, camelCase } from '../modules.js';
import { Params } from '../params.js';
import { build, NotSupported } from '../tensors.js';
import { compareState, type GoldenTensors, load } from './batchNorm.js';

type Options = Readonly<Record<string, unknown>>;

type Layer =
  | { readonly name: string; readonly module: string; readonly ctor: Options }
  | { readonly fn: string; readonly kwargs?: Options };

interface CnnCase extends KindCase {
  readonly arch: readonly Layer[];
  readonly state_dict: GoldenTensors;
  readonly x: GoldenTensor;
  readonly y: GoldenTensor;
  readonly logits: GoldenTensor;
  readonly loss: number;
  readonly grads: GoldenTensors;
  readonly after: Readonly<
    Record<
      string,
      {
        readonly ctor: Options;
        readonly state_dict_after_1: GoldenTensors;
        readonly losses_5: readonly number[];
      }
    >
  >;
}

interface Net {
  /** Its entries are the layers that have names. */
  readonly layers: ModuleDict;
  readonly forward: (x: Tensor) => Tensor;
}

function callFunction(fn: string, kwargs: Options, x: Tensor): Tensor {
  if (fn === 'flatten') return x.flatten(1);
  const adapter = adapterFor(fn);
  if (adapter === undefined) throw new NotSupported(`there is no ${fn} yet`);
  const params = new Params(adapter.signature, [x], kwargs);
  const y = adapter.run(params);
  if (params.overlooked.length > 0 || !(y instanceof Tensor)) throw new NotSupported(`such a call of ${fn}`);
  return y;
}

function buildNet(c: CnnCase): Net {
  const layers = new ModuleDict();
  const steps = c.arch.map(layer => {
    if ('fn' in layer) return (x: Tensor) => callFunction(layer.fn, layer.kwargs ?? {}, x);
    const module: Module = buildModule(layer.module, layer.ctor);
    layers.set(layer.name, module);
    return (x: Tensor) => Reflect.apply(module.forward, module, [x]) as Tensor;
  });
  load(layers, c.state_dict);
  return { layers, forward: x => steps.reduce((y, step) => step(y), x) };
}

interface Stepper {
  step(): void;
  zeroGrad(): void;
}

function buildOptimizer(name: string, ctor: Options, params: readonly Tensor[]): Stepper {
  const optimizers = optim as unknown as Record<
    string,
    new (
      params: readonly Tensor[],
      options: Options,
    ) => Stepper
  >;
  if (!Object.hasOwn(optim, name)) throw new NotSupported(`there is no optimizer ${name} yet`);
  const options = Object.entries(ctor).map(([key, value]) => [camelCase(key), value]);
  return new optimizers[name](params, Object.fromEntries(options));
}

/** The loss of a small convolutional net and its gradients, and steps of optimizers from there. */
export function runCnn(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as CnnCase;
  const x = build(c.x);
  const y = build(c.y);
  // Everything that may not be there is made before anything is compared.
  const runs = Object.entries(c.after).map(([name, after]) => {
    const net = buildNet(c);
    return { name, after, net, optimizer: buildOptimizer(name, after.ctor, net.layers.parameters()) };
  });
  const net = buildNet(c);
  const logits = net.forward(x);
  compare.tensor('logits', logits, c.logits, tolerances.trajectory);
  const loss = crossEntropy(logits, y);
  compare.number('loss', loss.item(), c.loss, tolerances.trajectory);
  const params = net.layers.namedParameters();
  const names = Object.keys(c.grads);
  const grads = grad(
    loss,
    names.map(name => params[name]),
  );
  names.forEach((name, i) => {
    compare.tensor(`grads.${name}`, grads[i], c.grads[name], tolerances.trajectory);
  });
  for (const { name, after, net: trained, optimizer } of runs)
    after.losses_5.forEach((want, t) => {
      optimizer.zeroGrad();
      const current = crossEntropy(trained.forward(x), y);
      compare.number(`after.${name}.losses_5[${t}]`, current.item(), want, tolerances.trajectory);
      current.backward();
      optimizer.step();
      if (t === 0) compareState(compare, `after.${name}.state`, trained.layers, after.state_dict_after_1);
    });
}
