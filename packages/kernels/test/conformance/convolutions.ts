import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { ConvolutionGeometry, Kernels, Operand } from '../../src/interface.js';
import { contiguous, count, generate, type Layout, layouts, type Values, values } from './arbitraries.js';
import { bounds } from './bounds.js';
import { Comparison, type Pair } from './comparison.js';
import type { Tiers } from './index.js';

interface Plan {
  readonly geometry: ConvolutionGeometry;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly output: readonly number[];
}

/** Sizes that fit each other; now and then an empty batch, and padding that reaches beyond the kernel. */
function plans(size: { readonly image: number; readonly channels: number }): fc.Arbitrary<Plan> {
  const dim = fc.record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    extra: fc.integer({ min: 0, max: size.image }),
    end: fc.integer({ min: 0, max: 2 }),
  });
  const channels = fc.integer({ min: 1, max: size.channels });
  return fc
    .record({
      dims: fc.array(dim, { minLength: 1, maxLength: 3 }),
      batch: fc.constantFrom(1, 2, 3, 0),
      groups: fc.constantFrom(1, 1, 2, 3),
      inputs: channels,
      outputs: channels,
    })
    .map(({ dims, batch, groups, inputs, outputs }) => {
      const images = dims.map(d => {
        const reach = (d.kernel - 1) * d.dilation + 1;
        const least = Math.max(reach - d.padding, 1);
        return least + (dims.length === 3 ? d.extra % 4 : d.extra);
      });
      return {
        geometry: {
          stride: dims.map(d => d.stride),
          padding: dims.map(d => d.padding),
          dilation: dims.map(d => d.dilation),
          groups,
        },
        x: [batch, inputs * groups, ...images],
        weight: [outputs * groups, inputs, ...dims.map(d => d.kernel)],
        output: [
          batch,
          outputs * groups,
          ...dims.map((d, i) => {
            const span = images[i] + d.padding - (d.kernel - 1) * d.dilation - 1 + d.end;
            return Math.floor(span / d.stride) + 1;
          }),
        ],
      };
    });
}

type Run = (kernels: Kernels, a: Operand, b: Operand, out: Operand) => void;

/** One of the three in both tiers, with the same kernel of absolute values as the scale of the error. */
function compare(
  c: Comparison,
  dtype: 'float32' | 'float64',
  a: Layout,
  b: Layout,
  x: Values,
  out: readonly number[],
  terms: number,
  run: Run,
): void {
  const aValues = generate(x, dtype, a.length);
  const bValues = generate({ kind: x.kind, seed: x.seed + 1 }, dtype, b.length);
  const left = c.input(dtype, a, aValues);
  const right = c.input(dtype, b, bValues);
  const target = c.output(dtype, out);
  for (const side of ['tested', 'reference'] as const) run(c[side], left[side], right[side], target[side]);
  const leftSizes = c.input('float64', a, aValues.map(Math.abs));
  const rightSizes = c.input('float64', b, bValues.map(Math.abs));
  const scale = c.output('float64', out);
  run(c.reference, leftSizes.reference, rightSizes.reference, scale.reference);
  c.check(target, bounds.products(terms), `to [${out}]`, c.reference.read(scale.reference));
}

