import {
  ArgumentError,
  type Generator,
  IndexError,
  indexSelect,
  randperm,
  type Shape,
  ShapeError,
  show,
  showShape,
  slice,
  Tensor,
  tensor,
} from '@fluxion/autograd';

/** Samples that can be counted and fetched by number. `get` may return a promise: then only `for await` reads it. */
export interface Dataset<Sample> {
  readonly length: number;
  get(index: number): Sample | Promise<Sample>;
}

/** A dataset that has a faster way to a whole batch than to fetch its samples and put them together. */
export interface BatchedDataset<Sample, Batch> extends Dataset<Sample> {
  getBatch(indices: Int32Array): Batch;
}

/** Without the first dim. */
type Row<T> =
  T extends Tensor<infer S extends Shape>
    ? S extends readonly [number, ...infer Rest extends Shape]
      ? Tensor<Rest>
      : Tensor
    : never;
/** With any number of rows. */
type Rows<T> =
  T extends Tensor<infer S extends Shape>
    ? S extends readonly [number, ...infer Rest extends Shape]
      ? Tensor<[number, ...Rest]>
      : Tensor
    : never;

/** What `TensorDataset` is made of: tensors side by side, or one object of them, whose type may be an interface. */
export type Columns<C> = readonly Tensor[] | readonly [{ readonly [K in keyof Named<C>]-?: Tensor }];
/** The object that the columns are given as; never for a list. */
type Named<C> = C extends readonly [infer R extends object] ? (R extends Tensor ? never : R) : never;

type RowOf<C> = [Named<C>] extends [never]
  ? { -readonly [K in keyof C]: Row<C[K]> }
  : { -readonly [K in keyof Named<C>]: Row<Named<C>[K]> };
type RowsOf<C> = [Named<C>] extends [never]
  ? { -readonly [K in keyof C]: Rows<C[K]> }
  : { -readonly [K in keyof Named<C>]: Rows<Named<C>[K]> };

/**
 * Tensors whose first dim counts the samples: sample i is row i of each. Given as a list, `new TensorDataset(images, labels)`, batches are
 * lists; given as one object, `new TensorDataset({ images, labels })`, they are objects.
 *
 * A batch of consecutive rows is a view of the tensors and copies nothing; any other is gathered in one pass.
 *
 * @throws ShapeError where the tensors do not have the same number of rows
 */
export class TensorDataset<const C extends Columns<C>> implements BatchedDataset<RowOf<C>, RowsOf<C>> {
  readonly length: number;
  private readonly columns: readonly (readonly [name: string, column: Tensor])[];
  private readonly named: boolean;

  constructor(...columns: C) {
    this.named = columns.length === 1 && !(columns[0] instanceof Tensor);
    const given: unknown = this.named ? columns[0] : columns;
    if (typeof given !== 'object' || given === null)
      throw new ArgumentError(
        `TensorDataset: expected tensors, or one object of them, got ${show(given)}. Write new TensorDataset(x, y).`,
      );
    this.columns = Object.entries(given as Readonly<Record<string, Tensor>>);
    if (this.columns.length === 0)
      throw new ArgumentError('TensorDataset: expected at least one tensor, got none.');
    for (const [name, column] of this.columns) {
      if (!(column instanceof Tensor))
        throw new ArgumentError(
          `TensorDataset: '${name}' is ${show(column)}; expected a tensor. Make it one: tensor(values).`,
        );
      if (column.ndim === 0)
        throw new ShapeError(
          `TensorDataset: '${name}' is a scalar; expected a first dim that counts the samples.`,
        );
    }
    const [[first, { shape }]] = this.columns;
    this.length = shape[0];
    for (const [name, column] of this.columns)
      if (column.shape[0] !== this.length)
        throw new ShapeError(
          `TensorDataset: '${first}' of shape ${showShape(shape)} has ${this.length} samples, '${name}' of shape ` +
            `${showShape(column.shape)} has ${column.shape[0]}. All must have the same number of rows.`,
        );
  }

  /** Row `index` of each tensor; a view. */
  get(index: number): RowOf<C> {
    checkIndex('TensorDataset', index, this.length);
    return this.collect(column => column.select(0, index)) as RowOf<C>;
  }

  /** The rows in the order of the indices. */
  getBatch(indices: Int32Array): RowsOf<C> {
    const start = indices[0] ?? 0;
    if (indices.every((index, i) => index === start + i)) {
      const range = { start, end: start + indices.length };
      if (indices.length > 0) checkIndex('TensorDataset', range.end - 1, this.length);
      return this.collect(column => slice(column, 0, range) as Tensor) as RowsOf<C>;
    }
    const index = tensor(indices);
    return this.collect(column => indexSelect(column, 0, index) as Tensor) as RowsOf<C>;
  }

  private collect(of: (column: Tensor) => Tensor): unknown {
    if (!this.named) return this.columns.map(([, column]) => of(column));
    return Object.fromEntries(this.columns.map(([name, column]) => [name, of(column)]));
  }
}

/** The batches of a dataset that has a way of its own to them; what is typed as no more than a `Dataset` may have one or not. */
type GetBatch<D> =
  D extends BatchedDataset<unknown, infer Batch>
    ? (indices: Int32Array) => Batch
    : ((indices: Int32Array) => unknown) | undefined;

