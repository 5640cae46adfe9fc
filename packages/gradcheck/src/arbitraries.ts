import { noGrad, type Tensor, tensor } from '@fluxion/autograd';
import fc from 'fast-check';
import { strided } from './tensors.js';

export interface ShapeOptions {
  /** Default 0. */
  readonly minRank?: number;
  /** Default 3. */
  readonly maxRank?: number;
  /** Default 1; 0 allows empty tensors. */
  readonly minSize?: number;
  /** Default 4. */
  readonly maxSize?: number;
}

/** Shapes, by default of up to 3 dims with sizes from 1 to 4. */
export function shapes(options: ShapeOptions = {}): fc.Arbitrary<number[]> {
  const { minRank = 0, maxRank = 3, minSize = 1, maxSize = 4 } = options;
  return fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });
}

export interface BroadcastableOptions extends ShapeOptions {
  /** How many shapes. Default 2. */
  readonly count?: number;
}

export interface BroadcastableShapes {
  readonly shapes: readonly (readonly number[])[];
  /** What they broadcast to. */
  readonly result: readonly number[];
}

/** Shapes that broadcast against each other: with leading dims left out and sizes replaced by 1. */
export function broadcastableShapes(options: BroadcastableOptions = {}): fc.Arbitrary<BroadcastableShapes> {
  const { count = 2, ...rest } = options;
  const one = (full: readonly number[]): fc.Arbitrary<number[]> =>
    fc
      .record({
        lead: fc.integer({ min: 0, max: full.length }),
        ones: fc.array(fc.constantFrom(false, false, true), {
          minLength: full.length,
          maxLength: full.length,
        }),
      })
      .map(({ lead, ones }) => full.map((size, i) => (ones[i] ? 1 : size)).slice(lead));
  return shapes(rest).chain(full =>
    fc
      .array(one(full), { minLength: count, maxLength: count })
      .map(list => ({ shapes: list, result: joined(list) })),
  );
}

function joined(list: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...list.map(s => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = list.map(s => s[s.length - rank + i] ?? 1);
    return sizes.find(n => n !== 1) ?? 1;
  });
}

export interface TensorOptions {
  /** Default: any that `shapes()` gives. */
  readonly shape?: readonly number[] | fc.Arbitrary<readonly number[]>;
  /** Default float64. */
  readonly dtype?: 'float32' | 'float64' | 'int32' | 'bool';
  /** Default -3 (bool: 0). */
  readonly min?: number;
  /** Default 3 (bool: 1). */
  readonly max?: number;
  /** Points that no element comes near: kinks and poles of what is to be differentiated. */
  readonly avoid?: readonly number[];
  /** How near. Default 0.05. */
  readonly margin?: number;
  /** `strided`: transposed and with gaps. Default: either. */
  readonly layout?: 'contiguous' | 'strided' | 'any';
}

/** Tensors of finite elements between `min` and `max`. They shrink towards few elements and the simplest numbers. */
export function tensors(options: TensorOptions = {}): fc.Arbitrary<Tensor> {
  const { dtype = 'float64', layout = 'any' } = options;
  const { shape = shapes() } = options;
  const shapeOf: fc.Arbitrary<readonly number[]> = Array.isArray(shape)
    ? fc.constant(shape as readonly number[])
    : (shape as fc.Arbitrary<readonly number[]>);
  const element = elements(options);
  return shapeOf.chain(sizes => {
    const count = sizes.reduce((n, size) => n * size, 1);
    return fc
      .tuple(
        fc.array(element, { minLength: count, maxLength: count }),
        layout === 'any' ? fc.boolean() : fc.constant(layout === 'strided'),
      )
      .map(([values, gaps]) =>
        noGrad(() => {
          const t = tensor(Float64Array.from(values), { dtype }).reshape(sizes as number[]) as Tensor;
          return gaps ? strided(t) : t;
        }),
      );
  });
}

function elements({
  dtype = 'float64',
  min,
  max,
  avoid = [],
  margin = 0.05,
}: TensorOptions): fc.Arbitrary<number> {
  if (dtype === 'bool') return fc.integer({ min: min ?? 0, max: max ?? 1 });
  const low = min ?? -3;
  const high = max ?? 3;
  if (dtype === 'int32') return fc.integer({ min: Math.ceil(low), max: Math.floor(high) });
  const any =
    dtype === 'float64'
      ? fc.double({ min: low, max: high, noNaN: true })
      : fc.float({ min: Math.fround(low), max: Math.fround(high), noNaN: true });
  return avoid.length === 0 ? any : any.filter(x => avoid.every(p => Math.abs(x - p) >= margin));
}

/** A row of a table of samples: each call makes arguments from random numbers. */
export interface SampleRow<Draw, Arguments> {
  readonly calls: { readonly [label: string]: (draw: Draw) => Arguments };
}

export interface OpCall<Name, Arguments> {
  readonly op: Name;
  readonly label: string;
  readonly args: Arguments;
  /** What `draw` was made of: the same seed makes the same arguments. */
  readonly seed: number;
  toString(): string;
}

/**
 * Calls of ops, drawn from a table of samples (a row per op): the op, which of its kinds of call, and the arguments. `draw` makes the
 * source of random numbers for a seed.
 */
export function opCalls<Name extends string, Draw, Arguments>(
  samples: Readonly<Record<Name, SampleRow<Draw, Arguments>>>,
  draw: (seed: number) => Draw,
): fc.Arbitrary<OpCall<Name, Arguments>> {
  const all = (Object.keys(samples) as Name[]).flatMap(op =>
    Object.entries(samples[op].calls).map(([label, make]) => ({ op, label, make })),
  );
  return fc
    .tuple(fc.constantFrom(...all), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
    .map(([{ op, label, make }, seed]) => ({
      op,
      label,
      args: make(draw(seed)),
      seed,
      toString: () => `${op}, ${label}, seed ${seed}`,
    }));
}
