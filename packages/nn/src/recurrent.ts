import {
  ArgumentError,
  cat,
  DTypeError,
  dropout,
  type Generator,
  linear,
  ShapeError,
  scope,
  show,
  showShape,
  stack,
  Tensor,
  tensor,
  unbind,
  where,
  zeros,
} from '@fluxion/autograd';
import { Module } from './module.js';
import {
  type CellWeights,
  cellParameter,
  checkSizes,
  elmanOf,
  type Nonlinearity,
  type Recurrence,
  type RecurrentCellOptions,
  recurrences,
} from './recurrentCell.js';

export interface RecurrentOptions extends RecurrentCellOptions {
  /** Layers, each of which reads the outputs of the one below. Default 1. */
  readonly numLayers?: number;
  /** Whether inputs and outputs are [N, L, ...] rather than [L, N, ...]. States are [layers, N, hidden] in any case. Default false. */
  readonly batchFirst?: boolean;
  /** The probability of dropping an output between layers in training. Default 0. */
  readonly dropout?: number;
  /** Whether a second recurrence reads each sequence from its end. Default false. */
  readonly bidirectional?: boolean;
  /** What dropout draws from as well as the initial parameters. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface SequenceOptions {
  /**
   * How long each sequence of a padded batch really is: N whole numbers from 0. What comes after does not change the state, and its outputs
   * are zeros.
   */
  readonly lengths?: readonly number[] | Tensor;
  /** Cuts the graph every so many steps, so that gradients flow back no further (truncated back-propagation through time; Williams and Peng 1990). */
  readonly truncate?: number;
}

/** A direction of a layer: where its parameters stand, and from which end it reads. */
interface Direction {
  readonly suffix: string;
  readonly reverse: boolean;
}

/** Layers of one recurrence over sequences. */
abstract class Recurrent extends Module {
  /** `weight_ih_l0` [gates * hidden, input], `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, further layers, and `..._reverse`. */
  [parameter: `weight_${string}` | `bias_${string}`]: Tensor;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly generator: Generator | undefined;
  private readonly recurrence: Recurrence;
  private readonly bias: boolean;

