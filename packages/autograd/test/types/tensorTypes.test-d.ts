// Checked by tsc; nothing runs. How the shape types behave where ops use them.

import { add, cat, linear, oneHot, stack, type Tensor, tensor, zeros } from '../../src/index.js';
import type { Shape } from '../../src/tensor/shapeTypes.js';
import { type Equal, expectTrue, expectType } from './expect.js';

declare const n: number;
declare const unknownRank: Tensor;
declare const sizes: number[];

// Literal shapes, without `readonly` in what the editor shows
expectType<Tensor<[2, 2]>>()(
  tensor([
    [1, 2],
    [3, 4],
  ]),
);
expectType<Tensor<[]>>()(tensor(3));
expectType<Tensor<[number]>>()(tensor(new Float64Array(3)));
expectType<Tensor<[784, 128]>>()(zeros([784, 128]));
expectType<Tensor<[784, 128]>>()(zeros([784, 128] as const));
expectType<Tensor<[number, 3]>>()(zeros([n, 3]));
expectType<Tensor>()(zeros(sizes));
expectType<Tensor<[64, 10]>>()(
  zeros([64, 784])
    .matmul(zeros([784, 128]))
    .add(zeros([128]))
    .relu()
    .matmul(zeros([128, 10]))
    .add(zeros([10])),
);

// Covariance: literal shapes fit where less is known, and not the other way round
const literal = zeros([2, 3]);
expectTrue<Equal<typeof literal extends Tensor ? true : false, true>>();
expectTrue<Equal<typeof literal extends Tensor<[number, 3]> ? true : false, true>>();
expectTrue<Equal<typeof literal extends Tensor<readonly [2, 3]> ? true : false, true>>();
expectTrue<Equal<typeof literal extends Tensor<[2, 4]> ? true : false, false>>();
expectTrue<Equal<typeof literal extends Tensor<[2]> ? true : false, false>>();
expectTrue<Equal<Tensor<[number, 3]> extends Tensor<[2, 3]> ? true : false, false>>();
expectTrue<Equal<Tensor extends Tensor<[2, 3]> ? true : false, false>>();
// What a user writes with `readonly` works as an operand and gives mutable tuples again.
declare const readonlyShape: Tensor<readonly [2, 3]>;
expectType<Tensor<[2, 3]>>()(readonlyShape.add(literal));
expectType<Tensor<[2, 3]>>()(literal.add(readonlyShape));

// Gradual: what is not known is never in the way
expectType<Tensor>()(unknownRank.matmul(literal));
expectType<Tensor>()(literal.matmul(unknownRank));
expectType<Tensor<[number, 5]>>()(zeros([n, 3]).matmul(zeros([n, 5])));
expectType<Tensor<[2, 3]>>()(literal.add(1));
expectType<Tensor>()(unknownRank.add(1));
expectType<Tensor<[2, 3]>>()(add(1, literal));
expectType<Tensor<[2, 3]>>()(add(literal, 1));
expectType<Tensor<[2, 3]>>()(add(literal, zeros([3])));
declare const input: number | Tensor;
expectType<Tensor>()(add(literal, input));
expectType<Tensor>()(literal.add(input));
expectType<Tensor<[2, 3]>>()(literal.add(zeros([n, n])));

// Generic code compiles, and its result is at least a tensor
export function twice<S extends Shape>(x: Tensor<S>): Tensor {
  return x.add(x).relu();
}
export function rows<N extends number>(x: Tensor<[N, 3]>): Tensor<[N, 4]> {
  const y: Tensor = x.add(x).sum(-1).add(x.sum(0));
  y.relu();
  return x.matmul(zeros([3, 4]));
}
export function score<A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B>): Tensor {
  return a.matmul(b).add(a).transpose(0, 1).sum(1).reshape([2, 3]).expand([4, 2, 3]);
}
export function affine<X extends Shape, W extends Shape>(x: Tensor<X>, w: Tensor<W>): Tensor {
  return cat([linear(x, w), linear(x, w, zeros([3])), x], 1);
}
export function layers<S extends Shape>(x: Tensor<S>, count: number): Tensor {
  let y: Tensor = x;
  for (let i = 0; i < count; i++) y = y.add(x).relu();
  return y;
}
expectType<Tensor>()(twice(literal));
expectType<Tensor<[7, 4]>>()(rows(zeros([7, 3])));

