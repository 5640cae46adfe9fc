/**
 * The second build as its difference from the first, since the two share most of their code. A delta is a list of steps, each
 *
 *   n, n bytes     these bytes
 *   m, d           m bytes of the base, from d beyond the end of the last such run (d is signed: even is d / 2, odd is -(d + 1) / 2)
 *
 * with numbers in base 128, low digits first, the high bit saying that more follow. scripts/assembly.ts writes it.
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = delta[at++];
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const out = new Uint8Array(number());
  let to = 0;
  let from = 0;
  while (to < out.length) {
    const literal = number();
    out.set(delta.subarray(at, at + literal), to);
    at += literal;
    to += literal;
    const run = number();
    const distance = number();
    from += distance & 1 ? -((distance + 1) >> 1) : distance >> 1;
    out.set(base.subarray(from, from + run), to);
    from += run;
    to += run;
  }
  return out;
}
