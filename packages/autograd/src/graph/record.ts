import type { Tensor } from '../tensor/tensor.js';
import { checkFinite } from './anomaly.js';
import { mode } from './modes.js';
import { type DifferentiableOp, type Input, Node } from './node.js';

/** Told of every op when it has run: the tracer of `fuse`. What times the ops is in spans.ts. */
export interface Observer {
  applied(
    op: DifferentiableOp<never>,
    inputs: readonly Input[],
    attributes: unknown,
    outputs: readonly Tensor[],
  ): void;
  /** Of a tensor that was filled with a number rather than computed by an op. */
  filled(out: Tensor, value: number): void;
}

export const observers: { current: Observer | null } = { current: null };

/** Records that `outputs` came from `inputs`, if anybody will want a gradient. The one place where graphs grow. */
export function record<A>(
  op: DifferentiableOp<A>,
  inputs: readonly Input[],
  attributes: A,
  outputs: readonly Tensor[],
): void {
  let wanted = false;
  let cut = '';
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number') continue;
    if (x.node !== null) {
      wanted = true;
      x.node.used = true;
    } else if (x.cut !== '') cut = x.cut;
  }
  if (wanted && mode.recording && op.vjp !== null) {
    const node = new Node(op, inputs, attributes, outputs) as Node;
    for (let i = 0; i < outputs.length; i++) {
      const out = outputs[i];
      if (isFloating(out)) {
        out.node = node;
        out.outputIndex = i;
        // What was cut inside its forward function is no break: the op has a derivative of its own.
        if (out.cut !== '') out.cut = '';
      } else out.cut = `${op.name}, whose ${out.dtype} output carries no gradient`;
    }
    if (mode.anomaly) node.stack = new Error().stack ?? '';
  } else if (wanted) {
    cut = op.vjp === null ? `${op.name}, which has no derivative (${op.why})` : `${op.name} inside noGrad`;
    for (const out of outputs) out.cut = cut;
  } else if (cut !== '') for (const out of outputs) out.cut = cut;
  if (mode.anomaly) checkFinite(op.name, inputs, outputs);
  if (observers.current !== null)
    observers.current.applied(op as unknown as DifferentiableOp<never>, inputs, attributes, outputs);
}

function isFloating(t: Tensor): boolean {
  return t.dtype === 'float32' || t.dtype === 'float64';
}
