import { type ArithmeticOp, scalarArithmetic, scalarMaps, type UnaryOp } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import { mode } from '../graph/modes.js';
import { type Arithmetic, type BinaryRule, rules, type UnaryRule } from '../ops/arithmetic.js';
import { binaryOps, unaryOps } from '../ops/ruled.js';
import { polygammaRule } from '../ops/special.js';

/** An op as a Value knows it: the number it computes, and the same rule that tensors use. */
interface ScalarOp {
  readonly name: string;
  readonly unary: UnaryRule | null;
  readonly binary: BinaryRule | null;
}

/** The arithmetic of plain numbers: with it a rule gives a first derivative without making any node. */
const numbers: Arithmetic<number, boolean> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: scalarArithmetic.pow,
  neg: x => -x,
  sign: scalarMaps.sign,
  square: x => x * x,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  sqrt: Math.sqrt,
  sinh: Math.sinh,
  cosh: Math.cosh,
  sigmoid: scalarMaps.sigmoid,
  trunc: Math.trunc,
  digamma: scalarMaps.digamma,
  polygamma: scalarArithmetic.polygamma,
  floorDiv: scalarArithmetic.floorDiv,
  xlogy: scalarArithmetic.xlogy,
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  and: (a, b) => a && b,
  where: (condition, a, b) => (condition ? a : b),
  zero: () => 0,
};

const polygammaOp: ScalarOp = {
  name: 'polygamma',
  unary: null,
  binary: polygammaRule,
};

/** What a Value op takes. */
export type ValueInput = Value | number;

/**
 * A scalar that remembers how it was made, in double precision. Numbers are accepted wherever a Value is. `backward` adds to `grad`
 * of every Value it was made of; for derivatives that can be differentiated again, use `grad(y, [x], { createGraph: true })`.
 */
export class Value {
  readonly data: number;
  /** What `backward` has accumulated. Set it to 0 to start anew. */
  grad: number;
  /** For drawings and messages. */
  name: string;
  /** How it was made; null for a leaf, and for what was made inside noGrad. */
  readonly op: ScalarOp | null;
  readonly first: ValueInput;
  readonly second: ValueInput;
  /** Scratch of a walk: how many of the Values made of it the walk has still to come from; 0 outside of walks. @internal */
  uses: number;

  constructor(data: number, op: ScalarOp | null = null, first: ValueInput = 0, second: ValueInput = 0) {
    if (!attached) attach();
    this.data = data;
    this.grad = 0;
    this.name = '';
    this.op = op;
    this.first = first;
    this.second = second;
    this.uses = 0;
  }

  /** The number. */
  item(): number {
    return this.data;
  }

  toString(): string {
    return `value(${this.data}${this.op === null ? '' : `, gradFn=${this.op.name}`})`;
  }

  /** The same number outside the graph. */
  detach(): Value {
    return new Value(this.data);
  }

  /** Comparisons give booleans. */
  eq(b: ValueInput): boolean {
    return this.data === dataOf(b);
  }
  ne(b: ValueInput): boolean {
    return this.data !== dataOf(b);
  }
  lt(b: ValueInput): boolean {
    return this.data < dataOf(b);
  }
  le(b: ValueInput): boolean {
    return this.data <= dataOf(b);
  }
  gt(b: ValueInput): boolean {
    return this.data > dataOf(b);
  }
  ge(b: ValueInput): boolean {
    return this.data >= dataOf(b);
  }

  /** x where x > 0, slope * x elsewhere. */
  leakyRelu(slope = 0.01): Value {
    return this.data > 0 ? this.mul(1) : this.mul(slope);
  }
  /** x * Phi(x) with the error function. */
  gelu(): Value {
    return this.mul(0.5).mul(this.mul(Math.SQRT1_2).erf().add(1));
  }
  /** The derivative of order n (a whole number from 0) of digamma. */
  polygamma(n: number): Value {
    if (!Number.isInteger(n) || n < 0)
      throw new ArgumentError(`polygamma: the order is ${show(n)}; expected a whole number from 0.`);
    const data = scalarArithmetic.polygamma(n, this.data);
    return mode.recording ? new Value(data, polygammaOp, n, this) : new Value(data);
  }
  /** x * sigmoid(x). */
  silu(): Value {
    return this.mul(this.sigmoid());
  }
  /** ln(1 + e**x). */
  softplus(): Value {
    return this.data > 20 ? this.mul(1) : this.exp().log1p();
  }
  /** Moved to the nearest border of [min, max]; at a border the gradient passes. */
  clamp({
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
  }: {
    readonly min?: number;
    readonly max?: number;
  }): Value {
    if (this.data > max || min > max) return this.mul(0).add(max);
    return this.data < min ? this.mul(0).add(min) : this.mul(1);
  }

