import { DTypeError } from '../errors.js';
import type {
  ArithmeticOp,
  CompareOp,
  Expression,
  ExpressionNode,
  ExpressionReduction,
  LogicalOp,
  UnaryOp,
} from '../interface.js';
import { arrayType } from '../storage.js';
import { arithmeticFloat, compare, logical, unaryFloat } from './scalar.js';
import {
  broadcastStrides,
  contiguousStrides,
  elementCount,
  forEachRow,
  toElement,
  unsupported,
  type View,
} from './view.js';

/** Computes one node from the values of the nodes before it. */
type Step = (values: Float32Array | Float64Array) => number;

/** An expression with a function per node; inputs and constants have none, they are put in place by `runExpression`. */
export interface CompiledReference {
  readonly expression: Expression;
  readonly steps: readonly (Step | null)[];
}

function stepOf(node: ExpressionNode): Step | null {
  switch (node.op) {
    case 'input':
    case 'constant':
      return null;
    case 'sum':
    case 'max':
      return null;
    case 'logicalNot':
      return values => 1 - values[node.a];
    case 'where':
      return values => (values[node.condition] !== 0 ? values[node.a] : values[node.b]);
  }
  if ('b' in node) {
    const f = binaryOf(node.op);
    return values => f(values[node.a], values[node.b]);
  }
  const f = unaryFloat[node.op as UnaryOp];
  if (f === undefined) throw new DTypeError(`compile: unknown op ${node.op} in the expression.`);
  return values => f(values[node.a]);
}

function binaryOf(op: ArithmeticOp | CompareOp | LogicalOp): (x: number, y: number) => number {
  if (op in compare) return compare[op as CompareOp];
  if (op in logical) return logical[op as LogicalOp];
  const f = arithmeticFloat[op as ArithmeticOp];
  if (f === undefined) throw new DTypeError(`compile: unknown op ${op} in the expression.`);
  return f;
}

export function compileExpression(expression: Expression): CompiledReference {
  return { expression, steps: expression.nodes.map(stepOf) };
}

/**
 * Runs the program for every element. Every node is rounded to the dtype, so that a fused expression gives what the ops
 * one by one give.
 */
export function runExpression(
  { expression, steps }: CompiledReference,
  inputs: readonly (View | number)[],
  outputs: readonly View[],
): void {
  const { dtype, nodes } = expression;
  if (nodes.some(isReduction)) {
    runReducing({ expression, steps }, inputs, outputs);
    return;
  }
  const values = new arrayType[dtype](nodes.length);
  // Arrays that are loaded for every element, and the nodes they go to.
  const loads: { readonly node: number; readonly view: View }[] = [];
  nodes.forEach((node, i) => {
    if (node.op === 'constant') values[i] = toElement(dtype, node.value);
    if (node.op !== 'input') return;
    const input = inputs[node.index];
    if (typeof input === 'number') values[i] = toElement(dtype, input);
    else loads.push({ node: i, view: input });
  });
  for (const view of outputs) {
    if (view.dtype !== dtype) throw unsupported('run', view.dtype, `outputs of ${dtype} like the expression`);
  }
  if (outputs.length === 0) return;
  const { shape } = outputs[0];
  const offsets = [...loads.map(load => load.view.offset), ...outputs.map(view => view.offset)];
  const strides = [
    ...loads.map(load => broadcastStrides(load.view, shape)),
    ...outputs.map(view => view.strides),
  ];
  const first = loads.length;
  forEachRow(shape, offsets, strides, (count, at, step) => {
    for (let n = 0; n < count; n++) {
      for (let k = 0; k < first; k++) values[loads[k].node] = loads[k].view.data[at[k] + n * step[k]];
      for (let i = 0; i < steps.length; i++) {
        const compute = steps[i];
        if (compute !== null) values[i] = compute(values);
      }
      for (let k = 0; k < outputs.length; k++) {
        outputs[k].data[at[first + k] + n * step[first + k]] = values[expression.outputs[k]];
      }
    }
  });
}

function isReduction(node: ExpressionNode): boolean {
  return node.op === 'sum' || node.op === 'max';
}

/** Node by node over all elements, in arrays of the shape that the operands broadcast to. */
function runReducing(
  { expression, steps }: CompiledReference,
  inputs: readonly (View | number)[],
  outputs: readonly View[],
): void {
  const { dtype, nodes } = expression;
  for (const view of outputs) {
    if (view.dtype !== dtype) throw unsupported('run', view.dtype, `outputs of ${dtype} like the expression`);
  }
  if (outputs.length === 0) return;
  const views = [...inputs.filter(input => typeof input !== 'number'), ...outputs];
  const shape = outputs[0].shape.map((_, d) => views.map(v => v.shape[d]).find(size => size !== 1) ?? 1);
  const count = elementCount(shape);
  const values = new arrayType[dtype](nodes.length);
  const arrays: (Float32Array | Float64Array)[] = [];
  nodes.forEach((node, i) => {
    const own = new arrayType[dtype](count);
    arrays.push(own);
    const step = steps[i];
    if (node.op === 'constant') own.fill(node.value);
    else if (node.op === 'input') {
      const input = inputs[node.index];
      if (typeof input === 'number') own.fill(input);
      else
        forEachElement(shape, input, (at, k) => {
          own[k] = input.data[at];
        });
    } else if (node.op === 'sum' || node.op === 'max')
      reduceGroups(node.op, arrays[node.a], own, elementCount(shape.slice(-2)));
    else if (step !== null)
      for (let k = 0; k < count; k++) {
        for (let j = 0; j < i; j++) values[j] = arrays[j][k];
        own[k] = step(values);
      }
  });
  outputs.forEach((out, o) => {
    const own = arrays[expression.outputs[o]];
    forEachElement(shape, out, (at, k) => {
      out.data[at] = own[k];
    });
  });
}

/** Every element of the shape: where the view has it, and its position in C order. */
function forEachElement(
  shape: readonly number[],
  view: View,
  each: (at: number, position: number) => void,
): void {
  const strides = [broadcastStrides(view, shape), contiguousStrides(shape)];
  forEachRow(shape, [view.offset, 0], strides, (count, at, step) => {
    for (let n = 0; n < count; n++) each(at[0] + n * step[0], at[1] + n * step[1]);
  });
}

/** Fills every run of `size` elements with its reduction, which is rounded once. */
function reduceGroups(
  op: ExpressionReduction,
  source: Float32Array | Float64Array,
  out: Float32Array | Float64Array,
  size: number,
): void {
  for (let from = 0; from < source.length; from += size) {
    let value = op === 'sum' ? 0 : Number.NEGATIVE_INFINITY;
    let lost = 0;
    for (let i = from; i < from + size; i++) {
      const x = source[i];
      if (op === 'max') value = Math.max(value, x);
      else {
        const next = value + x;
        lost += Math.abs(value) >= Math.abs(x) ? value - next + x : x - next + value;
        value = next;
      }
    }
    out.fill(op === 'sum' && Number.isFinite(value) ? value + lost : value, from, from + size);
  }
}
