import type { DType, Storage } from '@fluxion/kernels';
import { setGradient } from '../graph/gradient.js';
import type { Node } from '../graph/node.js';
import { handOver } from '../graph/region.js';
import { isContiguous } from './shape.js';
import type { Shape } from './shapeTypes.js';

/**
 * An n-dimensional array that remembers how it was made. Ops never change their inputs; a view shares its
 * base's storage. Its methods are the ops, attached and typed by `ops/methods`.
 *
 * `S` stands in `shape` and `grad` alone, and methods bind a shape parameter of their own through `this`: were `S` in a
 * parameter's type, the class would be invariant and no literal shape would fit a parameter typed `Tensor`.
 */
export class Tensor<out S extends Shape = Shape> {
  /** Shared by all views of the same elements. Only kernels look inside. */
  readonly storage: Storage;
  /** Of the first element, in elements. */
  readonly offset: number;
  readonly shape: S;
  /** In elements; 0 where broadcast, negative where flipped. */
  readonly strides: readonly number[];
  /** The graph node this is an output of; for a leaf that requires a gradient, its own. Null where nothing is recorded. */
  node: Node | null;
  /** Which output of the node. */
  outputIndex: number;
  /** The accumulated gradient as the library reads it; see `grad`. */
  gradient: Tensor<S> | null;
  /** For messages and drawings; modules set it to the parameter's path. */
  name: string;
  /** Why no gradient flows through here although one was wanted further up; '' where none was. */
  cut: string;

  constructor(storage: Storage, offset: number, shape: S, strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.node = null;
    this.outputIndex = 0;
    this.gradient = null;
    this.name = '';
    this.cut = '';
  }

  /**
   * What `backward` has accumulated; only leaves, and tensors told to `retainGrad`, have one. Set it to null to start anew.
   *
   * Whoever reads it may keep it, so reading hands it to the collector; a gradient that nobody but the library has seen is freed
   * as soon as it is cleared.
   */
  get grad(): Tensor<S> | null {
    if (this.gradient !== null) handOver(this.gradient.storage);
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    setGradient(this, value);
  }

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** Number of dims. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    let n = 1;
    for (let i = 0; i < this.shape.length; i++) n *= this.shape[i];
    return n;
  }

  /** Whether the elements lie in C order without gaps. */
  get contiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** Whether gradients can flow into it. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }

  /** Made by the user rather than by a recorded op. */
  get isLeaf(): boolean {
    return this.node === null || this.node.isLeaf;
  }

  /** The node of the op that made it; null for leaves. */
  get gradFn(): Node | null {
    return this.node === null || this.node.isLeaf ? null : this.node;
  }
}
