// Max pools over windows given by tables, and sparse matrices along a dim. All arrays are contiguous.

// @ts-ignore: decorator
@inline
function field(table: usize, i: usize): i32 {
  return load<i32>(table + (i << 2));
}

/**
 * The largest element of each window of planes [depth, height, width], and where it is. `tables`, as i32: positions[3], step[3], addresses of
 * start[3], addresses of end[3].
 */
// @ts-ignore: decorator
@inline
function maxPool<T>(x: usize, planes: i32, depth: i32, height: i32, width: i32, tables: usize, out: usize, indices: usize): void {
  const pd = field(tables, 0), ph = field(tables, 1), pw = field(tables, 2);
  const sd = field(tables, 3), sh = field(tables, 4), sw = field(tables, 5);
  const startD: usize = field(tables, 6), startH: usize = field(tables, 7), startW: usize = field(tables, 8);
  const endD: usize = field(tables, 9), endH: usize = field(tables, 10), endW: usize = field(tables, 11);
  const planeBytes = usize(depth * height * width) * sizeof<T>();
  for (let plane = 0; plane < planes; plane++) {
    for (let od = 0; od < pd; od++) {
      const d0 = field(startD, od), d1 = field(endD, od);
      for (let oh = 0; oh < ph; oh++) {
        const h0 = field(startH, oh), h1 = field(endH, oh);
        for (let ow = 0; ow < pw; ow++) {
          const w0 = field(startW, ow), w1 = field(endW, ow);
          let position = (d0 * height + h0) * width + w0;
          let best = load<T>(x + usize(position) * sizeof<T>());
          for (let d = d0; d < d1; d += sd) {
            for (let h = h0; h < h1; h += sh) {
              const row = (d * height + h) * width;
              for (let w = w0; w < w1; w += sw) {
                const value = load<T>(x + usize(row + w) * sizeof<T>());
                // A NaN is not equal to itself.
                if (value > best || value != value) {
                  best = value;
                  position = row + w;
                }
              }
            }
          }
          store<T>(out, best);
          store<i32>(indices, position);
          out += sizeof<T>();
          indices += 4;
        }
      }
    }
    x += planeBytes;
  }
}

export function maxPool4(x: usize, planes: i32, depth: i32, height: i32, width: i32, tables: usize, out: usize, indices: usize): void {
  maxPool<f32>(x, planes, depth, height, width, tables, out, indices);
}

export function maxPool8(x: usize, planes: i32, depth: i32, height: i32, width: i32, tables: usize, out: usize, indices: usize): void {
  maxPool<f64>(x, planes, depth, height, width, tables, out, indices);
}

/** out [outer, rows, inner] = the sparse matrix [rows, columns] times x [outer, columns, inner]. */
// @ts-ignore: decorator
@inline
function sparseAlong<T>(
  out: usize, x: usize, outer: usize, rows: usize, columns: usize, inner: usize, offsets: usize, indices: usize, weights: usize,
): void {
  const innerBytes = inner * sizeof<T>();
  for (let i: usize = 0; i < outer; i++) {
    for (let row: usize = 0; row < rows; row++) {
      const begin: usize = field(offsets, row), end: usize = field(offsets, row + 1);
      let at: usize = 0;
      for (; at + 16 <= innerBytes; at += 16) {
        let sum = v128.splat<T>(0);
        for (let j = begin; j < end; j++) {
          const from = x + usize(field(indices, j)) * innerBytes + at;
          sum = v128.add<T>(sum, v128.mul<T>(v128.splat<T>(load<T>(weights + j * sizeof<T>())), v128.load(from)));
        }
        v128.store(out + at, sum);
      }
      for (; at < innerBytes; at += sizeof<T>()) {
        let sum: T = 0;
        for (let j = begin; j < end; j++) {
          sum += load<T>(weights + j * sizeof<T>()) * load<T>(x + usize(field(indices, j)) * innerBytes + at);
        }
        store<T>(out + at, sum);
      }
      out += innerBytes;
    }
    x += columns * innerBytes;
  }
}

export function sparseAlong4(
  out: usize, x: usize, outer: usize, rows: usize, columns: usize, inner: usize, offsets: usize, indices: usize, weights: usize,
): void {
  sparseAlong<f32>(out, x, outer, rows, columns, inner, offsets, indices, weights);
}

export function sparseAlong8(
  out: usize, x: usize, outer: usize, rows: usize, columns: usize, inner: usize, offsets: usize, indices: usize, weights: usize,
): void {
  sparseAlong<f64>(out, x, outer, rows, columns, inner, offsets, indices, weights);
}