  /** Adds the derivative of this Value to the `grad` of every Value it was made of, its own (1) included. */
  backward(): void {
    const before = countUses(this, true);
    // In `grad` the derivative adds up; what was there waits aside.
    this.grad = 1;
    const ready: Value[] = [this];
    for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
      const { op, first, second } = v;
      const g = v.grad;
      if (before !== null) v.grad += before.get(v) ?? 0;
      if (op === null) continue;
      if (op.unary !== null) {
        const x = first as Value;
        x.grad += op.unary.rule(numbers, g, op.unary.reads === 'input' ? x.data : v.data);
      } else if (op.binary !== null) {
        const a = dataOf(first);
        const b = dataOf(second);
        if (typeof first !== 'number') first.grad += op.binary.first(numbers, g, a, b, v.data);
        if (typeof second !== 'number') second.grad += op.binary.second(numbers, g, a, b, v.data);
      }
      if (typeof first !== 'number' && --first.uses === 0) ready.push(first);
      if (typeof second !== 'number' && --second.uses === 0) ready.push(second);
    }
  }
}

function dataOf(x: ValueInput): number {
  return typeof x === 'number' ? x : x.data;
}

/**
 * Counts in `uses` how often each Value below the output is used on the way to it; who then takes them down to 0 again comes to every Value after all
 * that were made of it, and needs no list of them: in a large graph that would cost more than the arithmetic. With `clearing`, `grad` is set to 0
 * as well, and what was in it returned where that was something else. Iterative: a chain of any length overflows no stack.
 */
function countUses(output: Value, clearing: boolean): Map<Value, number> | null {
  let before: Map<Value, number> | null = null;
  const open: Value[] = [output];
  for (let v = open.pop(); v !== undefined; v = open.pop()) {
    if (clearing && v.grad !== 0) {
      before ??= new Map();
      before.set(v, v.grad);
      v.grad = 0;
    }
    if (v.op === null) continue;
    const { first, second } = v;
    if (typeof first !== 'number' && first.uses++ === 0) open.push(first);
    if (typeof second !== 'number' && second.uses++ === 0) open.push(second);
  }
  return before;
}

/** What the output was made of, results before inputs. */
function sortValues(output: Value): Value[] {
  countUses(output, false);
  const order: Value[] = [];
  const ready: Value[] = [output];
  for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
    order.push(v);
    if (v.op === null) continue;
    const { first, second } = v;
    if (typeof first !== 'number' && --first.uses === 0) ready.push(first);
    if (typeof second !== 'number' && --second.uses === 0) ready.push(second);
  }
  return order;
}

/** The derivatives of a Value by others, as Values; with `createGraph` they can be differentiated again. */
export function valueGradients(
  output: Value,
  inputs: readonly Value[],
  createGraph: boolean,
): (Value | null)[] {
  const order = sortValues(output);
  const slopes = new Map<Value, Value>();
  const needed = new Set<Value>(inputs);
  for (let i = order.length - 1; i >= 0; i--) {
    const v = order[i];
    if (v.op !== null && (needed.has(v.first as Value) || needed.has(v.second as Value))) needed.add(v);
  }
  const recording = mode.recording;
  mode.recording = createGraph;
  try {
    slopes.set(output, new Value(1));
    const give = (to: ValueInput, slope: Value): void => {
      const before = slopes.get(to as Value);
      slopes.set(to as Value, before === undefined ? slope : before.add(slope));
    };
    for (const v of order) {
      const g = slopes.get(v);
      const { op, first, second } = v;
      if (g === undefined || op === null || !needed.has(v)) continue;
      if (op.unary !== null)
        give(first, op.unary.rule(values, g, op.unary.reads === 'input' ? (first as Value) : v));
      else if (op.binary !== null) {
        if (needed.has(first as Value)) give(first, op.binary.first(values, g, first, second, v));
        if (needed.has(second as Value)) give(second, op.binary.second(values, g, first, second, v));
      }
    }
  } finally {
    mode.recording = recording;
  }
  return inputs.map(x => slopes.get(x) ?? null);
}

