import { type DType, kernels, type RandomKind } from '@fluxion/kernels';
import { ArgumentError, DTypeError, show } from '../errors.js';
import { raw } from './raw.js';
import { checkShape, numel } from './shape.js';
import type { Shape } from './shapeTypes.js';
import type { Tensor } from './tensor.js';

/** What a generator is: two words of key, and how many numbers of its stream have been drawn. Structured-cloneable. */
export interface GeneratorState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

/** Sees every draw while it is set: `checkpoint` uses it to draw the same numbers again. */
export const drawing: { witness: ((generator: Generator) => void) | null } = { witness: null };

/**
 * A source of random numbers: a counter-based stream (see `random` in @fluxion/kernels), the same numbers on every runtime and in every
 * kernel tier. Number i depends on the seed and i alone.
 */
export class Generator {
  private key0 = 0;
  private key1 = 0;
  private counter = 0;

  /** @param seed a whole number from 0 to 2**53 - 1 */
  constructor(seed = 0) {
    this.manualSeed(seed);
  }

  /** Starts the stream of a seed, a whole number from 0 to 2**53 - 1. */
  manualSeed(seed: number): this {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new ArgumentError(`manualSeed: seed ${show(seed)} is not a whole number from 0 to 2**53 - 1.`);
    this.key0 = seed % 0x1_0000_0000;
    this.key1 = Math.floor(seed / 0x1_0000_0000);
    this.counter = 0;
    return this;
  }

  get state(): GeneratorState {
    return { key: [this.key0, this.key1], counter: this.counter };
  }

  set state(state: GeneratorState) {
    const words = state?.key;
    const isWord = (v: unknown): boolean =>
      Number.isInteger(v) && (v as number) >= 0 && (v as number) < 0x1_0000_0000;
    if (
      !Array.isArray(words) ||
      words.length !== 2 ||
      !words.every(isWord) ||
      !Number.isSafeInteger(state.counter) ||
      state.counter < 0
    )
      throw new ArgumentError(
        'Generator: expected a state { key: [word, word], counter } as the state of a generator gives it.',
      );
    [this.key0, this.key1] = words;
    this.counter = state.counter;
  }

  /** Claims the next `count` numbers of the stream, and says where they begin. */
  take(count: number): GeneratorState {
    drawing.witness?.(this);
    const from = this.state;
    this.counter += count;
    return from;
  }
}

/** A tensor of the generator's next numbers: uniform in [0, 1), standard normal, or exponential of rate 1. `op` is who asks. */
export function draw<S extends Shape>(
  op: string,
  generator: Generator,
  kind: RandomKind,
  shape: S,
  dtype: DType = 'float32',
): Tensor<S> {
  checkShape(op, shape);
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(
      `${op}: random numbers are float32 or float64, not ${show(dtype)}. Convert them with to().`,
    );
  const out = raw(shape, dtype);
  const { key, counter } = generator.take(numel(shape));
  kernels().random(kind, key[0], key[1], counter, out);
  return out;
}

/** What random functions draw from unless given another generator. Seeded with 0 at start: runs are reproducible by default. */
export const defaultGenerator: Generator = new Generator(0);

/** Seeds the default generator with a whole number from 0 to 2**53 - 1. */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}
