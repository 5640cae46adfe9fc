/** The reference tier against values computed by mpmath, and against examples worked by hand. */
import { describe, expect, test } from 'vitest';
import { DTypeError, MemoryError } from '../src/errors.js';
import type { Kernels } from '../src/interface.js';
import { referenceKernels } from '../src/reference/index.js';
import { arrayType, type DType, Generation, Storage } from '../src/storage.js';
import { contiguous, generate } from './conformance/arbitraries.js';
import { ulpDistance } from './conformance/compare.js';
import { powTable, unaryTable } from './constants.js';
import { binary, elements, empty, kernels, operand, unary, vector } from './helpers.js';

describe('functions, against mpmath', () => {
  for (const [op, rows] of Object.entries(unaryTable)) {
    test(`${op} float64: within 2 ulp`, () => {
      const name = op as Parameters<Kernels['unary']>[0];
      const results = unary(name, 'float64', ...rows.map(([x]) => x));
      rows.forEach(([x, y], i) => {
        expect(ulpDistance(results[i], y, true), `${op}(${x}) = ${results[i]}, not ${y}`).toBeLessThanOrEqual(
          2,
        );
      });
    });
  }

  test('pow float64: within 1 ulp', () => {
    const results = binary(
      'pow',
      'float64',
      powTable.map(row => row[0]),
      powTable.map(row => row[1]),
    );
    powTable.forEach(([x, y, power], i) => {
      expect(ulpDistance(results[i], power, true), `${x} ** ${y} = ${results[i]}`).toBeLessThanOrEqual(1);
    });
  });

  test('odd functions are odd, the sign of zero included', () => {
    for (const op of ['sin', 'tanh', 'erf', 'expm1', 'log1p'] as const) {
      expect(unary(op, 'float64', 0, -0)).toEqual([0, -0]);
    }
    for (const op of ['sin', 'tanh', 'erf'] as const) {
      const x = Array.from(generate({ kind: 'ordinary', seed: 1 }, 'float64', 100));
      expect(unary(op, 'float64', ...x.map(v => -v))).toEqual(unary(op, 'float64', ...x).map(v => -v));
    }
  });

  test('erf has no step where its formulas meet', () => {
    for (const joint of [0.5, 0.625, 0.875, 1.125, 1.375, 1.625, 1.875, 2, 6]) {
      const [below, above] = unary('erf', 'float64', joint * (1 - 2 ** -53), joint);
      expect(ulpDistance(below, above, true), `at ${joint}`).toBeLessThanOrEqual(3);
    }
  });
});

