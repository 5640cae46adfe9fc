import type { Shape } from '../../tensor/shapeTypes.js';
import * as products from '../products.js';

/** The family of the matrix product as methods. */
export const productMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  mm: products.mm,
  bmm: products.bmm,
  mv: products.mv,
  dot: products.dot,
  outer: products.outer,
  addmm: products.addmm,
  addmv: products.addmv,
  addbmm: products.addbmm,
  baddbmm: products.baddbmm,
  tensordot: products.tensordot,
  kron: products.kron,
};

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    mm(this: Tensor, b: Tensor): Tensor<[number, number]>;
    bmm(this: Tensor, b: Tensor): Tensor<[number, number, number]>;
    mv(this: Tensor, b: Tensor): Tensor<[number]>;
    dot(this: Tensor, b: Tensor): Tensor<[]>;
    outer<A extends Shape, B extends Shape>(this: Tensor<A>, b: Tensor<B>): Tensor<[A[0], B[0]]>;
    addmm(this: Tensor, a: Tensor, b: Tensor, options?: products.AddProductOptions): Tensor;
    addmv(this: Tensor, a: Tensor, b: Tensor, options?: products.AddProductOptions): Tensor;
    addbmm(this: Tensor, a: Tensor, b: Tensor, options?: products.AddProductOptions): Tensor;
    baddbmm(this: Tensor, a: Tensor, b: Tensor, options?: products.AddProductOptions): Tensor;
    tensordot(
      this: Tensor,
      b: Tensor,
      dims?: number | readonly [readonly number[], readonly number[]],
    ): Tensor;
    kron(this: Tensor, b: Tensor): Tensor;
  }
}
