import {
  ArgumentError,
  type FinishingActivation,
  relu,
  type Shape,
  scope,
  show,
  sigmoid,
  Tensor,
  tanh,
} from '@fluxion/autograd';
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
 *
 * A linear layer or a convolution before relu, sigmoid or tanh computes both in one pass; hooks on either, and `detectAnomaly`, see two.
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

/** The prototype that defines `forward`; null where that is the module itself, as with hooks. */
function definerOf(layer: object): object | null {
  if (Object.hasOwn(layer, 'forward')) return null;
  let owner: object | null = Object.getPrototypeOf(layer) as object;
  while (owner !== null && !Object.hasOwn(owner, 'forward')) owner = Object.getPrototypeOf(owner) as object;
  return owner;
}

/** Whether a layer keeps neither what it is given nor what it returns: see `Module`. A hook may keep anything. */
function forgets(layer: Layer): boolean {
  if (typeof layer === 'function') return (layer as { forgets?: unknown }).forgets === true;
  const owner = definerOf(layer);
  if (owner === null) return false;
  if (owner === Sequential.prototype) {
    const { length } = layer as Sequential;
    for (let i = 0; i < length; i++) if (!forgets((layer as Sequential)[i])) return false;
    return true;
  }
  return Object.hasOwn(owner.constructor, 'forgets');
}

const finishing: ReadonlyMap<unknown, FinishingActivation> = new Map<unknown, FinishingActivation>([
  [relu, 'relu'],
  [sigmoid, 'sigmoid'],
  [tanh, 'tanh'],
]);

/** The activation that a layer is, if it is one that the layer before can end with. */
function activationOf(layer: Layer): FinishingActivation | undefined {
  if (typeof layer === 'function') return finishing.get(layer);
  const owner = definerOf(layer)?.constructor;
  return owner !== undefined && Object.hasOwn(owner, 'op')
    ? finishing.get((owner as { op?: unknown }).op)
    : undefined;
}

interface Finishing {
  forwardThrough(x: Tensor, activation: FinishingActivation): Tensor;
}

function canFinish(layer: Layer): layer is Layer & Finishing {
  if (typeof layer === 'function') return false;
  const owner = definerOf(layer);
  return owner !== null && Object.hasOwn(owner, 'forwardThrough');
}

function runLayers(net: Sequential, begin: number, end: number, x: Tensor): Tensor {
  let y = x;
  for (let i = begin; i < end; i++) {
    const layer = net[i];
    const activation = i + 1 < end ? activationOf(net[i + 1]) : undefined;
    if (activation !== undefined && canFinish(layer)) {
      y = layer.forwardThrough(y, activation);
      i++;
    } else y = typeof layer === 'function' ? layer(y as never) : layer.forward(y as never);
    if (!(y instanceof Tensor))
      throw new ArgumentError(`Sequential: layer ${i} returned ${show(y)}; expected one tensor.`);
  }
  return y;
}