/** Makes a scalar node. */
export function value(data: number): Value {
  if (typeof data !== 'number') throw new ArgumentError(`value: expected a number, got ${show(data)}.`);
  return new Value(data);
}

type UnaryValueMethods = { readonly [K in UnaryOp]: () => Value };
type BinaryValueMethods = {
  readonly [K in Exclude<ArithmeticOp, 'polygamma'>]: (b: ValueInput) => Value;
};

declare module './value.js' {
  interface Value extends UnaryValueMethods, BinaryValueMethods {}
}

let attached = false;

/** Gives Values the methods that the tables of rules define; the first Value asks for it, since importing a package does nothing. */
function attach(): void {
  attached = true;
  const prototype = Value.prototype as unknown as Record<string, unknown>;
  for (const name of Object.keys(unaryOps) as UnaryOp[])
    prototype[name] = unaryMethod(name, rules.get(unaryOps[name]) as UnaryRule);
  for (const name of Object.keys(binaryOps) as (keyof typeof binaryOps)[])
    prototype[name] = binaryMethod(name, rules.get(binaryOps[name]) as BinaryRule);
}

function unaryMethod(name: UnaryOp, unary: UnaryRule): (this: Value) => Value {
  const op: ScalarOp = { name, unary, binary: null };
  const compute = scalarMaps[name];
  return function (this: Value): Value {
    return mode.recording ? new Value(compute(this.data), op, this) : new Value(compute(this.data));
  };
}

function binaryMethod(name: ArithmeticOp, binary: BinaryRule): (this: Value, b: ValueInput) => Value {
  const op: ScalarOp = { name, unary: null, binary };
  const compute = scalarArithmetic[name];
  return function (this: Value, b: ValueInput): Value {
    if (typeof b !== 'number' && !(b instanceof Value))
      throw new ArgumentError(
        `${name}: expected a Value or a number, got ${show(b)}. Values and tensors do not mix.`,
      );
    const data = compute(this.data, typeof b === 'number' ? b : b.data);
    return mode.recording ? new Value(data, op, this, b) : new Value(data);
  };
}

const lift = (x: ValueInput): Value => (typeof x === 'number' ? new Value(x) : x);

/** The arithmetic of Values: with it a rule records what it does. */
const values: Arithmetic<Value, boolean> = {
  add: (a, b) => lift(a).add(b),
  sub: (a, b) => lift(a).sub(b),
  mul: (a, b) => lift(a).mul(b),
  div: (a, b) => lift(a).div(b),
  pow: (a, b) => lift(a).pow(b),
  neg: x => x.neg(),
  sign: x => x.sign(),
  square: x => x.square(),
  exp: x => x.exp(),
  log: x => x.log(),
  sin: x => x.sin(),
  cos: x => x.cos(),
  sqrt: x => x.sqrt(),
  sinh: x => x.sinh(),
  cosh: x => x.cosh(),
  sigmoid: x => x.sigmoid(),
  trunc: x => x.trunc(),
  digamma: x => x.digamma(),
  polygamma: (n, x) => x.polygamma(n),
  floorDiv: (a, b) => lift(a).floorDiv(b),
  xlogy: (a, b) => lift(a).xlogy(b),
  eq: (a, b) => dataOf(a) === dataOf(b),
  lt: (a, b) => dataOf(a) < dataOf(b),
  le: (a, b) => dataOf(a) <= dataOf(b),
  gt: (a, b) => dataOf(a) > dataOf(b),
  ge: (a, b) => dataOf(a) >= dataOf(b),
  and: (a, b) => a && b,
  where: (condition, a, b) => lift(condition ? a : b),
  zero: () => new Value(0),
};
