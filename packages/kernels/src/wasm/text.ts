/**
 * Bytes as text that gzip packs nearly as well as the bytes: a character is a byte where one can be, so that what repeats in the bytes repeats in the text, and gzip,
 * which looks back over 32 KB, sees as far as it may. Hexadecimal digits are twice as many characters, and in base 64 a repetition shows once in three times.
 *
 * Of the 86 printable characters from ( on, without the backslash, 83 are digits and three say that the next digit is 83, 166 or 249 more. What is written is the byte
 * plus 5, so that the most frequent byte above 82, the prefix of vector instructions, is one of those that take one character. scripts/text.ts writes it.
 */
export const textForm = { first: 40, skipped: 92, digits: 83, shift: 5 } as const;

/** The bytes of such a text. */
export function decodeText(text: string): Uint8Array<ArrayBuffer> {
  const { first, skipped, digits, shift } = textForm;
  // A loop over the bytes of the text starts twice as fast as one over its characters.
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  let more = 0;
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i];
    const digit = code - first - (code > skipped ? 1 : 0);
    if (digit < digits) {
      bytes[length++] = digit + more - shift;
      more = 0;
    } else more = (digit - digits + 1) * digits;
  }
  return bytes.slice(0, length);
}
