import * as nn from '../../../../nn/src/index.js';
import { grad, type Tensor } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { GoldenTensor, KindCase } from '../format.js';
import { buildModule, camelCase } from '../modules.js';
import { build, NotSupported } from '../tensors.js';

type ByName = Readonly<Record<string, GoldenTensor | null>>;

interface LayerCase extends KindCase {
  readonly module: string;
  readonly ctor: Readonly<Record<string, unknown>>;
  readonly state_dict: Readonly<Record<string, GoldenTensor>>;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly call?: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, GoldenTensor>>;
  readonly v: Readonly<Record<string, GoldenTensor>>;
  readonly grads: ByName;
  readonly second: { readonly u: ByName; readonly grads: ByName } | null;
}

/** Arguments of a call as options. */
function optionsOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [camelCase(name), isTensor(value) ? build(value) : value]),
  );
}

function isTensor(value: unknown): value is GoldenTensor {
  return typeof value === 'object' && value !== null && 'data' in value;
}

interface Kind {
  /** How the module is made, where it is not as its class says. */
  readonly make?: (c: LayerCase) => nn.Module;
  /** Outputs in the order of the case. */
  readonly call: (
    module: never,
    inputs: Readonly<Record<string, Tensor>>,
    c: LayerCase,
  ) => readonly (Tensor | null)[];
}

const recurrent: Kind = {
  call: (module: nn.LSTM, { input, h0, c0 }) => {
    const state = h0 === undefined ? undefined : c0 === undefined ? h0 : [h0, c0];
    const result = module.forward(input, state as never) as unknown;
    return [result].flat(2) as Tensor[];
  },
};

const kinds: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(['RNN', 'LSTM', 'GRU', 'RNNCell', 'LSTMCell', 'GRUCell'].map(n => [n, recurrent])),
  MultiheadAttention: {
    call: (module: nn.MultiheadAttention, { query, key, value }, c) =>
      module.forward(query, key, value, optionsOf(c.call ?? {})),
  },
  TransformerEncoderLayer: {
    call: (module: nn.TransformerEncoderLayer, { src }, c) => [module.forward(src, encoding(c))],
  },
  TransformerEncoder: {
    make: c => stack(c),
    call: (module: nn.TransformerEncoder, { src }, c) => [module.forward(src, encoding(c))],
  },
  TransformerDecoderLayer: {
    call: (module: nn.TransformerDecoderLayer, { tgt, memory }, c) => [
      module.forward(tgt, memory, optionsOf(c.call ?? {})),
    ],
  },
};

/** `src_mask` of a layer and `mask` of a stack are one option here. */
function encoding(c: LayerCase): nn.EncodeOptions {
  const { srcMask, mask, srcKeyPaddingMask, isCausal } = optionsOf(c.call ?? {}) as Record<string, Tensor>;
  return { mask: srcMask ?? mask, keyPaddingMask: srcKeyPaddingMask, isCausal: isCausal as never };
}

/** A stack whose layers have the case's arguments, with `num_layers` and `final_norm` its own. */
function stack(c: LayerCase): nn.Module {
  const { num_layers: count, final_norm: final, ...layer } = c.ctor;
  const make = (): nn.TransformerEncoderLayer =>
    buildModule('TransformerEncoderLayer', layer) as nn.TransformerEncoderLayer;
  const norm = final === true ? new nn.LayerNorm(Number(layer.d_model), { dtype: 'float64' }) : null;
  return new nn.TransformerEncoder(make, Number(count), { norm });
}

/** Outputs, and derivatives by inputs and parameters, of one layer. */
export function runLayer(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as LayerCase;
  const kind = kinds[c.module];
  if (kind === undefined) throw new NotSupported(`there is no layer ${c.module} among the runners yet`);
  const module = kind.make?.(c) ?? buildModule(c.module, c.ctor);
  const state = Object.entries(c.state_dict).map(([name, t]) => [name, build(t)] as const);
  module.loadStateDict(Object.fromEntries(state));
  const inputs = Object.fromEntries(
    Object.entries(c.inputs).map(([name, t]) => {
      const input = build(t);
      return [name, c.grads[name] === undefined ? input : input.requiresGrad_()];
    }),
  );
  const outputs = kind.call(module as never, inputs, c);
  const names = Object.keys(c.outputs);
  names.forEach((name, i) => {
    const got = outputs[i];
    if (got === null || got === undefined) compare.fail(name, 'nothing', 'a tensor');
    else compare.tensor(name, got, c.outputs[name], tolerances.trajectory);
  });
  if (compare.problems.length > 0) return;

  const leaves: Readonly<Record<string, Tensor>> = { ...module.namedParameters(), ...inputs };
  const wanted = Object.keys(c.grads);
  const targets = wanted.map(name => leaves[name]);
  const seeds = names.map(name => build(c.v[name]));
  const grads = grad(outputs as Tensor[], targets, {
    gradOutputs: seeds,
    createGraph: c.second !== null,
    allowUnused: true,
  });
  wanted.forEach((name, i) => {
    compare.numbers(
      `grads.${name}`,
      grads[i].toTypedArray(),
      c.grads[name]?.data ?? null,
      tolerances.trajectory,
    );
  });
  const { second } = c;
  if (second === null) return;
  const moved = wanted.flatMap((name, i) => {
    const u = second.u[name];
    return u == null ? [] : [{ gradient: grads[i], u: build(u) }];
  });
  const again = grad(
    moved.map(m => m.gradient),
    targets,
    { gradOutputs: moved.map(m => m.u), allowUnused: true },
  );
  wanted.forEach((name, i) => {
    compare.numbers(
      `second.grads.${name}`,
      again[i].toTypedArray(),
      second.grads[name]?.data ?? null,
      tolerances.trajectory,
    );
  });
}
