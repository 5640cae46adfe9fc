// The columns of a convolution: the windows of an image side by side, and their transpose. One to three spatial dims, the leading ones of size 1
// where there are fewer. Addresses and strides in bytes.
//
// Geometry, as i32: channels, size[3], channel stride, stride of x[3], kernel[3], positions[3], stride[3], padding[3], dilation[3].

// @ts-ignore: decorator
@inline
function field(geometry: usize, i: usize): i32 {
  return load<i32>(geometry + (i << 2));
}

// @ts-ignore: decorator
@inline
function zeroRow<T>(to: usize, count: i32): void {
  const end = to + usize(count) * sizeof<T>();
  while (to + 16 <= end) {
    v128.store(to, v128.splat<T>(0));
    to += 16;
  }
  while (to < end) {
    store<T>(to, 0);
    to += sizeof<T>();
  }
}

/** columns[...] = x[...], or x[...] += columns[...] if `back` (a constant), for `count` elements of x that are `step` apart. */
// @ts-ignore: decorator
@inline
function moveRow<T>(back: bool, columns: usize, x: usize, step: usize, count: i32): void {
  const end = columns + usize(count) * sizeof<T>();
  if (step == sizeof<T>()) {
    while (columns + 16 <= end) {
      if (back) v128.store(x, v128.add<T>(v128.load(x), v128.load(columns)));
      else v128.store(columns, v128.load(x));
      columns += 16;
      x += 16;
    }
  }
  while (columns < end) {
    if (back) store<T>(x, load<T>(x) + load<T>(columns));
    else store<T>(columns, load<T>(x));
    columns += sizeof<T>();
    x += step;
  }
}

/** Rows [channel, tap] of the columns, of which `row` bytes apart `count` positions from `from` on, in C order. */
// @ts-ignore: decorator
@inline
function walk<T>(back: bool, columns: usize, row: usize, x: usize, geometry: usize, from: i32, count: i32): void {
  const channels = field(geometry, 0);
  const depth = field(geometry, 1), height = field(geometry, 2), width = field(geometry, 3);
  const xc = field(geometry, 4), xd = field(geometry, 5), xh = field(geometry, 6), xw = field(geometry, 7);
  const kd = field(geometry, 8), kh = field(geometry, 9), kw = field(geometry, 10);
  const ph = field(geometry, 12), pw = field(geometry, 13);
  const sd = field(geometry, 14), sh = field(geometry, 15), sw = field(geometry, 16);
  const td = field(geometry, 17), th = field(geometry, 18), tw = field(geometry, 19);
  const dd = field(geometry, 20), dh = field(geometry, 21), dw = field(geometry, 22);
  const first = from / pw;
  for (let c = 0; c < channels; c++) {
    for (let a = 0; a < kd; a++) {
      for (let b = 0; b < kh; b++) {
        for (let e = 0; e < kw; e++) {
          let ow = from - first * pw;
          let oh = first % ph;
          let od = first / ph;
          let to = columns;
          let left = count;
          while (left > 0) {
            const run = min(pw - ow, left);
            const z = od * sd - td + a * dd;
            const y = oh * sh - th + b * dh;
            const begin = ow * sw - tw + e * dw;
            // The positions low <= j < high of the run lie inside the image.
            let low = begin < 0 ? min((sw - 1 - begin) / sw, run) : 0;
            let high = begin < width ? min((width - 1 - begin) / sw + 1, run) : 0;
            if (u32(z) >= u32(depth) || u32(y) >= u32(height) || high <= low) {
              low = run;
              high = run;
            }
            if (!back) {
              zeroRow<T>(to, low);
              zeroRow<T>(to + usize(high) * sizeof<T>(), run - high);
            }
            const at = x + z * xd + y * xh + (begin + low * sw) * xw;
            moveRow<T>(back, to + usize(low) * sizeof<T>(), at, sw * xw, high - low);
            to += usize(run) * sizeof<T>();
            left -= run;
            ow = 0;
            if (++oh == ph) {
              oh = 0;
              od++;
            }
          }
          columns += row;
        }
      }
    }
    x += xc;
  }
}

export function unfold4(columns: usize, row: usize, x: usize, geometry: usize, from: i32, count: i32): void {
  walk<f32>(false, columns, row, x, geometry, from, count);
}

export function unfold8(columns: usize, row: usize, x: usize, geometry: usize, from: i32, count: i32): void {
  walk<f64>(false, columns, row, x, geometry, from, count);
}

export function fold4(columns: usize, row: usize, x: usize, geometry: usize, from: i32, count: i32): void {
  walk<f32>(true, columns, row, x, geometry, from, count);
}

export function fold8(columns: usize, row: usize, x: usize, geometry: usize, from: i32, count: i32): void {
  walk<f64>(true, columns, row, x, geometry, from, count);
}