export function convolutionConformance({ tested, reference, runs }: Tiers): void {
  describe('convolution', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const bound = 'within (terms + 1) eps of sum |products|';

      /** The three derivatives of the trilinear form, each with the two operands that it takes. */
      const members: readonly [
        name: 'convolution' | 'convolutionInputGrad' | 'convolutionWeightGrad',
        operands: (p: Plan) => readonly [readonly number[], readonly number[], readonly number[]],
        terms: (p: Plan) => number,
      ][] = [
        ['convolution', p => [p.x, p.weight, p.output], p => count(p.weight.slice(1))],
        ['convolutionInputGrad', p => [p.output, p.weight, p.x], p => count(p.weight)],
        ['convolutionWeightGrad', p => [p.x, p.output, p.weight], p => count(p.output)],
      ];
      for (const [name, operands, terms] of members) {
        test(`${name} ${dtype}: ${bound}, any geometry, any strides`, () => {
          const plan = plans({ image: 6, channels: 3 }).chain(p => {
            const [a, b] = operands(p);
            return fc.record({ p: fc.constant(p), a: layouts(a), b: layouts(b), x: values('ordinary') });
          });
          fc.assert(
            fc.property(plan, ({ p, a, b, x }) =>
              Comparison.run(tested, reference, c =>
                compare(c, dtype, a, b, x, operands(p)[2], terms(p), (kernels, ...given) =>
                  kernels[name](...given, p.geometry),
                ),
              ),
            ),
            { numRuns: runs },
          );
        });

        test(`${name} ${dtype}: ${bound}, several blocks of columns, pointwise and depthwise`, () => {
          const geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
          const cases: readonly Plan[] = [
            { geometry, x: [2, 24, 40, 41], weight: [7, 24, 3, 3], output: [2, 7, 40, 41] },
            {
              geometry: { ...geometry, groups: 12 },
              x: [2, 12, 9, 9],
              weight: [12, 1, 3, 3],
              output: [2, 12, 9, 9],
            },
            {
              geometry: { ...geometry, padding: [0, 0] },
              x: [2, 9, 7, 5],
              weight: [5, 9, 1, 1],
              output: [2, 5, 7, 5],
            },
            {
              geometry: { stride: [2], padding: [3], dilation: [2], groups: 2 },
              x: [1, 80, 901],
              weight: [6, 40, 9],
              output: [1, 6, 446],
            },
          ];
          for (const p of cases) {
            const [a, b, out] = operands(p);
            Comparison.run(tested, reference, c =>
              compare(
                c,
                dtype,
                contiguous(a),
                contiguous(b),
                { kind: 'ordinary', seed: 3 },
                out,
                terms(p),
                (kernels, ...given) => kernels[name](...given, p.geometry),
              ),
            );
          }
        });
      }

      test(`convolution ${dtype}: with bias and relu, what the sums are finished to, to the last bit`, () => {
        const some = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
        const large: Plan = {
          geometry: some,
          x: [2, 24, 40, 41],
          weight: [7, 24, 3, 3],
          output: [2, 7, 40, 41],
        };
        const empty: Plan = { geometry: some, x: [2, 0, 4, 4], weight: [7, 0, 3, 3], output: [2, 7, 4, 4] };
        const plan = fc.record({
          p: fc.oneof(fc.constantFrom(large, empty), plans({ image: 6, channels: 5 })),
          seed: fc.nat(),
          added: fc.boolean(),
          relu: fc.boolean(),
        });
        fc.assert(
          fc.property(plan, ({ p, seed, added, relu }) =>
            Comparison.run(tested, reference, c => {
              const operand = (shape: readonly number[], more: number): Operand =>
                c.input(
                  dtype,
                  contiguous(shape),
                  generate({ kind: 'ordinary', seed: seed + more }, dtype, count(shape)),
                ).tested;
              const x = operand(p.x, 0);
              const weight = operand(p.weight, 1);
              const bias = operand([p.weight[0]], 2);
              const plain = c.output(dtype, p.output).tested;
              const finished = c.output(dtype, p.output).tested;
              c.tested.convolution(x, weight, plain, p.geometry);
              c.tested.convolution(x, weight, finished, p.geometry, { bias: added ? bias : null, relu });
              const along = new Array<number>(p.output.length).fill(0);
              along[1] = 1;
              if (added) c.tested.binary('add', plain, { ...bias, shape: p.output, strides: along }, plain);
              if (relu) c.tested.unary('relu', plain, plain);
              expect(c.tested.read(finished)).toEqual(c.tested.read(plain));
              if (p === empty && !added) expect(c.tested.read(plain).every(y => y === 0)).toBe(true);
            }),
          ),
          { numRuns: runs },
        );
      });

      test(`unfold ${dtype}: exact, any geometry, any strides`, () => {
        const plan = plans({ image: 6, channels: 3 }).chain(p =>
          fc.record({ p: fc.constant(p), x: layouts(p.x), v: values() }),
        );
        fc.assert(
          fc.property(plan, ({ p, x, v }) =>
            Comparison.run(tested, reference, c => {
              const a = c.input(dtype, x, v);
              const out = c.output(dtype, [...p.x.slice(0, 2), ...p.weight.slice(2), ...p.output.slice(2)]);
              for (const s of ['tested', 'reference'] as const) c[s].unfold(a[s], out[s], p.geometry);
              c.check(out, bounds.value, `[${p.x}]`);
            }),
          ),
          { numRuns: runs },
        );
      });

      test(`fold ${dtype}: within (taps + 1) eps of sum |terms|, any geometry, any strides`, () => {
        const shape = (p: Plan): number[] => [...p.x.slice(0, 2), ...p.weight.slice(2), ...p.output.slice(2)];
        const plan = plans({ image: 6, channels: 3 }).chain(p =>
          fc.record({ p: fc.constant(p), columns: layouts(shape(p)), v: values('ordinary') }),
        );
        fc.assert(
          fc.property(plan, ({ p, columns, v }) =>
            Comparison.run(tested, reference, c => {
              const contents = generate(v, dtype, columns.length);
              const a = c.input(dtype, columns, contents);
              const out = c.output(dtype, p.x);
              for (const s of ['tested', 'reference'] as const) c[s].fold(a[s], out[s], p.geometry);
              const sizes: Pair = c.input('float64', columns, contents.map(Math.abs));
              const scale = c.output('float64', p.x);
              c.reference.fold(sizes.reference, scale.reference, p.geometry);
              const taps = count(p.weight.slice(2));
              c.check(out, bounds.products(taps), `[${p.x}]`, c.reference.read(scale.reference));
            }),
          ),
          { numRuns: runs },
        );
      });
    }

    test('mixed dtypes and int32 throw DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const geometry = { stride: [1], padding: [0], dilation: [1], groups: 1 };
        const one = (dtype: 'float32' | 'float64' | 'int32'): Operand =>
          c.input(dtype, contiguous([1, 1, 1]), [1]).tested;
        const out = c.output('float32', [1, 1, 1]).tested;
        expect(() => c.tested.convolution(one('float32'), one('float64'), out, geometry)).toThrow(DTypeError);
        const whole = c.output('int32', [1, 1, 1]).tested;
        expect(() => c.tested.convolutionInputGrad(one('int32'), one('int32'), whole, geometry)).toThrow(
          DTypeError,
        );
        expect(() => c.tested.convolutionWeightGrad(one('int32'), one('int32'), whole, geometry)).toThrow(
          DTypeError,
        );
      });
    });
  });
}
