import {
  ArgumentError,
  type Elementwise,
  type Fused,
  flattenTree,
  fuse,
  keep,
  mapTree,
  noGrad,
  ShapeError,
  show,
  type Tensor,
  type Tree,
  tensor,
} from '@fluxion/autograd';
import { beta, checkNumber } from './check.js';

/** A pure average of parameters: what comes out is made of what goes in by graph ops alone. */
export interface Averager {
  /** The average before the first update: the parameters as they are. */
  init<T extends Tree>(params: T): AverageState<T>;
  update<T extends Tree>(params: T, state: AverageState<T>): AverageState<T>;
}

export interface AverageState<T extends Tree = Tree> {
  /** How many updates there were. */
  readonly count: number;
  readonly average: T;
}

/** The weight of new parameters after `count` updates; the average has the rest. */
type Weight = (count: number) => number;

export interface EmaOptions {
  /** The share of the old average. Default 0.999. */
  readonly decay?: number;
  /**
   * Forget where the average started: after n updates it is the weighted mean of the n parameters alone, as dividing by 1 - decay**n would make it of an average
   * that starts at 0. Default false.
   */
  readonly biasCorrection?: boolean;
  /** At first decay faster, by min(decay, (1 + n) / (10 + n)) after n updates. Default false. */
  readonly warmup?: boolean;
}

function weightOfEma({ decay = 0.999, biasCorrection = false, warmup = false }: EmaOptions): Weight {
  checkNumber('ema', 'decay', decay, beta);
  if (biasCorrection && warmup)
    throw new ArgumentError('ema: got biasCorrection and warmup; expected one of them at most.');
  if (biasCorrection) return n => (1 - decay) / (1 - decay ** (n + 1));
  return warmup ? n => 1 - Math.min(decay, (1 + n) / (10 + n)) : () => 1 - decay;
}

/** As in PyTorch's AveragedModel: the first update takes the parameters as they are. */
const weightOfSwa: Weight = n => 1 / (n + 1);

/** The average with a weight of the parameters in it; the parameters themselves for a weight of 1. */
function approach(average: Tensor, p: Tensor, weight: Tensor | number, rest: Tensor | number): Tensor {
  return average.mul(rest as Tensor).add(p.mul(weight as Tensor)) as Tensor;
}

function averager(weight: Weight): Averager {
  return {
    init: params => ({ count: 0, average: params }),
    update: (params, { count, average }) => {
      const w = weight(count);
      return { count: count + 1, average: mapTree((old, p) => approach(old, p, w, 1 - w), average, params) };
    },
  };
}

/** An exponential mean of parameters. */
export function ema(options: EmaOptions = {}): Averager {
  return averager(weightOfEma(options));
}

/** The mean of parameters: stochastic weight averaging (Izmailov et al. 2018). */
export function swa(): Averager {
  return averager(weightOfSwa);
}

/** A copy of an average that can be stored or posted. */
export interface AverageStateDict {
  readonly count: number;
  readonly average: readonly unknown[];
}

/** Parameters, a list or a tree of them; an iterable becomes a list. */
export type Averaged = Tree | Iterable<Tensor>;

function leavesOf(op: string, params: Averaged): Tensor[] {
  const isList = typeof (params as Iterable<Tensor> | undefined)?.[Symbol.iterator] === 'function';
  const tree = isList && !Array.isArray(params) ? [...(params as Iterable<Tensor>)] : (params as Tree);
  const { leaves } = flattenTree(tree, op);
  if (leaves.length === 0)
    throw new ArgumentError(
      `${op}: got no parameters to average. Give net.parameters(), or a tree of tensors.`,
    );
  leaves.forEach((p, i) => {
    if (p.dtype !== 'float32' && p.dtype !== 'float64')
      throw new ArgumentError(
        `${op}: tensor ${i} is ${p.dtype}; expected float32 or float64, which have a mean.`,
      );
  });
  return leaves;
}

