import { ArgumentError, Generator, grad, rand, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { gradcheck } from '@fluxion/gradcheck';
import { describe, expect, test } from 'vitest';
import {
  Pipeline,
  randomAffine,
  randomApply,
  randomBlur,
  randomBrightness,
  randomContrast,
  randomCrop,
  randomCutout,
  randomFlip,
  randomHue,
  randomNoise,
  randomPerspective,
  randomResizedCrop,
  randomRotate,
  randomSaturation,
  randomScale,
  randomShear,
  randomTimeShift,
  randomTimeStretch,
  randomTokenDropout,
  randomTranslate,
  type Transform,
} from '../../src/index.js';

const dtype = 'float64' as const;
const images = rand([6, 3, 8, 8], { dtype, generator: new Generator(7) }) as Tensor;
const signals = rand([4, 2, 9], { dtype, generator: new Generator(7) }) as Tensor;
const tokens = tensor([[1, 2, 3, 4, 5, 6, 7, 8]], { dtype: 'int32' }) as Tensor;

/** Every random transform, with what it works on. */
const transforms: Record<string, [Transform, Tensor]> = {
  randomAffine: [
    randomAffine({ rotate: 20, scale: [0.8, 1.2], shear: 5, translate: { x: 1, y: 2 } }),
    images,
  ],
  randomRotate: [randomRotate(30), images],
  randomScale: [randomScale([0.5, 1.5]), images],
  randomTranslate: [randomTranslate({ x: 2, y: 2 }), images],
  randomShear: [randomShear(15), images],
  randomFlip: [randomFlip(0.5), images],
  randomApply: [randomApply(x => x.mul(2) as Tensor, 0.5), images],
  randomCrop: [randomCrop([6, 5], { padding: 1 }), images],
  randomResizedCrop: [randomResizedCrop([4, 4]), images],
  randomPerspective: [randomPerspective(0.3), images],
  randomBrightness: [randomBrightness([0.5, 1.5]), images],
  randomContrast: [randomContrast([0.5, 1.5]), images],
  randomSaturation: [randomSaturation([0.5, 1.5]), images],
  randomHue: [randomHue(40), images],
  randomBlur: [randomBlur([0.5, 1.5]), images],
  randomNoise: [randomNoise(0.1), images],
  randomCutout: [randomCutout(3), images],
  randomTimeShift: [randomTimeShift(2), signals],
  randomTimeStretch: [randomTimeStretch([0.8, 1.2]), signals],
  randomTokenDropout: [randomTokenDropout(0.5, { replacement: 0 }), tokens],
};

describe.each(Object.entries(transforms))('%s', (_, [transform, x]) => {
  const run = (seed: number): number[] => Array.from(transform(x, new Generator(seed)).toTypedArray());

  test('gives the same for the same seed, another for another, and draws from the generator', () => {
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const generator = new Generator(1);
    transform(x, generator);
    expect(generator.state.counter).toBeGreaterThan(0);
  });

  test('lets gradients through to what it changes', () => {
    if (x.dtype === 'int32') return;
    const leaf = x.detach().requiresGrad_();
    const [g] = grad(
      transform(leaf as Tensor, new Generator(3))
        .square()
        .sum(),
      [leaf],
    );
    expect(g.abs().sum().item()).toBeGreaterThan(0);
  });
});

test('each sample gets numbers of its own', () => {
  const same = images.slice(0, { end: 1 }).expand([6, 3, 8, 8]) as Tensor;
  for (const [name, [transform]] of Object.entries(transforms)) {
    if (/Time|Token/.test(name)) continue;
    const out = transform(same, new Generator(11));
    const samples = Array.from({ length: 6 }, (_, i) => String(out.select(0, i).toTypedArray()));
    expect(new Set(samples).size, name).toBeGreaterThan(1);
  }
});

test('randomCrop cuts whole pixels: every crop is somewhere in its image', () => {
  const out = randomCrop([3, 4])(images, new Generator(5));
  for (let n = 0; n < 6; n++) {
    const found: boolean[] = [];
    for (let top = 0; top <= 5; top++)
      for (let left = 0; left <= 4; left++) {
        const part = ((images.select(0, n) as Tensor).slice(1, { start: top, end: top + 3 }) as Tensor).slice(
          2,
          { start: left, end: left + 4 },
        );
        found.push(String(part.toTypedArray()) === String(out.select(0, n).toTypedArray()));
      }
    expect(found).toContain(true);
  }
});

test('ranges can be learned: gradients reach the reach of every continuous transform', () => {
  const number = (v: number): Tensor => tensor(v, { dtype }) as Tensor;
  const cases: [string, (r: Tensor) => Transform, number][] = [
    ['rotate', randomRotate, 17],
    ['scale', r => randomScale([0.9, r]), 1.3],
    ['shear', randomShear, 9],
    ['translate', r => randomTranslate({ x: r }), 1.3],
    ['perspective', randomPerspective, 0.27],
    ['brightness', r => randomBrightness([0.7, r]), 1.3],
    ['hue', randomHue, 20],
    ['noise', randomNoise, 0.2],
  ];
  for (const [name, make, at] of cases)
    expect(gradcheck((r: Tensor) => make(r)(images, new Generator(9)), [number(at)]).ok, name).toBe(true);
});

describe('Pipeline', () => {
  const make = (seed: number): Pipeline =>
    new Pipeline([randomFlip(), randomRotate(10), randomCrop([6, 6]), randomNoise(0.1)], {
      generator: new Generator(seed),
    });

  test('is reproducible from one seed, goes on from a saved state, and is the identity after eval', () => {
    const [a, b] = [make(3), make(3)];
    const first = a.forward(images).toArray();
    expect(b.forward(images).toArray()).toEqual(first);
    const { state } = a.generator;
    const second = a.forward(images).toArray();
    expect(second).not.toEqual(first);
    b.generator.state = structuredClone(state);
    expect(b.forward(images).toArray()).toEqual(second);
    expect(a.eval().forward(images)).toBe(images);
    expect(String(a)).toBe('Pipeline(4 transforms)');
  });

  test.each([
    [() => new Pipeline('x' as never), /expected a list of transforms, got 'x'/],
    [() => new Pipeline([3 as never]), /transform 0 is 3; expected a function/],
    [() => new Pipeline([], { generator: 3 as never }), /expected a Generator, got 3/],
    [() => new Pipeline([() => 3 as never]).forward(images), /transform 0 returned 3; expected a tensor/],
  ])('%s', (call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });
});

test.each([
  [() => randomFlip(2), ArgumentError, /probability is 2; expected a number from 0 to 1/],
  [() => randomScale([2, 1]), ArgumentError, /scale is \[2, 1\]; expected the smaller number first/],
  [() => randomBrightness(2 as never), ArgumentError, /expected a range \[min, max\]/],
  [() => randomRotate(Number.NaN), ArgumentError, /rotate is NaN/],
  [
    () => randomCrop([9, 9])(images, new Generator(0)),
    ShapeError,
    /a crop of \[9, 9\] is larger than images of shape \[6, 3, 8, 8\] with a padding of 0/,
  ],
  [() => randomCrop([0, 1]), ShapeError, /expected a size/],
  [
    () => randomResizedCrop([2, 2], { scale: [0, 1] }),
    ArgumentError,
    /scale is \[0, 1\]; expected numbers above 0/,
  ],
  [() => randomApply(x => x.sum() as Tensor)(images, new Generator(0)), ShapeError, /must keep the shape/],
] as const)('%s', (call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});
