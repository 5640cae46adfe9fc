import { ArgumentError, Generator, randn, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { gradcheck } from '@fluxion/gradcheck';
import { describe, expect, test } from 'vitest';
import {
  causalMask,
  functionalCall,
  LayerNorm,
  LearnedPositionalEncoding,
  MultiheadAttention,
  PositionalEncoding,
  rotaryEncoding,
  sinusoidalEncoding,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '../src/index.js';

const dtype = 'float64' as const;
const random = (...shape: number[]): Tensor =>
  randn(shape, { dtype, generator: new Generator(shape.length + 7) }) as Tensor;
const options = () => ({ dtype, generator: new Generator(5) });
const close = (a: Tensor, b: Tensor, tolerance = 1e-12): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.sub(b).abs().amax().item()).toBeLessThanOrEqual(tolerance);
};

describe('MultiheadAttention', () => {
  const layer = new MultiheadAttention(6, 2, { ...options(), batchFirst: true });
  const q = random(3, 4, 6);
  const k = random(3, 5, 6).mul(0.7) as Tensor;

  test('gives the same with and without weights, the batch first or second, and for one sequence', () => {
    const [output, weights] = layer.forward(q, k);
    close(layer.forward(q, k, k, { needWeights: false })[0], output);
    expect(weights?.shape).toEqual([3, 4, 5]);
    close((weights as Tensor).sum(2) as Tensor, random(3, 4).mul(0).add(1) as Tensor);
    const [single, its] = layer.forward(q.select(0, 1) as Tensor, k.select(0, 1) as Tensor);
    close(single, output.select(0, 1) as Tensor);
    close(its as Tensor, (weights as Tensor).select(0, 1) as Tensor);
    const second = new MultiheadAttention(6, 2, options());
    close(
      second.forward(q.transpose(0, 1) as Tensor, k.transpose(0, 1) as Tensor)[0].transpose(0, 1) as Tensor,
      output,
    );
    expect(layer.forward(q, k, k, { averageAttnWeights: false })[1]?.shape).toEqual([3, 2, 4, 5]);
  });

  test('a causal mask, and isCausal, let nothing later through', () => {
    const [masked] = layer.forward(q, q, q, { attnMask: causalMask(4) });
    close(layer.forward(q, q, q, { isCausal: true })[0], masked);
    const changed = q.clone() as Tensor;
    (changed.select(1, 3) as Tensor).fill_(9);
    const [after] = layer.forward(changed, changed, changed, { isCausal: true });
    close(after.slice(1, { end: 3 }) as Tensor, masked.slice(1, { end: 3 }) as Tensor);
    expect(causalMask(3).toArray()).toEqual([
      [false, true, true],
      [false, false, true],
      [false, false, false],
    ]);
  });

  test('padding is not looked at, whatever it holds; bool and added masks agree', () => {
    const padding = tensor([
      [false, false, true, true, true],
      [false, false, false, false, true],
      [false, true, true, true, true],
    ]);
    const [output] = layer.forward(q, k, k, { keyPaddingMask: padding });
    const own = layer.forward(
      q.select(0, 0) as Tensor,
      (k.select(0, 0) as Tensor).slice(0, { end: 2 }) as Tensor,
    )[0];
    close(output.select(0, 0) as Tensor, own);
    const added = padding.to(dtype).mul(-1e9) as Tensor;
    close(layer.forward(q, k, k, { keyPaddingMask: added })[0], output);
    const both = { keyPaddingMask: padding, attnMask: random(4, 5) };
    expect(layer.forward(q, k, k, both)[0].shape).toEqual([3, 4, 6]);
  });

  test('has PyTorch parameters, one weight for all or one each', () => {
    expect(Object.keys(layer.namedParameters()).sort()).toEqual([
      'in_proj_bias',
      'in_proj_weight',
      'out_proj.bias',
      'out_proj.weight',
    ]);
    const other = new MultiheadAttention(6, 2, { ...options(), kdim: 4, vdim: 5 });
    expect(Object.keys(other.namedParameters()).sort()).toEqual([
      'in_proj_bias',
      'k_proj_weight',
      'out_proj.bias',
      'out_proj.weight',
      'q_proj_weight',
      'v_proj_weight',
    ]);
    expect(other.forward(random(3, 2, 6), random(5, 2, 4), random(5, 2, 5))[0].shape).toEqual([3, 2, 6]);
  });

  test('gradients of every parameter', () => {
    const params = layer.namedParameters();
    const names = Object.keys(params);
    const fn = (a: Tensor, b: Tensor, ...values: Tensor[]): Tensor =>
      functionalCall(layer, Object.fromEntries(names.map((n, i) => [n, values[i]])), a, b)[0];
    const small = [random(1, 2, 6), random(1, 3, 6)];
    expect(gradcheck(fn, [...small, ...names.map(n => params[n].detach() as Tensor)]).ok).toBe(true);
  });

  test.each([
    [() => new MultiheadAttention(6, 4), ArgumentError, /4 heads do not divide 6 features/],
    [() => new MultiheadAttention(0, 1), ArgumentError, /embedDim is 0/],
    [() => new MultiheadAttention(6, 2, { dropout: -1 }), ArgumentError, /dropout is -1/],
    [() => layer.forward(random(2, 5)), ShapeError, /expected 6, 6, 6 features/],
    [() => layer.forward(q, random(2, 5, 6)), ShapeError, /expected batches of the same size/],
    [() => layer.forward(q, k, random(3, 4, 6)), ShapeError, /expected as many values as keys/],
    [
      () => layer.forward(q, k, k, { attnMask: random(5, 4) }),
      ShapeError,
      /attnMask has shape \[5, 4\]; expected \[4, 5\] or \[6, 4, 5\]/,
    ],
    [
      () => layer.forward(q, k, k, { keyPaddingMask: random(3, 4) }),
      ShapeError,
      /keyPaddingMask has shape \[3, 4\]; expected \[3, 5\]/,
    ],
    [() => layer.forward(3 as never), ArgumentError, /the query is 3; expected a tensor/],
    [() => causalMask(-1), ArgumentError, /the length is -1/],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});

describe('transformers', () => {
  const small = { dimFeedforward: 7, dropout: 0, batchFirst: true };
  const make = () => new TransformerEncoderLayer(4, 2, { ...options(), ...small });

  test('a stack is its layers one after the other, and its normalisation', () => {
    const norm = new LayerNorm(4, { dtype });
    const stack = new TransformerEncoder(make, 2, { norm });
    const x = random(2, 3, 4);
    const [first, second] = stack.layers;
    close(
      stack.forward(x, { isCausal: true }),
      norm.forward(second.forward(first.forward(x, { isCausal: true }), { isCausal: true })) as Tensor,
    );
    expect(Object.keys(stack.namedParameters())).toContain('layers.1.self_attn.in_proj_weight');
    expect(Object.keys(stack.namedParameters())).toContain('norm.weight');
  });

  test('normalisation first and last differ, and both have gradients', () => {
    for (const normFirst of [false, true]) {
      const layer = new TransformerDecoderLayer(4, 2, {
        ...options(),
        ...small,
        normFirst,
        activation: 'gelu',
      });
      const params = layer.namedParameters();
      const names = Object.keys(params);
      const fn = (x: Tensor, memory: Tensor, ...values: Tensor[]): Tensor =>
        functionalCall(layer, Object.fromEntries(names.map((n, i) => [n, values[i]])), x, memory, {
          tgtIsCausal: true,
        });
      expect(
        gradcheck(fn, [random(1, 2, 4), random(1, 3, 4), ...names.map(n => params[n].detach() as Tensor)]).ok,
      ).toBe(true);
    }
  });

  test('a decoder stack looks at one memory', () => {
    const stack = new TransformerDecoder(
      () => new TransformerDecoderLayer(4, 2, { ...options(), ...small }),
      2,
    );
    expect(stack.forward(random(2, 3, 4), random(2, 5, 4), { tgtMask: causalMask(3) }).shape).toEqual([
      2, 3, 4,
    ]);
  });

  test('drop in training alone', () => {
    const layer = new TransformerEncoderLayer(4, 2, { ...options(), ...small, dropout: 0.5 });
    const x = random(2, 3, 4);
    expect(layer.forward(x).sub(layer.forward(x)).abs().sum().item()).toBeGreaterThan(0);
    layer.eval();
    close(layer.forward(x), layer.forward(x));
  });

  test.each([
    [() => new TransformerEncoder(make() as never, 2), /expected a function that makes a layer/],
    [() => new TransformerEncoder(make, 0), /the number of layers is 0/],
    [
      () => new TransformerEncoderLayer(4, 2, { activation: 'swish' as never }),
      /activation is 'swish'; expected 'relu', 'gelu' or a function/,
    ],
  ])('%s', (call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });
});

describe('positions', () => {
  test('sines and cosines of the formula', () => {
    const table = sinusoidalEncoding(50, 6, { dtype }).toArray() as number[][];
    expect(table[0]).toEqual([0, 1, 0, 1, 0, 1]);
    expect(table[7][2]).toBeCloseTo(Math.sin(7 / 10_000 ** (2 / 6)), 12);
    expect(table[7][5]).toBeCloseTo(Math.cos(7 / 10_000 ** (4 / 6)), 12);
  });

  test('are added along the length, whichever dim that is', () => {
    const x = random(3, 2, 4);
    const table = sinusoidalEncoding(10, 4, { dtype }) as Tensor;
    const layer = new PositionalEncoding(4, 10, { dtype });
    close(
      layer.forward(x).select(1, 0) as Tensor,
      (x.select(1, 0) as Tensor).add(table.slice(0, { end: 3 })) as Tensor,
    );
    const first = new PositionalEncoding(4, 10, { dtype, batchFirst: true });
    close(
      first.forward(x).select(0, 2) as Tensor,
      (x.select(0, 2) as Tensor).add(table.slice(0, { end: 2 })) as Tensor,
    );
    expect(layer.stateDict()).toEqual({});
    const learned = new LearnedPositionalEncoding(4, 10, { dtype });
    expect(Object.keys(learned.namedParameters())).toEqual(['weight']);
    expect(learned.forward(x).shape).toEqual([3, 2, 4]);
  });

  test('rotary products depend on distances alone, and lengths stay', () => {
    const [q, k] = [random(1, 4), random(1, 4).mul(0.3) as Tensor];
    const product = (i: number, j: number): number =>
      rotaryEncoding(q, { offset: i })
        .mul(rotaryEncoding(k, { offset: j }))
        .sum()
        .item();
    expect(product(3, 1)).toBeCloseTo(product(9, 7), 12);
    expect(product(3, 1)).not.toBeCloseTo(product(3, 2), 3);
    expect(rotaryEncoding(q, { offset: 5 }).square().sum().item()).toBeCloseTo(q.square().sum().item(), 12);
    close(rotaryEncoding(q) as Tensor, q);
    expect(gradcheck((t: Tensor) => rotaryEncoding(t), [random(2, 3, 4)]).ok).toBe(true);
  });

  test.each([
    [() => sinusoidalEncoding(3, 5), ArgumentError, /number of features is 5; expected an even whole number/],
    [
      () => new PositionalEncoding(4, 2).forward(random(3, 1, 4)),
      ShapeError,
      /has 3 positions, and there are encodings for 2/,
    ],
    [
      () => new PositionalEncoding(4, 9).forward(random(3, 1, 6)),
      ShapeError,
      /expected sequences of shape \[L, N, 4\] or \[L, 4\], got \[3, 1, 6\]/,
    ],
    [() => rotaryEncoding(random(2, 3)), ArgumentError, /number of features is 3; expected an even/],
    [() => rotaryEncoding(random(4)), ShapeError, /expected sequences of shape \[..., L, E\]/],
    [() => rotaryEncoding(random(2, 4), { offset: -1 }), ArgumentError, /offset is -1/],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
