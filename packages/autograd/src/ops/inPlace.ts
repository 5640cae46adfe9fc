import { type ArithmeticOp, kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { mode } from '../graph/modes.js';
import { clock, type Input } from '../graph/node.js';
import { spanned } from '../graph/spans.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkOperand } from './binary.js';
import { zerosOf } from './unary.js';

/** Notes a change in place: values saved before it are stale from now on. */
export function markChanged(t: Tensor, by: string): void {
  t.storage.version = ++clock.now;
  t.storage.changedBy = by;
}

/** Throws where a change in place would go unnoticed by a derivative, or would hit one element twice. */
export function checkWritable(op: string, t: Tensor): void {
  if (mode.recording && t.node !== null)
    throw new GraphError(
      `${op}: the tensor of shape ${showShape(t.shape)} requires a gradient, and changes in place are not recorded. Wrap the change: ` +
        `noGrad(() => x.${op}(…)), or use the op that returns a new tensor.`,
    );
  // Without elements every stride may be 0, and nothing is shared.
  if (t.size === 0) return;
  for (let i = 0; i < t.ndim; i++)
    if (t.strides[i] === 0 && t.shape[i] > 1)
      throw new GraphError(
        `${op}: the tensor of shape ${showShape(t.shape)} is an expanded view whose elements share memory in dim ${i}. Clone it first.`,
      );
  if (!t.contiguous && overlaps(t))
    throw new GraphError(
      `${op}: the tensor of shape ${showShape(t.shape)} with strides ${showShape(t.strides)} is a view whose elements share memory. Clone it first.`,
    );
}

/** Whether two elements may lie in one place, as those of windows that overlap do. */
function overlaps(t: Tensor): boolean {
  const dims = t.shape.map((_, i) => i).filter(i => t.shape[i] > 1);
  dims.sort((i, j) => Math.abs(t.strides[i]) - Math.abs(t.strides[j]));
  let reach = 0;
  for (const i of dims) {
    const stride = Math.abs(t.strides[i]);
    if (stride <= reach) return true;
    reach += stride * (t.shape[i] - 1);
  }
  return false;
}

function checkSource(op: string, t: Tensor, value: Input): void {
  checkOperand(op, value);
  if (typeof value === 'number') {
    checkNumber(op, t, value);
    return;
  }
  if (value.dtype !== t.dtype)
    throw new DTypeError(
      `${op}: a ${value.dtype} tensor cannot change a ${t.dtype} tensor. Convert it: x.to('${t.dtype}').`,
    );
  if (!sameShape(broadcastShapes(op, t.shape, value.shape), t.shape))
    throw new ShapeError(
      `${op}: shape ${showShape(value.shape)} does not broadcast to ${showShape(t.shape)}, which cannot grow in place.`,
    );
}

function checkNumber(op: string, t: Tensor, value: number): void {
  if (t.dtype === 'int32' && (value | 0) !== value)
    throw new DTypeError(
      `${op}: the number ${value} does not fit an int32 tensor. Convert the tensor first: x.to('float32').`,
    );
}

/** Overwrites the elements with those of a tensor that broadcasts to it. */
export const assign: <T extends Tensor>(t: T, value: Tensor | number) => T = spanned(
  'assign',
  <T extends Tensor>(t: T, value: Tensor | number): T => {
    checkWritable('assign', t);
    checkSource('assign', t, value);
    if (typeof value === 'number') kernels().fill(t, value);
    else {
      // A source that overlaps its target must be read whole before anything is written.
      const shared = value.storage === t.storage;
      kernels().copy(shared ? copyOf(value) : value, t);
    }
    markChanged(t, 'assign');
    return t;
  },
);

function copyOf(t: Tensor): Tensor {
  const out = zerosOf(t);
  kernels().copy(t, out);
  return out;
}

function arithmetic(op: ArithmeticOp): (t: Tensor, value: Input) => Tensor {
  const name = `${op}_`;
  return spanned(name, (t: Tensor, value: Input): Tensor => {
    checkWritable(name, t);
    checkSource(name, t, value);
    if (t.dtype === 'bool') throw new DTypeError(`${name}: expected numbers, got bool. Convert with to().`);
    if (op === 'div' && t.dtype === 'int32')
      throw new DTypeError(`${name}: expected a floating point tensor, got int32. Convert with to().`);
    const plain = t.contiguous && t.offset === 0 && t.storage.length === t.size;
    const shared = typeof value !== 'number' && value.storage === t.storage;
    if (plain && !shared) kernels().binary(op, t, value, t);
    else {
      const out = zerosOf(t);
      kernels().binary(op, t, value, out);
      kernels().copy(out, t);
    }
    markChanged(t, name);
    return t;
  });
}
export const addInPlace: (t: Tensor, value: Input) => Tensor = arithmetic('add');
export const subInPlace: (t: Tensor, value: Input) => Tensor = arithmetic('sub');
export const mulInPlace: (t: Tensor, value: Input) => Tensor = arithmetic('mul');
export const divInPlace: (t: Tensor, value: Input) => Tensor = arithmetic('div');

function filling(name: string): (t: Tensor, value: number) => Tensor {
  return spanned(name, (t: Tensor, value: number): Tensor => {
    checkWritable(name, t);
    if (typeof value !== 'number')
      throw new ArgumentError(`${name}: expected a number, got ${show(value)}. Use assign for a tensor.`);
    checkNumber(name, t, value);
    kernels().fill(t, value);
    markChanged(t, name);
    return t;
  });
}
/** Sets every element. */
export const fillInPlace: (t: Tensor, value: number) => Tensor = filling('fill_');
const zero = filling('zero_');
/** Sets every element to 0. */
export const zeroInPlace = (t: Tensor): Tensor => zero(t, 0);
