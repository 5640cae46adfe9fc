// Checked by tsc; nothing runs.
import type {
  Broadcast,
  Cat,
  CatFits,
  DimFits,
  Expand,
  ExpandFits,
  Fits,
  Flatten,
  Gather,
  IndexSelect,
  Linear,
  LinearFits,
  MatMul,
  MatMulFits,
  Mutable,
  NestedArray,
  NestedShape,
  OneHot,
  Permute,
  Product,
  Reduce,
  Reshape,
  ReshapeFits,
  Select,
  Shape,
  ShapeMismatch,
  Slice,
  Squeeze,
  Stack,
  StackFits,
  Transpose,
  Unsqueeze,
} from '../../src/tensor/shapeTypes.js';
import { type Equal, expectTrue } from './expect.js';

// Broadcasting
expectTrue<Equal<Broadcast<[2, 3], [2, 3]>, [2, 3]>>();
expectTrue<Equal<Broadcast<readonly [2, 3], readonly [3]>, [2, 3]>>();
expectTrue<Equal<Broadcast<[3], [5, 1, 1]>, [5, 1, 3]>>();
expectTrue<Equal<Broadcast<[2, 1, 4], [3, 1]>, [2, 3, 4]>>();
expectTrue<Equal<Broadcast<[2, 3], []>, [2, 3]>>();
expectTrue<Equal<Broadcast<[], []>, []>>();
expectTrue<Equal<Broadcast<[0, 3], [1, 3]>, [0, 3]>>();
expectTrue<Equal<Broadcast<[number, 3], [2, 1]>, [2, 3]>>();
expectTrue<Equal<Broadcast<[number, 3], [1, 1]>, [number, 3]>>();
expectTrue<Equal<Broadcast<[number], [number, number]>, [number, number]>>();
expectTrue<Equal<Broadcast<Shape, [2, 3]>, Shape>>();
expectTrue<Equal<Broadcast<[2, 3], number[]>, Shape>>();
expectTrue<Equal<Broadcast<[2, ...number[]], [2, 3]>, Shape>>();
expectTrue<Equal<Broadcast<[2] | [4, 2], [1]>, [2] | [4, 2]>>();
expectTrue<Equal<Broadcast<[1, 2, 3, 4, 5, 6, 7, 8], [8]>, [1, 2, 3, 4, 5, 6, 7, 8]>>();

expectTrue<Equal<Fits<'add', [2, 3], [3]>, unknown>>();
expectTrue<Equal<Fits<'add', [2, 3], [2, 1]>, unknown>>();
expectTrue<Equal<Fits<'add', [2, number], [2, 5]>, unknown>>();
expectTrue<Equal<Fits<'add', Shape, [2, 5]>, unknown>>();
// biome-ignore lint/suspicious/noExplicitAny: a user may have any
expectTrue<Equal<Fits<'add', any, [2, 5]>, unknown>>();
expectTrue<Equal<Fits<'add', [2 | 3], [3]>, unknown>>();
expectTrue<Equal<Fits<'add', [2] | [3], [3]>, unknown>>();
expectTrue<Equal<Fits<'add', [2, 3], [4]>, ShapeMismatch<'add: sizes differ', 3, 4>>>();
expectTrue<Equal<Fits<'mul', [2, 3], [5, 3]>, ShapeMismatch<'mul: sizes differ', 2, 5>>>();
expectTrue<Equal<Fits<'mul', [0], [3]>, ShapeMismatch<'mul: sizes differ', 0, 3>>>();
expectTrue<Equal<Fits<'mul', [number, 2], [7, 3]>, ShapeMismatch<'mul: sizes differ', 2, 3>>>();

