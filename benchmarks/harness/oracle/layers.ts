/** Layers, loss and update in float64 and plain loops, written from the formulas. */

/** [out, in, ...] and [out], with Adam's moments of each. */
export interface Layer {
  readonly inSize: number;
  readonly outSize: number;
  readonly parameters: readonly [weight: Float64Array, bias: Float64Array];
  readonly m: readonly [Float64Array, Float64Array];
  readonly v: readonly [Float64Array, Float64Array];
}

interface Arrays {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export function layerOf({ weight, bias }: Arrays): Layer {
  const pair = () => [new Float64Array(weight.length), new Float64Array(bias.length)] as const;
  return {
    inSize: weight.length / bias.length,
    outSize: bias.length,
    parameters: [Float64Array.from(weight), Float64Array.from(bias)],
    m: pair(),
    v: pair(),
  };
}

/** out[b, o] = sum over i of x[b, i] w[o, i] + bias[o] */
export function affine(x: Float64Array, layer: Layer, batch: number): Float64Array {
  const { inSize, outSize } = layer;
  const [weight, bias] = layer.parameters;
  const out = new Float64Array(batch * outSize);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outSize; o++) {
      let sum = bias[o];
      for (let i = 0; i < inSize; i++) sum += x[b * inSize + i] * weight[o * inSize + i];
      out[b * outSize + o] = sum;
    }
  }
  return out;
}

/** Mean cross-entropy of the softmax, and its gradient (softmax - one-hot) / batch in place of the logits. */
export function crossEntropy(logits: Float64Array, labels: Int32Array): number {
  const batch = labels.length;
  const classes = logits.length / batch;
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    const row = logits.subarray(b * classes, (b + 1) * classes);
    const max = row.reduce((a, z) => Math.max(a, z), -Infinity);
    const total = row.reduce((a, z) => a + Math.exp(z - max), 0);
    loss += Math.log(total) + max - row[labels[b]];
    for (let c = 0; c < classes; c++) {
      row[c] = (Math.exp(row[c] - max) / total - (c === labels[b] ? 1 : 0)) / batch;
    }
  }
  return loss / batch;
}

export function affineBackward(grad: Float64Array, x: Float64Array, layer: Layer, batch: number) {
  const { inSize, outSize } = layer;
  const weight = layer.parameters[0];
  const gradWeight = new Float64Array(weight.length);
  const gradBias = new Float64Array(outSize);
  const gradInput = new Float64Array(x.length);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outSize; o++) {
      const g = grad[b * outSize + o];
      if (g === 0) continue;
      gradBias[o] += g;
      for (let i = 0; i < inSize; i++) {
        gradWeight[o * inSize + i] += g * x[b * inSize + i];
        gradInput[b * inSize + i] += g * weight[o * inSize + i];
      }
    }
  }
  return { grads: [gradWeight, gradBias] as const, gradInput };
}

export interface AdamState {
  readonly parameter: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** Kingma and Ba 2015, algorithm 1, with the bias corrections as written there. */
export function adam(state: AdamState, gradient: ArrayLike<number>, step: number, rate: number): void {
  const { parameter: p, m, v } = state;
  const [correction1, correction2] = [1 - 0.9 ** step, 1 - 0.999 ** step];
  for (let i = 0; i < p.length; i++) {
    const g = gradient[i];
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    p[i] -= (rate * (m[i] / correction1)) / (Math.sqrt(v[i] / correction2) + 1e-8);
  }
}

export function adamOfLayer(
  layer: Layer,
  grads: readonly [Float64Array, Float64Array],
  step: number,
  rate: number,
): void {
  for (const k of [0, 1] as const) {
    adam({ parameter: layer.parameters[k], m: layer.m[k], v: layer.v[k] }, grads[k], step, rate);
  }
}
