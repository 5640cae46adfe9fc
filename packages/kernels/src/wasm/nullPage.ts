/**
 * The memory below the heap and below the static data, of which the compiled functions and their callers use places that hold nothing longer than a call; but for the
 * constants, which the build puts there (scripts/constants.ts).
 */
export const nullPage = {
  /** 16 bytes: the value of a fill. */
  scalar: 64,
  /** Vector constants, up to `tiles`. */
  constants: 512,
  /** Room for the tiles of a block of rows of a product. Threads must not share it. */
  tiles: 4096,
  tileBytes: 4096,
  /** Where the static data begins: the `memoryBase` of the build. */
  end: 8192,
} as const;