// Matrix products
expectTrue<Equal<MatMul<[2, 3], [3, 4]>, [2, 4]>>();
expectTrue<Equal<MatMul<[3], [3]>, []>>();
expectTrue<Equal<MatMul<[2, 3], [3]>, [2]>>();
expectTrue<Equal<MatMul<[3], [3, 4]>, [4]>>();
expectTrue<Equal<MatMul<[3], [5, 3, 4]>, [5, 4]>>();
expectTrue<Equal<MatMul<[5, 2, 3], [3]>, [5, 2]>>();
expectTrue<Equal<MatMul<[5, 2, 3], [3, 4]>, [5, 2, 4]>>();
expectTrue<Equal<MatMul<readonly [5, 1, 2, 3], [7, 3, 4]>, [5, 7, 2, 4]>>();
expectTrue<Equal<MatMul<[number, 784], [784, 10]>, [number, 10]>>();
expectTrue<Equal<MatMul<Shape, [784, 10]>, Shape>>();
expectTrue<Equal<MatMulFits<[2, 3], [3, 4]>, unknown>>();
expectTrue<Equal<MatMulFits<[2, number], [3, 4]>, unknown>>();
expectTrue<Equal<MatMulFits<Shape, [3, 4]>, unknown>>();
expectTrue<Equal<MatMulFits<[2, 3], [4, 5]>, ShapeMismatch<'matmul: inner sizes differ', 3, 4>>>();
expectTrue<Equal<MatMulFits<[3], [4]>, ShapeMismatch<'matmul: inner sizes differ', 3, 4>>>();
expectTrue<Equal<MatMulFits<[1], [4]>, ShapeMismatch<'matmul: inner sizes differ', 1, 4>>>();
expectTrue<Equal<MatMulFits<[5, 2, 3], [4, 3, 6]>, ShapeMismatch<'matmul: batch sizes differ', 5, 4>>>();
expectTrue<Equal<MatMulFits<[], [4]>, ShapeMismatch<'matmul: a scalar has no inner size', [], [4]>>>();
expectTrue<Equal<MatMulFits<[4], []>, ShapeMismatch<'matmul: a scalar has no inner size', [4], []>>>();

expectTrue<Equal<Linear<[64, 784], [128, 784]>, [64, 128]>>();
expectTrue<Equal<Linear<[784], [128, 784]>, [128]>>();
expectTrue<Equal<Linear<[2, number, 784], readonly [128, 784]>, [2, number, 128]>>();
expectTrue<Equal<Linear<[64, 784], Shape>, Shape>>();
expectTrue<Equal<Linear<[64, 784], [784]>, [64]>>();
expectTrue<Equal<LinearFits<[64, 784], [784]>, unknown>>();
expectTrue<Equal<LinearFits<[64, 784], [128, 784], [1]>, unknown>>();
expectTrue<Equal<LinearFits<[64, 784], [128, 784], []>, unknown>>();
expectTrue<Equal<LinearFits<[64, 784], [700]>, ShapeMismatch<'linear: input features differ', 784, 700>>>();
expectTrue<Equal<LinearFits<[64, 784], [128, 784], [128]>, unknown>>();
expectTrue<Equal<LinearFits<[64, 784], [128, 784], Shape>, unknown>>();
expectTrue<
  Equal<LinearFits<[64, 784], [784, 128]>, ShapeMismatch<'linear: input features differ', 784, 128>>
>();
expectTrue<
  Equal<
    LinearFits<[64, 784], [128, 784], [64]>,
    ShapeMismatch<'linear: size of the bias differs from the output features', 64, 128>
  >
>();

// Dims
expectTrue<Equal<Transpose<[2, 3], 0, 1>, [3, 2]>>();
expectTrue<Equal<Transpose<readonly [2, 3, 4], -1, -2>, [2, 4, 3]>>();
expectTrue<Equal<Transpose<[2, 3, 4], -3, 2>, [4, 3, 2]>>();
expectTrue<Equal<Transpose<[2, 3, 4], 1, 1>, [2, 3, 4]>>();
expectTrue<Equal<Transpose<[2, 3, 4], number, 0>, Shape>>();
expectTrue<Equal<Transpose<Shape, 0, 1>, Shape>>();
expectTrue<Equal<Transpose<[2, 3], 0, 2>, Shape>>();
expectTrue<Equal<Permute<[2, 3, 4], readonly [2, 0, 1]>, [4, 2, 3]>>();
expectTrue<Equal<Permute<[2, number, 4], [-1, -2, 0]>, [4, number, 2]>>();
expectTrue<Equal<Permute<[2, 3], number[]>, Shape>>();
expectTrue<Equal<Permute<[2, 3], [0, number]>, [2, number]>>();

