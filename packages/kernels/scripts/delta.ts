/** Runs of the base shorter than this are not worth their two numbers. */
const shortest = 8;

/** The steps that `applyDelta` (src/wasm/delta.ts) takes from `base` to `target`. */
export function makeDelta(base: Uint8Array, target: Uint8Array): Uint8Array {
  const out: number[] = [];
  const number = (value: number): void => {
    for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
    out.push(value);
  };
  const key = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + shortest).join();
  const places = new Map<string, number[]>();
  for (let i = 0; i + shortest <= base.length; i++) {
    const k = key(base, i);
    const list = places.get(k);
    if (list === undefined) places.set(k, [i]);
    else list.push(i);
  }
  number(target.length);
  let literal: number[] = [];
  let from = 0;
  const step = (run: number, start: number): void => {
    number(literal.length);
    out.push(...literal);
    literal = [];
    const distance = start - from;
    number(run);
    number(distance < 0 ? -2 * distance - 1 : 2 * distance);
    from = start + run;
  };
  for (let to = 0; to < target.length; ) {
    let best = 0;
    let where = 0;
    for (const place of places.get(key(target, to)) ?? []) {
      let n = shortest;
      while (to + n < target.length && place + n < base.length && base[place + n] === target[to + n]) n++;
      // Of equally long runs the nearest: small numbers compress well.
      if (n > best || (n === best && Math.abs(place - from) < Math.abs(where - from))) {
        best = n;
        where = place;
      }
    }
    if (best >= shortest) {
      step(best, where);
      to += best;
    } else literal.push(target[to++]);
  }
  if (literal.length > 0) step(0, from);
  return Uint8Array.from(out);
}
