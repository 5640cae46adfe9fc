import {
  ArgumentError,
  add,
  type DType,
  fuse,
  type Generator,
  linear,
  mul,
  relu,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  sub,
  type Tensor,
  tanh,
  zeros,
} from '@fluxion/autograd';
import { uniform_ } from './init.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';

/** What all recurrent layers share. */
export interface RecurrentCellOptions {
  /** Whether biases are added. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** The parameters of one direction of one layer. */
export interface CellWeights {
  /** [gates * hidden, input] */
  readonly input: Tensor;
  /** [gates * hidden, hidden] */
  readonly hidden: Tensor;
  readonly inputBias: Tensor | null;
  readonly hiddenBias: Tensor | null;
}

/** One kind of recurrence. States are [h], or [h, c] for an LSTM, [N, hidden] each. */
export interface Recurrence {
  readonly gates: number;
  readonly states: 1 | 2;
  /** From what the input contributes, x Wᵀ + b [N, gates * hidden], and the state before to the state after. */
  step(fromInput: Tensor, state: readonly Tensor[], weights: CellWeights): Tensor[];
}

const fromState = ([h]: readonly Tensor[], { hidden, hiddenBias }: CellWeights): Tensor =>
  linear(h, hidden, hiddenBias) as Tensor;

function elman(activation: (x: Tensor) => Tensor): Recurrence {
  return {
    gates: 1,
    states: 1,
    step: (x, state, weights) => [activation(add(x, fromState(state, weights)) as Tensor)],
  };
}

/** The gates lie side by side in the last dim. */
function gatesOf(t: Tensor, count: number): Tensor[] {
  return t.split(t.shape[t.ndim - 1] / count, -1) as Tensor[];
}

const nextCell = fuse((input: Tensor, forget: Tensor, cell: Tensor, c: Tensor) =>
  add(mul(forget.sigmoid(), c) as Tensor, mul(input.sigmoid(), cell.tanh()) as Tensor),
);
const lstmOutput = fuse((output: Tensor, c: Tensor) => mul(output.sigmoid(), c.tanh()));

const lstm: Recurrence = {
  gates: 4,
  states: 2,
  step: (x, state, weights) => {
    const [input, forget, cell, output] = gatesOf(add(x, fromState(state, weights)) as Tensor, 4);
    const c = nextCell(input, forget, cell, state[1]);
    return [lstmOutput(output, c), c];
  },
};

const gruOutput = fuse(
  (xr: Tensor, xu: Tensor, xn: Tensor, hr: Tensor, hu: Tensor, hn: Tensor, h: Tensor) => {
    const reset = add(xr, hr).sigmoid();
    const update = add(xu, hu).sigmoid();
    const candidate = add(xn, mul(reset, hn) as Tensor).tanh();
    return add(candidate, mul(update, sub(h, candidate) as Tensor) as Tensor);
  },
);

const gru: Recurrence = {
  gates: 3,
  states: 1,
  step: (x, state, weights) => {
    return [gruOutput(...gatesOf(x, 3), ...gatesOf(fromState(state, weights), 3), state[0])];
  },
};

export type Nonlinearity = 'tanh' | 'relu';

export const recurrences: {
  readonly RNN: Readonly<Record<Nonlinearity, Recurrence>>;
  readonly LSTM: Recurrence;
  readonly GRU: Recurrence;
} = {
  RNN: { tanh: elman(tanh as (x: Tensor) => Tensor), relu: elman(relu as (x: Tensor) => Tensor) },
  LSTM: lstm,
  GRU: gru,
};

/** The recurrence of an RNN by the name of its activation. */
export function elmanOf(layer: string, nonlinearity: Nonlinearity): Recurrence {
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
    throw new ArgumentError(`${layer}: nonlinearity is ${show(nonlinearity)}; expected 'tanh' or 'relu'.`);
  return recurrences.RNN[nonlinearity];
}

export function checkSizes(layer: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 1)
      throw new ArgumentError(`${layer}: ${name} is ${show(size)}; expected a whole number from 1.`);
}

/** Parameters uniform in ±1/sqrt(hidden), as in PyTorch. */
export function cellParameter(
  shape: Shape,
  hiddenSize: number,
  { dtype, generator }: RecurrentCellOptions,
): Tensor {
  const bound = 1 / Math.sqrt(hiddenSize);
  const t = parameter(zeros(shape, { dtype })) as Tensor;
  uniform_(t, -bound, bound, { generator });
  return t;
}