expectTrue<Equal<Reduce<[2, 3]>, []>>();
expectTrue<Equal<Reduce<Shape>, []>>();
expectTrue<Equal<Reduce<[2, 3], undefined, true>, [1, 1]>>();
expectTrue<Equal<Reduce<readonly [2, 3, 4], 1>, [2, 4]>>();
expectTrue<Equal<Reduce<readonly [2, 3, 4], -1>, [2, 3]>>();
expectTrue<Equal<Reduce<[2, 3, 4], -1, true>, [2, 3, 1]>>();
expectTrue<Equal<Reduce<[2, 3, 4], readonly [0, -1]>, [3]>>();
expectTrue<Equal<Reduce<[2, 3, 4], [0, -1], true>, [1, 3, 1]>>();
expectTrue<Equal<Reduce<[2, 3, 4], []>, [2, 3, 4]>>();
expectTrue<Equal<Reduce<[number, 10], -1>, [number]>>();
expectTrue<Equal<Reduce<[2, 3], 1, boolean>, [2] | [2, 1]>>();
expectTrue<Equal<Reduce<[2, 3], 0 | 1>, [2] | [3]>>();
expectTrue<Equal<Reduce<[2, 3], 0 | undefined>, [] | [3]>>();
expectTrue<Equal<Reduce<[2, 3], number>, Shape>>();
expectTrue<Equal<Reduce<[2, 3], number[]>, Shape>>();
expectTrue<Equal<Reduce<[2, 3], [0, number]>, Shape>>();
expectTrue<Equal<Reduce<Shape, 1, true>, Shape>>();
expectTrue<Equal<Reduce<[2, 3], 2>, Shape>>();
expectTrue<Equal<Reduce<[], -1>, []>>();

expectTrue<Equal<DimFits<'sum', [2, 3], -2>, unknown>>();
expectTrue<Equal<DimFits<'sum', [2, 3], number>, unknown>>();
expectTrue<Equal<DimFits<'sum', [2, 3], undefined>, unknown>>();
expectTrue<Equal<DimFits<'sum', [2, 3], [0, 1]>, unknown>>();
expectTrue<Equal<DimFits<'sum', [], -1>, unknown>>();
expectTrue<Equal<DimFits<'sum', Shape, 7>, unknown>>();
expectTrue<Equal<DimFits<'sum', [2, 3], 2>, ShapeMismatch<'sum: no such dim', 2, { rank: 2 }>>>();
expectTrue<Equal<DimFits<'sum', [2, 3], -3>, ShapeMismatch<'sum: no such dim', -3, { rank: 2 }>>>();
expectTrue<Equal<DimFits<'sum', [], 1>, ShapeMismatch<'sum: no such dim', 1, { rank: 0 }>>>();

expectTrue<Equal<Squeeze<[1, 3, 1]>, [3]>>();
expectTrue<Equal<Squeeze<[1, number]>, Shape>>();
expectTrue<Equal<Squeeze<readonly [1, 3, 1], -1>, [1, 3]>>();
expectTrue<Equal<Squeeze<readonly [1, 3, 1], 1>, [1, 3, 1]>>();
expectTrue<Equal<Squeeze<[number, 3], 0>, Shape>>();
expectTrue<Equal<Squeeze<[number, 1], 1>, [number]>>();
expectTrue<Equal<Squeeze<Shape>, Shape>>();
expectTrue<Equal<Squeeze<[1, 3, 1, 4, 1], readonly [0, 1, -1]>, [3, 1, 4]>>();
expectTrue<Equal<Squeeze<[1, 3, number], readonly [0, -1]>, Shape>>();
expectTrue<Equal<Squeeze<[1, 3, number], readonly [0, 1]>, [3, number]>>();
expectTrue<Equal<Squeeze<[1, 3], number[]>, Shape>>();
expectTrue<Equal<Unsqueeze<[2, 3], 0>, [1, 2, 3]>>();
expectTrue<Equal<Unsqueeze<[2, 3], 1>, [2, 1, 3]>>();
expectTrue<Equal<Unsqueeze<[2, 3], 2>, [2, 3, 1]>>();
expectTrue<Equal<Unsqueeze<[2, 3], -1>, [2, 3, 1]>>();
expectTrue<Equal<Unsqueeze<[2, 3], -3>, [1, 2, 3]>>();
expectTrue<Equal<Unsqueeze<[], 0>, [1]>>();
expectTrue<Equal<Unsqueeze<[2, 3], number>, Shape>>();
expectTrue<Equal<Unsqueeze<Shape, 0>, Shape>>();

