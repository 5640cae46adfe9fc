import { ArgumentError, DTypeError } from '../errors.js';
import { noGrad } from '../graph/modes.js';
import type { Input } from '../graph/node.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { checkOperand, ge, gt, le, logicalAnd, logicalOr, lt, maximum, minimum, where } from './binary.js';
import { apply, composite, type Primitive } from './define.js';

export interface ClampOptions {
  readonly min?: Input;
  readonly max?: Input;
}

/** Which of the inputs 1 and 2 are there. */
interface Borders {
  readonly min: boolean;
  readonly max: boolean;
}

function both(a: Tensor | null, b: Tensor | null, join: (a: Tensor, b: Tensor) => unknown): Tensor {
  return a === null ? (b as Tensor) : b === null ? a : (join(a, b) as Tensor);
}

/**
 * A rule of its own: that of maximum and minimum would share the gradient at a border. What is NaN lies between no borders and gets none. The
 * parts of its value are elementwise ops, so that `fuse` sees through it.
 */
const clampOp: Primitive<Borders> = {
  name: 'clamp',
  savesInput: (i, n) => i === 0 || (i === 1 ? n.attributes.min : n.attributes.max),
  vjp: (g, n) => {
    const x = n.tensorInput(0);
    // Numbers, or tensors: the ops take either.
    const min = n.attributes.min ? (n.input(1) as Tensor) : null;
    const max = n.attributes.max ? (n.input(2) as Tensor) : null;
    const above = min === null ? null : (ge(x, min) as Tensor);
    const below = max === null ? null : (le(x, max) as Tensor);
    const pass = (condition: Tensor): Tensor => where(condition, g, 0) as Tensor;
    // Where the borders are crossed, max is the value whatever x is; where they are equal, neither of them moves anything.
    const crossed = (): Tensor | null => (min === null || max === null ? null : (lt(max, min) as Tensor));
    const apart = (): Tensor | null => (min === null || max === null ? null : (lt(min, max) as Tensor));
    return [
      n.needs(0) ? pass(both(above, below, (a, b) => logicalAnd(a, b))) : null,
      min !== null && n.needs(1)
        ? pass(both(lt(x, min) as Tensor, apart(), (a, b) => logicalAnd(a, b)))
        : null,
      max !== null && n.needs(2)
        ? pass(both(gt(x, max) as Tensor, crossed(), (a, b) => logicalOr(a, b)))
        : null,
    ];
  },
  forward: ([x, min, max], borders) =>
    noGrad(() => {
      const raised = borders.min ? (maximum(x as Tensor, min as Tensor) as Tensor) : (x as Tensor);
      return borders.max ? (minimum(raised, max as Tensor) as Tensor) : raised;
    }),
};

/**
 * The elements moved to the nearest border of [min, max]; where min > max, max. At a border the gradient passes. NaN, of an element or a
 * border, stays NaN, and no gradient passes there. Borders may be tensors that broadcast against x, and then receive the gradient of what they cut off.
 */
export const clamp: <S extends Shape>(x: Tensor<S>, options: ClampOptions) => Tensor<S> = composite(
  'clamp',
  (x: Tensor, options: ClampOptions) => {
    const { min, max } = options ?? {};
    if (min === undefined && max === undefined)
      throw new ArgumentError('clamp: expected min, max or both: x.clamp({ min: 0, max: 1 }).');
    checkOperand('clamp', x);
    if (x.dtype === 'bool')
      throw new DTypeError("clamp: expected numbers, got bool. Convert it first: x.to('int32').");
    for (const border of [min, max]) {
      if (border === undefined) continue;
      checkOperand('clamp', border);
      if (border instanceof Tensor && border.dtype !== x.dtype)
        throw new DTypeError(
          `clamp: x is ${x.dtype} and a border ${border.dtype}; they must be the same. Convert one: x.to('${border.dtype}').`,
        );
    }
    return apply(clampOp, [x, min ?? 0, max ?? 0], { min: min !== undefined, max: max !== undefined });
  },
) as never;