  constructor(inputSize: number, hiddenSize: number, recurrence: Recurrence, options: RecurrentOptions) {
    super();
    const layer = new.target.name;
    const { numLayers = 1, batchFirst = false, bidirectional = false, bias = true, generator } = options;
    const { dropout: p = 0 } = options;
    checkSizes(layer, { inputSize, hiddenSize, numLayers });
    if (typeof p !== 'number' || !(p >= 0 && p <= 1))
      throw new ArgumentError(`${layer}: dropout is ${show(p)}; expected a probability from 0 to 1.`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    this.dropout = p;
    this.generator = generator;
    this.recurrence = recurrence;
    this.bias = bias;
    const rows = recurrence.gates * hiddenSize;
    for (let l = 0; l < numLayers; l++)
      for (const { suffix } of this.directions(l)) {
        const make = (...shape: number[]): Tensor => cellParameter(shape, hiddenSize, options);
        const from = l === 0 ? inputSize : hiddenSize * this.directions(l).length;
        this[`weight_ih_${suffix}`] = make(rows, from);
        this[`weight_hh_${suffix}`] = make(rows, hiddenSize);
        if (bias) {
          this[`bias_ih_${suffix}`] = make(rows);
          this[`bias_hh_${suffix}`] = make(rows);
        }
      }
  }

  private directions(layer: number): Direction[] {
    const forward = { suffix: `l${layer}`, reverse: false };
    return this.bidirectional ? [forward, { suffix: `l${layer}_reverse`, reverse: true }] : [forward];
  }

  private weights(suffix: string): CellWeights {
    return {
      input: this[`weight_ih_${suffix}`],
      hidden: this[`weight_hh_${suffix}`],
      inputBias: this.bias ? this[`bias_ih_${suffix}`] : null,
      hiddenBias: this.bias ? this[`bias_hh_${suffix}`] : null,
    };
  }

  /** The outputs of the last layer, and the last states of all. */
  protected run(
    x: Tensor,
    given: readonly Tensor[] | undefined,
    options: SequenceOptions,
  ): { output: Tensor; states: Tensor[] } {
    const { truncate } = options;
    const layer = this.constructor.name;
    this.checkInput(x, given);
    if (truncate !== undefined && (!Number.isInteger(truncate) || truncate < 1))
      throw new ArgumentError(
        `${layer}: truncate is ${show(truncate)}; expected a whole number of steps from 1.`,
      );
    const single = x.ndim === 2;
    const batchDim = single || !this.batchFirst ? 1 : 0;
    return scope(() => {
      // Time first from here on.
      let steps = (single ? x.unsqueeze(1) : batchDim === 0 ? x.transpose(0, 1) : x) as Tensor;
      const [length, n] = steps.shape;
      const alive = options.lengths === undefined ? null : this.masks(options.lengths, length, n, x);
      const initial = given?.map(t => (single ? t.unsqueeze(1) : t) as Tensor);
      const last: Tensor[][] = [];
      for (let l = 0; l < this.numLayers; l++) {
        if (l > 0)
          steps = dropout(steps, this.dropout, { training: this.training, generator: this.generator });
        const outputs = this.directions(l).map(direction => {
          const at = last.length;
          const start = this.start(initial, at, n, x);
          const { outputs: list, state } = this.scan(steps, start, direction, alive, truncate);
          last.push(state);
          return list;
        });
        const joined = outputs[0].map((h, t) =>
          outputs.length === 1 ? h : (cat([h, outputs[1][t]], 1) as Tensor),
        );
        const width = this.hiddenSize * outputs.length;
        steps =
          joined.length === 0
            ? (zeros([0, n, width], { dtype: x.dtype }) as Tensor)
            : (stack(joined, 0) as Tensor);
      }
      const output = (single ? steps.squeeze(1) : batchDim === 0 ? steps.transpose(0, 1) : steps) as Tensor;
      const states = Array.from({ length: this.recurrence.states }, (_, i) => {
        const all = stack(
          last.map(state => state[i]),
          0,
        ) as Tensor;
        return single ? (all.squeeze(1) as Tensor) : all;
      });
      return { output, states };
    });
  }

  /** One direction of one layer over all steps [L, N, in]. */
  private scan(
    steps: Tensor,
    start: readonly Tensor[],
    { suffix, reverse }: Direction,
    alive: readonly Tensor[] | null,
    truncate: number | undefined,
  ): { outputs: Tensor[]; state: Tensor[] } {
    const weights = this.weights(suffix);
    // What the inputs contribute is one product for all steps.
    const fromInputs = unbind(linear(steps, weights.input, weights.inputBias) as Tensor, 0) as Tensor[];
    const outputs = new Array<Tensor>(fromInputs.length);
    let state = start.slice();
    for (let i = 0; i < fromInputs.length; i++) {
      const t = reverse ? fromInputs.length - 1 - i : i;
      if (truncate !== undefined && i > 0 && i % truncate === 0) state = state.map(s => s.detach() as Tensor);
      const next = this.recurrence.step(fromInputs[t], state, weights);
      const mask = alive?.[t];
      state = mask === undefined ? next : next.map((s, k) => where(mask, s, state[k]) as Tensor);
      outputs[t] = mask === undefined ? next[0] : (where(mask, next[0], 0) as Tensor);
    }
    return { outputs, state };
  }

  private start(initial: readonly Tensor[] | undefined, at: number, n: number, x: Tensor): Tensor[] {
    if (initial !== undefined) return initial.map(t => t.select(0, at) as Tensor);
    const none = zeros([n, this.hiddenSize], { dtype: x.dtype }) as Tensor;
    return new Array<Tensor>(this.recurrence.states).fill(none);
  }

  private checkInput(x: Tensor, given: readonly Tensor[] | undefined): void {
    const layer = this.constructor.name;
    if (!(x instanceof Tensor)) throw new ArgumentError(`${layer}: expected a tensor, got ${show(x)}.`);
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape[x.ndim - 1] !== this.inputSize)
      throw new ShapeError(
        `${layer}: expected sequences of shape ${this.batchFirst ? `[N, L, ${this.inputSize}]` : `[L, N, ${this.inputSize}]`} or [L, ${this.inputSize}], got ` +
          `${showShape(x.shape)}.`,
      );
    if (given === undefined) return;
    const count = this.numLayers * (this.bidirectional ? 2 : 1);
    const expected =
      x.ndim === 2 ? [count, this.hiddenSize] : [count, x.shape[this.batchFirst ? 0 : 1], this.hiddenSize];
    if (given.length !== this.recurrence.states)
      throw new ArgumentError(
        `${layer}: expected ${this.recurrence.states} states, got ${given.length}: [h, c] for an LSTM.`,
      );
    for (const t of given) {
      if (!(t instanceof Tensor))
        throw new ArgumentError(`${layer}: expected a tensor as state, got ${show(t)}.`);
      if (t.shape.join() !== expected.join())
        throw new ShapeError(
          `${layer}: the state has shape ${showShape(t.shape)}; expected ${showShape(expected)} for an input of shape ${showShape(x.shape)}.`,
        );
      if (t.dtype !== x.dtype)
        throw new DTypeError(
          `${layer}: the state is ${t.dtype} and the input ${x.dtype}. Convert one with to().`,
        );
    }
  }

