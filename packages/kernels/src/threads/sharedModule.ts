/** Where a reader stands in the bytes of a module. */
class Reader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** An unsigned number in base 128, low digits first. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** Over a vector of bytes: a name. */
  skipBytes(): void {
    const length = this.number();
    this.at += length;
  }

  skipLimits(): void {
    const flags = this.number();
    this.number();
    if (flags & 1) this.number();
  }
}

const importSection = 2;
const hasMaximum = 1;
const isShared = 2;

/**
 * Declares the memory that a module imports as shared: one flag in its import section. A module that imports shared memory refuses any
 * other and the reverse, so one build serves both only by this. Changes the bytes in place.
 */
export function shareMemory(bytes: Uint8Array): void {
  const reader = new Reader(bytes);
  reader.at = 8;
  while (reader.at < bytes.length) {
    const section = reader.number();
    const length = reader.number();
    const end = reader.at + length;
    if (section === importSection) {
      const count = reader.number();
      for (let i = 0; i < count; i++) {
        reader.skipBytes();
        reader.skipBytes();
        const kind = reader.number();
        if (kind === 0) reader.number();
        else if (kind === 1) {
          reader.at++;
          reader.skipLimits();
        } else if (kind === 2) {
          // A shared memory must have a maximum: both flags.
          if (bytes[reader.at] !== hasMaximum) break;
          bytes[reader.at] = hasMaximum | isShared;
          return;
        } else reader.at += 2;
      }
      break;
    }
    reader.at = end;
  }
  throw new TypeError('shareMemory: expected a module that imports an unshared memory with a maximum.');
}
