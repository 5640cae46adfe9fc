import type { DType } from '@fluxion/kernels';
import { DataError } from '../errors.js';
import { markLeaf } from '../graph/node.js';
import { spans, watch } from '../graph/spans.js';
import type { Generator } from '../tensor/generator.js';
import { raw } from '../tensor/raw.js';
import { checkShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { requireDifferentiable } from './define.js';
import { ensureMethods } from './methods.js';
import { checkDType } from './unary.js';

export interface CreateOptions {
  /** Default float32 (for `tensor`: bool for booleans, and the dtype of a typed array). */
  readonly dtype?: DType;
  /** Whether gradients are wanted. Floating dtypes only. Default false. */
  readonly requiresGrad?: boolean;
}

export interface RandomOptions extends CreateOptions {
  /** Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** The common end of all creation: options checked, methods there. */
export function create<S extends Shape>(
  op: string,
  shape: S,
  dtype: DType,
  options: CreateOptions,
  fill: (out: Tensor<S>) => void,
): Tensor<S> {
  ensureMethods();
  checkShape(op, shape);
  checkDType(op, dtype);
  if (options.requiresGrad === true) requireDifferentiable(op, dtype);
  // A copy: the caller may go on to use their array.
  const run = (): Tensor<S> => {
    const out = raw(shape.slice() as unknown as S, dtype);
    fill(out);
    return out;
  };
  const watcher = spans.current;
  const out = watcher === null ? run() : watch(watcher, 'op', op, [], run);
  if (options.requiresGrad === true) markLeaf(out);
  return out;
}

/** Throws where an int32 tensor is to hold what is none. */
export function checkWhole(op: string, values: ArrayLike<number>, dtype: DType): ArrayLike<number> {
  if (dtype === 'int32')
    for (let i = 0; i < values.length; i++)
      if ((values[i] | 0) !== values[i])
        throw new DataError(
          `${op}: element ${i} is ${values[i]}, which is no int32. Round it, or use dtype 'float32'.`,
        );
  return values;
}
