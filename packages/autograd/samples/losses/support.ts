import type * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { build, Dense, reduce } from '../naive.js';
import type { ErrorCase } from '../types.js';

export type Loose = (...args: unknown[]) => ag.Tensor;

export const noMethod = 'a function only: programs that do not use it do not carry it';

export interface Given {
  readonly reduction?: string;
}

/** What becomes of the losses of the plain formula. */
export function reduced(losses: Dense, { reduction = 'mean' }: Given = {}): Dense {
  if (reduction === 'none') return losses;
  const sum = losses.data.reduce((a, b) => a + b, 0);
  return new Dense([], [reduction === 'sum' ? sum : sum / losses.data.length]);
}

/** A strength in plain numbers: it may have been a tensor. */
export const plainOf = (x: number | Dense | undefined, fallback: number): number =>
  x === undefined ? fallback : typeof x === 'number' ? x : x.data[0];

/** One number for each row, the last dim. */
export function rows(f: (...values: (readonly number[])[]) => number, ...operands: readonly Dense[]): Dense {
  const shape = operands[0].shape.slice(0, -1);
  const size = operands[0].shape[operands[0].shape.length - 1];
  return build(shape, index =>
    f(...operands.map(x => Array.from({ length: size }, (_, i) => x.at([...index, i])))),
  );
}

export const total = (x: Dense): number => reduce(v => v.reduce((a, b) => a + b, 0), x).data[0];

/** int32 of 1 and -1. */
export const signs = (d: Draw, shape: readonly number[]): ag.Tensor =>
  d.ints(shape, 0, 1).mul(2).sub(1) as ag.Tensor;

/** The errors that all losses have. */
export function misspelt(name: string, call: (options: object) => unknown): ErrorCase {
  return {
    label: 'a reduction that there is not',
    call: () => call({ reduction: 'average' }),
    error: ArgumentError,
    message: new RegExp(`^${name}: reduction is 'average'; expected 'mean', 'sum'.* or 'none'`),
  };
}

/** The errors of losses of an input and a target of its shape and dtype. */
export function pairErrors(name: string, op: unknown): ErrorCase[] {
  const fn = op as Loose;
  return [
    misspelt(name, options => fn(zeros([2]), zeros([2]), options)),
    {
      label: 'shapes that would broadcast',
      call: () => fn(zeros([3, 1]), zeros([3])),
      error: ShapeError,
      message: new RegExp(
        `^${name}: the input has shape \\[3, 1\\], the target \\[3\\]\\. They must be the same: reshape or expand one\\.`,
      ),
    },
    {
      label: 'two dtypes',
      call: () => fn(zeros([2]), zeros([2], { dtype: 'float64' })),
      error: DTypeError,
      message: new RegExp(`^${name}: the input is float32, the target float64\\. They must be the same`),
    },
    {
      label: 'int32 is refused',
      call: () => fn(zeros([2], { dtype: 'int32' }), zeros([2], { dtype: 'int32' })),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 tensor, got int32`),
    },
    {
      label: 'no tensor',
      call: () => fn(zeros([2]), [0, 0]),
      error: ArgumentError,
      message: new RegExp(`^${name}: target is \\[0, 0\\]; expected a tensor`),
    },
  ];
}

/** A strength outside its range, as a number and as a tensor, and a tensor that is no scalar. */
export function strengthErrors(
  name: string,
  key: string,
  bad: number,
  call: (options: object) => unknown,
): ErrorCase[] {
  const scalar = (shape: readonly number[], dtype: 'float32' | 'float64' = 'float32'): ag.Tensor =>
    (zeros(shape as number[], { dtype }) as ag.Tensor).add(bad) as ag.Tensor;
  const shown = String(bad).replace('.', '\\.');
  return [
    {
      label: `${key} outside its range`,
      call: () => call({ [key]: bad }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ${key} is ${shown}; expected a finite number`),
    },
    {
      label: `${key} that is no number`,
      call: () => call({ [key]: '1' }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ${key} is '1'; expected a number.* or a tensor`),
    },
    {
      label: `${key} as a vector`,
      call: () => call({ [key]: scalar([2]) }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ${key} is a float32 tensor of shape \\[2\\]; expected a number`),
    },
    {
      label: `${key} in another dtype`,
      call: () => call({ [key]: scalar([], 'float64') }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ${key} is a float64 tensor of shape \\[\\]; expected a number.*float32`),
    },
  ];
}
