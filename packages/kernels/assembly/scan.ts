// Running sums, products, extremes and logarithms of sums along the middle dim of contiguous arrays [outer, n, inner], and linear recurrences.
// Everything is carried in double precision. A run goes backward by a negative step.
import { exp } from './math/exponential';
import { log } from './math/logarithm';

const SUM: i32 = 0;
const PROD: i32 = 1;
const MAX: i32 = 2;
const MIN: i32 = 3;

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function isFinite(x: f64): bool {
  return x - x == 0;
}

/** What adding x to sum rounded off, given the sum that came out (Knuth 1969): exact, whichever is larger. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function roundedOff(sum: f64, x: f64, next: f64): f64 {
  const added = next - sum;
  return sum - (next - added) + (x - added);
}

/** One run. Sums of doubles are compensated: what is rounded off is summed apart, which the chain of additions does not wait for. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function accumulate<T>(op: i32, n: usize, step: usize, a: usize, to: usize): void {
  let total: f64 = op == SUM ? 0 : 1;
  let lost: f64 = 0;
  for (let i: usize = 0; i < n; i++) {
    const x = <f64>load<T>(a);
    if (op == PROD) {
      total *= x;
      store<T>(to, <T>total);
    } else if (sizeof<T>() == 4) {
      total += x;
      store<T>(to, <T>total);
    } else {
      const next = total + x;
      lost += roundedOff(total, x, next);
      total = next;
      // With an infinity about, what was lost is NaN and the plain sum is right.
      store<T>(to, <T>(isFinite(total) ? total + lost : total));
    }
    a += step;
    to += step;
  }
}

/** Four runs side by side: a row of them is contiguous. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function accumulateFour<T>(op: i32, n: usize, step: usize, a: usize, to: usize): void {
  let s0 = f64x2.splat(op == SUM ? 0 : 1), s1 = s0;
  let l0 = f64x2.splat(0), l1 = l0;
  for (let i: usize = 0; i < n; i++) {
    if (sizeof<T>() == 4) {
      const x = v128.load(a);
      const low = f64x2.promote_low_f32x4(x);
      const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
      s0 = op == SUM ? f64x2.add(s0, low) : f64x2.mul(s0, low);
      s1 = op == SUM ? f64x2.add(s1, high) : f64x2.mul(s1, high);
      v128.store(to, v128.shuffle<i64>(f32x4.demote_f64x2_zero(s0), f32x4.demote_f64x2_zero(s1), 0, 2));
    } else if (op == PROD) {
      s0 = f64x2.mul(s0, v128.load(a));
      s1 = f64x2.mul(s1, v128.load(a, 16));
      v128.store(to, s0);
      v128.store(to, s1, 16);
    } else {
      const x0 = v128.load(a), x1 = v128.load(a, 16);
      const n0 = f64x2.add(s0, x0), n1 = f64x2.add(s1, x1);
      const a0 = f64x2.sub(n0, s0), a1 = f64x2.sub(n1, s1);
      l0 = f64x2.add(l0, f64x2.add(f64x2.sub(s0, f64x2.sub(n0, a0)), f64x2.sub(x0, a0)));
      l1 = f64x2.add(l1, f64x2.add(f64x2.sub(s1, f64x2.sub(n1, a1)), f64x2.sub(x1, a1)));
      s0 = n0;
      s1 = n1;
      v128.store(to, corrected(s0, l0));
      v128.store(to, corrected(s1, l1), 16);
    }
    a += step;
    to += step;
  }
}

/** The sums with what they lost; those that are not finite as they are. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function corrected(sum: v128, lost: v128): v128 {
  const finite = f64x2.eq(f64x2.sub(sum, sum), f64x2.splat(0));
  return f64x2.add(sum, v128.and(lost, finite));
}

/** The extreme so far, and where it is: of equals the last, and of NaN the last from the first NaN on. */
function extremes<T>(op: i32, n: usize, step: usize, a: usize, to: usize, indices: usize, indexStep: usize, position: i32, by: i32): void {
  if (n == 0) return;
  let best = load<T>(a);
  let found = position;
  for (let i: usize = 0; i < n; i++) {
    const x = load<T>(a);
    if ((op == MAX ? x >= best : x <= best) || x != x) {
      best = x;
      found = position;
    }
    store<T>(to, best);
    store<i32>(indices, found);
    a += step;
    to += step;
    indices += indexStep;
    position += by;
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function expOf(x: f64): f64 {
  return f64x2.extract_lane(exp<f64>(f64x2.splat(x)), 0);
}

/** ln of the running sum of e^x: the largest so far plus ln of the sum of e^(x - largest). */
function logarithms<T>(n: usize, step: usize, a: usize, to: usize): void {
  let largest = -Infinity;
  let sum: f64 = 0;
  for (let i: usize = 0; i < n; i++) {
    const x = <f64>load<T>(a);
    if (x > largest) {
      sum = sum * expOf(largest - x) + 1;
      largest = x;
    } else if (x == largest) sum += 1; // the difference of two equal infinities would be NaN
    else sum += expOf(x - largest);
    store<T>(to, <T>(largest + f64x2.extract_lane(log<f64>(f64x2.splat(sum)), 0)));
    a += step;
    to += step;
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function scan<T>(op: i32, outer: usize, n: usize, inner: usize, reverse: i32, a: usize, to: usize, indices: usize): void {
  const size = sizeof<T>();
  const run = n * inner;
  const step: usize = reverse ? 0 - inner * size : inner * size;
  const first: usize = reverse ? (n - 1) * inner : 0;
  for (let o: usize = 0; o < outer; o++) {
    let c: usize = 0;
    if (op <= PROD) {
      for (; c + 4 <= inner; c += 4) {
        const at = (first + c) * size;
        if (op == SUM) accumulateFour<T>(SUM, n, step, a + at, to + at);
        else accumulateFour<T>(PROD, n, step, a + at, to + at);
      }
    }
    for (; c < inner; c++) {
      const at = (first + c) * size;
      if (op == SUM) accumulate<T>(SUM, n, step, a + at, to + at);
      else if (op == PROD) accumulate<T>(PROD, n, step, a + at, to + at);
      else if (op == MAX || op == MIN) {
        const where = indices + (first + c) * 4;
        const indexStep: usize = reverse ? 0 - inner * 4 : inner * 4;
        extremes<T>(op, n, step, a + at, to + at, where, indexStep, reverse ? i32(n) - 1 : 0, reverse ? -1 : 1);
      } else logarithms<T>(n, step, a + at, to + at);
    }
    a += run * size;
    to += run * size;
    indices += run * 4;
  }
}

/** Codes: 0 sum, 1 prod, 2 max, 3 min (these two also write to `indices`), 4 logsumexp. n is at least 1. */
export function scan4(op: i32, outer: usize, n: usize, inner: usize, reverse: i32, a: usize, to: usize, indices: usize): void {
  scan<f32>(op, outer, n, inner, reverse, a, to, indices);
}

export function scan8(op: i32, outer: usize, n: usize, inner: usize, reverse: i32, a: usize, to: usize, indices: usize): void {
  scan<f64>(op, outer, n, inner, reverse, a, to, indices);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function recurrence<T>(outer: usize, n: usize, inner: usize, reverse: i32, lag: i32, a: usize, b: usize, to: usize): void {
  const size = sizeof<T>();
  const bytes = n * inner * size;
  const step: usize = reverse ? 0 - inner * size : inner * size;
  const first: usize = reverse ? (n - 1) * inner * size : 0;
  // The factor of the second element: its own, or that of the first.
  const ahead: usize = lag ? 0 : step;
  for (let o: usize = 0; o < outer; o++) {
    for (let c: usize = 0; c < inner; c++) {
      let at = first + c * size;
      let carried = <f64>load<T>(b + at);
      store<T>(to + at, <T>carried);
      for (let i: usize = 1; i < n; i++) {
        carried = <f64>load<T>(b + at + step) + <f64>load<T>(a + at + ahead) * carried;
        at += step;
        store<T>(to + at, <T>carried);
      }
    }
    a += bytes;
    b += bytes;
    to += bytes;
  }
}

/** to[i] = b[i] + factor * to[before i], where the factor is a[i], or a[before i] if `lag`. n is at least 1. */
export function recurrence4(outer: usize, n: usize, inner: usize, reverse: i32, lag: i32, a: usize, b: usize, to: usize): void {
  recurrence<f32>(outer, n, inner, reverse, lag, a, b, to);
}

export function recurrence8(outer: usize, n: usize, inner: usize, reverse: i32, lag: i32, a: usize, b: usize, to: usize): void {
  recurrence<f64>(outer, n, inner, reverse, lag, a, b, to);
}
