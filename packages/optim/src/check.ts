import { ArgumentError, ShapeError, Tensor } from '@fluxion/autograd';
import type { Hyper } from './hyper.js';

function checkNumber(
  rule: string,
  name: string,
  value: unknown,
  ok: (v: number) => boolean,
  expected: string,
): void {
  if (value instanceof Tensor) {
    if (value.size !== 1 || value.ndim !== 0)
      throw new ShapeError(
        `${rule}: ${name} has shape [${value.shape.join(', ')}]; a hyperparameter is a number or a scalar tensor.`,
      );
    return;
  }
  if (typeof value !== 'number' || !ok(value))
    throw new ArgumentError(`${rule}: ${name} is ${String(value)}; expected ${expected}.`);
}

/** Throws unless finite and not negative. */
export function checkNotNegative(rule: string, name: string, value: Hyper): void {
  checkNumber(rule, name, value, v => v >= 0 && Number.isFinite(v), 'a finite number from 0');
}

/** Throws unless in [0, 1). */
export function checkBeta(rule: string, name: string, value: Hyper): void {
  checkNumber(rule, name, value, v => v >= 0 && v < 1, 'a number in [0, 1)');
}