/** Some samples of another dataset, in an order of their own. It has `getBatch` where the other has it. */
export class Subset<D extends Dataset<unknown>> implements Dataset<unknown> {
  readonly dataset: D;
  readonly indices: Int32Array;
  declare readonly getBatch: GetBatch<D>;

  constructor(dataset: D, indices: ArrayLike<number>) {
    checkDataset('Subset', dataset);
    this.dataset = dataset;
    for (let i = 0; i < indices.length; i++) checkIndex('Subset', indices[i], dataset.length);
    this.indices = Int32Array.from(indices);
    // Only where the dataset has the fast way, for its presence is what the loader goes by.
    if (isBatched(dataset))
      Object.defineProperty(this, 'getBatch', {
        value: (chosen: Int32Array) => dataset.getBatch(chosen.map(i => this.indices[i])),
      });
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): ReturnType<D['get']> {
    checkIndex('Subset', index, this.length);
    return this.dataset.get(this.indices[index]) as ReturnType<D['get']>;
  }
}

/** Datasets one after the other. */
export class ConcatDataset<Sample> implements Dataset<Sample> {
  readonly length: number;
  private readonly datasets: readonly Dataset<Sample>[];

  constructor(...datasets: readonly Dataset<Sample>[]) {
    if (datasets.length === 0)
      throw new ArgumentError('ConcatDataset: expected at least one dataset, got none.');
    for (const dataset of datasets) checkDataset('ConcatDataset', dataset);
    this.datasets = datasets;
    this.length = datasets.reduce((sum, d) => sum + d.length, 0);
  }

  get(index: number): Sample | Promise<Sample> {
    checkIndex('ConcatDataset', index, this.length);
    let rest = index;
    let i = 0;
    while (rest >= this.datasets[i].length) rest -= this.datasets[i++].length;
    return this.datasets[i].get(rest);
  }
}

/** Each sample of a dataset changed by a function when it is fetched. */
export class MappedDataset<From, To> implements Dataset<To> {
  private readonly dataset: Dataset<From>;
  private readonly fn: (sample: From, index: number) => To | Promise<To>;

  constructor(dataset: Dataset<From>, fn: (sample: From, index: number) => To | Promise<To>) {
    checkDataset('MappedDataset', dataset);
    if (typeof fn !== 'function')
      throw new ArgumentError(`MappedDataset: expected a function of a sample, got ${show(fn)}.`);
    this.dataset = dataset;
    this.fn = fn;
  }

  get length(): number {
    return this.dataset.length;
  }

  get(index: number): To | Promise<To> {
    const sample = this.dataset.get(index);
    return sample instanceof Promise
      ? sample.then(value => this.fn(value, index))
      : this.fn(sample as From, index);
  }
}

/**
 * A dataset cut at random into parts without overlap.
 *
 * @param sizes how many samples each part gets, adding up to all of them; or shares that add up to 1 (what rounding leaves over goes to
 *   the first parts, one each)
 */
export function randomSplit<D extends Dataset<unknown>>(
  dataset: D,
  sizes: readonly number[],
  options: { readonly generator?: Generator } = {},
): Subset<D>[] {
  checkDataset('randomSplit', dataset);
  const counts = countsOf(sizes, dataset.length);
  const order = randperm(dataset.length, { generator: options.generator }).toTypedArray();
  let start = 0;
  return counts.map(count => {
    const part = new Subset(dataset, order.subarray(start, start + count));
    start += count;
    return part;
  });
}

function countsOf(sizes: readonly number[], length: number): number[] {
  if (!Array.isArray(sizes) || sizes.length === 0 || !sizes.every(n => typeof n === 'number' && n >= 0))
    throw new ArgumentError(
      `randomSplit: expected sizes or shares from 0, such as [0.8, 0.2], got ${show(sizes)}.`,
    );
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sizes.every(Number.isInteger) && sum === length) return sizes.slice();
  if (Math.abs(sum - 1) > 1e-9)
    throw new ArgumentError(
      `randomSplit: ${show(sizes)} add up to ${sum}; expected ${length}, the number of samples, or shares that add up to 1.`,
    );
  const counts = sizes.map(share => Math.floor(share * length));
  const left = length - counts.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) counts[i % counts.length]++;
  return counts;
}

export function isBatched(dataset: Dataset<unknown>): dataset is BatchedDataset<unknown, unknown> {
  return typeof (dataset as { getBatch?: unknown }).getBatch === 'function';
}

export function checkDataset(op: string, dataset: Dataset<unknown>): void {
  if (
    typeof dataset !== 'object' ||
    dataset === null ||
    typeof dataset.get !== 'function' ||
    !Number.isInteger(dataset.length) ||
    dataset.length < 0
  )
    throw new ArgumentError(
      `${op}: expected a dataset, an object with a whole number \`length\` and a function \`get(index)\`, got ${show(dataset)}.`,
    );
}

export function checkIndex(op: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new IndexError(
      `${op}: sample ${show(index)} is outside ${length} samples: expected a whole number from 0 to ${length - 1}.`,
    );
}
