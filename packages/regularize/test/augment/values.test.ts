import {
  ArgumentError,
  DTypeError,
  Generator,
  ones,
  rand,
  ShapeError,
  type Tensor,
  tensor,
} from '@fluxion/autograd';
import { gradcheck, gradgradcheck } from '@fluxion/gradcheck';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  brightness,
  contrast,
  cutmix,
  cutout,
  gaussianBlur,
  hue,
  mixup,
  saturation,
  timeShift,
  timeStretch,
  tokenDropout,
} from '../../src/index.js';

const dtype = 'float64' as const;
const random = (...shape: number[]): Tensor => rand(shape, { dtype, generator: new Generator(4) }) as Tensor;
const close = (a: Tensor, b: Tensor, tolerance = 1e-12): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.sub(b).abs().amax().item()).toBeLessThanOrEqual(tolerance);
};
const grey = (x: Tensor): Tensor =>
  x
    .mul(tensor([0.299, 0.587, 0.114], { dtype }).reshape([1, 3, 1, 1]) as Tensor)
    .sum(1, { keepdim: true }) as Tensor;

describe('colours', () => {
  const x = random(2, 3, 4, 5);

  test('factors of 1 and full turns change nothing; factors of 0 give black, the mean grey, and grey', () => {
    for (const fn of [brightness, contrast, saturation]) close(fn(x, 1), x);
    close(hue(x, 360), x, 1e-12);
    expect(brightness(x, 0).abs().amax().item()).toBe(0);
    close(contrast(x, 0), grey(x).mean([1, 2, 3], { keepdim: true }).expand([2, 3, 4, 5]) as Tensor);
    close(saturation(x, 0), grey(x).expand([2, 3, 4, 5]) as Tensor);
  });

  test('hue keeps the brightness, leaves grey alone, and turns back', () => {
    close(grey(hue(x, 77)), grey(x));
    const dull = saturation(x, 0);
    close(hue(dull, 123), dull, 1e-3);
    close(hue(hue(x, 50), -50), x);
    close(hue(x, tensor([10, 50], { dtype })).select(0, 1) as Tensor, hue(x.select(0, 1) as Tensor, 50));
  });

  test('blur keeps a plain picture and the mean of a periodic one, and is the formula on one row', () => {
    close(
      gaussianBlur(ones([1, 2, 5, 7], { dtype }) as Tensor, 1.3),
      ones([1, 2, 5, 7], { dtype }) as Tensor,
    );
    const spike = tensor([0, 0, 0, 0, 1, 0, 0, 0, 0], { dtype }).reshape([1, 1, 1, 9]) as Tensor;
    const weights = [-2, -1, 0, 1, 2].map(i => Math.exp((-i * i) / 2));
    const sum = weights.reduce((a, b) => a + b, 0);
    const blurred = Array.from(gaussianBlur(spike, 1, { kernelSize: 5 }).toTypedArray()).slice(2, 7);
    blurred.forEach((v, i) => {
      expect(Math.abs(v - weights[i] / sum)).toBeLessThan(1e-12);
    });
  });

  test('gradients, first and second order', () => {
    const small = random(2, 3, 3, 4);
    const pair = (a: number, b: number): Tensor => tensor([a, b], { dtype }) as Tensor;
    const cases: [string, (i: Tensor, f: Tensor) => Tensor, Tensor][] = [
      ['brightness', brightness, pair(0.7, 1.2)],
      ['contrast', contrast, pair(0.7, 1.2)],
      ['saturation', saturation, pair(0.7, 1.2)],
      ['hue', hue, pair(30, -70)],
      ['blur', (i, s) => gaussianBlur(i, s, { kernelSize: 3 }), pair(0.7, 1.2)],
    ];
    for (const [name, fn, factor] of cases) {
      expect(gradcheck(fn, [small, factor]).ok, name).toBe(true);
      expect(gradgradcheck(fn, [small, factor]).ok, name).toBe(true);
    }
  });
});