/** One step of a recurrence as a module, with PyTorch's parameters `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`. */
abstract class RecurrentCell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weightIh: Tensor;
  weightHh: Tensor;
  biasIh: Tensor | null;
  biasHh: Tensor | null;
  protected abstract readonly recurrence: Recurrence;

  constructor(inputSize: number, hiddenSize: number, gates: number, options: RecurrentCellOptions) {
    super();
    checkSizes(new.target.name, { inputSize, hiddenSize });
    this.nameField('weightIh', 'weight_ih');
    this.nameField('weightHh', 'weight_hh');
    this.nameField('biasIh', 'bias_ih');
    this.nameField('biasHh', 'bias_hh');
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    const { bias = true } = options;
    const make = (...shape: number[]): Tensor => cellParameter(shape, hiddenSize, options);
    this.weightIh = make(gates * hiddenSize, inputSize);
    this.weightHh = make(gates * hiddenSize, hiddenSize);
    this.biasIh = bias ? make(gates * hiddenSize) : null;
    this.biasHh = bias ? make(gates * hiddenSize) : null;
  }

  /** x [N, input] or [input]; states of as many dims, zeros where there are none. */
  protected advance(x: Tensor, given: readonly Tensor[] | undefined): Tensor[] {
    const layer = this.constructor.name;
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape[x.ndim - 1] !== this.inputSize)
      throw new ShapeError(
        `${layer}: expected an input of shape [N, ${this.inputSize}] or [${this.inputSize}], got ${showShape(x.shape)}.`,
      );
    const expected = [...x.shape.slice(0, -1), this.hiddenSize];
    given?.forEach(t => {
      if (t.shape.join() !== expected.join())
        throw new ShapeError(
          `${layer}: the state has shape ${showShape(t.shape)}; expected ${showShape(expected)} for an input of shape ${showShape(x.shape)}.`,
        );
    });
    return scope(() => {
      const { recurrence } = this;
      const none = given === undefined ? (zeros(expected, { dtype: x.dtype }) as Tensor) : null;
      const state = given ?? new Array<Tensor>(recurrence.states).fill(none as Tensor);
      const weights = {
        input: this.weightIh,
        hidden: this.weightHh,
        inputBias: this.biasIh,
        hiddenBias: this.biasHh,
      };
      return recurrence.step(linear(x, weights.input, weights.inputBias) as Tensor, state, weights);
    });
  }

  override describe(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh === null ? ', bias=false' : ''}`;
  }
}

export interface RNNCellOptions extends RecurrentCellOptions {
  /** Default 'tanh'. */
  readonly nonlinearity?: Nonlinearity;
}

/** h' = tanh(W_ih x + b_ih + W_hh h + b_hh) (Elman 1990). */
export class RNNCell extends RecurrentCell {
  protected readonly recurrence: Recurrence;

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    const { nonlinearity = 'tanh' } = options;
    const recurrence = elmanOf('RNNCell', nonlinearity);
    super(inputSize, hiddenSize, recurrence.gates, options);
    this.recurrence = recurrence;
  }

  /** x [N, input] or [input] and h [N, hidden] or [hidden] (default zeros) give the next h. */
  override forward(x: Tensor, h?: Tensor): Tensor {
    return this.advance(x, h === undefined ? undefined : [h])[0];
  }
}

/**
 * The gates i, f, o = sigmoid(...) and the candidate g = tanh(...) of x and h give c' = f c + i g and h' = o tanh(c') (Hochreiter and Schmidhuber 1997; Gers et al.
 * 2000). The rows of the weights are i, f, g, o.
 */
export class LSTMCell extends RecurrentCell {
  protected readonly recurrence: Recurrence = recurrences.LSTM;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, recurrences.LSTM.gates, options);
  }

  /** x [N, input] or [input] and the state [h, c] (default zeros) give the next state. */
  override forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [h: Tensor, c: Tensor] {
    return this.advance(x, state) as [Tensor, Tensor];
  }
}

/**
 * The gates r, z = sigmoid(...) of x and h, and n = tanh(W_in x + b_in + r (W_hn h + b_hn)), give h' = (1 - z) n + z h (Cho et al. 2014). The rows of
 * the weights are r, z, n.
 */
export class GRUCell extends RecurrentCell {
  protected readonly recurrence: Recurrence = recurrences.GRU;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, recurrences.GRU.gates, options);
  }

  /** x [N, input] or [input] and h [N, hidden] or [hidden] (default zeros) give the next h. */
  override forward(x: Tensor, h?: Tensor): Tensor {
    return this.advance(x, h === undefined ? undefined : [h])[0];
  }
}
