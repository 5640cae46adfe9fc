// Checked by tsc; nothing runs.

import { avgPool2d, conv2d, convTranspose2d, maxPool2d, type Tensor, zeros } from '../../src/index.js';
import { expectType } from './expect.js';

declare const unknownRank: Tensor;
const image = zeros([8, 3, 28, 28]);

// The batch and the channels are known, the spatial sizes are not worked out
expectType<Tensor<[8, 16, number, number]>>()(conv2d(image, zeros([16, 3, 3, 3])));
expectType<Tensor<[8, 16, number, number]>>()(image.conv2d(zeros([16, 3, 3, 3]), null, { padding: 1 }));
expectType<Tensor<[8, number, number, number]>>()(convTranspose2d(image, zeros([3, 16, 3, 3])));
expectType<Tensor<[8, 3, number, number]>>()(maxPool2d(image, 2));
expectType<Tensor<[8, 3, number, number]>>()(image.maxPool2d(2));
expectType<Tensor<[8, 3, number, number]>>()(maxPool2d(image, 2, { returnIndices: true }).indices);
expectType<Tensor<[8, 3, number, number]>>()(avgPool2d(image, 2));
expectType<Tensor>()(conv2d(unknownRank, zeros([16, 3, 3, 3])));
expectType<Tensor>()(maxPool2d(unknownRank, 2));
// Without a batch the channels stand first
expectType<Tensor<[16, number, number]>>()(conv2d(zeros([3, 28, 28]), zeros([16, 3, 3, 3])));
expectType<Tensor<[number, number, number]>>()(convTranspose2d(zeros([3, 8, 8]), zeros([3, 16, 3, 3])));
// A weight of unknown rank does not tell which of the two it is
expectType<Tensor<[number, number, number]>>()(conv2d(zeros([3, 28, 28]), unknownRank));
