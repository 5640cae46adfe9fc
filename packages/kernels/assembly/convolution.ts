// Convolutions as matrix products: output [outputs, positions] = weight [outputs, depth] x columns [depth, positions] for each image and group,
// where depth counts channels and taps. The columns exist a block at a time, already in the form that the product wants.
//
// Where there is padding, the image is first copied into a frame of zeros. After that element (channel, tap) of position p stands at
// rows[channel, tap] + origins[p], whatever the number of spatial dims, stride and dilation; and neighbouring positions are mostly neighbours in
// memory, so that they move as vectors. Addresses, strides and the entries of both tables are in bytes.

import { LONG, rowsTimesRows } from './inner';
import { blockOf, finish, madd, MC, packB, RELU, splatAt, TILES, tiles } from './tile';

// Fields of the plan, each an i32: the same as in src/wasm/convolutionPlan.ts.
const DEPTH = 0, OUTPUTS = 1, POSITIONS = 2, GROUPS = 3, ROWS = 4, ORIGINS = 5;
/** Whether the image is read, or written, where it is, without a frame. */
const IN_PLACE = 6;
const FRAME_BYTES = 7, CHANNELS = 8;
/** Three sizes; the leading ones are 1 where there are fewer dims. */
const SIZES = 9;
const X_IMAGE = 12, X_CHANNEL = 13;
/** Of the three dims. */
const X_STRIDES = 14;
const FRAME_CHANNEL = 17, FRAME_PLANE = 18, FRAME_ROW = 19;
/** Where the first element of an image stands in its frame. */
const INTERIOR = 20;
/** Positions that are done at a time: a multiple of what two vectors hold. */
const BLOCK = 21;
/** Whether the columns of an image are the image. */
const POINTWISE = 22;
/**
 * For each vector of positions, its first origin if they are neighbours in memory; 2 j + 1 if they are two runs of neighbours, of which the second begins with
 * lane j; and 1 otherwise.
 */
