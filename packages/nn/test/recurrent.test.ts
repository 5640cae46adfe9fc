import {
  ArgumentError,
  DTypeError,
  Generator,
  grad,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { gradcheck } from '@fluxion/gradcheck';
import { describe, expect, test } from 'vitest';
import { kernels } from '../../kernels/src/index.js';
import { functionalCall, GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from '../src/index.js';

const dtype = 'float64' as const;
const random = (...shape: number[]): Tensor =>
  randn(shape, { dtype, generator: new Generator(shape.length + 1) }) as Tensor;
/** Bytes that kernels have allocated so far. */
const kernelsBytes = (): number => kernels().memory().allocatedBytes;
const options = () => ({ dtype, generator: new Generator(5) });
const close = (a: Tensor, b: Tensor, tolerance = 1e-12): void => {
  expect(a.shape).toEqual(b.shape);
  if (a.size > 0) expect(a.sub(b).abs().amax().item()).toBeLessThanOrEqual(tolerance);
};
const x = random(5, 2, 3);

describe.each([
  ['RNN', RNN, RNNCell],
  ['GRU', GRU, GRUCell],
] as const)('%s', (_, Layer, Cell) => {
  test('is its cell, step after step', () => {
    const layer = new Layer(3, 4, options());
    const cell = new Cell(3, 4, options());
    const state = layer.stateDict();
    cell.loadStateDict(
      Object.fromEntries(Object.entries(state).map(([name, t]) => [name.replace('_l0', ''), t])),
    );
    const [output, last] = layer.forward(x);
    let h = zeros([2, 4], { dtype }) as Tensor;
    for (let t = 0; t < 5; t++) {
      h = cell.forward(x.select(0, t) as Tensor, h);
      close(output.select(0, t) as Tensor, h);
    }
    close(last.select(0, 0) as Tensor, h);
  });

  test('one sequence, and sequences with the batch first, give the same', () => {
    const layer = new Layer(3, 4, { ...options(), numLayers: 2 });
    const [output, last] = layer.forward(x);
    const [single, end] = layer.forward(x.select(1, 1) as Tensor);
    close(single, output.select(1, 1) as Tensor);
    close(end, last.select(1, 1) as Tensor);
    const first = new Layer(3, 4, { ...options(), numLayers: 2, batchFirst: true });
    const [turned, same] = first.forward(x.transpose(0, 1) as Tensor);
    close(turned.transpose(0, 1) as Tensor, output);
    close(same, last);
  });
});

test('LSTM is its cell, step after step', () => {
  const layer = new LSTM(3, 4, options());
  const cell = new LSTMCell(3, 4, options());
  cell.loadStateDict(
    Object.fromEntries(Object.entries(layer.stateDict()).map(([name, t]) => [name.replace('_l0', ''), t])),
  );
  const start = [random(1, 2, 4), random(1, 2, 4).mul(0.5)] as [Tensor, Tensor];
  const [output, [h, c]] = layer.forward(x, start);
  let state = start.map(t => t.select(0, 0) as Tensor) as [Tensor, Tensor];
  for (let t = 0; t < 5; t++) {
    state = cell.forward(x.select(0, t) as Tensor, state);
    close(output.select(0, t) as Tensor, state[0]);
  }
  close(h.select(0, 0) as Tensor, state[0]);
  close(c.select(0, 0) as Tensor, state[1]);
});

test('parameters have the names and shapes of PyTorch', () => {
  const layer = new LSTM(3, 4, { ...options(), numLayers: 2, bidirectional: true });
  const shapes = Object.fromEntries(
    Object.entries(layer.namedParameters()).map(([n, t]) => [n, t.shape.join()]),
  );
  expect(Object.keys(shapes)).toHaveLength(16);
  expect(shapes.weight_ih_l0).toBe('16,3');
  expect(shapes.weight_ih_l1_reverse).toBe('16,8');
  expect(shapes.weight_hh_l1).toBe('16,4');
  expect(shapes.bias_hh_l0_reverse).toBe('16');
  expect(Object.keys(new GRU(3, 4, { bias: false }).namedParameters())).toEqual([
    'weight_ih_l0',
    'weight_hh_l0',
  ]);
  const bound = 1 / Math.sqrt(4);
  for (const p of layer.parameters()) expect(p.abs().amax().item()).toBeLessThanOrEqual(bound);
  expect(String(layer)).toBe('LSTM(3, 4, numLayers=2, bidirectional=true)');
});

describe('padded sequences', () => {
  const layer = new LSTM(3, 4, { ...options(), numLayers: 2, bidirectional: true });
  const lengths = [5, 2, 0];
  const batch = random(5, 3, 3);

  test('give what each sequence gives alone, and zeros after its end', () => {
    const [output, [h, c]] = layer.forward(batch, undefined, { lengths });
    lengths.forEach((length, n) => {
      const own = (batch.select(1, n) as Tensor).slice(0, { end: length }) as Tensor;
      const whole = output.select(1, n) as Tensor;
      if (length > 0) {
        const [alone, [ownH, ownC]] = layer.forward(own);
        close(whole.slice(0, { end: length }) as Tensor, alone);
        close(h.select(1, n) as Tensor, ownH);
        close(c.select(1, n) as Tensor, ownC);
      }
      close(whole.slice(0, { start: length }) as Tensor, zeros([5 - length, 8], { dtype }) as Tensor);
    });
    close(h.select(1, 2) as Tensor, zeros([4, 4], { dtype }) as Tensor);
  });

  test('what stands after the end has no gradient', () => {
    const leaf = batch.detach().requiresGrad_() as Tensor;
    const [g] = grad(layer.forward(leaf, undefined, { lengths })[0].square().sum(), [leaf]);
    expect((g.select(1, 1) as Tensor).slice(0, { start: 2 }).abs().sum().item()).toBe(0);
    expect((g.select(1, 1) as Tensor).slice(0, { end: 2 }).abs().sum().item()).toBeGreaterThan(0);
  });
});

describe('truncated back-propagation through time', () => {
  test('gives the same outputs, and gradients that reach back only to the cut', () => {
    const layer = new RNN(3, 4, options());
    const leaf = x.detach().requiresGrad_() as Tensor;
    const [cut] = layer.forward(leaf, undefined, { truncate: 2 });
    close(cut, layer.forward(x)[0]);
    const [g] = grad((cut.select(0, 4) as Tensor).square().sum(), [leaf]);
    // Steps 0 1 | 2 3 | 4.
    const reached = [0, 1, 2, 3, 4].map(t => (g.select(0, t) as Tensor).abs().sum().item() > 0);
    expect(reached).toEqual([false, false, false, false, true]);
    const [h] = grad(
      (layer.forward(leaf, undefined, { truncate: 2 })[0].select(0, 3) as Tensor).square().sum(),
      [leaf],
    );
    expect([0, 1, 2, 3].map(t => (h.select(0, t) as Tensor).abs().sum().item() > 0)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('is what carrying a detached state from piece to piece gives', () => {
    const layer = new GRU(3, 4, options());
    const [whole] = layer.forward(x, undefined, { truncate: 3 });
    const [first, h] = layer.forward(x.slice(0, { end: 3 }) as Tensor);
    const [second] = layer.forward(x.slice(0, { start: 3 }) as Tensor, h.detach() as Tensor);
    const parameters = layer.parameters();
    const a = grad(whole.square().sum(), parameters);
    const b = grad(first.square().sum().add(second.square().sum()), parameters);
    a.forEach((g, i) => {
      close(g, b[i], 1e-10);
    });
  });
});

test('gradients of every parameter and input, through two layers in both directions', () => {
  for (const Layer of [RNN, GRU, LSTM]) {
    const layer = new Layer(1, 2, { ...options(), numLayers: 2, bidirectional: true });
    const params = layer.namedParameters();
    const names = Object.keys(params);
    const fn = (input: Tensor, ...values: Tensor[]): Tensor =>
      (
        functionalCall(layer as RNN, Object.fromEntries(names.map((n, i) => [n, values[i]])), input) as [
          Tensor,
          Tensor,
        ]
      )[0];
    expect(gradcheck(fn, [random(2, 2, 1), ...names.map(n => params[n].detach() as Tensor)]).ok).toBe(true);
  }
});

test('the derivative of long sequences is linear in their length', () => {
  const layer = new RNN(1, 2, options());
  const elements = (length: number): number => {
    const leaf = zeros([length, 1, 1], { dtype }).requiresGrad_() as Tensor;
    const [output] = layer.forward(leaf);
    const before = kernelsBytes();
    output.sum().backward();
    return kernelsBytes() - before;
  };
  elements(8);
  const [short, long] = [elements(64), elements(256)];
  expect(long / short).toBeLessThan(6);
});

test('dropout between layers happens in training alone', () => {
  const layer = new GRU(3, 8, { ...options(), numLayers: 2, dropout: 0.5 });
  const [a, b] = [layer.forward(x)[0], layer.forward(x)[0]];
  expect(a.sub(b).abs().sum().item()).toBeGreaterThan(0);
  layer.eval();
  close(layer.forward(x)[0], layer.forward(x)[0]);
});

test('sequences of no steps, and batches of none', () => {
  const layer = new GRU(3, 4, options());
  const [output, h] = layer.forward(zeros([0, 2, 3], { dtype }) as Tensor);
  expect([output.shape, h.shape]).toEqual([
    [0, 2, 4],
    [1, 2, 4],
  ]);
  expect(layer.forward(zeros([5, 0, 3], { dtype }) as Tensor)[0].shape).toEqual([5, 0, 4]);
});

test.each([
  [() => new RNN(0, 4), ArgumentError, /^RNN: inputSize is 0; expected a whole number from 1/],
  [() => new LSTM(3, 4, { numLayers: 1.5 }), ArgumentError, /numLayers is 1\.5/],
  [() => new GRU(3, 4, { dropout: 2 }), ArgumentError, /dropout is 2; expected a probability/],
  [
    () => new RNN(3, 4, { nonlinearity: 'sin' as never }),
    ArgumentError,
    /nonlinearity is 'sin'; expected 'tanh' or 'relu'/,
  ],
  [
    () => new RNNCell(3, 4, { nonlinearity: 'sin' as never }),
    ArgumentError,
    /^RNNCell: nonlinearity is 'sin'/,
  ],
  [
    () => new GRU(4, 4, options()).forward(x),
    ShapeError,
    /^GRU: expected sequences of shape \[L, N, 4\] or \[L, 4\], got \[5, 2, 3\]/,
  ],
  [
    () => new GRU(3, 4, options()).forward(x, random(1, 1, 4)),
    ShapeError,
    /the state has shape \[1, 1, 4\]; expected \[1, 2, 4\]/,
  ],
  [
    () => new GRU(3, 4, options()).forward(x, zeros([1, 2, 4])),
    DTypeError,
    /the state is float32 and the input float64/,
  ],
  [
    () => new LSTM(3, 4, options()).forward(x, [random(1, 2, 4)] as never),
    ArgumentError,
    /expected 2 states, got 1/,
  ],
  [
    () => new GRU(3, 4, options()).forward(x, undefined, { lengths: [6, 1] }),
    ArgumentError,
    /lengths are \[6, 1\]; expected 2 whole numbers from 0 to 5/,
  ],
  [() => new GRU(3, 4, options()).forward(x, undefined, { truncate: 0 }), ArgumentError, /truncate is 0/],
  [() => new GRU(3, 4).forward([1] as never), ArgumentError, /expected a tensor, got \[1\]/],
  [
    () => new GRUCell(3, 4, options()).forward(x),
    ShapeError,
    /^GRUCell: expected an input of shape \[N, 3\] or \[3\], got \[5, 2, 3\]/,
  ],
  [
    () => new GRUCell(3, 4, options()).forward(random(2, 3), random(3, 4)),
    ShapeError,
    /the state has shape \[3, 4\]; expected \[2, 4\]/,
  ],
] as const)('%s', (call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});
