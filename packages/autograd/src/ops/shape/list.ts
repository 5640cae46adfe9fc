import { ArgumentError, DTypeError, show } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';

/** Throws unless it is a list of tensors, at least one. */
export function checkTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors))
    throw new ArgumentError(`${op}: expected a list of tensors, got ${show(tensors)}. Write ${op}([a, b]).`);
  if (tensors.length === 0)
    throw new ArgumentError(`${op}: expected at least one tensor, got an empty list.`);
  tensors.forEach((t: unknown, i) => {
    if (!(t instanceof Tensor))
      throw new ArgumentError(`${op}: entry ${i} of the list is ${show(t)}; expected a tensor.`);
  });
}

/** Throws unless it is a list of tensors, at least one, of one dtype. */
export function checkList(op: string, tensors: readonly Tensor[]): void {
  checkTensors(op, tensors);
  tensors.forEach((t, i) => {
    if (t.dtype !== tensors[0].dtype)
      throw new DTypeError(
        `${op}: tensor 0 is ${tensors[0].dtype} and tensor ${i} is ${t.dtype}; they must be the same. Convert with to().`,
      );
  });
}
