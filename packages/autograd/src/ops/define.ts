import type { DType } from '@fluxion/kernels';
import { ArgumentError, DTypeError, show } from '../errors.js';
import { mode, noGrad } from '../graph/modes.js';
import type { DifferentiableOp, Input, Node } from '../graph/node.js';
import { recordOne } from '../graph/record.js';
import { abandonRegion, closeRegion, handOver, openRegion } from '../graph/region.js';
import { type SpanWatcher, spans, watch } from '../graph/spans.js';
import { Tensor } from '../tensor/tensor.js';

/** A primitive: an op that computes by a kernel (or shares memory) and states its own derivative. */
export interface Primitive<A = undefined> extends DifferentiableOp<A> {
  /** Computes the output. Runs unrecorded: what it calls leaves no trace. */
  readonly forward: (inputs: readonly Input[], attributes: A) => Tensor;
  /** The kernel that computes it element by element, so that expressions of it can be fused. */
  readonly elementwise?: ElementwiseKernel;
}

export interface ElementwiseKernel {
  readonly kind: 'unary' | 'binary' | 'where' | 'logicalNot';
  readonly kernel: string;
}

/** The error about something that should have been a tensor. */
export function notATensor(op: string, given: unknown, expected: string = 'a tensor'): ArgumentError {
  const data = Array.isArray(given) && given.length <= 8 ? show(given) : '…';
  return new ArgumentError(
    `${op}: expected ${expected}, got ${show(given)}. Make it a tensor first: tensor(${data}).`,
  );
}

/** What an op of two operands takes. */
export const operand = 'a tensor or a number';

/** Throws unless it is a tensor. The first line of every op that is neither a composite nor made by one of the builders. */
export function requireTensor(op: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw notATensor(op, x);
}

/** Runs a primitive and records it. */
export function apply<A>(op: Primitive<A>, inputs: readonly Input[], attributes: A): Tensor {
  for (let i = 0; i < inputs.length; i++) {
    const x: unknown = inputs[i];
    if (typeof x !== 'number' && !(x instanceof Tensor))
      throw notATensor(op.name, x, op.elementwise?.kind === 'binary' ? operand : undefined);
  }
  const watcher = spans.current;
  return watcher === null ? run(op, inputs, attributes) : watched(watcher, op, inputs, attributes);
}

function run<A>(op: Primitive<A>, inputs: readonly Input[], attributes: A): Tensor {
  const out = op.forward(inputs, attributes);
  recordOne(op, inputs, attributes, out);
  return out;
}

/** A function of its own: a closure in `apply` would be paid for by every op. */
function watched<A>(watcher: SpanWatcher, op: Primitive<A>, inputs: readonly Input[], attributes: A): Tensor {
  return watch(watcher, 'op', op.name, inputs, () => run(op, inputs, attributes));
}

/** Saves nothing: for rules that need shapes and attributes only. */
export const savesNothing = (): boolean => false;
/** Input i is read by the derivatives of the other inputs alone (products). */
export const savesOthers = (i: number, node: Pick<Node, 'arity' | 'edge'>): boolean => {
  for (let j = 0; j < node.arity; j++) if (j !== i && node.edge(j) !== null) return true;
  return false;
};

/** The same for a product of the first two inputs, to which others are added. */
export const savesFactors = (i: number, node: Pick<Node, 'edge'>): boolean =>
  i < 2 && node.edge(1 - i) !== null;

/**
 * An op made of ops: its derivative is that of its parts. What it creates on the way and does not return is freed at once, or by
 * the backward walk if a part has saved it. The first argument must be a tensor, a list of tensors, a number or a text; anything else is an error by
 * the name of the op.
 */
export function composite<F extends (...args: never[]) => Tensor | readonly Tensor[]>(
  name: string,
  fn: F,
): F {
  return inRegion(name, fn, true);
}

function inRegion<F extends (...args: never[]) => Tensor | readonly Tensor[]>(
  name: string,
  fn: F,
  checks: boolean,
): F {
  const run = (...args: Parameters<F>): Tensor | readonly Tensor[] => {
    if (checks && !((args as readonly unknown[])[0] instanceof Tensor)) checkFirst(name, args[0]);
    const watcher = spans.current;
    watcher?.enter('op', name, args);
    const mark = openRegion();
    let result: Tensor | readonly Tensor[] | undefined;
    try {
      result = fn(...args);
      return result;
    } finally {
      if (result === undefined) abandonRegion();
      else if (Array.isArray(result)) {
        closeRegion(mark, name, new Set((result as readonly Tensor[]).map(t => t.storage)));
      } else closeRegion(mark, name, (result as Tensor).storage);
      watcher?.exit();
    }
  };
  // It keeps nothing: what stands between such functions need not wait for the collector. See Sequential in nn.
  Object.defineProperties(run, { name: { value: name }, forgets: { value: true } });
  return run as F;
}

