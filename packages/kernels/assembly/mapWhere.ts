/** Choice by bytes; operands in rows: see map.ts. */
import { select } from './math/common';
import { rowSource } from './mapPart';

/** Elements of `T`'s size, chosen by bytes that are 0 or 1; the bits are copied, whatever they mean. */
@inline
function mapWhere<T>(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  const size = sizeof<T>();
  for (; rows > 0; rows--) {
    let pa = rowSource<T>(a, innerA, 0);
    let pb = rowSource<T>(b, innerB, 16);
    let pc = rowSource<u8>(c, innerC, 32);
    let left = n;
    while (left >= 16 / size) {
      let mask: v128;
      if (sizeof<T>() == 1) mask = i8x16.neg(v128.load(pc));
      else if (sizeof<T>() == 4) mask = i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pc))));
      else {
        const pair = i16x8.extend_low_i8x16_u(v128.load16_splat(pc));
        mask = i64x2.neg(i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(pair)));
      }
      v128.store(o, select(mask, v128.load(pa), v128.load(pb)));
      pa += innerA << 4;
      pb += innerB << 4;
      pc += innerC * (16 / size);
      o += 16;
      left -= 16 / size;
    }
    while (left > 0) {
      store<T>(o, load<u8>(pc) != 0 ? load<T>(pa) : load<T>(pb));
      pa += innerA * size;
      pb += innerB * size;
      pc += innerC;
      o += size;
      left--;
    }
    a += rowA * size;
    b += rowB * size;
    c += rowC;
  }
}

export function where_8(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u8>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
}
export function where_32(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u32>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
}
export function where_64(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u64>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
}
