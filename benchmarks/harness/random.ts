/**
 * Seeded numbers in plain JavaScript, so that data depend on no library under test: Marsaglia's xorshift with 32 bits
 * and the shifts 13, 17, 5 (Xorshift RNGs, 2003). Uniform in [0, 1). The seed is a whole number other than 0.
 */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  // Small seeds start with small numbers.
  for (let i = 0; i < 20; i++) next();
  return next;
}

export function filled(random: () => number, length: number, from: number, to: number): Float32Array {
  return Float32Array.from({ length }, () => from + (to - from) * random());
}

/** Weight and bias uniform in +-1/sqrt(in), PyTorch's default for linear layers and convolutions. */
export function layer(random: () => number, inSize: number, outSize: number) {
  const bound = 1 / Math.sqrt(inSize);
  return {
    weight: filled(random, outSize * inSize, -bound, bound),
    bias: filled(random, outSize, -bound, bound),
  };
}
