import type { ConvolutionGeometry } from '../interface.js';
import { elementCount, isFloating, unsupported, type View } from './view.js';

/** Offsets in `data` of the elements of the dims from `first` on, in C order. */
function offsets(view: View, first: number, last: number = view.shape.length): Int32Array {
  let list = [0];
  for (let d = first; d < last; d++) {
    const next: number[] = [];
    for (const base of list) for (let i = 0; i < view.shape[d]; i++) next.push(base + i * view.strides[d]);
    list = next;
  }
  return Int32Array.from(list);
}

/** For output position p and tap k (both in C order) at [p * taps + k]: the position read in the input, in C order, or -1 for padding. */
function readings(
  input: readonly number[],
  kernel: readonly number[],
  output: readonly number[],
  { stride, padding, dilation }: ConvolutionGeometry,
): Int32Array {
  const taps = elementCount(kernel);
  const positions = elementCount(output);
  const table = new Int32Array(positions * taps);
  for (let p = 0; p < positions; p++) {
    for (let k = 0; k < taps; k++) {
      let [position, tap, at, step] = [p, k, 0, 1];
      for (let d = input.length - 1; d >= 0; d--) {
        const i = (position % output[d]) * stride[d] - padding[d] + (tap % kernel[d]) * dilation[d];
        position = Math.floor(position / output[d]);
        tap = Math.floor(tap / kernel[d]);
        if (i < 0 || i >= input[d]) at = -1;
        else if (at >= 0) at += i * step;
        step *= input[d];
      }
      table[p * taps + k] = at;
    }
  }
  return table;
}

function check(op: string, ...views: readonly View[]): void {
  const { dtype } = views[0];
  for (const view of views) {
    if (!isFloating(view.dtype)) throw unsupported(op, view.dtype, 'float32 or float64');
    if (view.dtype !== dtype) throw unsupported(op, view.dtype, `${dtype} like the others`);
  }
}

/** Visits every product of the trilinear form: x at [n, c, s], weight at [o, c in its group, k], output at [n, o, p]. */
function products(
  x: View,
  weight: View,
  output: View,
  geometry: ConvolutionGeometry,
  visit: (xAt: number, weightAt: number, outputAt: number) => void,
): void {
  const [batch, outputs] = output.shape;
  const channels = weight.shape[1];
  const perGroup = outputs / geometry.groups;
  const table = readings(x.shape.slice(2), weight.shape.slice(2), output.shape.slice(2), geometry);
  const [xs, ks, ps] = [x, weight, output].map(view => offsets(view, 2));
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / perGroup) * channels;
      for (let p = 0; p < ps.length; p++) {
        const outputAt = output.offset + n * output.strides[0] + o * output.strides[1] + ps[p];
        for (let c = 0; c < channels; c++) {
          const xAt = x.offset + n * x.strides[0] + (first + c) * x.strides[1];
          const weightAt = weight.offset + o * weight.strides[0] + c * weight.strides[1];
          for (let k = 0; k < ks.length; k++) {
            const s = table[p * ks.length + k];
            if (s >= 0) visit(xAt + xs[s], weightAt + ks[k], outputAt);
          }
        }
      }
    }
  }
}

/** Sums go to doubles, one for each element of `out`, and are rounded once. */
function accumulate(out: View, run: (sums: Float64Array) => void): void {
  const sums = new Float64Array(elementCount(out.shape));
  run(sums);
  for (let i = 0; i < sums.length; i++) out.data[out.offset + i] = sums[i];
}

export function forward(x: View, weight: View, out: View, geometry: ConvolutionGeometry): void {
  check('convolution', x, weight, out);
  accumulate(out, sums =>
    products(x, weight, out, geometry, (i, j, k) => {
      sums[k - out.offset] += x.data[i] * weight.data[j];
    }),
  );
}

export function inputGrad(gradOutput: View, weight: View, out: View, geometry: ConvolutionGeometry): void {
  check('convolutionInputGrad', gradOutput, weight, out);
  accumulate(out, sums =>
    products(out, weight, gradOutput, geometry, (i, j, k) => {
      sums[i - out.offset] += gradOutput.data[k] * weight.data[j];
    }),
  );
}

export function weightGrad(x: View, gradOutput: View, out: View, geometry: ConvolutionGeometry): void {
  check('convolutionWeightGrad', x, gradOutput, out);
  accumulate(out, sums =>
    products(x, out, gradOutput, geometry, (i, j, k) => {
      sums[j - out.offset] += x.data[i] * gradOutput.data[k];
    }),
  );
}

/** Visits every element of the columns with the element of x it stands for, or -1 for padding. */
function pairs(
  x: View,
  columns: View,
  geometry: ConvolutionGeometry,
  visit: (xAt: number, columnsAt: number) => void,
): void {
  const middle = x.shape.length;
  const table = readings(
    x.shape.slice(2),
    columns.shape.slice(2, middle),
    columns.shape.slice(middle),
    geometry,
  );
  const xs = offsets(x, 2);
  const ks = offsets(columns, 2, middle);
  const ps = offsets(columns, middle);
  for (let n = 0; n < x.shape[0]; n++) {
    for (let c = 0; c < x.shape[1]; c++) {
      const xAt = x.offset + n * x.strides[0] + c * x.strides[1];
      const columnsAt = columns.offset + n * columns.strides[0] + c * columns.strides[1];
      for (let k = 0; k < ks.length; k++)
        for (let p = 0; p < ps.length; p++) {
          const s = table[p * ks.length + k];
          visit(s < 0 ? -1 : xAt + xs[s], columnsAt + ks[k] + ps[p]);
        }
    }
  }
}

export function unfold(x: View, out: View, geometry: ConvolutionGeometry): void {
  check('unfold', x, out);
  pairs(x, out, geometry, (i, j) => {
    out.data[j] = i < 0 ? 0 : x.data[i];
  });
}

export function fold(columns: View, out: View, geometry: ConvolutionGeometry): void {
  check('fold', columns, out);
  accumulate(out, sums =>
    pairs(out, columns, geometry, (i, j) => {
      if (i >= 0) sums[i - out.offset] += columns.data[j];
    }),
  );
}
