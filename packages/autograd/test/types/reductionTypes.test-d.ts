// Checked by tsc; nothing runs.

import {
  aminmax,
  cummax,
  cumsum,
  norm,
  prod,
  type Tensor,
  trapezoid,
  varMean,
  zeros,
} from '../../src/index.js';
import { expectType } from './expect.js';

declare const unknownRank: Tensor;
const x = zeros([2, 3, 4]);

expectType<Tensor<[2, 4]>>()(prod(x, 1));
expectType<Tensor<[]>>()(x.prod());
expectType<Tensor<[2, 3]>>()(x.any(-1));
expectType<Tensor<[1, 3, 1]>>()(norm(x, 2, [0, 2], { keepdim: true }));
expectType<Tensor<[2, 3]>>()(x.norm('fro', -1));
expectType<Tensor<[]>>()(varMean(x)[1]);
expectType<Tensor<[2, 3]>>()(x.stdMean([-1])[0]);
expectType<Tensor<[2, 3]>>()(aminmax(x, 2).max);

// Scans keep the shape
expectType<Tensor<[2, 3, 4]>>()(cumsum(x, -1));
expectType<Tensor<[2, 3, 4]>>()(cummax(x, 0).values);
expectType<Tensor<[2, 3, 4]>>()(x.cummin(1).indices);

// Places of the samples may have more dims than the samples
expectType<Tensor<[3, 4]>>()(trapezoid(x, { dim: 0 }));
expectType<Tensor<[2, 3]>>()(x.trapezoid());
expectType<Tensor>()(trapezoid(x, { x: unknownRank }));
expectType<Tensor>()(x.diff());
expectType<Tensor>()(unknownRank.cumsum(0));
