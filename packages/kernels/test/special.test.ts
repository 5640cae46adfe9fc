import { expect, test } from 'vitest';
import { scalarArithmetic, scalarMaps } from '../src/index.js';

/** Rounded from 40 digits. */
const known = {
  erfc: [
    [-1.5, 1.9661051464753108],
    [0.25, 0.7236736098317631],
    [0.5, 0.4795001221869535],
    [0.9, 0.20309178757716786],
    [1.6, 0.023651616655355985],
    [2.0, 0.004677734981047266],
    [3.0, 2.209049699858544e-5],
    [8.0, 1.1224297172982926e-29],
    [25.0, 8.300172571196523e-274],
  ],
  erfinv: [
    [-0.999999, -3.458910737275499],
    [-0.5, -0.4769362762044699],
    [1e-10, 8.862269254527581e-11],
    [0.3, 0.2724627147267543],
    [0.7, 0.7328690779592167],
    [0.9999999999, 4.572824958544925],
  ],
  lgamma: [
    [1e-8, 18.42068073818021],
    [0.3, 1.0957979948180756],
    [0.999, 0.0005780385328913802],
    [1.0001, -5.771334222047127e-5],
    [1.5, -0.12078223763524522],
    [1.99, -0.004195529088791668],
    [2.3, 0.15418945495963046],
    [4.7, 2.7364051463155667],
    [9.9, 12.57717990421988],
    [33.25, 82.42923834590904],
    [1000000.0, 12815504.569147611],
    [-0.3, 1.4648400508576025],
    [-1.7, 0.9218446876946375],
    [-20.4, -42.35279092555145],
  ],
  digamma: [
    [1e-8, -100000000.57721564],
    [0.3, -3.502524222200133],
    [1.0, -0.5772156649015329],
    [1.4616, -3.110625123034165e-5],
    [1.6, 0.12604745277347632],
    [2.5, 0.7031566406452432],
    [9.0, 2.14064147795561],
    [41.5, 3.713596850957925],
    [1000000.0, 13.815510057964191],
    [-0.3, 2.113309779635399],
    [-1.7, -1.4857174995110567],
    [-20.4, 4.060609840029619],
  ],
} as const;
const polygamma: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  1: [
    [0.2, 26.267377205423777],
    [1.0, 1.6449340668482264],
    [7.5, 0.1426158966967038],
    [300.0, 0.0033388950617146778],
    [-0.4, 9.886209670902357],
    [-3.75, 19.504980060599575],
    [-1000.25, 19.738209551699786],
  ],
  2: [
    [0.2, -251.4780361144359],
    [1.0, -2.4041138063191885],
    [7.5, -0.020305252536644666],
    [-0.4, 21.287168462856535],
    [-3.75, -124.07972713378925],
  ],
  3: [
    [0.2, 3753.244994864725],
    [1.0, 6.493939402266829],
    [-3.75, 1558.5200920240343],
  ],
  7: [
    [0.5, 1290440.218185598],
    [30.0, 3.693311077871013e-8],
    [-2.4, 7990964.336796697],
  ],
  40: [
    [0.5, -1.794216682422424e60],
    [30.0, -3.042973522079723e-13],
    [-2.4, 1.6872731577421762e64],
  ],
};

function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}

test.each(Object.entries(known))('%s is within 4e-15 of 40-digit arithmetic', (name, points) => {
  for (const [x, y] of points)
    expect(relativeError(scalarMaps[name as keyof typeof known](x), y), `${name}(${x})`).toBeLessThan(4e-15);
});

test.each(Object.entries(polygamma))(
  'polygamma of order %s is within 4e-15 of 40-digit arithmetic',
  (n, points) => {
    for (const [x, y] of points)
      expect(
        relativeError(scalarArithmetic.polygamma(Number(n), x), y),
        `polygamma(${n}, ${x})`,
      ).toBeLessThan(4e-15);
  },
);

test('poles, infinities and arguments outside the domain', () => {
  const { erfc, erfinv, lgamma, digamma } = scalarMaps;
  expect([erfc(Infinity), erfc(-Infinity), erfc(30), erfc(NaN)]).toEqual([0, 2, 0, NaN]);
  expect([erfinv(1), erfinv(-1), erfinv(1.1), erfinv(0), erfinv(-0)]).toEqual([
    Infinity,
    -Infinity,
    NaN,
    0,
    -0,
  ]);
  expect([lgamma(0), lgamma(-2), lgamma(1), lgamma(2), lgamma(-Infinity)]).toEqual([
    Infinity,
    Infinity,
    0,
    0,
    Infinity,
  ]);
  expect([digamma(0), digamma(-0), digamma(-3), digamma(Infinity)]).toEqual([
    -Infinity,
    Infinity,
    NaN,
    Infinity,
  ]);
  const p = scalarArithmetic.polygamma;
  expect([p(1, 0), p(1, -2), p(2, -2), p(1, Infinity), p(0.5, 1), p(-1, 1), p(1e15, 2)]).toEqual([
    Infinity,
    Infinity,
    -Infinity,
    0,
    NaN,
    NaN,
    expect.any(Number),
  ]);
});

test('remainder has the sign of the divisor, fmod that of the dividend', () => {
  const { remainder, fmod } = scalarArithmetic;
  expect([remainder(5, 3), remainder(-5, 3), remainder(5, -3), remainder(-5, -3)]).toEqual([2, 1, -1, -2]);
  expect([fmod(5, 3), fmod(-5, 3), fmod(5, -3), fmod(-5, -3)]).toEqual([2, -2, 2, -2]);
  expect([remainder(1, 0), fmod(1, 0), remainder(6, 3)]).toEqual([NaN, NaN, 0]);
});

test('floorDiv is the whole number that belongs to remainder', () => {
  const { floorDiv } = scalarArithmetic;
  expect([floorDiv(1, 0.1), floorDiv(-7, 2), floorDiv(7, -2), floorDiv(6, 3), floorDiv(-1, 1e300)]).toEqual([
    9, -4, -4, 2, -1,
  ]);
  expect([floorDiv(1, 0), floorDiv(-1, 0), floorDiv(0, 0)]).toEqual([Infinity, -Infinity, NaN]);
});

test('logaddexp and xlogy at infinities, zeros and NaN', () => {
  const { logaddexp, xlogy } = scalarArithmetic;
  expect(logaddexp(1000, 1000)).toBe(1000 + Math.LN2);
  expect([logaddexp(-Infinity, -Infinity), logaddexp(Infinity, Infinity), logaddexp(-Infinity, 3)]).toEqual([
    -Infinity,
    Infinity,
    3,
  ]);
  expect([logaddexp(NaN, 1), xlogy(0, 0), xlogy(0, NaN), xlogy(2, 0), xlogy(0, -1)]).toEqual([
    NaN,
    0,
    NaN,
    -Infinity,
    0,
  ]);
});
