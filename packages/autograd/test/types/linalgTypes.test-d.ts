// Checked by tsc; nothing runs.

import {
  cholesky,
  det,
  eigh,
  inv,
  lu,
  matrixNorm,
  matrixPower,
  pinv,
  qr,
  slogdet,
  solve,
  svd,
  svdvals,
  type Tensor,
  vectorNorm,
  zeros,
} from '../../src/index.js';
import { expectType } from './expect.js';

declare const unknownRank: Tensor;
declare const unknownSize: Tensor<[number, 3]>;
const square = zeros([5, 3, 3]);
const tall = zeros([5, 4, 2]);

// Square matrices keep their shape, or lose it
expectType<Tensor<[5, 3, 3]>>()(inv(square));
expectType<Tensor<[5, 3, 3]>>()(cholesky(square));
expectType<Tensor<[5, 3, 3]>>()(matrixPower(square, 3));
expectType<Tensor<[5]>>()(det(square));
expectType<Tensor<[5]>>()(slogdet(square).logabsdet);
expectType<Tensor<[5, 3]>>()(eigh(square).eigenvalues);
expectType<Tensor<[5, 3, 3]>>()(eigh(square).eigenvectors);

// Factors: the smaller of two different sizes is not worked out
expectType<Tensor<[5, 4, number]>>()(qr(tall).q);
expectType<Tensor<[5, number, 2]>>()(qr(tall).r);
expectType<Tensor<[5, 3, 3]>>()(qr(square).q);
expectType<Tensor<[5, 4, 4]>>()(svd(tall).u);
expectType<Tensor<[5, 2, 2]>>()(svd(tall).vh);
expectType<Tensor<[5, number]>>()(svdvals(tall));
expectType<Tensor<[5, 3, 3]>>()(svd(square, { fullMatrices: false }).u);
expectType<Tensor<[5, 4, 4]>>()(lu(tall).p);
expectType<Tensor<[5, 2, 4]>>()(pinv(tall));

// Equations
expectType<Tensor<[5, 3, 2]>>()(solve(square, zeros([5, 3, 2])));
expectType<Tensor<[5, 3]>>()(solve(square, zeros([3])));
expectType<Tensor<[5, 3, 2]>>()(solve(square, zeros([1, 3, 2])));

// Norms
expectType<Tensor<[]>>()(vectorNorm(tall));
expectType<Tensor<[5, 1, 2]>>()(vectorNorm(tall, 2, 1, { keepdim: true }));
expectType<Tensor<[5]>>()(matrixNorm(tall));
expectType<Tensor<[4]>>()(matrixNorm(tall, 'nuc', [0, -1]));

// What is not known fits everything
expectType<Tensor>()(inv(unknownRank));
expectType<Tensor>()(det(unknownRank));
expectType<Tensor<[]>>()(det(unknownSize));
expectType<Tensor>()(svd(unknownRank).u);
expectType<Tensor>()(solve(unknownRank, unknownRank));
const generic = <N extends number>(a: Tensor<[N, N]>): Tensor<[N, N]> => inv(a);
expectType<Tensor<[2, 2]>>()(generic(zeros([2, 2])));

// @ts-expect-error 4 rows and 2 columns
inv(tall);
// @ts-expect-error 4 rows and 2 columns
det(zeros([4, 2]));