describe('cutout', () => {
  test('by property: a rectangle of each image, no larger than asked, holds the filling; the rest is untouched', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.nat(),
        (height, width, seed) => {
          const x = ones([3, 2, 5, 4], { dtype }) as Tensor;
          const y = cutout(x, [height, width], { fill: 7, generator: new Generator(seed) });
          const values = y.toArray() as number[][][][];
          for (const [first, second] of values) {
            expect(first).toEqual(second);
            const rows = first.map((r, i) => (r.includes(7) ? i : -1)).filter(i => i >= 0);
            const columns = first[0].map((_, j) => j).filter(j => first.some(r => r[j] === 7));
            expect(rows.length).toBeLessThanOrEqual(height);
            expect(columns.length).toBeLessThanOrEqual(width);
            if (height > 0 && width > 0) expect(rows.length).toBeGreaterThan(0);
            first.forEach((r, i) => {
              r.forEach((v, j) => {
                expect(v).toBe(rows.includes(i) && columns.includes(j) ? 7 : 1);
              });
            });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('mixing', () => {
  const x = random(4, 1, 6, 6);
  const target = tensor(
    [
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ],
    { dtype },
  );

  test('mixup takes the share of each sample and the rest of its partner, of the target too', () => {
    const mixed = mixup(x, target, { share: 0.3, generator: new Generator(1) });
    const other = x.indexSelect(0, mixed.partner) as Tensor;
    close(mixed.x as Tensor, x.mul(0.3).add(other.mul(0.7)) as Tensor);
    close(
      mixed.target as Tensor,
      target.mul(0.3).add(target.indexSelect(0, mixed.partner).mul(0.7)) as Tensor,
    );
  });

  test('shares are Beta(alpha, alpha): mean a half, variance 1 / (4 (2 alpha + 1))', () => {
    const generator = new Generator(6);
    for (const alpha of [0.2, 1, 4]) {
      const shares = Array.from(
        { length: 2000 },
        () => mixup(ones([1]), ones([1]), { alpha, generator }).share as number,
      );
      const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
      const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
      expect(Math.abs(variance * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.15);
      expect(shares.every(s => s >= 0 && s <= 1)).toBe(true);
    }
  });

  test('the share of mixup can be learned', () => {
    const fn = (share: Tensor): Tensor =>
      mixup(x, target, { share, generator: new Generator(1) }).x as Tensor;
    expect(gradcheck(fn, [tensor(0.3, { dtype })]).ok).toBe(true);
  });

  test('cutmix puts a rectangle of the partner in, and mixes the target by the areas', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (share, seed) => {
        const mixed = cutmix(x, target, { share, generator: new Generator(seed) });
        const other = x.indexSelect(0, mixed.partner) as Tensor;
        const a = mixed.x.toTypedArray();
        const [own, theirs] = [x.toTypedArray(), other.toTypedArray()];
        // Samples that are their own partners show nothing.
        const partner = mixed.partner.toArray() as number[];
        partner.forEach((p, n) => {
          if (p === n) return;
          const range = Array.from({ length: 36 }, (_, i) => 36 * n + i);
          const kept = range.filter(i => a[i] === own[i]).length;
          expect(range.every(i => a[i] === own[i] || a[i] === theirs[i])).toBe(true);
          expect(Math.abs(kept / 36 - (mixed.share as number))).toBeLessThan(1e-12);
        });
        const s = mixed.share as number;
        close(
          mixed.target as Tensor,
          target.mul(s).add(target.indexSelect(0, mixed.partner).mul(1 - s)) as Tensor,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('signals', () => {
  const row = (...values: number[]): Tensor => tensor([values], { dtype }) as Tensor;
  const rounded = (t: Tensor): number[] => Array.from(t.toTypedArray(), v => Math.round(v * 1e9) / 1e9 + 0);

  test('shift delays, also by parts of a sample', () => {
    expect(rounded(timeShift(row(1, 2, 3, 4), 1))).toEqual([0, 1, 2, 3]);
    expect(rounded(timeShift(row(1, 2, 3, 4), -1))).toEqual([2, 3, 4, 0]);
    expect(rounded(timeShift(row(1, 2, 3, 4), 0.25, { paddingMode: 'border' }))).toEqual([
      1, 1.75, 2.75, 3.75,
    ]);
  });
  test('stretch runs faster or slower from the beginning', () => {
    expect(rounded(timeStretch(row(1, 2, 3, 4, 5), 2))).toEqual([1, 3, 5, 0, 0]);
    expect(rounded(timeStretch(row(1, 2, 3, 4, 5), 0.5))).toEqual([1, 1.5, 2, 2.5, 3]);
  });
  test('gradients, first and second order', () => {
    const x = random(2, 2, 6);
    for (const [fn, factor] of [
      [timeShift, [0.3, -1.7]],
      [timeStretch, [1.31, 0.77]],
    ] as const) {
      expect(gradcheck(fn, [x, tensor(factor as never, { dtype })]).ok).toBe(true);
      expect(gradgradcheck(fn, [x, tensor(factor as never, { dtype })]).ok).toBe(true);
    }
  });
});

describe('tokens', () => {
  test('are replaced with probability p, those to keep never', () => {
    const tokens = tensor(Int32Array.from({ length: 3000 }, (_, i) => i % 3)) as Tensor;
    const out = tokenDropout(tokens, 0.4, {
      replacement: 9,
      keep: [0],
      generator: new Generator(2),
    }).toTypedArray();
    const lost = [0, 0, 0];
    out.forEach((v, i) => {
      expect(v === 9 || v === i % 3).toBe(true);
      if (v === 9) lost[i % 3]++;
    });
    expect(lost[0]).toBe(0);
    for (const n of lost.slice(1)) expect(Math.abs(n / 1000 - 0.4)).toBeLessThan(0.08);
    expect(tokenDropout(tokens, 0.4, { replacement: 9, training: false })).toBe(tokens);
  });
});

describe('bad input', () => {
  const x = random(2, 3, 4, 4);
  const y = tensor([[1], [0]], { dtype });
  test.each([
    [() => saturation(random(2, 1, 4, 4), 1), ShapeError, /^saturation: expected red, green and blue/],
    [() => hue(random(2, 1, 4, 4), 1), ShapeError, /^hue: expected red, green and blue/],
    [() => gaussianBlur(x, 0), ArgumentError, /sigma is 0; expected a number above 0/],
    [
      () => gaussianBlur(x, 1, { kernelSize: 4 }),
      ArgumentError,
      /kernelSize is 4; expected an odd whole number/,
    ],
    [() => cutout(x, -1), ArgumentError, /the size of the hole is -1/],
    [() => cutout(x, 1, { generator: 5 as never }), ArgumentError, /expected a Generator, got 5/],
    [
      () => mixup(x, tensor([0, 1], { dtype: 'int32' })),
      DTypeError,
      /^mixup: targets are mixed as probabilities, got int32/,
    ],
    [() => mixup(x, tensor([[1], [0], [1]], { dtype })), ShapeError, /must have the same first size/],
    [() => mixup(x, y, { alpha: 0 }), ArgumentError, /alpha is 0; expected a finite number above 0/],
    [() => mixup(x, y, { share: 1.5 }), ArgumentError, /the share is 1\.5/],
    [() => cutmix(x, y, { share: tensor(0.5) }), ArgumentError, /^cutmix: the share is a tensor/],
    [() => cutmix(random(2, 3), y), ShapeError, /^cutmix: expected images/],
    [() => timeStretch(random(1, 4), 0), ArgumentError, /the rate is 0; expected a number above 0/],
    [
      () => tokenDropout(x, 0.5, { replacement: 1 }),
      DTypeError,
      /expected an int32 tensor of tokens, got float64/,
    ],
    [
      () => tokenDropout(tensor([1], { dtype: 'int32' }), 0.5, {} as never),
      ArgumentError,
      /the replacement is undefined/,
    ],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