expectTrue<Equal<Select<[2, 3, 4], 1>, [2, 4]>>();
expectTrue<Equal<Select<[2, 3, 4], -1>, [2, 3]>>();
expectTrue<Equal<Slice<[2, 3, 4], 1>, [2, number, 4]>>();
expectTrue<Equal<Slice<readonly [2, 3, 4], -1>, [2, 3, number]>>();
expectTrue<Equal<Slice<[2, 3], number>, Shape>>();
expectTrue<Equal<IndexSelect<[2, 3, 4], 1, 7>, [2, 7, 4]>>();
expectTrue<Equal<Gather<readonly [2, 5]>, [2, 5]>>();
expectTrue<Equal<OneHot<readonly [64], 10>, [64, 10]>>();
expectTrue<Equal<OneHot<Shape, 10>, Shape>>();

// Shapes asked for
expectTrue<Equal<Flatten<[2, 3, 4]>, [24]>>();
expectTrue<Equal<Flatten<[64, 16, 14, 14], 1>, [64, 3136]>>();
expectTrue<Equal<Flatten<readonly [number, 1, 28, 28], 1>, [number, 784]>>();
expectTrue<Equal<Flatten<[2, 3, 4, 5], 1, 2>, [2, 12, 5]>>();
expectTrue<Equal<Flatten<[2, 3, 4, 5], -3, -2>, [2, 12, 5]>>();
expectTrue<Equal<Flatten<[2, 3, 4], 1, 1>, [2, 3, 4]>>();
expectTrue<Equal<Flatten<[2, number, 4], 1>, [2, number]>>();
expectTrue<Equal<Flatten<[]>, [1]>>();
expectTrue<Equal<Flatten<Shape>, [number]>>();
expectTrue<Equal<Flatten<Shape, 1>, Shape>>();

expectTrue<Equal<Reshape<[2, 3], readonly [3, 2]>, [3, 2]>>();
expectTrue<Equal<Reshape<[2, 3], [number, 2]>, [number, 2]>>();
expectTrue<Equal<Reshape<[2, 3], number[]>, Shape>>();
expectTrue<Equal<Reshape<[64, 16, 14, 14], readonly [64, -1]>, [64, 3136]>>();
expectTrue<Equal<Reshape<[2, 3], [-1]>, [6]>>();
expectTrue<Equal<Reshape<[number, 4], [-1, 4]>, [number, 4]>>();
expectTrue<Equal<Reshape<[2, 3, 4], [6, -1]>, [6, number]>>();
expectTrue<Equal<Reshape<[2, 3], [-1, 1, 3]>, [2, 1, 3]>>();
expectTrue<Equal<Reshape<Shape, [2, -1]>, [2, number]>>();
expectTrue<Equal<ReshapeFits<[2, 3], [3, 2]>, unknown>>();
expectTrue<Equal<ReshapeFits<[2, 3], [6, 1, 1]>, unknown>>();
expectTrue<Equal<ReshapeFits<[], [1]>, unknown>>();
expectTrue<Equal<ReshapeFits<[2, 3], [-1, 4]>, unknown>>();
expectTrue<Equal<ReshapeFits<[number, 3], [2, 4]>, unknown>>();
expectTrue<Equal<ReshapeFits<Shape, [2, 4]>, unknown>>();
expectTrue<Equal<ReshapeFits<[2, 3], [2, 4]>, ShapeMismatch<'reshape: numbers of elements differ', 6, 8>>>();

expectTrue<Equal<Expand<[3, 1], readonly [3, 4]>, [3, 4]>>();
expectTrue<Equal<Expand<[3, 1], [2, -1, 4]>, [2, 3, 4]>>();
expectTrue<Equal<Expand<[3, 1], number[]>, Shape>>();
expectTrue<Equal<Expand<Shape, [2, -1]>, [2, number]>>();
expectTrue<Equal<ExpandFits<[3, 1], [2, -1, 4]>, unknown>>();
expectTrue<Equal<ExpandFits<[number, 1], [3, 4]>, unknown>>();
expectTrue<Equal<ExpandFits<Shape, [3, 4]>, unknown>>();
expectTrue<Equal<ExpandFits<[3, 2], [3, 4]>, ShapeMismatch<'expand: only a size of 1 can grow', 2, 4>>>();
expectTrue<Equal<ExpandFits<[3, 2], [2]>, ShapeMismatch<'expand: the target has fewer dims', 2, 1>>>();

