import {
  ArgumentError,
  DataError,
  FluxionError,
  type Shape,
  show,
  stack,
  Tensor,
  tensor,
} from '@fluxion/autograd';

/** What `collate` makes of samples of this type. */
export type Collated<Sample> =
  Sample extends Tensor<infer S extends Shape>
    ? Tensor<[number, ...S]>
    : Sample extends number | boolean
      ? Tensor<[number]>
      : Sample extends string
        ? string[]
        : Sample extends readonly unknown[]
          ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
          : Sample extends object
            ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
            : never;

/**
 * Samples put together into a batch: tensors are stacked along a new first dim, numbers become a float32 tensor and booleans a bool one, texts
 * stay a list, and lists and plain objects of those are collated entry by entry.
 *
 * @throws DataError where the samples are not alike, and says which one differs, and where
 */
export function collate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  if (!Array.isArray(samples) || samples.length === 0)
    throw new ArgumentError(`collate: expected a list of at least one sample, got ${show(samples)}.`);
  return join(samples, '') as Collated<Sample>;
}

function join(samples: readonly unknown[], path: string): unknown {
  const kind = kindOf(samples[0], path);
  samples.forEach((sample, i) => {
    const other = kindOf(sample, path);
    if (other !== kind)
      throw new DataError(
        `collate: ${whose(i, path)} is ${withArticle(other)} and that of sample 0 ${withArticle(kind)}. All samples must be alike.`,
      );
  });
  switch (kind) {
    case 'tensor':
      return stacked(samples as readonly Tensor[], path);
    case 'number':
      return tensor(samples as number[]);
    case 'boolean':
      return tensor(samples as boolean[]);
    case 'text':
      return samples.slice();
    case 'list':
      return entries(samples as readonly (readonly unknown[])[], path);
    default:
      return Object.fromEntries(
        keysOf(samples as readonly object[], path).map(key => [
          key,
          join(
            (samples as readonly Record<string, unknown>[]).map(s => s[key]),
            below(path, key),
          ),
        ]),
      );
  }
}

function stacked(tensors: readonly Tensor[], path: string): Tensor {
  try {
    return stack(tensors) as Tensor;
  } catch (error) {
    if (!(error instanceof FluxionError)) throw error;
    throw new DataError(
      `collate: the samples${path === '' ? '' : `' '${path}'`} do not stack: ${error.message} Give the loader a \`collate\` that pads or crops.`,
      { cause: error },
    );
  }
}

function entries(lists: readonly (readonly unknown[])[], path: string): unknown[] {
  lists.forEach((list, i) => {
    if (list.length !== lists[0].length)
      throw new DataError(
        `collate: ${whose(i, path)} has ${list.length} entries and that of sample 0 ${lists[0].length}. All samples must be alike.`,
      );
  });
  return lists[0].map((_, at) =>
    join(
      lists.map(list => list[at]),
      below(path, String(at)),
    ),
  );
}

function keysOf(objects: readonly object[], path: string): string[] {
  const keys = Object.keys(objects[0]);
  objects.forEach((object, i) => {
    const other = Object.keys(object);
    if (other.length !== keys.length || keys.some(key => !Object.hasOwn(object, key)))
      throw new DataError(
        `collate: ${whose(i, path)} has the keys ${show(other)} and that of sample 0 ${show(keys)}. All samples must be alike.`,
      );
  });
  return keys;
}

type Kind = 'tensor' | 'number' | 'boolean' | 'text' | 'list' | 'object';

function kindOf(value: unknown, path: string): Kind {
  if (value instanceof Tensor) return 'tensor';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object' && value !== null) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return 'object';
  }
  throw new DataError(
    `collate: ${path === '' ? 'a sample' : `'${path}' of a sample`} is ${show(value)}; expected tensors, numbers, booleans, texts, and lists and plain ` +
      'objects of them. Give the loader a `collate` of your own.',
  );
}

const withArticle = (kind: Kind): string => (kind === 'object' ? 'an object' : `a ${kind}`);
const whose = (i: number, path: string): string => (path === '' ? `sample ${i}` : `'${path}' of sample ${i}`);
const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