  /** For each step [N, 1]: whether the sequence still goes on. */
  private masks(given: readonly number[] | Tensor, length: number, n: number, x: Tensor): Tensor[] {
    const lengths = Array.from(given instanceof Tensor ? given.toTypedArray() : given);
    if (lengths.length !== n || lengths.some(m => !Number.isInteger(m) || m < 0 || m > length))
      throw new ArgumentError(
        `${this.constructor.name}: lengths are ${show(lengths)}; expected ${n} whole numbers from 0 to ${length} for an input of shape ${showShape(x.shape)}.`,
      );
    return Array.from({ length }, (_, t) => tensor(lengths.map(m => t < m)).reshape([n, 1]) as Tensor);
  }

  override describe(): string {
    const rest = Object.entries({
      numLayers: [this.numLayers, 1],
      bias: [this.bias, true],
      batchFirst: [this.batchFirst, false],
      dropout: [this.dropout, 0],
      bidirectional: [this.bidirectional, false],
    }).flatMap(([name, [value, usual]]) => (value === usual ? [] : [`, ${name}=${value}`]));
    return `${this.inputSize}, ${this.hiddenSize}${rest.join('')}`;
  }
}

export interface RNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * Layers of `RNNCell` over sequences [L, N, input], [N, L, input] with `batchFirst`, or one sequence [L, input].
 *
 * ```ts
 * const [output, h] = new RNN(3, 8).forward(x); // [L, N, 8] and [layers, N, 8]
 * ```
 */
export class RNN extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    super(inputSize, hiddenSize, elmanOf('RNN', options.nonlinearity ?? 'tanh'), options);
  }

  /** Outputs of the last layer for every step, and the last h of every layer and direction; `h` is where they start (default zeros). */
  override forward(x: Tensor, h?: Tensor, options: SequenceOptions = {}): [output: Tensor, h: Tensor] {
    const { output, states } = this.run(x, h === undefined ? undefined : [h], options);
    return [output, states[0]];
  }
}

/** Layers of `LSTMCell` over sequences, as `RNN`; the state is [h, c]. */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, recurrences.LSTM, options);
  }

  /** Outputs of the last layer for every step, and the last [h, c] of every layer and direction; `state` is where they start. */
  override forward(
    x: Tensor,
    state?: readonly [h: Tensor, c: Tensor],
    options: SequenceOptions = {},
  ): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    const { output, states } = this.run(x, state, options);
    return [output, states as [Tensor, Tensor]];
  }
}

/** Layers of `GRUCell` over sequences, as `RNN`. */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, recurrences.GRU, options);
  }

  /** Outputs of the last layer for every step, and the last h of every layer and direction; `h` is where they start. */
  override forward(x: Tensor, h?: Tensor, options: SequenceOptions = {}): [output: Tensor, h: Tensor] {
    const { output, states } = this.run(x, h === undefined ? undefined : [h], options);
    return [output, states[0]];
  }
}
