import { ArgumentError, Generator, show, Tensor } from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import type { Transform } from './random.js';

export interface PipelineOptions {
  /** What all transforms draw from: the same state gives the same changes. Default: `new Generator(0)`. */
  readonly generator?: Generator;
}

/**
 * Random transforms one after the other, as a layer: active in training, the identity after `eval()`.
 *
 * ```ts
 * const augment = new Pipeline([randomRotate(15), randomCrop([28, 28], { padding: 2 })], { generator: new Generator(1) });
 * net.forward(augment.forward(images));
 * ```
 *
 * Ranges that are tensors and require a gradient are not found as parameters of the pipeline: they belong to whoever made them.
 */
export class Pipeline extends Module {
  readonly generator: Generator;
  private readonly transforms: readonly Transform[];

  constructor(transforms: readonly Transform[], options: PipelineOptions = {}) {
    super();
    if (!Array.isArray(transforms))
      throw new ArgumentError(`Pipeline: expected a list of transforms, got ${show(transforms)}.`);
    transforms.forEach((transform: unknown, i) => {
      if (typeof transform !== 'function')
        throw new ArgumentError(
          `Pipeline: transform ${i} is ${show(transform)}; expected a function of a batch and a generator.`,
        );
    });
    const { generator = new Generator(0) } = options;
    if (!(generator instanceof Generator))
      throw new ArgumentError(`Pipeline: expected a Generator, got ${show(generator)}: new Generator(seed).`);
    this.transforms = transforms.slice();
    this.generator = generator;
  }

  override forward(x: Tensor): Tensor {
    if (!this.training) return x;
    return this.transforms.reduce((batch, transform, i) => {
      const out = transform(batch, this.generator);
      if (!(out instanceof Tensor))
        throw new ArgumentError(`Pipeline: transform ${i} returned ${show(out)}; expected a tensor.`);
      return out;
    }, x);
  }

  override describe(): string {
    return `${this.transforms.length} transforms`;
  }
}
