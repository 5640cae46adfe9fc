import type { At } from '../../tensor/shapeTypes/at.js';
import type { Broadcast, Fits, IndexSelect, Shape } from '../../tensor/shapeTypes.js';
import { type AtIndex, at, indexPut, type PutOptions, put } from '../at.js';
import type { Extrema, ExtremumMethod } from '../composite/extrema.js';
import * as counting from '../counting.js';
import * as along from '../indexAlong.js';
import * as masked from '../masked.js';
import * as statistics from '../orderStatistics.js';
import * as quantiles from '../quantile.js';
import * as scattering from '../scatter.js';
import * as sorting from '../sort.js';
import * as taking from '../take.js';
import * as uniqueness from '../unique.js';

/** Indexing, sorting and order statistics as methods. */
export const indexingMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  put,
  indexPut,
  scatter: scattering.scatter,
  indexCopy: along.indexCopy,
  indexFill: along.indexFill,
  maskedSelect: masked.maskedSelect,
  maskedScatter: masked.maskedScatter,
  nonzero: masked.nonzero,
  argwhere: masked.argwhere,
  take: taking.take,
  takeAlongDim: taking.takeAlongDim,
  sort: sorting.sort,
  argsort: sorting.argsort,
  msort: sorting.msort,
  topk: sorting.topk,
  kthvalue: statistics.kthvalue,
  mode: statistics.mode,
  median: statistics.median,
  nanmedian: statistics.nanmedian,
  quantile: quantiles.quantile,
  nanquantile: quantiles.nanquantile,
  unique: uniqueness.unique,
  uniqueConsecutive: uniqueness.uniqueConsecutive,
  bincount: counting.bincount,
  histc: counting.histc,
};

/** Those with more than three arguments, or any number. */
export const longIndexingMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  at,
  scatterReduce: scattering.scatterReduce,
  indexAdd: along.indexAdd,
};

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    /** What indices see, one a dim: numbers, ranges ({ start, end, step } or '1:5'), null, '...', int32 tensors, bool masks. */
    at<A extends Shape, const I extends readonly AtIndex[]>(this: Tensor<A>, ...indices: I): Tensor<At<A, I>>;
    /** A copy in which what `at(...indices)` sees is replaced by a value. */
    put<A extends Shape>(
      this: Tensor<A>,
      indices: readonly AtIndex[],
      value: number | Tensor,
      options?: PutOptions,
    ): Tensor<A>;
    indexPut<A extends Shape>(
      this: Tensor<A>,
      indices: readonly (Tensor | null)[],
      values: number | Tensor,
      options?: PutOptions,
    ): Tensor<A>;
    scatter<A extends Shape>(this: Tensor<A>, dim: number, index: Tensor, source: number | Tensor): Tensor<A>;
    scatterReduce<A extends Shape>(
      this: Tensor<A>,
      dim: number,
      index: Tensor,
      source: Tensor,
      reduction: scattering.ScatterReduction,
      options?: scattering.ScatterReduceOptions,
    ): Tensor<A>;
    indexAdd<A extends Shape>(
      this: Tensor<A>,
      dim: number,
      index: Tensor,
      source: Tensor,
      options?: along.IndexAddOptions,
    ): Tensor<A>;
    indexCopy<A extends Shape>(this: Tensor<A>, dim: number, index: Tensor, source: Tensor): Tensor<A>;
    indexFill<A extends Shape>(
      this: Tensor<A>,
      dim: number,
      index: Tensor,
      value: number | Tensor,
    ): Tensor<A>;
    maskedSelect<A extends Shape, M extends Shape>(
      this: Tensor<A>,
      mask: Tensor<M> & Fits<'maskedSelect', A, M>,
    ): Tensor<[number]>;
    maskedScatter<A extends Shape, M extends Shape>(
      this: Tensor<A>,
      mask: Tensor<M> & Fits<'maskedScatter', A, M>,
      source: Tensor,
    ): Tensor<Broadcast<A, M>>;
    readonly nonzero: masked.NonzeroMethod;
    argwhere<A extends Shape>(this: Tensor<A>): Tensor<[number, A['length']]>;
    take<I extends Shape>(this: Tensor, index: Tensor<I>): Tensor<I>;
    takeAlongDim(this: Tensor, index: Tensor, dim?: number): Tensor;
    readonly sort: sorting.SortMethod;
    readonly argsort: sorting.ArgsortMethod;
    msort<A extends Shape>(this: Tensor<A>): Tensor<A>;
    topk<A extends Shape, const K extends number, const D extends number = -1>(
      this: Tensor<A>,
      k: K,
      dim?: D,
      options?: sorting.TopkOptions,
    ): Extrema<IndexSelect<A, D, K>>;
    readonly kthvalue: statistics.KthvalueMethod;
    readonly mode: statistics.ModeMethod;
    readonly median: ExtremumMethod;
    readonly nanmedian: ExtremumMethod;
    readonly quantile: quantiles.QuantileMethod;
    readonly nanquantile: quantiles.QuantileMethod;
    readonly unique: uniqueness.UniqueMethod;
    readonly uniqueConsecutive: uniqueness.UniqueMethod;
    bincount(this: Tensor, options?: counting.BincountOptions): Tensor<[number]>;
    histc<const B extends number = 100>(
      this: Tensor,
      options?: counting.HistcOptions & { readonly bins?: B },
    ): Tensor<[B]>;
  }
}