/** Throws where the first argument is nothing that a composite begins with; a number (an order), a text (an equation) and a list it judges itself. */
function checkFirst(name: string, first: unknown): void {
  if (typeof first === 'number' || typeof first === 'string') return;
  if (Array.isArray(first) && (first.length === 0 || first.some(x => x instanceof Tensor))) return;
  throw notATensor(name, first);
}

/** A function of tensors made of ops, as an op that has no derivative and says so by its own name. */
export function withoutDerivative<A>(
  name: string,
  why: string,
  fn: (inputs: readonly Input[], attributes: A) => Tensor,
): (inputs: readonly Input[], attributes: A) => Tensor {
  const compute = inRegion(name, fn, false);
  const op: Primitive<A> = {
    name,
    vjp: null,
    why,
    forward: (inputs, attributes) => noGrad(() => compute(inputs, attributes)),
  };
  return (inputs, attributes) => apply(op, inputs, attributes);
}

/** Throws unless it is a tensor of float32 or float64. */
export function requireFloating(op: string, t: Tensor): void {
  requireTensor(op, t);
  if (t.dtype !== 'float32' && t.dtype !== 'float64')
    throw new DTypeError(
      `${op}: expected a float32 or float64 tensor, got ${t.dtype}. Convert it first: x.to('float32').`,
    );
}

/** Throws unless gradients exist for the dtype. */
export function requireDifferentiable(op: string, dtype: DType): void {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`${op}: only float32 and float64 tensors can require a gradient, not ${dtype}.`);
}

/** What a user says of an op of their own. */
export interface OpDefinition<I extends readonly Input[], A> {
  readonly name: string;
  /** Computes the output from the inputs; what it calls is not recorded. */
  readonly forward: (inputs: I, attributes: A) => Tensor;
  /**
   * The gradients of the inputs from that of the output, written in differentiable ops, so that it can be differentiated again.
   * `context` gives inputs and output as they were. Leave it out, with a reason in `why`, for an op without derivative.
   */
  readonly vjp?: (gradOutput: Tensor, context: OpContext<I, A>) => readonly (Tensor | null)[];
  readonly why?: string;
}

export interface OpContext<I extends readonly Input[], A> {
  readonly inputs: I;
  readonly output: Tensor;
  readonly attributes: A;
  /** Whether a gradient of input `i` is wanted. */
  needs(i: number): boolean;
}

/**
 * Makes a differentiable function of a definition, as the library does for its own ops. Attributes are passed as one object after the inputs:
 * `op([x, y], attributes)`.
 */
export function defineOp<I extends readonly Input[], A = undefined>(
  definition: OpDefinition<I, A>,
): (inputs: I, ...attributes: A extends undefined ? [] : [A]) => Tensor {
  const { name, forward, vjp, why } = definition;
  if (typeof name !== 'string' || name === '')
    throw new ArgumentError('defineOp: expected a name, which errors and drawings will show.');
  if (typeof forward !== 'function') throw new ArgumentError(`defineOp: '${name}' has no forward function.`);
  if (vjp === undefined && why === undefined)
    throw new ArgumentError(
      `defineOp: '${name}' has neither a vjp nor a reason (why) for having none. Give one of them.`,
    );
  const op: Primitive<A> = {
    name,
    foreign: true,
    savesOutput: true,
    why,
    forward: (inputs, attributes) => {
      const before = mode.recording;
      mode.recording = false;
      try {
        const out = forward(inputs as unknown as I, attributes);
        if (!(out instanceof Tensor))
          throw new ArgumentError(
            `${name}: its forward function must return a tensor, it returned ${show(out)}.`,
          );
        // A tensor of its own: it may be an input, or one that the function keeps, and its node must not be written over theirs.
        return new Tensor(out.storage, out.offset, out.shape, out.strides);
      } finally {
        mode.recording = before;
      }
    },
    vjp:
      vjp === undefined
        ? null
        : (g, node) => {
            const inputs = node.inputs.map((_, i) => node.input(i));
            const output = node.output();
            // The rule may keep what it sees.
            for (const x of [g, output, ...inputs]) if (typeof x !== 'number') handOver(x.storage);
            return vjp(g, {
              inputs: inputs as unknown as I,
              output,
              attributes: node.attributes,
              needs: i => node.needs(i),
            });
          },
  };
  return (inputs, ...attributes) => {
    if (!Array.isArray(inputs))
      throw new ArgumentError(`${name}: expected a list of inputs, got ${show(inputs)}: ${name}([x]).`);
    for (const x of inputs as readonly unknown[])
      if (typeof x !== 'number' && !(x instanceof Tensor))
        throw new ArgumentError(
          `${name}: expected tensors and numbers as inputs, got ${show(x)}. Pass it as an attribute.`,
        );
    return apply(op, inputs, attributes[0] as A);
  };
}
