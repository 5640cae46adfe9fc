import type {
  DiagEmbed,
  Diagonal,
  MatrixTranspose,
  MoveDim,
  Ravel,
  Repeat,
  RepeatInterleave,
  SameRank,
  SlidingWindow,
  Unflatten,
} from '../../tensor/shapeTypes/moves.js';
import type {
  Expand,
  ExpandFits,
  IndexSelect,
  Reshape,
  ReshapeFits,
  Select,
  Shape,
  Slice,
  Transpose,
} from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as diagonals from '../shape/diagonal.js';
import * as expansion from '../shape/expand.js';
import * as flips from '../shape/flip.js';
import * as order from '../shape/permute.js';
import * as pieces from '../shape/pieces.js';
import * as repetition from '../shape/repeat.js';
import * as reshaping from '../shape/reshape.js';
import { roll } from '../shape/roll.js';
import { slidingWindow } from '../shape/slidingWindow.js';
import type { UnaryMethod } from '../types.js';

/** What PyTorch's tensors have as methods to change their shape, beyond the ops that most programs use. */
export const shapeMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  view: reshaping.view,
  viewAs: reshaping.viewAs,
  reshapeAs: reshaping.reshapeAs,
  unflatten: reshaping.unflatten,
  ravel: reshaping.ravel,
  expandAs: expansion.expandAs,
  broadcastTo: expansion.broadcastTo,
  t: order.t,
  swapaxes: order.swapaxes,
  swapdims: order.swapdims,
  movedim: order.movedim,
  moveaxis: order.moveaxis,
  repeat: repetition.repeat,
  tile: repetition.tile,
  repeatInterleave: repetition.repeatInterleave,
  chunk: pieces.chunk,
  tensorSplit: pieces.tensorSplit,
  unbind: pieces.unbind,
  narrow: pieces.narrow,
  flip: flips.flip,
  fliplr: flips.fliplr,
  flipud: flips.flipud,
  rot90: flips.rot90,
  roll,
  diagonal: diagonals.diagonal,
  diagEmbed: diagonals.diagEmbed,
  slidingWindow,
};

type ExpandMethod = <A extends Shape, const T extends Shape>(
  this: Tensor<A>,
  shape: T & ExpandFits<A, T>,
) => Tensor<Expand<A, T>>;

type TransposeMethod = <A extends Shape, const D0 extends number, const D1 extends number>(
  this: Tensor<A>,
  dim0: D0,
  dim1: D1,
) => Tensor<Transpose<A, D0, D1>>;

type MoveDimMethod = <
  A extends Shape,
  const From extends number | readonly number[],
  const To extends number | readonly number[],
>(
  this: Tensor<A>,
  source: From,
  destination: To,
) => Tensor<MoveDim<A, From, To>>;

type RepeatMethod = <A extends Shape, const N extends Shape>(
  this: Tensor<A>,
  times: N,
) => Tensor<Repeat<A, N>>;

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    view<A extends Shape, const T extends Shape>(
      this: Tensor<A>,
      shape: T & ReshapeFits<A, T>,
    ): Tensor<Reshape<A, T>>;
    viewAs<A extends Shape, T extends Shape>(
      this: Tensor<A>,
      other: Tensor<T> & ReshapeFits<A, T>,
    ): Tensor<T>;
    reshapeAs<A extends Shape, T extends Shape>(
      this: Tensor<A>,
      other: Tensor<T> & ReshapeFits<A, T>,
    ): Tensor<T>;
    unflatten<A extends Shape, const D extends number, const N extends Shape>(
      this: Tensor<A>,
      dim: D,
      sizes: N,
    ): Tensor<Unflatten<A, D, N>>;
    ravel<A extends Shape>(this: Tensor<A>): Tensor<Ravel<A>>;
    expandAs<A extends Shape, T extends Shape>(
      this: Tensor<A>,
      other: Tensor<T> & ExpandFits<A, T>,
    ): Tensor<T>;
    readonly broadcastTo: ExpandMethod;

    t<A extends Shape>(this: Tensor<A>): Tensor<MatrixTranspose<A>>;
    readonly swapaxes: TransposeMethod;
    readonly swapdims: TransposeMethod;
    readonly movedim: MoveDimMethod;
    readonly moveaxis: MoveDimMethod;

    readonly repeat: RepeatMethod;
    readonly tile: RepeatMethod;
    repeatInterleave<
      A extends Shape,
      const N extends number | Tensor,
      const D extends number | undefined = undefined,
    >(this: Tensor<A>, repeats: N, dim?: D): Tensor<RepeatInterleave<A, N, D>>;

    chunk<A extends Shape, const D extends number = 0>(
      this: Tensor<A>,
      chunks: number,
      dim?: D,
    ): Tensor<Slice<A, D>>[];
    tensorSplit<A extends Shape, const D extends number = 0>(
      this: Tensor<A>,
      indicesOrSections: number | readonly number[],
      dim?: D,
    ): Tensor<Slice<A, D>>[];
    unbind<A extends Shape, const D extends number = 0>(this: Tensor<A>, dim?: D): Tensor<Select<A, D>>[];
    narrow<A extends Shape, const D extends number, const N extends number>(
      this: Tensor<A>,
      dim: D,
      start: number,
      length: N,
    ): Tensor<IndexSelect<A, D, N>>;

    flip<A extends Shape>(this: Tensor<A>, dims: number | readonly number[]): Tensor<A>;
    readonly fliplr: UnaryMethod;
    readonly flipud: UnaryMethod;
    rot90<A extends Shape>(
      this: Tensor<A>,
      k?: number,
      dims?: readonly [number, number],
    ): Tensor<SameRank<A>>;
    roll<A extends Shape>(
      this: Tensor<A>,
      shifts: number | readonly number[],
      dims?: number | readonly number[],
    ): Tensor<A>;

    diagonal<
      A extends Shape,
      const O extends number = 0,
      const D1 extends number = 0,
      const D2 extends number = 1,
    >(this: Tensor<A>, options?: diagonals.DiagonalViewOptions<O, D1, D2>): Tensor<Diagonal<A, O, D1, D2>>;
    diagEmbed<
      A extends Shape,
      const O extends number = 0,
      const D1 extends number = -2,
      const D2 extends number = -1,
    >(this: Tensor<A>, options?: diagonals.DiagonalViewOptions<O, D1, D2>): Tensor<DiagEmbed<A, O, D1, D2>>;
    slidingWindow<A extends Shape, const D extends number, const N extends number>(
      this: Tensor<A>,
      dim: D,
      size: N,
      step?: number,
    ): Tensor<SlidingWindow<A, D, N>>;
  }
}
