// Checked by tsc; nothing runs.

import {
  argsort,
  at,
  embedding,
  median,
  nonzero,
  quantile,
  sort,
  type Tensor,
  tensor,
  topk,
  unique,
  zeros,
} from '../../src/index.js';
import { expectType } from './expect.js';

declare const n: number;
declare const unknownRank: Tensor;
declare const rows: Tensor<[5]>;
const x = zeros([8, 3, 28]);

// Numbers take a dim away, whatever they are
expectType<Tensor<[3, 28]>>()(x.at(0));
expectType<Tensor<[3, 28]>>()(x.at(n));
expectType<Tensor<[8, 28]>>()(x.at(':', -1));
expectType<Tensor<[]>>()(x.at(1, 2, 3));
expectType<Tensor<[3, 28]>>()(at(x, 0));

// The whole of a dim keeps its size, the size of a part is not worked out
expectType<Tensor<[8, 3, 28]>>()(x.at(':', '::', '::1'));
expectType<Tensor<[number, 3, 28]>>()(x.at('1:5'));
expectType<Tensor<[number, 3, number]>>()(x.at('-3:', ':', '::2'));
expectType<Tensor<[number, 3, 28]>>()(x.at({ start: 1, end: 5 }));

// New dims, and the dims that nothing is said of
expectType<Tensor<[1, 8, 3, 28]>>()(x.at(null));
expectType<Tensor<[8, 3, 1]>>()(x.at('...', 0, null));
expectType<Tensor<[3, 1, 28]>>()(x.at(0, '...', null, ':'));
expectType<Tensor<[8, 3, 28]>>()(x.at('...'));
expectType<Tensor<[8, 3, 28]>>()(x.at());
expectType<Tensor<[3]>>()(x.at(0, '...', 0));

// With tensors and lists the shape depends on them
expectType<Tensor>()(x.at(rows));
expectType<Tensor>()(x.at(0, x.at(0).gt(0)));
expectType<Tensor>()(x.at([0, 1]));
expectType<Tensor>()(unknownRank.at(0));
expectType<Tensor<[8, 3, 28]>>()(x.put([0], 1));

// @ts-expect-error no range
x.at('1-5');
// @ts-expect-error no index
x.at(true);
// @ts-expect-error a list of indices is needed
x.put(0, 1);

// Sorting and order statistics
expectType<Tensor<[8, 3, 28]>>()(sort(x).values);
expectType<Tensor<[8, 3, 28]>>()(argsort(x, 0, { descending: true }));
expectType<Tensor<[8, 3, 5]>>()(topk(x, 5).indices);
expectType<Tensor<[8, 2, 28]>>()(x.topk(2, 1).values);
expectType<Tensor<[]>>()(median(x));
expectType<Tensor<[8, 28]>>()(median(x, 1).values);
expectType<Tensor<[8, 3]>>()(x.kthvalue(2).values);
expectType<Tensor<[8, 3, 1]>>()(x.mode(-1, { keepdim: true }).indices);
expectType<Tensor<[]>>()(quantile(x, 0.5));
expectType<Tensor<[3, 28]>>()(x.quantile(0.5, 0));
expectType<Tensor>()(quantile(x, tensor([0.5])));

// Where the number of results depends on the data
expectType<Tensor<[number, 3]>>()(nonzero(x));
expectType<Tensor<[number]>[]>()(nonzero(x, { asTuple: true }));
expectType<Tensor<[number]>>()(x.maskedSelect(x.gt(0)));
expectType<Tensor>()(unique(x));
expectType<Tensor>()(unique(x, { returnCounts: true }).counts);
expectType<Tensor<[5, 16]>>()(embedding(rows, zeros([10, 16])));
// @ts-expect-error there is none
embedding(rows, zeros([10, 16]), { maxNorm: 1 });
