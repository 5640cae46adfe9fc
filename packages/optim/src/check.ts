import { ArgumentError, ShapeError, show, Tensor } from '@fluxion/autograd';

/** What an option may be. */
export interface Range {
  readonly ok: (value: number) => boolean;
  readonly expected: string;
}

export const notNegative: Range = {
  ok: v => v >= 0 && Number.isFinite(v),
  expected: 'a finite number from 0',
};
export const positive: Range = { ok: v => v > 0 && Number.isFinite(v), expected: 'a finite number above 0' };
export const finite: Range = { ok: v => Number.isFinite(v), expected: 'a finite number' };
export const beta: Range = { ok: v => v >= 0 && v < 1, expected: 'a number in [0, 1)' };
export const fraction: Range = { ok: v => v >= 0 && v <= 1, expected: 'a number in [0, 1]' };
export const below1: Range = { ok: v => v > 0 && v < 1, expected: 'a number in (0, 1)' };
export const above1: Range = {
  ok: v => v > 1 && Number.isFinite(v),
  expected: 'a finite number above 1',
};
export const count: Range = { ok: v => Number.isInteger(v) && v >= 0, expected: 'a whole number from 0' };
export const atLeast1: Range = { ok: v => Number.isInteger(v) && v >= 1, expected: 'a whole number from 1' };

/** Throws unless it is a number in the range, or a scalar tensor, whose value is not looked at. */
export function checkHyper(rule: string, name: string, value: unknown, { ok, expected }: Range): void {
  if (value instanceof Tensor) {
    if (value.size !== 1 || value.ndim !== 0)
      throw new ShapeError(
        `${rule}: ${name} has shape [${value.shape.join(', ')}]; a hyperparameter is a number or a scalar tensor.`,
      );
    return;
  }
  if (typeof value !== 'number' || !ok(value))
    throw new ArgumentError(`${rule}: ${name} is ${show(value)}; expected ${expected}.`);
}

/** Throws unless it is a number in the range. */
export function checkNumber(rule: string, name: string, value: unknown, { ok, expected }: Range): void {
  if (typeof value !== 'number' || !ok(value))
    throw new ArgumentError(`${rule}: ${name} is ${show(value)}; expected ${expected}.`);
}

/** What the options of a rule may be: a range, or one for each entry of a list. */
export type Ranges<O> = { readonly [K in keyof O]?: Range | readonly Range[] };

/** Checks the options that were given against their ranges. */
export function checksOf<O extends object>(rule: string, ranges: Ranges<O>): (options: O) => void {
  const list = Object.entries(ranges) as [keyof O & string, Range | readonly Range[]][];
  return options => {
    for (let k = 0; k < list.length; k++) {
      const name = list[k][0];
      const range = list[k][1];
      const value: unknown = options[name];
      if (value === undefined) continue;
      if (!Array.isArray(range)) {
        checkHyper(rule, name, value, range as Range);
        continue;
      }
      if (!Array.isArray(value) || value.length !== range.length)
        throw new ArgumentError(`${rule}: ${name} is ${show(value)}; expected a list of ${range.length}.`);
      for (let i = 0; i < range.length; i++) {
        const r = range[i] as Range;
        // Asked for in every step: the name of an entry is put together for the message alone.
        if (typeof value[i] !== 'number' || !r.ok(value[i])) checkHyper(rule, `${name}[${i}]`, value[i], r);
      }
    }
  };
}