// Several tensors
expectTrue<Equal<Cat<[[2, 3], [4, 3]]>, [6, 3]>>();
expectTrue<Equal<Cat<readonly [readonly [2, 3], readonly [2, 30], readonly [2, 700]], -1>, [2, 733]>>();
expectTrue<Equal<Cat<[[2, 3]], 0>, [2, 3]>>();
expectTrue<Equal<Cat<[[2, number], [number, 3]], 0>, [number, 3]>>();
expectTrue<Equal<Cat<[Shape, [4, 3]]>, Shape>>();
expectTrue<Equal<Cat<[[4, 3], Shape]>, Shape>>();
expectTrue<Equal<Cat<[2, 3][], 0>, [number, 3]>>();
expectTrue<Equal<Cat<Shape[], 0>, Shape>>();
expectTrue<Equal<Cat<[[2, 3], [4, 3]], number>, Shape>>();
expectTrue<Equal<CatFits<[[2, 3], [4, 3]], 0>, unknown>>();
expectTrue<Equal<CatFits<[[2, 3], [4, 3]], number>, unknown>>();
expectTrue<Equal<CatFits<[[2, 3], Shape, [4, 3]], 1>, unknown>>();
expectTrue<Equal<CatFits<[[2, 3], [4, 3]], 1>, ShapeMismatch<'cat: sizes differ', 2, 4>>>();
expectTrue<Equal<CatFits<[[2, 3], [2, 3], [3]], 0>, ShapeMismatch<'cat: numbers of dims differ', 2, 1>>>();
expectTrue<Equal<Stack<[[2, 3], [2, 3], [2, 3]]>, [3, 2, 3]>>();
expectTrue<Equal<Stack<[[2, number], [2, 3]], -1>, [2, 3, 2]>>();
expectTrue<Equal<Stack<[2, 3][], 1>, [2, number, 3]>>();
expectTrue<Equal<Stack<Shape[], 1>, Shape>>();
expectTrue<Equal<StackFits<[[2, 3], [2, 3]]>, unknown>>();
expectTrue<Equal<StackFits<[[2, 3], [2, 4]]>, ShapeMismatch<'stack: sizes differ', 3, 4>>>();

// Arithmetic
expectTrue<Equal<Product<[]>, 1>>();
expectTrue<Equal<Product<[784]>, 784>>();
expectTrue<Equal<Product<[10, 10, 10]>, 1000>>();
expectTrue<Equal<Product<[0, 17]>, 0>>();
expectTrue<Equal<Product<[1, 0, 1]>, 0>>();
expectTrue<Equal<Product<[12, 34, 56, 78, 90]>, 160392960>>();
expectTrue<Equal<Product<[99, 99]>, 9801>>();
expectTrue<Equal<Product<[999, 999]>, 998001>>();
expectTrue<Equal<Product<[65536, 65536]>, 4294967296>>();
expectTrue<Equal<Product<[2, number]>, number>>();
expectTrue<Equal<Cat<[[999], [1]]>, [1000]>>();
expectTrue<Equal<Cat<[[0], [7]]>, [7]>>();
expectTrue<Equal<Cat<[[7], [0]]>, [7]>>();
expectTrue<Equal<Cat<[[95], [1905]]>, [2000]>>();
expectTrue<Equal<Cat<[[123456], [987]]>, [124443]>>();

// Shapes from values
expectTrue<Equal<NestedShape<3>, []>>();
expectTrue<Equal<NestedShape<readonly [readonly [1, 2], readonly [3, 4], readonly [5, 6]]>, [3, 2]>>();
expectTrue<Equal<NestedShape<readonly [readonly [true], readonly [false]]>, [2, 1]>>();
expectTrue<Equal<NestedShape<number[]>, [number]>>();
expectTrue<Equal<NestedShape<readonly number[][]>, [number, number]>>();
expectTrue<Equal<NestedShape<readonly []>, [0]>>();
expectTrue<Equal<NestedShape<NestedArray>, Shape>>();
expectTrue<Equal<NestedShape<readonly NestedArray[]>, Shape>>();
// biome-ignore lint/suspicious/noExplicitAny: a user may have any
expectTrue<Equal<NestedShape<any>, Shape>>();
type OwnNested = number | readonly OwnNested[];
expectTrue<Equal<NestedShape<OwnNested> extends Shape ? true : false, true>>();
expectTrue<Equal<NestedShape<Float32Array>, [number]>>();
expectTrue<Equal<Mutable<readonly [2, 3]>, [2, 3]>>();
expectTrue<Equal<Mutable<number[]>, Shape>>();
