import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RandomKind } from '../src/interface.js';
import { fillRandom, normalQuantile, philox, stableLog } from '../src/random.js';
import { erf } from '../src/reference/scalar.js';
import { ulpDistance } from './conformance/compare.js';
import { quantileTable } from './constants.js';

type Floats = Float32Array | Float64Array;
const arrays = { float32: Float32Array, float64: Float64Array };
const cases = (['uniform', 'normal'] as const).flatMap(kind =>
  (['float32', 'float64'] as const).map(dtype => [kind, dtype] as const),
);

function drawn(
  kind: RandomKind,
  dtype: 'float32' | 'float64',
  n: number,
  counter = 0,
  key0 = 7,
  key1 = 9,
): Floats {
  const out = new arrays[dtype](n);
  fillRandom(kind, key0, key1, counter, out);
  return out;
}

describe('philox', () => {
  test.each([
    // The known answers that its authors publish for ten rounds.
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('counter %j, key %j', ([c0, c1, c2, c3], [k0, k1], expected) => {
    const block = new Uint32Array(4);
    philox(c0, c1, c2, c3, k0, k1, block);
    expect(Array.from(block, word => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
  });
});

describe('the stream', () => {
  test('elements are what the definition says, from the block with all counters 0', () => {
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
    expect(Array.from(drawn('uniform', 'float32', 4, 0, 0, 0))).toEqual(words.map(w => (w >>> 8) / 2 ** 24));
    expect(Array.from(drawn('normal', 'float32', 4, 0, 0, 0))).toEqual(
      words.map(w => Math.fround(normalQuantile((w + 0.5) / 2 ** 32))),
    );
  });

  test('float64 takes two words an element, from blocks of its own', () => {
    const block = new Uint32Array(4);
    philox(5, 0, 0, 1, 7, 9, block);
    const [w, v] = block.subarray(2);
    expect(drawn('uniform', 'float64', 1, 11)[0]).toBe(((w >>> 5) * 2 ** 26 + (v >>> 6)) / 2 ** 53);
    expect(drawn('normal', 'float64', 1, 11)[0]).toBe(
      normalQuantile(((w >>> 6) * 2 ** 26 + (v >>> 6) + 0.5) / 2 ** 52),
    );
  });

  test.each(cases)('%s %s: any element can be drawn alone', (kind, dtype) => {
    const starts = fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 2 ** 34 - 40, max: 2 ** 34 + 40 }),
      fc.integer({ min: 0, max: 2 ** 53 - 100 }),
    );
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 40 }), fc.nat(), (start, n, pick) => {
        const i = pick % n;
        expect(drawn(kind, dtype, 1, start + i)[0]).toBe(drawn(kind, dtype, n, start)[i]);
      }),
    );
  });

  test('the upper half of the counter counts', () => {
    expect(drawn('uniform', 'float32', 4, 0)).not.toEqual(drawn('uniform', 'float32', 4, 2 ** 34));
    expect(drawn('uniform', 'float64', 4, 0)).not.toEqual(drawn('uniform', 'float64', 4, 2 ** 33));
  });

  test('both keys count', () => {
    const first = drawn('uniform', 'float64', 8, 0, 1, 2);
    expect(drawn('uniform', 'float64', 8, 0, 2, 2)).not.toEqual(first);
    expect(drawn('uniform', 'float64', 8, 0, 1, 3)).not.toEqual(first);
  });

  test('numbers that must never change', () => {
    expect(Array.from(drawn('normal', 'float64', 3, 0, 1, 2))).toEqual([
      0.31516892260619184, 0.07046511426207036, 0.6333278637982486,
    ]);
    expect(Array.from(drawn('normal', 'float32', 3, 0, 1, 2))).toEqual([
      -2.0166919231414795, 0.24549132585525513, -1.025425672531128,
    ]);
  });
});

describe('distributions', () => {
  const n = 200_000;
  const distribution: Readonly<Record<RandomKind, (x: number) => number>> = {
    uniform: x => x,
    normal: x => (1 + erf(x / Math.SQRT2)) / 2,
    exponential: x => -Math.expm1(-x),
  };

  test.each([...cases, ['exponential', 'float32'], ['exponential', 'float64']] as const)(
    '%s %s: Kolmogorov and Smirnov, 200000 numbers, level 0.001',
    (kind, dtype) => {
      const sorted = drawn(kind, dtype, n).sort();
      let distance = 0;
      for (let i = 0; i < n; i++) {
        const p = distribution[kind](sorted[i]);
        distance = Math.max(distance, p - i / n, (i + 1) / n - p);
      }
      expect(distance * Math.sqrt(n)).toBeLessThan(1.949);
    },
  );

  test.each(cases)('%s %s: mean, variance, skewness, kurtosis within 5 standard errors', (kind, dtype) => {
    const x = drawn(kind, dtype, n, 1000);
    const moments = [0, 0, 0, 0];
    const centre = kind === 'uniform' ? 0.5 : 0;
    for (const value of x) for (let k = 0; k < 4; k++) moments[k] += (value - centre) ** (k + 1) / n;
    // E z^k and the standard deviation of z^k: of the normal, and of the uniform on (-1/2, 1/2).
    const moment = (k: number): number => {
      if (k % 2 === 1) return 0;
      if (kind === 'uniform') return 0.5 ** k / (k + 1);
      let product = 1;
      for (let j = k - 1; j > 1; j -= 2) product *= j;
      return product;
    };
    moments.forEach((value, i) => {
      const k = i + 1;
      const deviation = Math.sqrt((moment(2 * k) - moment(k) ** 2) / n);
      expect(Math.abs(value - moment(k)), `moment ${k}`).toBeLessThan(5 * deviation);
    });
  });

  test.each(cases)('%s %s: neighbours are uncorrelated at lags 1 to 8', (kind, dtype) => {
    const x = drawn(kind, dtype, n, 77);
    const centre = kind === 'uniform' ? 0.5 : 0;
    const variance = kind === 'uniform' ? 1 / 12 : 1;
    for (let lag = 1; lag <= 8; lag++) {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += (x[i] - centre) * (x[i - lag] - centre);
      expect(Math.abs(sum / n / variance), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  test('uniform is in [0, 1), normal is finite', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const u of drawn('uniform', dtype, n)) if (!(u >= 0 && u < 1)) throw new Error(`${dtype}: ${u}`);
      for (const z of drawn('normal', dtype, n)) if (!(Math.abs(z) < 9)) throw new Error(`${dtype}: ${z}`);
    }
    // The extreme words of both dtypes.
    expect(normalQuantile(0.5 * 2 ** -32)).toBeCloseTo(-6.33795, 4);
    expect(normalQuantile(1 - 0.5 * 2 ** -52)).toBeCloseTo(8.2095, 3);
  });
});

describe('the functions behind it', () => {
  test.each(quantileTable)('normalQuantile(%f): within 8 ulp of mpmath', (p, z) => {
    expect(ulpDistance(normalQuantile(p), z, true)).toBeLessThanOrEqual(8);
  });

  test('normalQuantile is antisymmetric', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), w => {
        const p = (w + 0.5) / 2 ** 32;
        expect(normalQuantile(1 - p)).toBe(-normalQuantile(p));
      }),
    );
  });

  test('stableLog is within 2 ulp of Math.log where the quantile uses it', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -53, max: 0.075, noNaN: true }), p => {
        expect(ulpDistance(stableLog(p), Math.log(p), true)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 2000 },
    );
  });
});
