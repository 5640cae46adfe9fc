// Max pools over windows given by tables, and sparse matrices along a dim. All arrays are contiguous.

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function field(table: usize, i: usize): i32 {
  return load<i32>(table + (i << 2));
}

/**
 * Four windows side by side, each two float32 wide and `rows` rows high, which are `step` elements apart; the first begins at element `first` of x.
 * Unless this is the beginning, what is in `out` and `indices` competes.
 */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function fourPairs(x: usize, first: i32, rows: i32, step: i32, out: usize, indices: usize, begin: bool): void {
  let at = i32x4.add(i32x4.splat(first), i32x4(0, 2, 4, 6));
  let from = x + (usize(first) << 2);
  let best: v128, positions: v128;
  if (begin) {
    best = v128.shuffle<i32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6);
    positions = at;
  } else {
    best = v128.load(out);
    positions = v128.load(indices);
  }
  for (; rows > 0; rows--) {
    const low = v128.load(from), high = v128.load(from, 16);
    let value = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    let wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
    best = v128.bitselect(value, best, wins);
    positions = v128.bitselect(at, positions, wins);
    value = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
    wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
    best = v128.bitselect(value, best, wins);
    positions = v128.bitselect(i32x4.add(at, i32x4.splat(1)), positions, wins);
    at = i32x4.add(at, i32x4.splat(step));
    from += usize(step) << 2;
  }
  v128.store(out, best);
  v128.store(indices, positions);
}

/**
 * The largest element of each window of planes [depth, height, width], and where it is. `tables`, as i32: positions[3], step[3], addresses of
 * start[3], addresses of end[3], and whether window i of the last dim is the elements 2 i and 2 i + 1.
 */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function maxPool<T>(x: usize, planes: i32, depth: i32, height: i32, width: i32, tables: usize, out: usize, indices: usize): void {
  const pd = field(tables, 0), ph = field(tables, 1), pw = field(tables, 2);
  const sd = field(tables, 3), sh = field(tables, 4), sw = field(tables, 5);
  const startD: usize = field(tables, 6), startH: usize = field(tables, 7), startW: usize = field(tables, 8);
  const endD: usize = field(tables, 9), endH: usize = field(tables, 10), endW: usize = field(tables, 11);
  const pairs = sizeof<T>() == 4 && pw >= 4 && field(tables, 12) != 0;
  const planeBytes = usize(depth * height * width) * sizeof<T>();
  for (let plane = 0; plane < planes; plane++) {
    for (let od = 0; od < pd; od++) {
      const d0 = field(startD, od), d1 = field(endD, od);
      for (let oh = 0; oh < ph; oh++) {
        const h0 = field(startH, oh), h1 = field(endH, oh);
        let ow = 0;
        if (pairs) {
          const rows = (h1 - h0 + sh - 1) / sh;
          while (ow < pw) {
            // The last four may repeat some of those before.
            const back = max(ow + 4 - pw, 0);
            ow -= back;
            out -= usize(back) << 2;
            indices -= usize(back) << 2;
            for (let d = d0; d < d1; d += sd) {
              fourPairs(x, (d * height + h0) * width + 2 * ow, rows, sh * width, out, indices, d == d0);
            }
            ow += 4;
            out += 16;
            indices += 16;
          }
        }
        for (; ow < pw; ow++) {
          const w0 = field(startW, ow), w1 = field(endW, ow);
          let position = (d0 * height + h0) * width + w0;
          let best = load<T>(x + usize(position) * sizeof<T>());
          for (let d = d0; d < d1; d += sd) {
            for (let h = h0; h < h1; h += sh) {
              const row = (d * height + h) * width;
              for (let w = w0; w < w1; w += sw) {
                const value = load<T>(x + usize(row + w) * sizeof<T>());
                // A NaN is not equal to itself. The position is selected and the element read again: no processor can predict which wins, and V8
                // branches to select floats.
                position = select(row + w, position, i32(value > best) | i32(value != value));
                best = load<T>(x + usize(position) * sizeof<T>());
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
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
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
