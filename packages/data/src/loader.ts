import { ArgumentError, DataError, Generator, IndexError, rand, show } from '@fluxion/autograd';
import { type Collated, collate } from './collate.js';
import { type BatchedDataset, checkDataset, type Dataset, isBatched } from './dataset.js';
import { type Sampler, sequential, shuffled } from './sampler.js';

export interface LoaderOptions {
  /**
   * How many samples a batch has, a whole number from 1 (default); the last may have fewer. 1 is stochastic gradient descent, `dataset.length`
   * batch gradient descent, and what lies between mini-batch gradient descent.
   */
  readonly batchSize?: number;
  /** Whether every epoch goes through the samples in a random order of its own. Default false. */
  readonly shuffle?: boolean;
  /** An order other than one after the other or shuffled. */
  readonly sampler?: Sampler;
  /** What the orders are drawn from, one number an epoch. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
  /** Whether a last batch with fewer samples is left out. Default false. */
  readonly dropLast?: boolean;
  /** For `for await`: how many batches are fetched ahead of the one in use. Default 2. */
  readonly prefetch?: number;
  /** For `for await`: ends the loop with the signal's reason. */
  readonly signal?: AbortSignal;
}

type SampleOf<D> = D extends Dataset<infer Sample> ? Sample : never;

/** What a dataset's own `getBatch` gives, and otherwise what `collate` makes of its samples. */
export type DefaultBatch<D> = D extends BatchedDataset<unknown, infer Batch> ? Batch : Collated<SampleOf<D>>;

export interface CollateOptions<Sample, Batch> extends LoaderOptions {
  /** Makes a batch of samples. Default: the dataset's own `getBatch` where it has one, else `collate`. */
  readonly collate?: (samples: readonly Sample[]) => Batch;
}

/** `position` batches of it have been handed out. */
interface Epoch {
  readonly seed: number;
  position: number;
}

/** Where a loader stands. Structured-cloneable. */
export interface LoaderState {
  /** Epochs gone through to the end. */
  readonly epoch: number;
  /** Batches of the epoch under way that have been handed out; 0 between epochs. */
  readonly position: number;
  /** What the order of that epoch was drawn from; null between epochs. */
  readonly seed: number | null;
  readonly batchSize: number;
  readonly samples: number;
}

/**
 * Goes through a dataset batch by batch, an epoch for each loop over it:
 *
 * ```ts
 * const loader = new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true });
 * for (const [x, y] of loader) { … }        // samples that are there
 * for await (const batch of loader) { … }   // samples that have to be fetched, some batches ahead
 * ```
 *
 * The same generator state gives the same orders. `stateDict()` in the middle of an epoch and `loadStateDict()` later, also in another
 * process, go on with the next batch of the same order; random numbers that the rest of the program draws are another generator's affair.
 */