const LEADS = 23;
/** Whether there are so few outputs that a product of matrices would be mostly empty, as in depthwise convolutions. */
const DIRECT = 24;
/** The depth, also in the plan of a part of the channels: what is decided by it must not depend on how many threads there are. */
const DEPTH_OF_ALL = 25;

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function field(plan: usize, i: i32): usize {
  return load<u32>(plan + (i << 2));
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function frameEnd(plan: usize, scratch: usize): usize {
  return scratch + TILES + ((field(plan, FRAME_BYTES) + 63) & ~63);
}

/** frame = x, or x = frame if `back`, of one image and group; the border of the frame is left alone. */
function moveImage<T>(back: bool, plan: usize, x: usize, frame: usize): void {
  const channels = field(plan, CHANNELS);
  const depth = field(plan, SIZES), height = field(plan, SIZES + 1), width = field(plan, SIZES + 2);
  const xc = field(plan, X_CHANNEL), xd = field(plan, X_STRIDES), xh = field(plan, X_STRIDES + 1), xw = field(plan, X_STRIDES + 2);
  const fc = field(plan, FRAME_CHANNEL), fd = field(plan, FRAME_PLANE), fh = field(plan, FRAME_ROW);
  frame += field(plan, INTERIOR);
  for (let c: usize = 0; c < channels; c++) {
    for (let d: usize = 0; d < depth; d++) {
      for (let h: usize = 0; h < height; h++) {
        let at = x + c * xc + d * xd + h * xh;
        let to = frame + c * fc + d * fd + h * fh;
        const end = to + width * sizeof<T>();
        if (xw == sizeof<T>()) {
          for (; to + 16 <= end; to += 16) {
            if (back) v128.store(at, v128.load(to));
            else v128.store(to, v128.load(at));
            at += 16;
          }
        }
        for (; to < end; to += sizeof<T>()) {
          if (back) store<T>(at, load<T>(to));
          else store<T>(to, load<T>(at));
          at += xw;
        }
      }
    }
  }
}

/** Element of position number `lane` after `o`, of the tap at `from`. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function element<T>(from: usize, o: usize, lane: usize): usize {
  return from + load<i32>(o + lane * 4);
}

/** The vector of positions at `o`, of the tap at `from`. */
function gatherVector<T>(from: usize, o: usize): v128 {
  let x = v128.splat<T>(load<T>(element<T>(from, o, 0)));
  x = v128.replace_lane<T>(x, 1, load<T>(element<T>(from, o, 1)));
  if (sizeof<T>() == 4) {
    x = v128.replace_lane<T>(x, 2, load<T>(element<T>(from, o, 2)));
    x = v128.replace_lane<T>(x, 3, load<T>(element<T>(from, o, 3)));
  }
  return x;
}

/** Writes one vector of positions, of the table rows from `r` to `end`, `step` bytes apart. */
function unfoldVector<T>(image: usize, r: usize, end: usize, lead: i32, o: usize, to: usize, step: usize): void {
  if (!(lead & 1)) {
    const from = image + lead;
    for (; r < end; r += 4) {
      v128.store(to, v128.load(from + load<i32>(r)));
      to += step;
    }
  } else if (lead > 1) {
    // Two runs: from the first lane on, and up to the last. Both loads are whole; what they have too much is masked.
    const from = image + load<i32>(o);
    const other = image + load<i32>(o + (16 / sizeof<T>() - 1) * 4) + sizeof<T>() - 16;
    const split = v128.splat<i32>(lead >> 1);
    const mask = sizeof<T>() == 4 ? v128.lt<i32>(i32x4(0, 1, 2, 3), split) : v128.lt<i32>(i32x4(0, 0, 1, 1), split);
    for (; r < end; r += 4) {
      const at = load<i32>(r);
      v128.store(to, v128.bitselect(v128.load(from + at), v128.load(other + at), mask));
      to += step;
    }
  } else {
    for (; r < end; r += 4) {
      v128.store(to, gatherVector<T>(image + load<i32>(r), o));
      to += step;
    }
  }
}

/**
 * Writes the columns of `vectors` vectors of positions from `p` on, for rows `first` to `first + count` of the table: as panels two vectors wide, or as
 * rows `row` bytes apart if that is not 0.
 */
function unfold<T>(plan: usize, image: usize, first: usize, count: usize, p: usize, vectors: usize, columns: usize, row: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const step: usize = row ? row : 32;
  const begin = field(plan, ROWS) + first * 4;
  const end = begin + count * 4;
  let lead = field(plan, LEADS) + p / lanes * 4;
  let o = field(plan, ORIGINS) + p * 4;
  for (let v: usize = 0; v < vectors; v += 2) {
    const x = load<i32>(lead);
    const y = load<i32>(lead + 4);
    if (v + 1 < vectors && !((x | y) & 1)) {
      const a = image + x;
      const b = image + y;
      let to = columns;
      for (let r = begin; r < end; r += 4) {
        const at = load<i32>(r);
        v128.store(to, v128.load(a + at));
        v128.store(to, v128.load(b + at), 16);
        to += step;
      }
    } else {
      unfoldVector<T>(image, begin, end, x, o, columns, step);
      if (v + 1 < vectors) unfoldVector<T>(image, begin, end, y, o + lanes * 4, columns + 16, step);
    }
    columns += row ? 32 : 32 * count;
    lead += 8;
    o += 2 * lanes * 4;
  }
}

/**
 * image[...] += columns[...]: the transpose of the above, of columns as rows, for `positions` positions. Row by row, because neighbouring taps hit the same
 * elements: a load that overlaps a recent store in part waits for it.
 */
function fold<T>(plan: usize, image: usize, first: usize, count: usize, p: usize, positions: usize, columns: usize, row: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const begin = field(plan, ROWS) + first * 4;
  const end = begin + count * 4;
  const leads = field(plan, LEADS) + p / lanes * 4;
  const origins = field(plan, ORIGINS) + p * 4;
  for (let r = begin; r < end; r += 4) {
    const to = image + load<i32>(r);
    let lead = leads;
    let from = columns;
    for (let q: usize = 0; q < positions; q += lanes) {
      const valid = min(lanes, positions - q);
      const origin = load<i32>(lead);
      if (!(origin & 1) && valid == lanes) {
        v128.store(to + origin, v128.add<T>(v128.load(to + origin), v128.load(from)));
      } else {
        for (let l: usize = 0; l < valid; l++) {
          const at = element<T>(to, origins + q * 4, l);
          store<T>(at, load<T>(at) + load<T>(from + l * sizeof<T>()));
        }
      }
      lead += 4;
      from += 16;
    }
    columns += row;
  }
}

/** One output of one image. */
function direct<T>(plan: usize, image: usize, weight: usize, out: usize, tile: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const positions = field(plan, POSITIONS);
  const rows = field(plan, ROWS);
  const end = rows + field(plan, DEPTH) * 4;
  let lead = field(plan, LEADS);
  let o = field(plan, ORIGINS);
  for (let p: usize = 0; p < positions; p += lanes) {
    let sum = v128.splat<T>(0);
    let w = weight;
    const origin = load<i32>(lead);
    if (!(origin & 1)) {
      const from = image + origin;
      for (let r = rows; r < end; r += 4) {
        sum = madd<T>(splatAt<T>(w), v128.load(from + load<i32>(r)), sum);
        w += sizeof<T>();
      }
    } else {
      for (let r = rows; r < end; r += 4) {
        sum = madd<T>(splatAt<T>(w), gatherVector<T>(image + load<i32>(r), o), sum);
        w += sizeof<T>();
      }
    }
    if (p + lanes <= positions) v128.store(out, sum);
    else {
      v128.store(tile, sum);
      memory.copy(out, tile, (positions - p) * sizeof<T>());
    }
    out += 16;
    lead += 4;
    o += lanes * 4;
  }
}

/** image += the gradient of one output, put back through the windows; tap by tap, as in `fold`. */
function directBack<T>(plan: usize, image: usize, weight: usize, grad: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const positions = field(plan, POSITIONS);
  const rows = field(plan, ROWS);
  const end = rows + field(plan, DEPTH) * 4;
  for (let r = rows; r < end; r += 4) {
    const to = image + load<i32>(r);
    const w = splatAt<T>(weight);
    const scalar = load<T>(weight);
    let lead = field(plan, LEADS);
    let from = grad;
    for (let p: usize = 0; p < positions; p += lanes) {
      const valid = min(lanes, positions - p);
      const origin = load<i32>(lead);
      if (!(origin & 1) && valid == lanes) {
        v128.store(to + origin, madd<T>(w, v128.load(from), v128.load(to + origin)));
      } else {
        for (let l: usize = 0; l < valid; l++) {
          const at = element<T>(to, field(plan, ORIGINS) + p * 4, l);
          store<T>(at, load<T>(at) + scalar * load<T>(from + l * sizeof<T>()));
        }
      }
      lead += 4;
      from += 16;
    }
    weight += sizeof<T>();
  }
}

/** weight += the inner products of the gradient of one output with what each tap read. */
function directWeight<T>(plan: usize, image: usize, grad: usize, weight: usize, tile: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const positions = field(plan, POSITIONS);
  const rows = field(plan, ROWS);
  const end = rows + field(plan, DEPTH) * 4;
  // What follows the last position may be anything, even NaN.
  const whole = positions - positions % lanes;
  v128.store(tile, v128.splat<T>(0));
  memory.copy(tile, grad + whole * sizeof<T>(), (positions - whole) * sizeof<T>());
  for (let r = rows; r < end; r += 4) {
    const from = image + load<i32>(r);
    let lead = field(plan, LEADS);
    let sum = v128.splat<T>(0);
    for (let p: usize = 0; p < positions; p += lanes) {
      const y = v128.load(p < whole ? grad + p * sizeof<T>() : tile);
      const origin = load<i32>(lead);
      sum = madd<T>(y, origin & 1 ? gatherVector<T>(from, field(plan, ORIGINS) + p * 4) : v128.load(from + origin), sum);
      lead += 4;
    }
    let total = v128.extract_lane<T>(sum, 0) + v128.extract_lane<T>(sum, 1);
    if (sizeof<T>() == 4) total += v128.extract_lane<T>(sum, 2) + v128.extract_lane<T>(sum, 3);
    store<T>(weight, load<T>(weight) + total);
    weight += sizeof<T>();
  }
}

/** Vectors of positions in a block that begins with position `from` and has `count`. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function vectorsOf<T>(count: usize): usize {
  const lanes: usize = 16 / sizeof<T>();
  return (count + lanes - 1) / lanes;
}

/** Bytes of scratch for the images of one call of the functions below: the tiles, the frame, and the blocks of the product. */
export function convolutionScratch(plan: usize, size: usize): usize {
  const depth = field(plan, DEPTH);
  const nr: usize = 32 / size;
  const width = (field(plan, BLOCK) + nr) * size;
  const columns = max(max(min(depth, MC), blockOf(depth)) * width, depth * size);
  return frameEnd(plan, 0) + columns + (field(plan, OUTPUTS) + nr) * width + 64;
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function forward<T>(
  plan: usize, first: usize, last: usize, x: usize, weight: usize, out: usize, bias: usize, flags: i32, scratch: usize,
): void {
  const lanes: usize = 16 / sizeof<T>();
  const depth = field(plan, DEPTH), outputs = field(plan, OUTPUTS), positions = field(plan, POSITIONS), groups = field(plan, GROUPS);
  const inPlace = field(plan, IN_PLACE), block = field(plan, BLOCK);
  const frame = scratch + TILES;
  const panels = frameEnd(plan, scratch);
  const kcMax = blockOf(depth);
  const weightRow = depth * sizeof<T>(), outRow = positions * sizeof<T>();
  if (!inPlace) memory.fill(frame, 0, field(plan, FRAME_BYTES));
  for (let n = first; n < last; n++) {
    for (let g: usize = 0; g < groups; g++) {
      let image = x + n * field(plan, X_IMAGE) + g * field(plan, CHANNELS) * field(plan, X_CHANNEL);
      if (!inPlace) {
        moveImage<T>(false, plan, image, frame);
        image = frame;
      }
      const w = weight + g * outputs * weightRow;
      const to = out + (n * groups + g) * outputs * outRow;
      const own = bias ? bias + g * outputs * sizeof<T>() : 0;
      const finishes = bias || flags & RELU;
      // Without channels there are no steps that would write the sums.
      if (!depth) memory.fill(to, 0, outputs * outRow);
      if (field(plan, DIRECT)) {
        for (let o: usize = 0; o < outputs; o++) direct<T>(plan, image, w + o * weightRow, to + o * outRow, scratch);
        if (finishes) finish<T>(outputs, positions, to, outRow, own, true, flags);
        continue;
      }
      for (let p: usize = 0; p < positions; p += block) {
        const count = min(block, positions - p);
        // An even number of vectors: the table of origins goes on to the next.
        const vectors = (vectorsOf<T>(count) + 1) & ~1;
        for (let k: usize = 0; k < depth; k += kcMax) {
          const kc = min(kcMax, depth - k);
          unfold<T>(plan, image, k, kc, p, vectors, panels, 0);
          tiles<T>(true, outputs, count, kc, w + k * sizeof<T>(), weightRow, panels, 32, to + p * sizeof<T>(), outRow, i32(k > 0), scratch);
        }
        if (finishes) finish<T>(outputs, count, to + p * sizeof<T>(), outRow, own, true, flags);
      }
    }
  }
}

/** `weight` is transposed: [depth, outputs] of each group; `out` is zero where there is no frame and the convolution is not pointwise. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function inputGrad<T>(plan: usize, first: usize, last: usize, grad: usize, weight: usize, out: usize, scratch: usize): void {
  const depth = field(plan, DEPTH), outputs = field(plan, OUTPUTS), positions = field(plan, POSITIONS), groups = field(plan, GROUPS);
  const inPlace = field(plan, IN_PLACE), block = field(plan, BLOCK);
  const pointwise = field(plan, POINTWISE);
  const frame = scratch + TILES;
  const panels = frameEnd(plan, scratch);
  const columns = panels + ((outputs * (block * sizeof<T>() + 32) + 63) & ~63);
  const kcMax = blockOf(outputs);
  const weightRow = outputs * sizeof<T>(), gradRow = positions * sizeof<T>();
  for (let n = first; n < last; n++) {
    for (let g: usize = 0; g < groups; g++) {
      const target = out + n * field(plan, X_IMAGE) + g * field(plan, CHANNELS) * field(plan, X_CHANNEL);
      let image = target;
      if (!inPlace) {
        memory.fill(frame, 0, field(plan, FRAME_BYTES));
        image = frame;
      }
      const w = weight + g * depth * weightRow;
      const from = grad + (n * groups + g) * outputs * gradRow;
      if (field(plan, DIRECT)) {
        // With one output the transpose of the weight is the weight; with more it is gathered here.
        for (let o: usize = 0; o < outputs; o++) {
          let row = w;
          if (outputs > 1) {
            row = columns;
            for (let k: usize = 0; k < depth; k++) store<T>(row + k * sizeof<T>(), load<T>(w + (k * outputs + o) * sizeof<T>()));
          }
          directBack<T>(plan, image, row, from + o * gradRow);
        }
      } else {
        for (let p: usize = 0; p < positions; p += block) {
          const count = min(block, positions - p);
          const width = (count + 32 / sizeof<T>() - 1) / (32 / sizeof<T>()) * 32;
          for (let k: usize = 0; k < outputs; k += kcMax) {
            packB<T>(panels + k * width, min(kcMax, outputs - k), count, from + k * gradRow + p * sizeof<T>(), gradRow, sizeof<T>());
          }
          for (let d: usize = 0; d < depth; d += MC) {
            const mc = min(MC, depth - d);
            const to = pointwise ? image + d * gradRow + p * sizeof<T>() : columns;
            const toRow = pointwise ? gradRow : count * sizeof<T>();
            for (let k: usize = 0; k < outputs; k += kcMax) {
              const kc = min(kcMax, outputs - k);
              tiles<T>(true, mc, count, kc, w + d * weightRow + k * sizeof<T>(), weightRow, panels + k * width, 32, to, toRow, i32(k > 0), scratch);
            }
            if (!pointwise) fold<T>(plan, image, d, mc, p, count, columns, toRow);
          }
        }
      }
      if (!inPlace) moveImage<T>(true, plan, target, frame);
    }
  }
}

/** out += the gradient of the weight, of these images: transposed, [depth, outputs] of each group, unless there are few outputs. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function weightGrad<T>(plan: usize, first: usize, last: usize, x: usize, grad: usize, out: usize, scratch: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const depth = field(plan, DEPTH), outputs = field(plan, OUTPUTS), positions = field(plan, POSITIONS), groups = field(plan, GROUPS);
  const inPlace = field(plan, IN_PLACE), block = field(plan, BLOCK);
  const frame = scratch + TILES;
  const panels = frameEnd(plan, scratch);
  const columns = panels + ((block * (outputs * sizeof<T>() + 32) + 63) & ~63);
  const outRow = outputs * sizeof<T>(), gradRow = positions * sizeof<T>();
  if (!inPlace) memory.fill(frame, 0, field(plan, FRAME_BYTES));
  for (let n = first; n < last; n++) {
    for (let g: usize = 0; g < groups; g++) {
      let image = x + n * field(plan, X_IMAGE) + g * field(plan, CHANNELS) * field(plan, X_CHANNEL);
      if (!inPlace) {
        moveImage<T>(false, plan, image, frame);
        image = frame;
      }
      const from = grad + (n * groups + g) * outputs * gradRow;
      const to = out + g * depth * outRow;
      if (field(plan, DIRECT)) {
        for (let o: usize = 0; o < outputs; o++) directWeight<T>(plan, image, from + o * gradRow, to + o * depth * sizeof<T>(), scratch);
        continue;
      }
      for (let p: usize = 0; p < positions; p += block) {
        const count = min(block, positions - p);
        const rows = sizeof<T>() == 4 && count >= LONG * field(plan, DEPTH_OF_ALL);
        if (!rows) packB<T>(panels, count, outputs, from + p * sizeof<T>(), sizeof<T>(), gradRow);
        for (let d: usize = 0; d < depth; d += MC) {
          const mc = min(MC, depth - d);
          const vectors = vectorsOf<T>(count);
          let a = columns, aRow = vectors * 16;
          if (field(plan, POINTWISE)) {
            a = image + d * field(plan, X_CHANNEL) + p * sizeof<T>();
            aRow = field(plan, X_CHANNEL);
          } else unfold<T>(plan, image, d, mc, p, vectors, columns, aRow);
          if (rows) rowsTimesRows(mc, outputs, count, a, aRow, from + p * 4, gradRow, to + d * outRow, outRow, 1);
          else tiles<T>(true, mc, outputs, count, a, aRow, panels, 32, to + d * outRow, outRow, 1, scratch);
        }
      }
    }
  }
}

export function convolution4(
  plan: usize, first: usize, last: usize, x: usize, weight: usize, out: usize, bias: usize, flags: i32, scratch: usize,
): void {
  forward<f32>(plan, first, last, x, weight, out, bias, flags, scratch);
}

export function convolution8(
  plan: usize, first: usize, last: usize, x: usize, weight: usize, out: usize, bias: usize, flags: i32, scratch: usize,
): void {
  forward<f64>(plan, first, last, x, weight, out, bias, flags, scratch);
}

export function convolutionInput4(plan: usize, first: usize, last: usize, grad: usize, weight: usize, out: usize, scratch: usize): void {
  inputGrad<f32>(plan, first, last, grad, weight, out, scratch);
}

export function convolutionInput8(plan: usize, first: usize, last: usize, grad: usize, weight: usize, out: usize, scratch: usize): void {
  inputGrad<f64>(plan, first, last, grad, weight, out, scratch);
}

export function convolutionWeight4(plan: usize, first: usize, last: usize, x: usize, grad: usize, out: usize, scratch: usize): void {
  weightGrad<f32>(plan, first, last, x, grad, out, scratch);
}

export function convolutionWeight8(plan: usize, first: usize, last: usize, x: usize, grad: usize, out: usize, scratch: usize): void {
  weightGrad<f64>(plan, first, last, x, grad, out, scratch);
}

/** The columns themselves: [depth, positions] of each image. `columns` and `x` are the two sides; `back` adds the columns to an image of zeros. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function windows<T>(back: bool, plan: usize, first: usize, last: usize, x: usize, columns: usize, scratch: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  const depth = field(plan, DEPTH), positions = field(plan, POSITIONS);
  const inPlace = field(plan, IN_PLACE), rows = field(plan, ROWS), origins = field(plan, ORIGINS);
  const frame = scratch + TILES;
  const row = positions * sizeof<T>();
  const whole = positions / lanes;
  if (!inPlace) memory.fill(frame, 0, field(plan, FRAME_BYTES));
  for (let n = first; n < last; n++) {
    const target = x + n * field(plan, X_IMAGE);
    let image = target;
    if (!inPlace) {
      if (back) memory.fill(frame, 0, field(plan, FRAME_BYTES));
      else moveImage<T>(false, plan, target, frame);
      image = frame;
    }
    const at = columns + n * depth * row;
    if (back) {
      fold<T>(plan, image, 0, depth, 0, positions, at, row);
      if (!inPlace) moveImage<T>(true, plan, target, frame);
    } else {
      unfold<T>(plan, image, 0, depth, 0, whole, at, row);
      // A vector that is not whole would run into the next row.
      for (let p = whole * lanes; p < positions; p++)
        for (let r: usize = 0; r < depth; r++)
          store<T>(at + r * row + p * sizeof<T>(), load<T>(element<T>(image + load<i32>(rows + r * 4), origins + p * 4, 0)));
    }
  }
}

export function unfold4(plan: usize, first: usize, last: usize, x: usize, columns: usize, scratch: usize): void {
  windows<f32>(false, plan, first, last, x, columns, scratch);
}

export function unfold8(plan: usize, first: usize, last: usize, x: usize, columns: usize, scratch: usize): void {
  windows<f64>(false, plan, first, last, x, columns, scratch);
}

export function fold4(plan: usize, first: usize, last: usize, x: usize, columns: usize, scratch: usize): void {
  windows<f32>(true, plan, first, last, x, columns, scratch);
}

export function fold8(plan: usize, first: usize, last: usize, x: usize, columns: usize, scratch: usize): void {
  windows<f64>(true, plan, first, last, x, columns, scratch);
}