// Ops
expectType<Tensor<[]>>()(literal.sum());
expectType<Tensor<[2]>>()(literal.sum(-1));
expectType<Tensor<[2, 1]>>()(literal.sum(1, { keepdim: true }));
expectType<Tensor<[2]>>()(literal.sum(1, {}));
expectType<Tensor<[1, 1]>>()(literal.sum([0, 1], { keepdim: true }));
expectType<Tensor>()(literal.sum(n));
expectType<Tensor<[3, 2]>>()(literal.transpose(0, 1));
expectType<Tensor<[3, 2]>>()(literal.permute([1, 0]));
expectType<Tensor<[3, 2]>>()(literal.reshape([3, -1]).reshape([3, 2]).relu());
expectType<Tensor<[6]>>()(literal.flatten());
expectType<Tensor<[number, 784]>>()(zeros([n, 1, 28, 28]).flatten(1));
expectType<Tensor<[4, 2, 3]>>()(literal.expand([4, -1, 3]));
expectType<Tensor<[2, 1, 3]>>()(literal.unsqueeze(1));
expectType<Tensor<[2, 3]>>()(literal.unsqueeze(1).squeeze(1));
expectType<Tensor<[3]>>()(literal.select(0, 1));
expectType<Tensor<[2, number]>>()(literal.slice(1, { start: 0, end: 2 }));
expectType<Tensor<[2, 5]>>()(literal.indexSelect(1, zeros([5])));
expectType<Tensor<[2, 5]>>()(literal.gather(1, zeros([2, 5])));
expectType<Tensor<[64, 10]>>()(oneHot(zeros([64]), 10));
expectType<Tensor<[64, 128]>>()(linear(zeros([64, 784]), zeros([128, 784]), zeros([128])));
expectType<Tensor<[4, 3]>>()(cat([literal, literal]));
expectType<Tensor<[2, 7]>>()(cat([literal, zeros([2, 4])], 1));
expectType<Tensor<[number, 3]>>()(cat([literal, zeros([n, 3])]));
expectType<Tensor<[2, 2, 3]>>()(stack([literal, literal]));
declare const list: Tensor<[2, 3]>[];
expectType<Tensor<[number, 3]>>()(cat(list));
expectType<Tensor<[2, number, 3]>>()(stack(list, 1));

// Wrong shapes do not compile
// @ts-expect-error add: 3 and 4
literal.add(zeros([4]));
// @ts-expect-error add: 3 and 4, as a function
add(literal, zeros([4]));
// @ts-expect-error matmul: 3 and 2
literal.matmul(literal);
// @ts-expect-error matmul: batches of 5 and 4
zeros([5, 2, 3]).matmul(zeros([4, 3, 2]));
// @ts-expect-error a scalar has no inner size
literal.matmul(zeros([]));
// @ts-expect-error weight is [out, in]
linear(zeros([64, 784]), zeros([784, 128]));
// @ts-expect-error bias has the size of out
linear(zeros([64, 784]), zeros([128, 784]), zeros([64]));
// A reduction leaves the check of its dims to run time
expectType<Tensor>()(literal.sum(2));
// @ts-expect-error no dim -3
literal.transpose(-3, 0);
// @ts-expect-error 6 elements, not 8
literal.reshape([2, 4]);
// @ts-expect-error 3 is not 1
literal.expand([2, 4]);
// @ts-expect-error 2 and 4 rows
cat([literal, zeros([4, 3])], 1);
// @ts-expect-error stack takes equal shapes
stack([literal, zeros([4, 3])]);
const flat = zeros([8, 4]).flatten();
// @ts-expect-error a result is checked like any other tensor: 32 and 30
flat.matmul(zeros([30]));

// The helpers of these tests can fail
// @ts-expect-error
expectTrue<Equal<[2, 3], readonly [2, 3]>>();
// @ts-expect-error
expectTrue<Equal<[number], [3]>>();
// @ts-expect-error
expectType<Tensor<[2, 4]>>()(literal);
// @ts-expect-error
expectType<Tensor>()(literal);
