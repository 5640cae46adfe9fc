/** The first `bytes` (a multiple of T's size, below 16) of a vector; the other lanes are 0. */
@inline
export function loadPart<T>(address: usize, bytes: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(address);
  if (bytes == 4) return v128.load32_zero(address);
  const x = v128.load64_zero(address);
  return bytes == 8 ? x : v128.load32_lane(address, x, 2, 8);
}

@inline
export function storePart<T>(address: usize, x: v128, bytes: usize): void {
  if (sizeof<T>() == 8) {
    v128.store64_lane(address, x, 0);
    return;
  }
  if (bytes == 4) {
    v128.store32_lane(address, x, 0);
    return;
  }
  v128.store64_lane(address, x, 0);
  if (bytes != 8) v128.store32_lane(address, x, 2, 8);
}

/** 128 bytes in which nothing lives longer than a call: 48 for elements that are repeated, and from 64 on words of random numbers. */
let scratch: usize = memory.data(128, 16);

/** Puts them elsewhere, on a multiple of 16: threads share the memory, but must not share these. */
export function useScratch(address: usize): void {
  scratch = address;
}

@inline
export function wordScratch(): usize {
  return scratch + 64;
}

/** The address to read a row from: its own, or that of its only element repeated to a vector: reading that again and again is what makes one loop serve every layout. */
@inline
export function rowSource<T>(address: usize, inner: usize, slot: usize): usize {
  if (inner) return address;
  v128.store(scratch + slot, v128.splat<T>(load<T>(address)));
  return scratch + slot;
}