export class DataLoader<D extends Dataset<unknown>, Batch = DefaultBatch<D>>
  implements Iterable<Batch>, AsyncIterable<Batch>
{
  readonly batchSize: number;
  /** Epochs gone through to the end. */
  epoch = 0;
  readonly dataset: D;
  private readonly sampler: Sampler;
  private readonly random: boolean;
  private readonly generator: Generator | undefined;
  private readonly dropLast: boolean;
  private readonly prefetch: number;
  private readonly signal: AbortSignal | undefined;
  private readonly collate: ((samples: readonly unknown[]) => Batch) | null;
  /** The epoch under way. */
  private current: Epoch | null = null;
  /** Whether the next loop goes on with `current` rather than starting anew. */
  private resuming = false;

  constructor(dataset: D, options: CollateOptions<SampleOf<D>, Batch> = {}) {
    checkDataset('DataLoader', dataset);
    const { batchSize = 1, shuffle = false, sampler, generator, dropLast = false, prefetch = 2 } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ArgumentError(
        `DataLoader: batchSize is ${show(batchSize)}; expected a whole number from 1, such as dataset.length for all samples at once.`,
      );
    if (!Number.isInteger(prefetch) || prefetch < 0)
      throw new ArgumentError(`DataLoader: prefetch is ${show(prefetch)}; expected a whole number from 0.`);
    if (shuffle && sampler !== undefined)
      throw new ArgumentError('DataLoader: both shuffle and a sampler are given. Leave one out.');
    for (const [name, fn] of Object.entries({ sampler, collate: options.collate }))
      if (fn !== undefined && typeof fn !== 'function')
        throw new ArgumentError(`DataLoader: ${name} is ${show(fn)}; expected a function.`);
    if (generator !== undefined && !(generator instanceof Generator))
      throw new ArgumentError(
        `DataLoader: expected a Generator, got ${show(generator)}: new Generator(seed).`,
      );
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.sampler = sampler ?? (shuffle ? shuffled : sequential);
    this.random = shuffle || sampler !== undefined;
    this.generator = generator;
    this.dropLast = dropLast;
    this.prefetch = prefetch;
    this.signal = options.signal;
    this.collate =
      options.collate !== undefined
        ? (options.collate as never)
        : isBatched(dataset)
          ? null
          : samples => collate(samples) as Batch;
  }

  /** Batches in an epoch in which every sample comes once; a sampler may give others. */
  get length(): number {
    return this.batches(this.dataset.length);
  }

  private batches(samples: number): number {
    return this.dropLast ? Math.floor(samples / this.batchSize) : Math.ceil(samples / this.batchSize);
  }

  /** The epoch that a loop goes through: the one that was broken off and loaded, or a new one. */
  private begin(): { readonly epoch: Epoch; readonly count: number; indices(batch: number): Int32Array } {
    if (this.current === null || !this.resuming)
      this.current = { seed: this.random ? drawSeed(this.generator) : 0, position: 0 };
    this.resuming = false;
    const total = this.dataset.length;
    const order = Int32Array.from(this.sampler(total, new Generator(this.current.seed)));
    order.forEach((index, i) => {
      if (!(index >= 0 && index < total))
        throw new IndexError(
          `DataLoader: the sampler's number ${i} is ${index}; expected samples from 0 to ${total - 1}.`,
        );
    });
    return {
      epoch: this.current,
      count: this.batches(order.length),
      indices: batch => order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize),
    };
  }

  private finish(epoch: Epoch): void {
    this.epoch++;
    // A second loop may have begun meanwhile; its epoch is not over.
    if (this.current === epoch) this.current = null;
  }

  /**
   * An epoch of samples that are there at once.
   *
   * @throws ArgumentError where the dataset returns promises: then use `for await`
   */
  *[Symbol.iterator](): IterableIterator<Batch> {
    const { epoch, count, indices } = this.begin();
    while (epoch.position < count) {
      const batch = this.fetch(indices(epoch.position), refusePromise);
      epoch.position++;
      yield batch;
    }
    this.finish(epoch);
  }

  /** An epoch with `prefetch` batches fetched ahead. Batches come in order, and an error where its batch would have come. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Batch> {
    const { signal } = this;
    signal?.throwIfAborted();
    const aborted = signal === undefined ? null : whenAborted(signal);
    try {
      const { epoch, count, indices } = this.begin();
      const ahead: Promise<Batch>[] = [];
      let next = epoch.position;
      while (epoch.position < count) {
        for (; next < count && ahead.length <= this.prefetch; next++) {
          const batch = this.fetchAsync(indices(next));
          // It may fail while nobody waits for it yet, or after the loop was left.
          batch.catch(() => undefined);
          ahead.push(batch);
        }
        const first = ahead.shift() as Promise<Batch>;
        const batch = await (aborted === null ? first : Promise.race([first, aborted.promise]));
        epoch.position++;
        yield batch;
        signal?.throwIfAborted();
      }
      this.finish(epoch);
    } finally {
      aborted?.stop();
    }
  }

  private fetch(indices: Int32Array, check: (sample: unknown) => unknown): Batch {
    if (this.collate === null)
      return (this.dataset as never as BatchedDataset<unknown, Batch>).getBatch(indices);
    return this.collate(Array.from(indices, index => check(this.dataset.get(index))));
  }

  private async fetchAsync(indices: Int32Array): Promise<Batch> {
    if (this.collate === null)
      return (this.dataset as never as BatchedDataset<unknown, Batch>).getBatch(indices);
    return this.collate(await Promise.all(Array.from(indices, index => this.dataset.get(index))));
  }

  /** Where the loader stands; between epochs the state of the generator says what comes next, so save that too. */
  stateDict(): LoaderState {
    return {
      epoch: this.epoch,
      position: this.current?.position ?? 0,
      seed: this.current?.seed ?? null,
      batchSize: this.batchSize,
      samples: this.dataset.length,
    };
  }

  /**
   * Makes the next loop go on where the state was taken.
   *
   * @throws DataError where the state is that of a loader with another number of samples or another batch size; then nothing has changed
   */
  loadStateDict(state: LoaderState): void {
    const whole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
    if (
      typeof state !== 'object' ||
      state === null ||
      !whole(state.epoch) ||
      !whole(state.position) ||
      !(state.seed === null || whole(state.seed))
    )
      throw new DataError(
        `DataLoader: expected a state { epoch, position, seed, batchSize, samples } as stateDict() gives it, got ${show(state)}.`,
      );
    const wrong: string[] = [];
    if (state.batchSize !== this.batchSize)
      wrong.push(`the batch size is ${show(state.batchSize)} there and ${this.batchSize} here`);
    if (state.samples !== this.dataset.length)
      wrong.push(`there are ${show(state.samples)} samples there and ${this.dataset.length} here`);
    if (wrong.length > 0)
      throw new DataError(
        `DataLoader: the state belongs to another loader: ${wrong.join(', ')}. Its position would mean other samples.`,
      );
    this.epoch = state.epoch;
    this.current = state.seed === null ? null : { seed: state.seed, position: state.position };
    this.resuming = this.current !== null;
  }
}

function refusePromise(sample: unknown): unknown {
  if (!(sample instanceof Promise)) return sample;
  // Nobody will wait for it.
  sample.catch(() => undefined);
  throw new ArgumentError(
    'DataLoader: the dataset returns promises, which a plain loop cannot wait for. Write for await (const batch of loader).',
  );
}

/** One number of the generator, as a seed for the order of an epoch. */
function drawSeed(generator: Generator | undefined): number {
  return Math.floor(rand([], { generator, dtype: 'float64' }).item() * 2 ** 53);
}

function whenAborted(signal: AbortSignal): { readonly promise: Promise<never>; stop(): void } {
  let stop = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const listener = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', listener, { once: true });
    stop = () => signal.removeEventListener('abort', listener);
  });
  promise.catch(() => undefined);
  return { promise, stop };
}
