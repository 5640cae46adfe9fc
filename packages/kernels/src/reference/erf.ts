const TWO_OVER_SQRT_PI = 1.1283791670955126;
const SQRT_PI = 1.7724538509055159;

/** exp(-x * x) without the error that rounding x * x makes: the high half of x squares exactly. */
function expOfMinusSquare(x: number): number {
  const high = Math.fround(x);
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x));
}

/** erf(c) and its slope 2 / sqrt(pi) exp(-c^2) at c = 0.5, 0.75, ... 2, rounded from 80 digits. */
const erfAtQuarters: readonly (readonly [number, number])[] = [
  [0.5204998778130465, 0.8787825789354448],
  [0.7111556336535151, 0.6429310691952074],
  [0.8427007929497149, 0.4151074974205947],
  [0.9229001282564583, 0.2365211224472908],
  [0.9661051464753108, 0.11893028922362937],
  [0.9866716712191824, 0.05277499593015037],
  [0.9953222650189527, 0.020666985354092053],
];

/**
 * Error function to about 1e-16 relative.
 * |x| < 0.5: 2 / sqrt(pi) times the sum of (-1)^n x^(2n+1) / (n! (2n+1)) (Abramowitz and Stegun 7.1.5).
 * |x| < 2: Taylor's series around the nearest quarter c; erf(c) comes from a table, so that little of the error is ours. The
 * derivative exp(-(c+h)^2) = exp(-c^2) (a0 + a1 h + a2 h^2 + ...) has a0 = 1, a1 = -2c, a[n+1] = -2 (c a[n] + a[n-1]) / (n+1).
 * Beyond: 1 - erfc, by the continued fraction
 * sqrt(pi) exp(x^2) erfc(x) = 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))) (7.1.14).
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.5) {
    const square = x * x;
    let factorial = 1;
    let power = 1;
    let sum = 0;
    for (let n = 1; n <= 14; n++) {
      factorial *= n;
      power *= -square;
      sum += power / (factorial * (2 * n + 1));
    }
    return TWO_OVER_SQRT_PI * (x + x * sum);
  }
  if (Number.isNaN(x)) return x;
  const positive = magnitude < 2 ? erfNearQuarter(magnitude) : 1 - erfcByFraction(magnitude);
  return x > 0 ? positive : -positive;
}

function erfNearQuarter(x: number): number {
  const c = Math.round(x * 4) / 4;
  const [value, slope] = erfAtQuarters[c * 4 - 2];
  return value + slope * gaussIntegral(c, x - c);
}

/**
 * The integral of e**(c**2 - t**2) for t from c to c + h, of |h| up to 1/8, by Taylor's series: the integrand is a0 + a1 h + ... with a0 = 1, a1 = -2c,
 * a[n+1] = -2 (c a[n] + a[n-1]) / (n+1).
 */
export function gaussIntegral(c: number, h: number): number {
  let before = 0;
  let coefficient = 1;
  let power = h;
  let sum = h;
  for (let n = 1; n <= 18; n++) {
    const next = (-2 * (c * coefficient + before)) / n;
    before = coefficient;
    coefficient = next;
    power *= h;
    sum += (coefficient * power) / (n + 1);
  }
  return sum;
}

/** 1 - erf(x) for x from 2, with all digits. */
export function erfcByFraction(x: number): number {
  // Beyond 28 it is less than the smallest number, and an infinite x has no fraction.
  if (x >= 28) return 0;
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return expOfMinusSquare(x) / (SQRT_PI * tail);
}
