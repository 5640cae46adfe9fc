import { ArgumentError, type Shape, show, Tensor } from '@fluxion/autograd';
import { Module } from './module.js';
import type { ChainFits, ChainOutput, Layer } from './shapeMap.js';
import { isModule } from './traverse.js';

/**
 * Layers one after the other: modules, and plain functions such as `relu`. Layer i is field `i`, so parameters are called `0.weight` as
 * in PyTorch; functions count.
 *
 * ```ts
 * const net = new Sequential(new Linear(784, 128), relu, new Linear(128, 10));
 * net.forward(zeros([64, 784]));  // Tensor<[64, 10]>
 * ```
 */
export class Sequential<const Layers extends readonly Layer[] = readonly Layer[]> extends Module {
  readonly [index: number]: Layers[number];
  /** For the types alone. */
  declare readonly layerTypes: Layers;
  /** Number of layers. */
  readonly length: number;

  constructor(...layers: Layers) {
    super();
    this.length = layers.length;
    layers.forEach((layer: Layer, i) => {
      if (typeof layer !== 'function' && !isModule(layer))
        throw new ArgumentError(
          `Sequential: layer ${i} is ${show(layer)}; expected a Module or a function of a tensor.`,
        );
      (this as unknown as Record<number, Layer>)[i] = layer;
    });
  }

  // Bound through `this`, as Tensor's methods are: with the class's own parameter here no Sequential would fit a parameter typed `Sequential`.
  override forward<L extends readonly Layer[], X extends Shape>(
    this: Sequential<L>,
    x: Tensor<X> & ChainFits<L, X>,
  ): Tensor<ChainOutput<L, X>> {
    let y: Tensor = x;
    for (let i = 0; i < this.length; i++) {
      const layer = this[i] as unknown as ((x: Tensor) => Tensor) | { forward(x: Tensor): Tensor };
      y = typeof layer === 'function' ? layer(y) : layer.forward(y);
      if (!(y instanceof Tensor))
        throw new ArgumentError(`Sequential: layer ${i} returned ${show(y)}; expected one tensor.`);
    }
    return y as Tensor<ChainOutput<L, X>>;
  }

  *[Symbol.iterator](): IterableIterator<Layers[number]> {
    for (let i = 0; i < this.length; i++) yield this[i];
  }
}