describe('special values, by hand', () => {
  const inf = Infinity;
  test('sign, as PyTorch: 0 for NaN', () => {
    expect(unary('sign', 'float32', NaN, -3, 0, 1e-40, -inf).map(x => x + 0)).toEqual([0, -1, 0, 1, -1]);
    expect(unary('sign', 'int32', -3, 0, 2147483647)).toEqual([-1, 0, 1]);
  });
  test('relu keeps NaN', () => {
    expect(unary('relu', 'float64', NaN, -1, 2, -inf, inf)).toEqual([NaN, 0, 2, 0, inf]);
  });
  test('round takes halves to even and keeps the sign of zero', () => {
    const x = [
      0.5,
      1.5,
      2.5,
      -0.5,
      -1.5,
      -0.2,
      0.49999999999999994,
      2 ** 52 + 1,
      -(2 ** 51) - 0.5,
      inf,
      NaN,
      -0,
    ];
    expect(unary('round', 'float64', ...x)).toEqual([
      0,
      2,
      2,
      -0,
      -2,
      -0,
      0,
      2 ** 52 + 1,
      -(2 ** 51),
      inf,
      NaN,
      -0,
    ]);
  });
  test('floor, ceil, trunc', () => {
    expect(unary('floor', 'float64', -0.5, 0.5, -0, inf)).toEqual([-1, 0, -0, inf]);
    expect(unary('ceil', 'float64', -0.5, 0.5, -0, -inf)).toEqual([-0, 1, -0, -inf]);
    expect(unary('trunc', 'float64', -1.5, 1.5, -0.5, NaN)).toEqual([-1, 1, -0, NaN]);
  });
  test('poles and limits', () => {
    expect(unary('log', 'float64', 0, -0, -1, inf)).toEqual([-inf, -inf, NaN, inf]);
    expect(unary('log1p', 'float64', -1, -2)).toEqual([-inf, NaN]);
    expect(unary('sqrt', 'float64', -1, -0, inf)).toEqual([NaN, -0, inf]);
    expect(unary('rsqrt', 'float64', 0, -0, -1, inf, 4)).toEqual([inf, -inf, NaN, 0, 0.5]);
    expect(unary('reciprocal', 'float64', 0, -0, -inf)).toEqual([inf, -inf, -0]);
    expect(unary('exp', 'float64', -inf, inf, 710, -746)).toEqual([0, inf, inf, 0]);
    expect(unary('sigmoid', 'float64', -inf, inf, -746, 0, NaN)).toEqual([0, 1, 0, 0.5, NaN]);
    expect(unary('tanh', 'float64', -inf, inf, NaN)).toEqual([-1, 1, NaN]);
    expect(unary('erf', 'float64', -inf, inf, NaN)).toEqual([-1, 1, NaN]);
    expect(unary('sin', 'float64', inf, NaN)).toEqual([NaN, NaN]);
  });
  test('pow, as C and PyTorch', () => {
    const x = [0, -0, 1, 1, -1, -1, NaN, NaN, -8, 2, 0.5, -2, 0, -0];
    const y = [0, 0, NaN, inf, inf, -inf, 0, 1, 1 / 3, inf, inf, 3, -1, -1];
    expect(binary('pow', 'float64', x, y)).toEqual([1, 1, 1, 1, 1, 1, 1, NaN, NaN, inf, 0, -8, inf, -inf]);
    expect(
      binary('pow', 'int32', [2, 2, -3, 0, 2, 1, -1, -1, 0, 3], [10, 31, 3, 0, -1, -3, -3, -2, -1, 40]),
    ).toEqual([1024, -2147483648, -27, 1, 0, 1, -1, 1, 0, Number(BigInt.asIntN(32, 3n ** 40n))]);
  });
  test('maximum and minimum propagate NaN', () => {
    expect(binary('maximum', 'float32', [NaN, 1, 3, -inf], [1, NaN, 2, -5])).toEqual([NaN, NaN, 3, -5]);
    expect(binary('minimum', 'float32', [NaN, 1, 3, -inf], [1, NaN, 2, -5])).toEqual([NaN, NaN, 2, -inf]);
  });
  test('comparisons with NaN are false, but ne', () => {
    for (const op of ['eq', 'lt', 'le', 'gt', 'ge'] as const) {
      expect(binary(op, 'float32', [NaN, 1, NaN], [1, NaN, NaN])).toEqual([0, 0, 0]);
    }
    expect(binary('ne', 'float32', [NaN, 1, NaN, 1, 0], [1, NaN, NaN, 1, -0])).toEqual([1, 1, 1, 0, 0]);
  });
  test('int32 wraps around', () => {
    expect(unary('neg', 'int32', -2147483648, 5)).toEqual([-2147483648, -5]);
    expect(unary('abs', 'int32', -2147483648, -5)).toEqual([-2147483648, 5]);
    expect(unary('square', 'int32', 65536, 46341)).toEqual([0, -2147479015]);
    expect(binary('add', 'int32', [2147483647], [1])).toEqual([-2147483648]);
    expect(binary('mul', 'int32', [123456789], [987654321])).toEqual([-67153019]);
  });
  test('float32 results are rounded, and a number is rounded before it is used', () => {
    expect(binary('add', 'float32', [16777216], 1)).toEqual([16777216]);
    expect(binary('eq', 'float32', [Math.fround(0.1)], 0.1)).toEqual([1]);
    expect(binary('mul', 'float32', [2 ** -149], 0.5)).toEqual([0]);
    expect(binary('mul', 'float32', [3e38], 10)).toEqual([inf]);
  });
  test('conversions', () => {
    const out = empty('int32', [7]);
    kernels.copy(vector('float64', 2.9, -2.9, NaN, 3e9, -3e9, inf, -0.5), out);
    expect(elements(out)).toEqual([2, -2, 0, 2147483647, -2147483648, 2147483647, 0]);
    const flags = empty('bool', [5]);
    kernels.copy(vector('float32', 0, -0, NaN, 1e-45, -3), flags);
    expect(elements(flags)).toEqual([0, 0, 1, 1, 1]);
    const back = empty('float64', [5]);
    kernels.copy(flags, back);
    expect(elements(back)).toEqual([0, 0, 1, 1, 1]);
  });
  test('logic', () => {
    expect(binary('logicalAnd', 'bool', [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 0, 0, 1]);
    expect(binary('logicalOr', 'bool', [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 1, 1, 1]);
    expect(binary('logicalXor', 'bool', [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 1, 1, 0]);
    const out = empty('bool', [2]);
    kernels.logicalNot(vector('bool', 0, 1), out);
    expect(elements(out)).toEqual([1, 0]);
  });
});

describe('reductions, by hand', () => {
  const reduced = (
    op: Parameters<Kernels['reduce']>[0],
    dtype: DType,
    contents: number[],
    to: DType,
  ): number => {
    const out = empty(to, []);
    kernels.reduce(op, vector(dtype, ...contents), [0], out);
    return elements(out)[0];
  };
  test('argmax and argmin: the first of equals, and NaN the extreme', () => {
    expect(reduced('argmax', 'float32', [1, 3, 3, 2], 'int32')).toBe(1);
    expect(reduced('argmin', 'float32', [5, 1, 1], 'int32')).toBe(1);
    expect(reduced('argmax', 'float32', [1, NaN, Infinity, NaN], 'int32')).toBe(1);
    expect(reduced('argmin', 'float32', [1, -Infinity, NaN], 'int32')).toBe(2);
    expect(reduced('argmax', 'float64', [-Infinity, -Infinity], 'int32')).toBe(0);
  });
  test('max and min propagate NaN', () => {
    expect(reduced('max', 'float32', [1, NaN, 3], 'float32')).toBeNaN();
    expect(reduced('min', 'float64', [NaN, 1], 'float64')).toBeNaN();
  });
  test('sum loses nothing to cancellation', () => {
    expect(reduced('sum', 'float64', [1e16, 1, -1e16, 1e-3], 'float64')).toBe(1.001);
    expect(reduced('sum', 'float64', [Infinity, 1, 2], 'float64')).toBe(Infinity);
    expect(reduced('sum', 'float64', [Infinity, -Infinity], 'float64')).toBeNaN();
    expect(reduced('sum', 'float32', new Array(1000).fill(0.1), 'float32')).toBe(
      Math.fround(1000 * Math.fround(0.1)),
    );
  });
  test('sum and prod of int32 and bool are int32, and wrap around', () => {
    expect(reduced('sum', 'int32', [2147483647, 1], 'int32')).toBe(-2147483648);
    expect(reduced('sum', 'bool', [1, 1, 0, 1], 'int32')).toBe(3);
    expect(reduced('prod', 'int32', [65536, 65536, 3], 'int32')).toBe(0);
  });
  test('no axes: a copy, or zeros for argmax', () => {
    const out = empty('float32', [3]);
    kernels.reduce('max', vector('float32', 3, -1, 2), [], out);
    expect(elements(out)).toEqual([3, -1, 2]);
    const positions = operand('int32', contiguous([3]), [7, 7, 7]);
    kernels.reduce('argmax', vector('float32', 3, -1, 2), [], positions);
    expect(elements(positions)).toEqual([0, 0, 0]);
  });
  test('gemm with k of 0 gives sums of nothing, which are finished', () => {
    const a = operand('float32', contiguous([2, 0]), []);
    const b = operand('float32', contiguous([0, 2]), []);
    const out = operand('float32', contiguous([2, 2]), [1, 2, 3, 4]);
    kernels.gemm(a, b, out);
    expect(elements(out)).toEqual([0, 0, 0, 0]);
    kernels.gemm(a, b, out, { bias: vector('float32', 5, -5), relu: true });
    expect(elements(out)).toEqual([5, 0, 5, 0]);
  });
});

describe('expressions', () => {
  test('a program by hand: leaky relu of a x + b, and its slope', () => {
    const compiled = kernels.compile({
      dtype: 'float32',
      inputs: ['array', 'scalar', 'array'],
      nodes: [
        { op: 'input', index: 0 },
        { op: 'input', index: 1 },
        { op: 'input', index: 2 },
        { op: 'mul', a: 0, b: 1 },
        { op: 'add', a: 3, b: 2 },
        { op: 'constant', value: 0 },
        { op: 'gt', a: 4, b: 5 },
        { op: 'constant', value: 0.25 },
        { op: 'mul', a: 4, b: 7 },
        { op: 'where', condition: 6, a: 4, b: 8 },
        { op: 'constant', value: 1 },
        { op: 'where', condition: 6, a: 10, b: 7 },
      ],
      outputs: [9, 11],
    });
    const x = vector('float32', 1, -2, 3);
    const slope = empty('float32', [3]);
    // The first output goes over the first input, and b is broadcast.
    kernels.run(compiled, [x, 2, operand('float32', contiguous([]), [-4])], [x, slope]);
    expect(elements(x)).toEqual([-0.5, -2, 2]);
    expect(elements(slope)).toEqual([0.25, 0.25, 1]);
  });

  test('every node is rounded to float32', () => {
    const compiled = kernels.compile({
      dtype: 'float32',
      inputs: ['array', 'scalar'],
      nodes: [
        { op: 'input', index: 0 },
        { op: 'input', index: 1 },
        { op: 'add', a: 0, b: 1 },
        { op: 'sub', a: 2, b: 0 },
      ],
      outputs: [3],
    });
    const out = empty('float32', [1]);
    kernels.run(compiled, [vector('float32', 16777216), 1], [out]);
    expect(elements(out)).toEqual([0]);
  });

  test('constants that JSON cannot tell apart have compilations of their own', () => {
    const results = [NaN, Infinity, -Infinity, 0, -0].map(value => {
      const out = empty('float64', [1]);
      const nodes = [{ op: 'constant', value } as const, { op: 'input', index: 0 } as const];
      const compiled = kernels.compile({ dtype: 'float64', inputs: ['array'], nodes, outputs: [0] });
      kernels.run(compiled, [vector('float64', 1)], [out]);
      return elements(out)[0];
    });
    expect(results).toEqual([NaN, Infinity, -Infinity, 0, -0]);
  });

  test('the same expression is compiled once', () => {
    const make = (): Parameters<Kernels['compile']>[0] => ({
      dtype: 'float32',
      inputs: ['array'],
      nodes: [
        { op: 'input', index: 0 },
        { op: 'exp', a: 0 },
      ],
      outputs: [1],
    });
    expect(kernels.compile(make())).toBe(kernels.compile(make()));
  });
});

describe('errors', () => {
  test('a dtype that an op does not have', () => {
    const ints = vector('int32', 1, 2);
    const flags = vector('bool', 1, 0);
    const floats = vector('float32', 1, 2);
    const out = empty('int32', [2]);
    expect(() => kernels.unary('exp', ints, out)).toThrow(
      new DTypeError('exp: got int32, expected float32 or float64; convert the input first.'),
    );
    expect(() => kernels.unary('neg', flags, out)).toThrow(DTypeError);
    expect(() => kernels.binary('div', ints, ints, out)).toThrow(DTypeError);
    expect(() => kernels.binary('logicalAnd', ints, ints, out)).toThrow(DTypeError);
    expect(() => kernels.binary('add', floats, ints, out)).toThrow(DTypeError);
    expect(() => kernels.where(ints, ints, ints, out)).toThrow(DTypeError);
    expect(() => kernels.logicalNot(ints, out)).toThrow(DTypeError);
    expect(() => kernels.gather(floats, 0, floats, floats)).toThrow(DTypeError);
  });

  test('a storage of another tier', () => {
    const foreign = new Storage('float32', 4, Generation.young, 1024, null);
    expect(() => kernels.read({ ...contiguous([4]), storage: foreign })).toThrow(MemoryError);
  });
});

test('referenceKernels works over the memory it is given', () => {
  const memory = new ArrayBuffer(256);
  const own = referenceKernels(
    ({ storage }) => new arrayType[storage.dtype](memory, storage.address, storage.length),
  );
  const a = { ...contiguous([3]), storage: new Storage('int32', 3, Generation.young, 16, null) };
  const out = { ...contiguous([3]), storage: new Storage('int32', 3, Generation.young, 64, null) };
  own.write(a, [1, -2, 3]);
  own.unary('abs', a, out);
  expect(Array.from(new Int32Array(memory, 64, 3))).toEqual([1, 2, 3]);
});
