import { ArgumentError, DTypeError, Generator, ShapeError, show, showShape, Tensor } from '@fluxion/autograd';

/** Throws unless it is a float32 or float64 tensor. */
export function requireFloating(op: string, x: Tensor): void {
  if (!(x instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor, got ${show(x)}. Make it one: tensor(values).`);
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw new DTypeError(
      `${op}: expected a float32 or float64 tensor, got ${x.dtype}. Convert it first: x.to('float32').`,
    );
}

/** Throws unless it is a number from 0 to 1; `what` names it: "the probability of dropping an element". */
export function checkProbability(op: string, what: string, p: number): void {
  if (typeof p !== 'number' || !(p >= 0 && p <= 1))
    throw new ArgumentError(`${op}: ${what} is ${show(p)}; expected a number from 0 to 1.`);
}

/** Throws unless it is a finite number from 0, or a tensor with one element. */
export function checkStrength(op: string, what: string, strength: number | Tensor): void {
  if (strength instanceof Tensor) {
    if (strength.size !== 1)
      throw new ShapeError(
        `${op}: ${what} has shape ${showShape(strength.shape)}; expected a single number.`,
      );
  } else if (typeof strength !== 'number' || !(strength >= 0 && strength < Number.POSITIVE_INFINITY))
    throw new ArgumentError(
      `${op}: ${what} is ${show(strength)}; expected a finite number from 0, or a scalar tensor.`,
    );
}

/** Throws unless it is a number within the borders. */
export function checkNumber(op: string, what: string, value: number, min: number, max: number): void {
  if (typeof value !== 'number' || !(value >= min && value <= max))
    throw new ArgumentError(
      `${op}: ${what} is ${show(value)}; expected a number from ${min}${max === Number.POSITIVE_INFINITY ? '' : ` to ${max}`}.`,
    );
}

export function checkGenerator(op: string, generator: Generator | undefined): void {
  if (generator !== undefined && !(generator instanceof Generator))
    throw new ArgumentError(`${op}: expected a Generator, got ${show(generator)}: new Generator(seed).`);
}
