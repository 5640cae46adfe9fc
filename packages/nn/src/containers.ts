import { ArgumentError, type Shape, scope, show, Tensor } from '@fluxion/autograd';
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
    for (let i = 0; i < this.length; ) {
      // What passes between layers that keep nothing is nobody's: it need not wait for the collector.
      let end = i;
      while (end < this.length && forgets(this[end])) end++;
      if (end > i + 1) {
        const [begin, input] = [i, y];
        y = scope(() => runLayers(this, begin, end, input));
      } else {
        end = i + 1;
        y = runLayers(this, i, end, y);
      }
      i = end;
    }
    return y as Tensor<ChainOutput<L, X>>;
  }

  *[Symbol.iterator](): IterableIterator<Layers[number]> {
    for (let i = 0; i < this.length; i++) yield this[i];
  }
}

/** Whether a layer keeps neither what it is given nor what it returns: see `Module`. A hook may keep anything. */
function forgets(layer: Layer): boolean {
  if (typeof layer === 'function') return (layer as { forgets?: unknown }).forgets === true;
  if (Object.hasOwn(layer, 'forward')) return false;
  let owner: object | null = Object.getPrototypeOf(layer) as object;
  while (owner !== null && !Object.hasOwn(owner, 'forward')) owner = Object.getPrototypeOf(owner) as object;
  if (owner === null) return false;
  if (owner === Sequential.prototype) {
    const { length } = layer as Sequential;
    for (let i = 0; i < length; i++) if (!forgets((layer as Sequential)[i])) return false;
    return true;
  }
  return Object.hasOwn(owner.constructor, 'forgets');
}

function runLayers(net: Sequential, begin: number, end: number, x: Tensor): Tensor {
  let y = x;
  for (let i = begin; i < end; i++) {
    const layer = net[i] as unknown as ((x: Tensor) => Tensor) | { forward(x: Tensor): Tensor };
    y = typeof layer === 'function' ? layer(y) : layer.forward(y);
    if (!(y instanceof Tensor))
      throw new ArgumentError(`Sequential: layer ${i} returned ${show(y)}; expected one tensor.`);
  }
  return y;
}
