// Checked by tsc; nothing runs.

import { type Tensor, zeros } from '@fluxion/autograd';
import {
  type BatchedDataset,
  ConcatDataset,
  DataLoader,
  type Dataset,
  MappedDataset,
  randomSplit,
  Subset,
  TensorDataset,
} from '../src/index.js';

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;
declare function expectType<T>(): <X>(value: X & (Equal<X, T> extends true ? unknown : never)) => void;

declare const n: number;
const images = zeros([5, 28, 28]);
const labels = zeros([5], { dtype: 'int32' });

// Columns side by side.
const pairs = new TensorDataset(images, labels);
expectType<[Tensor<[28, 28]>, Tensor<[]>]>()(pairs.get(0));
expectType<[Tensor<[number, 28, 28]>, Tensor<[number]>]>()(pairs.getBatch(new Int32Array(2)));
expectType<[Tensor<[28, 28]>]>()(new TensorDataset(images).get(0));
expectType<[Tensor]>()(new TensorDataset(zeros([n]) as Tensor).get(0));
declare const many: readonly Tensor[];
expectType<Tensor[]>()(new TensorDataset(...many).get(0));

// Columns with names: an object literal, a type alias, an interface, a class.
interface Digits {
  readonly images: Tensor<[5, 28, 28]>;
  labels: Tensor<[number]>;
}
class Signals {
  readonly wave = zeros([5, 3]);
}
declare const digits: Digits;
declare const record: Readonly<Record<string, Tensor<[5, 2]>>>;
const named = new TensorDataset({ images, labels });
expectType<{ images: Tensor<[28, 28]>; labels: Tensor<[]> }>()(named.get(0));
expectType<{ images: Tensor<[28, 28]>; labels: Tensor<[]> }>()(new TensorDataset(digits).get(0));
expectType<{ images: Tensor<[number, 28, 28]>; labels: Tensor<[number]> }>()(
  new TensorDataset(digits).getBatch(new Int32Array(2)),
);
expectType<Tensor<[3]>>()(new TensorDataset(new Signals()).get(0).wave);
expectType<Tensor<[2]>>()(new TensorDataset(record).get(0).any);

interface Half {
  readonly images: Tensor;
  readonly count: number;
}
declare const half: Half;
declare const open: { readonly images: Tensor; readonly labels?: Tensor };
// @ts-expect-error count is a number
new TensorDataset(half);
// @ts-expect-error labels may be missing
new TensorDataset(open);
// @ts-expect-error a number beside a tensor
new TensorDataset(images, 5);
// @ts-expect-error two objects
new TensorDataset(digits, digits);
// @ts-expect-error a list in place of its elements
new TensorDataset([images, labels]);

// A subset has the batches of its dataset.
const part = new Subset(pairs, [0, 2]);
expectType<Subset<typeof pairs>>()(part);
expectType<[Tensor<[28, 28]>, Tensor<[]>]>()(part.get(0));
expectType<[Tensor<[number, 28, 28]>, Tensor<[number]>]>()(part.getBatch(new Int32Array(2)));
const batched: BatchedDataset<unknown, [Tensor<[number, 28, 28]>, Tensor<[number]>]> = new Subset(part, [1]);
for (const [x] of new DataLoader(part)) expectType<Tensor<[number, 28, 28]>>()(x);
for (const batch of new DataLoader(batched))
  expectType<[Tensor<[number, 28, 28]>, Tensor<[number]>]>()(batch);
const [train] = randomSplit(named, [0.8, 0.2]);
for (const batch of new DataLoader(train)) expectType<Tensor<[number]>>()(batch.labels);

// One of a dataset without has none, and its batches are collated.
const sizes = new Subset(new MappedDataset(pairs, ([x]) => x.ndim), [0]);
// @ts-expect-error there may be none
sizes.getBatch(new Int32Array(2));
for (const batch of new DataLoader(sizes)) expectType<Tensor<[number]>>()(batch);
const any: Dataset<unknown> = part;
// @ts-expect-error there may be none
new Subset(any, [0]).getBatch(new Int32Array(2));

const both = new ConcatDataset(pairs, part);
for (const [x] of new DataLoader(both)) expectType<Tensor<[number, 28, 28]>>()(x);