/** An average of parameters that follows their training: update it after every step, and use it by `copyTo`, or by `store`, `copyTo` and `restore`. */
export abstract class Average {
  readonly name: string;
  /** How many updates there were. */
  count = 0;
  private readonly params: readonly Tensor[];
  private readonly average: readonly Tensor[];
  private stored: readonly Tensor[] | null = null;
  private readonly approach: Fused<Elementwise> = fuse(approach as unknown as Elementwise);

  constructor(params: Averaged) {
    this.name = new.target.name;
    this.params = leavesOf(this.name, params);
    this.average = this.copies();
  }

  private copies(): Tensor[] {
    return noGrad(() => this.params.map(p => keep(p.detach().clone())));
  }

  protected abstract weight(count: number): number;

  /** Takes the parameters as they are now into the average. */
  update(): void {
    const w = this.weight(this.count);
    noGrad(() => {
      this.params.forEach((p, i) => {
        this.approach.assign([this.average[i]], this.average[i], p, w, 1 - w);
      });
    });
    this.count++;
  }

  /** Copies of the averages, in the order of the parameters. */
  values(): Tensor[] {
    return noGrad(() => this.average.map(a => a.clone()));
  }

  /** Writes the averages over the parameters, or over others of the same shapes. */
  copyTo(params?: Averaged): void {
    const targets = params === undefined ? this.params : leavesOf(`${this.name}.copyTo`, params);
    if (targets.length !== this.average.length)
      throw new ArgumentError(
        `${this.name}.copyTo: got ${targets.length} tensors for ${this.average.length} averages; expected as many.`,
      );
    targets.forEach((t, i) => {
      const a = this.average[i];
      if (t.shape.join() !== a.shape.join() || t.dtype !== a.dtype)
        throw new ShapeError(
          `${this.name}.copyTo: tensor ${i} is ${t.dtype} of shape [${t.shape.join(', ')}], its average ${a.dtype} of shape [${a.shape.join(', ')}]. They must be the same.`,
        );
    });
    noGrad(() => {
      targets.forEach((t, i) => {
        t.assign(this.average[i]);
      });
    });
  }

  /** Remembers the parameters as they are, for `restore`. */
  store(): void {
    if (this.stored === null) this.stored = this.copies();
    else
      this.stored.forEach((t, i) => {
        t.assign(this.params[i]);
      });
  }

  /** Puts the parameters back as they were when they were last stored. */
  restore(): void {
    const { stored } = this;
    if (stored === null)
      throw new ArgumentError(`${this.name}.restore: nothing is stored. Call store() before copyTo().`);
    noGrad(() => {
      this.params.forEach((p, i) => {
        p.assign(stored[i]);
      });
    });
  }

  /** A copy of the average and of the number of updates. */
  stateDict(): AverageStateDict {
    return { count: this.count, average: this.average.map(a => a.toTypedArray()) };
  }

  /** Goes on from a copy made by `stateDict`. Nothing changes when it does not fit. */
  loadStateDict(saved: AverageStateDict): void {
    const problems: string[] = [];
    if (!Number.isInteger(saved?.count) || saved.count < 0)
      problems.push(`count is ${show(saved?.count)}, expected a whole number`);
    if (saved?.average?.length !== this.average.length)
      problems.push(`it has ${saved?.average?.length ?? 'no'} averages, expected ${this.average.length}`);
    else
      this.average.forEach((a, i) => {
        const data = saved.average[i];
        if (!ArrayBuffer.isView(data) || (data as Float64Array).length !== a.size)
          problems.push(`average ${i} is missing or not of ${a.size} elements`);
      });
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.average.forEach((a, i) => {
      a.assign(tensor(saved.average[i] as Float64Array, { dtype: a.dtype }).reshape(a.shape) as Tensor);
    });
    this.count = saved.count;
  }
}

/** `ema` of parameters in place. */
export class EMA extends Average {
  private readonly weightOf: Weight;

  constructor(params: Averaged, options: EmaOptions = {}) {
    super(params);
    this.weightOf = weightOfEma(options);
  }

  protected override weight(count: number): number {
    return this.weightOf(count);
  }
}

/** `swa` of parameters in place. Statistics of batch normalization are not averaged: run the model once over the data after `copyTo`. */
export class SWA extends Average {
  protected override weight(count: number): number {
    return weightOfSwa(count);
  }
}
