import type { DType } from '@fluxion/kernels';
import type { Input } from '../../graph/node.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as binary from '../binary.js';
import * as triangles from '../composite/triangles.js';
import * as indexing from '../indexing.js';
import * as product from '../matmul.js';
import * as reduce from '../reduce.js';
import * as shape from '../shape.js';
import * as unary from '../unary.js';

/**
 * Ops without the types of shapes: batches of matrices have none that a rule could make use of, and working them out costs the compiler more
 * than all the rest here.
 */
type Unary = (x: Tensor) => Tensor;
type Binary = (a: Input, b: Input) => Tensor;
type Reduction = (x: Tensor, dim?: reduce.Dims, options?: reduce.ReduceOptions) => Tensor;
type Triangle = (x: Tensor, options?: triangles.DiagonalOptions) => Tensor;

export const add: Binary = binary.add as never;
export const sub: Binary = binary.sub as never;
export const mul: Binary = binary.mul as never;
export const div: Binary = binary.div as never;
export const maximum: Binary = binary.maximum as never;
export const eq: Binary = binary.eq as never;
export const gt: Binary = binary.gt as never;
export const where: (condition: Tensor, a: Input, b: Input) => Tensor = binary.where as never;

export const abs: Unary = unary.abs as never;
export const clone: Unary = unary.clone as never;
export const log: Unary = unary.log as never;
export const neg: Unary = unary.neg as never;
export const sign: Unary = unary.sign as never;
export const square: Unary = unary.square as never;
export const to: (x: Tensor, dtype: DType) => Tensor = unary.to as never;

export const matmul: (a: Tensor, b: Tensor) => Tensor = product.matmul as never;

export const sum: Reduction = reduce.sum as never;
export const amax: Reduction = reduce.amax as never;
export const amin: Reduction = reduce.amin as never;

export const cat: (tensors: readonly Tensor[], dim?: number) => Tensor = shape.cat as never;
export const expand: (x: Tensor, shape: readonly number[]) => Tensor = shape.expand as never;
export const permute: (x: Tensor, dims: readonly number[]) => Tensor = shape.permute as never;
export const select: (x: Tensor, dim: number, index: number) => Tensor = shape.select as never;
export const slice: (x: Tensor, dim: number, options: shape.SliceOptions) => Tensor = shape.slice as never;
export const unsqueeze: (x: Tensor, dim: number) => Tensor = shape.unsqueeze as never;
/** The matrices transposed; shares memory. */
export const mT: Unary = x => shape.transpose(x, -1, -2) as never;

export const tril: Triangle = triangles.tril as never;
export const triu: Triangle = triangles.triu as never;

export const gather: (x: Tensor, dim: number, index: Tensor) => Tensor = indexing.gather as never;
export const indexSelect: (x: Tensor, dim: number, index: Tensor) => Tensor = indexing.indexSelect as never;
