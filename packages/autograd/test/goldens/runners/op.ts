import { grad, jvp, Tensor } from '../../../src/index.js';
import { adapterFor } from '../adapters/index.js';
import { type Comparison, type Tolerance, tolerances } from '../compare.js';
import type { OpCase } from '../format.js';
import { type Adapter, Params } from '../params.js';
import { build, float64, type Layout, NotSupported } from '../tensors.js';

/** Values, gradients and second order of one call. */
export function runOp(c: OpCase, compare: Comparison, layout: Layout): void {
  const adapter = adapterFor(c.fn);
  if (adapter === undefined) throw new NotSupported('there is no such op yet');
  const inputs = c.tensors.map(t => build(t, layout));
  const wanted = c.tensors.flatMap((t, i) => (t.grad ? [i] : []));
  if (c.v !== null) for (const i of wanted) inputs[i].requiresGrad_();

  const outputs = call(adapter, c, inputs);
  if (outputs.length !== c.outputs.length) {
    compare.fail('outputs', `${outputs.length}`, `${c.outputs.length}`);
    return;
  }
  const relative = (quantity: string, standard: Tolerance): Tolerance => ({
    ...standard,
    rtol: c.tol?.[quantity] ?? standard.rtol,
  });
  c.outputs.forEach((want, k) => {
    compare.tensor(`outputs[${k}]`, outputs[k], want, relative('outputs', tolerances.first));
  });
  // Now, after one call: what follows calls again.
  for (const [i, want] of Object.entries(c.mutated ?? {}))
    compare.numbers(`mutated[${i}]`, inputs[Number(i)].toTypedArray(), want, tolerances.first);
  if (compare.problems.length > 0 || c.v === null || c.grads === null) return;

  const expected = c.grads;
  const seeds = c.v.map((v, k) => (v === null ? null : float64(v, c.outputs[k].shape)));
  const ends = outputs.filter((_, k) => seeds[k] !== null);
  const grads = grad(
    ends,
    wanted.map(i => inputs[i]),
    { gradOutputs: seeds.filter(v => v !== null), createGraph: c.second !== null, allowUnused: true },
  );
  wanted.forEach((i, at) => {
    compare.numbers(
      `grads[${i}]`,
      grads[at].toTypedArray(),
      expected[i] ?? null,
      relative('grads', tolerances.first),
    );
  });

  const { second } = c;
  if (second === null) return;
  const moved = wanted.flatMap((i, at) => {
    const u = second.u[i];
    return u == null ? [] : [{ gradient: grads[at], u: float64(u, inputs[i].shape) }];
  });
  const again = grad(
    moved.map(m => m.gradient),
    wanted.map(i => inputs[i]),
    { gradOutputs: moved.map(m => m.u), allowUnused: true },
  );
  wanted.forEach((i, at) => {
    const tolerance = relative('second.grads', tolerances.second);
    compare.numbers(`second.grads[${i}]`, again[at].toTypedArray(), second.grads[i] ?? null, tolerance);
  });
  runForward(c, adapter, inputs, wanted, compare, relative('jvp', tolerances.first));
}

/** The forward derivative of each output along u. */
function runForward(
  c: OpCase,
  adapter: Adapter,
  inputs: readonly Tensor[],
  wanted: readonly number[],
  compare: Comparison,
  tolerance: Tolerance,
): void {
  const { second, v } = c;
  if (second === null || v === null) return;
  const points = wanted.map(i => inputs[i].detach());
  const directions = wanted.map(i => {
    const u = second.u[i];
    return u == null
      ? float64(new Array(inputs[i].size).fill(0), inputs[i].shape)
      : float64(u, inputs[i].shape);
  });
  second.jvp.forEach((want, k) => {
    if (v[k] === null) return;
    const output = (xs: readonly Tensor[]): Tensor => {
      const all = inputs.slice();
      wanted.forEach((i, at) => {
        all[i] = xs[at];
      });
      return call(adapter, c, all)[k];
    };
    const { value, tangent } = jvp(output, points, directions);
    compare.tensor(`outputs[${k}] under jvp`, value, c.outputs[k], tolerances.first);
    compare.numbers(`second.jvp[${k}]`, tangent.toTypedArray(), want, tolerance);
  });
}

function call(adapter: Adapter, c: OpCase, inputs: readonly Tensor[]): readonly Tensor[] {
  const filled = (arg: unknown): unknown => {
    if (Array.isArray(arg)) return arg.map(filled);
    return typeof arg === 'object' && arg !== null && '$t' in arg ? inputs[arg.$t as number] : arg;
  };
  const kwargs = Object.fromEntries(Object.entries(c.kwargs).map(([name, value]) => [name, filled(value)]));
  const params = new Params(adapter.signature, c.args.map(filled), kwargs);
  const result = adapter.run(params);
  if (params.overlooked.length > 0) throw new NotSupported(`the argument ${params.overlooked.join(', ')}`);
  return result instanceof Tensor ? [result] : result;
}
