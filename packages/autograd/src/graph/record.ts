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

/** Records that `outputs` came from `inputs`, if anybody will want a gradient. Here and in `recordOne` is where graphs grow. */
export function record<A>(
  op: DifferentiableOp<A>,
  inputs: readonly Input[],
  attributes: A,
  outputs: readonly Tensor[],
): void {
  if (outputs.length === 1) {
    recordOne(op, inputs, attributes, outputs[0]);
    return;
  }
  const wanted = takeInputs(inputs);
  // A dim of size 0 can be cut into no pieces at all.
  if (wanted && mode.recording && op.vjp !== null && outputs.length > 0) {
    const node = new Node(op, inputs, attributes, outputs[0], outputs, false) as Node;
    for (let i = 0; i < outputs.length; i++) attach(op, outputs[i], node, i);
    if (mode.anomaly) node.stack = new Error().stack ?? '';
  } else {
    const cut = wanted ? cutBy(op) : cutBefore(inputs);
    if (cut !== '') for (const out of outputs) out.cut = cut;
  }
  if (mode.anomaly) checkFinite(op.name, inputs, outputs);
  if (observers.current !== null)
    observers.current.applied(op as unknown as DifferentiableOp<never>, inputs, attributes, outputs);
}

/** The same for a single output, as nearly every op has. */
export function recordOne<A>(
  op: DifferentiableOp<A>,
  inputs: readonly Input[],
  attributes: A,
  out: Tensor,
): void {
  const wanted = takeInputs(inputs);
  if (wanted && mode.recording && op.vjp !== null) {
    const node = new Node(op, inputs, attributes, out, null, false) as Node;
    attach(op, out, node, 0);
    if (mode.anomaly) node.stack = new Error().stack ?? '';
  } else {
    const cut = wanted ? cutBy(op) : cutBefore(inputs);
    if (cut !== '') out.cut = cut;
  }
  if (mode.anomaly) checkFinite(op.name, inputs, [out]);
  if (observers.current !== null)
    observers.current.applied(op as unknown as DifferentiableOp<never>, inputs, attributes, [out]);
}

/** Notes that an op has taken the inputs; says whether one of them wants a gradient. */
function takeInputs(inputs: readonly Input[]): boolean {
  let wanted = false;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number' || x.node === null) continue;
    wanted = true;
    x.node.used = true;
  }
  return wanted;
}

function attach(op: { readonly name: string }, out: Tensor, node: Node, index: number): void {
  if (isFloating(out)) {
    out.node = node;
    out.outputIndex = index;
    // What was cut inside its forward function is no break: the op has a derivative of its own.
    if (out.cut !== '') out.cut = '';
  } else out.cut = `${op.name}, whose ${out.dtype} output carries no gradient`;
}

function cutBy(op: { readonly name: string; readonly vjp: unknown; readonly why?: string }): string {
  return op.vjp === null ? `${op.name}, which has no derivative (${op.why})` : `${op.name} inside noGrad`;
}

/** Where the chain broke before the inputs, if it did. */
function cutBefore(inputs: readonly Input[]): string {
  let cut = '';
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x !== 'number' && x.cut !== '') cut = x.cut;
  }
  return cut;
}

function isFloating(t: Tensor): boolean {
  return t.dtype === 'float32' || t.dtype === 'float64';
}
