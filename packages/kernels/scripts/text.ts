import { textForm } from '../src/wasm/text.js';

/** The text of which `decodeText` (src/wasm/text.ts) makes these bytes. */
export function encodeText(bytes: Uint8Array): string {
  const { first, skipped, digits, shift } = textForm;
  const codes: number[] = [];
  const write = (digit: number): void => {
    codes.push(first + digit + (first + digit >= skipped ? 1 : 0));
  };
  for (const byte of bytes) {
    const value = (byte + shift) & 255;
    if (value >= digits) write(digits - 1 + Math.floor(value / digits));
    write(value % digits);
  }
  return Buffer.from(codes).toString('latin1');
}
