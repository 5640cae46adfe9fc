import {
  ArgumentError,
  type DType,
  type Generator,
  type PerDim,
  type Shape,
  show,
  showShape,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { calculateFans, kaimingUniform_, uniform_ } from './init.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';
import type { ChannelMap } from './shapeMap.js';

/** What layers of convolution have in common. */
export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: PerDim;
  /** Distance between the elements that a kernel reads. Default 1. */
  readonly dilation?: PerDim;
  /** Input and output channels are cut into so many groups that see nothing of each other. Default 1. */
  readonly groups?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** The numbers for each of `dims` spatial dims. */
export function perDim(layer: string, name: string, value: PerDim, dims: number, least: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(dims).fill(value) : [...value];
  if (list.length === 1) while (list.length < dims) list.push(list[0]);
  if (list.length !== dims || list.some(n => !Number.isInteger(n) || n < least))
    throw new ArgumentError(
      `${layer}: ${name} is ${show(value)}; expected a whole number from ${least}, or ${dims} of them, one for each spatial dim.`,
    );
  return list;
}

/** The parameters of both directions, drawn as in PyTorch: uniform in ±1/sqrt(fan in). */
export abstract class Convolution<In extends number, Out extends number, D extends Shape> extends Module {
  /** For the types alone. */
  declare readonly shapeMap: ChannelMap<In, Out, D>;
  readonly inChannels: In;
  readonly outChannels: Out;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** [out, in / groups, ...kernel], or [in, out / groups, ...kernel] where transposed. */
  weight: Tensor;
  /** [out], or null. */
  bias: Tensor<[Out]> | null;

  constructor(
    dims: number,
    transposed: boolean,
    inChannels: In,
    outChannels: Out,
    kernelSize: PerDim,
    options: ConvolutionOptions,
  ) {
    super();
    const layer = new.target.name;
    const { stride = 1, dilation = 1, groups = 1, bias = true, dtype, generator } = options;
    for (const [name, size] of Object.entries({ inChannels, outChannels, groups })) {
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError(`${layer}: ${name} is ${show(size)}; expected a whole number from 1.`);
      if (size % groups !== 0)
        throw new ArgumentError(
          `${layer}: groups ${groups} does not divide ${name} ${size}; every group must have as many channels.`,
        );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perDim(layer, 'kernelSize', kernelSize, dims, 1);
    this.stride = perDim(layer, 'stride', stride, dims, 1);
    this.dilation = perDim(layer, 'dilation', dilation, dims, 1);
    this.groups = groups;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = parameter(zeros([...channels, ...this.kernelSize], { dtype })) as Tensor;
    this.bias = bias ? (parameter(zeros([outChannels], { dtype })) as Tensor<[Out]>) : null;
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator });
    if (this.bias !== null) {
      const bound = 1 / Math.sqrt(calculateFans(this.weight.shape).fanIn);
      uniform_(this.bias, -bound, bound, { generator });
    }
  }

  protected described(rest: Readonly<Record<string, unknown>>): string {
    const { inChannels, outChannels, kernelSize, stride, dilation, groups } = this;
    const own = {
      inChannels,
      outChannels,
      kernelSize,
      stride,
      ...rest,
      dilation,
      groups,
      bias: this.bias !== null,
    };
    return Object.entries(own)
      .map(([name, value]) => `${name}=${Array.isArray(value) ? showShape(value) : String(value)}`)
      .join(', ');
  }
}
