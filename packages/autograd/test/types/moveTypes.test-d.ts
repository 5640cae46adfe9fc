// Checked by tsc; nothing runs. The shapes of ops that move, repeat, cut and stack.

import {
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTensors,
  cdist,
  columnStack,
  cosineSimilarity,
  dstack,
  hstack,
  narrow,
  pad,
  pairwiseDistance,
  pdist,
  repeat,
  type Tensor,
  unflatten,
  vstack,
  zeros,
} from '../../src/index.js';
import type { Shape } from '../../src/tensor/shapeTypes.js';
import { type Equal, expectTrue, expectType } from './expect.js';

declare const n: number;
declare const unknownRank: Tensor;
declare const counts: Tensor<[3]>;
const matrix = zeros([2, 3]);
const batch = zeros([4, 2, 3]);

// In another shape
expectType<Tensor<[3, 2]>>()(matrix.view([3, -1]));
expectType<Tensor<[6]>>()(matrix.viewAs(zeros([6])));
expectType<Tensor<[3, 2]>>()(matrix.reshapeAs(zeros([3, 2])));
expectType<Tensor<[4, 2, 3]>>()(matrix.expandAs(batch));
expectType<Tensor<[5, 2, 3]>>()(matrix.broadcastTo([5, -1, 3]));
expectType<Tensor<[6]>>()(matrix.ravel());
expectType<Tensor<[number]>>()(unknownRank.ravel());
expectType<Tensor<[2, 5, 2]>>()(zeros([2, 10]).unflatten(1, [5, 2]));
expectType<Tensor<[2, 5, 2]>>()(zeros([2, 10]).unflatten(-1, [-1, 2]).view([2, 5, 2]));
expectType<Tensor<[number, 2, 3]>>()(unflatten(zeros([n, 3]), 0, [n, 2]));
expectType<Tensor>()(unflatten(unknownRank, 0, [2, 2]));
expectType<Tensor<[1]>>()(atleast1d(zeros([])));
expectType<Tensor<[1, 3]>>()(atleast2d(zeros([3])));
expectType<Tensor<[2, 3, 1]>>()(atleast3d(matrix));
expectType<Tensor<[4, 2, 3]>>()(atleast3d(batch));
expectType<Tensor>()(atleast3d(unknownRank));
const [wide, tall] = broadcastTensors([zeros([2, 1]), zeros([3])]);
expectType<Tensor<[2, 3]>>()(wide);
expectType<Tensor<[2, 3]>>()(tall);
// @ts-expect-error 6 elements, not 8
matrix.view([2, 4]);
// @ts-expect-error 3 is not 1
matrix.expandAs(zeros([2, 4]));

// In another order
expectType<Tensor<[3, 2]>>()(matrix.t());
expectType<Tensor<[3]>>()(zeros([3]).t());
expectType<Tensor<[3, 2, 4]>>()(batch.swapaxes(0, -1));
expectType<Tensor<[2, 3, 4]>>()(batch.movedim(0, -1));
expectType<Tensor<[3, 4, 2]>>()(batch.moveaxis(2, 0));
expectType<Tensor<[number, number, number]>>()(batch.movedim([0, 1], [1, 0]));
expectType<Tensor>()(unknownRank.movedim(0, 1));
expectType<Tensor<[2, 3]>>()(matrix.flip([0, 1]).fliplr().roll(1, 0));
expectType<Tensor<[number, number]>>()(matrix.rot90());

// Repeated and padded
expectType<Tensor<[4, 9]>>()(matrix.repeat([2, 3]));
expectType<Tensor<[5, 4, 9]>>()(repeat(matrix, [5, 2, 3]));
expectType<Tensor<[2, 9]>>()(matrix.tile([3]));
expectType<Tensor<[number, 9]>>()(matrix.repeat([n, 3]));
expectType<Tensor>()(unknownRank.repeat([2, 3]));
expectType<Tensor<[2, 6]>>()(matrix.repeatInterleave(2, 1));
expectType<Tensor<[12]>>()(matrix.repeatInterleave(2));
expectType<Tensor<[2, number]>>()(matrix.repeatInterleave(counts, -1));
expectType<Tensor<[2, 6]>>()(pad(matrix, [1, 2]));
expectType<Tensor<[4, 4, 3]>>()(pad(batch, [0, 0, 1, 1]));
expectType<Tensor<[2, number]>>()(pad(matrix, [-1, 2]));
expectType<Tensor<[2, number]>>()(pad(matrix, [n, 2]));
expectType<Tensor>()(pad(unknownRank, [1, 1]));

// Cut
expectType<Tensor<[2, number]>[]>()(matrix.chunk(2, 1));
expectType<Tensor<[number, 3]>[]>()(matrix.tensorSplit([1]));
expectType<Tensor<[2]>[]>()(matrix.unbind(-1));
expectType<Tensor<[2, 2]>>()(narrow(matrix, 1, 0, 2));
expectType<Tensor<[4, 3]>>()(zeros([3, 4, 3]).diagonal({ dim1: 0, dim2: 2 }));
expectType<Tensor<[number]>>()(matrix.diagonal());
expectType<Tensor<[number]>>()(zeros([3, 3]).diagonal({ offset: 1 }));
expectType<Tensor<[3]>>()(zeros([3, 3]).diagonal());
expectType<Tensor<[2, 3, 3]>>()(matrix.diagEmbed());
expectType<Tensor<[2, number, number]>>()(matrix.diagEmbed({ offset: -1 }));
expectType<Tensor<[number, number, number]>>()(matrix.diagEmbed({ dim1: 0, dim2: 1 }));
expectType<Tensor<[2, number, 2]>>()(matrix.slidingWindow(1, 2));

// Stacked
expectType<Tensor<[5]>>()(hstack([zeros([2]), zeros([3])]));
expectType<Tensor<[2, 7]>>()(hstack([matrix, zeros([2, 4])]));
expectType<Tensor<[3, 3]>>()(vstack([matrix, zeros([3])]));
expectType<Tensor<[2, 3, 2]>>()(dstack([matrix, matrix]));
expectType<Tensor<[2, 4]>>()(columnStack([matrix, zeros([2])]));
expectType<Tensor>()(hstack([unknownRank, unknownRank]));

// Distances
expectType<Tensor<[2]>>()(cosineSimilarity(matrix, zeros([3])));
expectType<Tensor<[3]>>()(cosineSimilarity(matrix, zeros([3]), { dim: 0 }));
expectType<Tensor<[2, 1]>>()(pairwiseDistance(matrix, matrix, { keepdim: true }));
expectType<Tensor<[4, 2, 5]>>()(cdist(batch, zeros([5, 3])));
expectType<Tensor>()(cdist(unknownRank, matrix));
expectType<Tensor<[number]>>()(pdist(matrix));
// @ts-expect-error 3 and 4
cosineSimilarity(matrix, zeros([2, 4]));

// Generic code compiles
export function twice<S extends Shape>(x: Tensor<S>): Tensor {
  return pad(x, [1, 1]).repeat([2]).flip(0).narrow(0, 0, 1).diagonal().movedim(0, 1).unflatten(0, [1, -1]);
}
expectTrue<Equal<ReturnType<typeof twice>, Tensor>>();
