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

/** A row's one element, repeated to a vector: reading it again and again is what makes one loop serve every layout. */
let repeated: usize = memory.data(48, 16);

/** Puts it into 48 bytes elsewhere, on a multiple of 16: threads share the memory, but must not share this. */
export function useScratch(address: usize): void {
  repeated = address;
}

/** The address to read a row from: its own, or that of its only element repeated. */
@inline
export function rowSource<T>(address: usize, inner: usize, slot: usize): usize {
  if (inner) return address;
  v128.store(repeated + slot, v128.splat<T>(load<T>(address)));
  return repeated + slot;
}
