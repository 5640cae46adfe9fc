import type { Layer } from './layers.js';

/** Square images of `from` channels become as large ones of `to`: 3x3, padding 1. */
export interface Grid {
  readonly batch: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Calls with the offsets of input, output and weight of every product in the convolution. */
function everyProduct(
  { batch, size, from, to }: Grid,
  visit: (input: number, output: number, weight: number) => void,
): void {
  const plane = size * size;
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < to; o++) {
      for (let c = 0; c < from; c++) {
        for (let tap = 0; tap < 9; tap++) {
          const [dy, dx] = [Math.floor(tap / 3) - 1, (tap % 3) - 1];
          for (let y = Math.max(0, -dy); y < Math.min(size, size - dy); y++) {
            for (let x = Math.max(0, -dx); x < Math.min(size, size - dx); x++) {
              visit(
                (b * from + c) * plane + (y + dy) * size + x + dx,
                (b * to + o) * plane + y * size + x,
                (o * from + c) * 9 + tap,
              );
            }
          }
        }
      }
    }
  }
}

export function convolution(x: Float64Array, layer: Layer, grid: Grid): Float64Array {
  const { batch, size, to } = grid;
  const [weight, bias] = layer.parameters;
  const plane = size * size;
  const out = Float64Array.from({ length: batch * to * plane }, (_, i) => bias[Math.floor(i / plane) % to]);
  everyProduct(grid, (i, o, w) => {
    out[o] += x[i] * weight[w];
  });
  return out;
}

export function convolutionBackward(grad: Float64Array, x: Float64Array, layer: Layer, grid: Grid) {
  const { size, to } = grid;
  const [weight] = layer.parameters;
  const plane = size * size;
  const gradWeight = new Float64Array(weight.length);
  const gradBias = new Float64Array(to);
  const gradInput = new Float64Array(x.length);
  everyProduct(grid, (i, o, w) => {
    gradWeight[w] += x[i] * grad[o];
    gradInput[i] += weight[w] * grad[o];
  });
  grad.forEach((g, i) => {
    gradBias[Math.floor(i / plane) % to] += g;
  });
  return { grads: [gradWeight, gradBias] as const, gradInput };
}

/** The offset of the largest element in each 2x2 window of every plane; of the first, where several are. */
function everyWindow(
  x: Float64Array,
  planes: number,
  size: number,
  visit: (largest: number, window: number) => void,
): void {
  const half = size / 2;
  for (let window = 0; window < planes * half * half; window++) {
    const [plane, y, column] = [
      Math.floor(window / (half * half)),
      Math.floor(window / half) % half,
      window % half,
    ];
    const corner = plane * size * size + 2 * y * size + 2 * column;
    let largest = corner;
    for (const other of [corner + 1, corner + size, corner + size + 1]) {
      if (x[other] > x[largest]) largest = other;
    }
    visit(largest, window);
  }
}

export function maxPool(x: Float64Array, planes: number, size: number): Float64Array {
  const out = new Float64Array(x.length / 4);
  everyWindow(x, planes, size, (largest, window) => {
    out[window] = x[largest];
  });
  return out;
}

export function maxPoolBackward(grad: Float64Array, x: Float64Array, planes: number, size: number) {
  const out = new Float64Array(x.length);
  everyWindow(x, planes, size, (largest, window) => {
    out[largest] = grad[window];
  });
  return out;
}
