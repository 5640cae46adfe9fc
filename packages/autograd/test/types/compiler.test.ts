import { describe, expect, test } from 'vitest';
import { compile } from './compile.js';

const header = `import { cat, linear, type Tensor, zeros } from '../../../src/index.js';\n`;

/** Ops of every family on sizes that differ from line to line, so that the compiler cannot reuse what it has worked out. */
function program(lines: number): string {
  const text = [header];
  for (let i = 0; i < lines; i++) {
    const [m, k, n] = [i + 2, 2 * i + 3, 3 * i + 5];
    text.push(
      [
        `export const t${i}: Tensor<[${m}, ${n}]> = zeros([${m}, ${k}]).matmul(zeros([${k}, ${n}]));`,
        `export const t${i}: Tensor<[${m}, ${n}]> = zeros([${m}, ${n}]).add(zeros([${n}]));`,
        `export const t${i}: Tensor<[4, ${m}, 1]> = zeros([4, ${m}, ${k}]).sum(-1, { keepdim: true });`,
        `export const t${i}: Tensor<[${k}, ${m}]> = zeros([${m}, ${k}]).transpose(0, -1);`,
        `export const t${i}: Tensor<[${m}, ${n}]> = linear(zeros([${m}, ${k}]), zeros([${n}, ${k}]), zeros([${n}]));`,
        `export const t${i}: Tensor<[2, ${m * k}]> = zeros([2, ${m}, ${k}]).flatten(1);`,
        `export const t${i}: Tensor<[${m + k}, ${n}]> = cat([zeros([${m}, ${n}]), zeros([${k}, ${n}])]);`,
        `export const t${i}: Tensor<[${k}, ${m}]> = zeros([${m}, ${k}]).reshape([${k}, ${m}]);`,
      ][i % 8],
    );
  }
  return text.join('\n');
}

/** The same few layers again and again, as a model of many layers has them. */
function network(lines: number): string {
  const text = [
    header,
    'const x = zeros([64, 784]);',
    'const w = zeros([784, 128]);',
    'const b = zeros([128]);',
    'const h = x.matmul(w);',
    'const image = zeros([64, 1, 28, 28]);',
  ];
  const ops = [
    'Tensor<[64, 128]> = x.matmul(w)',
    'Tensor<[64, 128]> = h.add(b)',
    'Tensor<[64, 128]> = h.relu()',
    'Tensor<[64]> = h.sum(-1)',
    'Tensor<[128, 64]> = h.transpose(0, 1)',
    'Tensor<[64, 784]> = image.flatten(1)',
    'Tensor<[64, 1, 28, 28]> = x.reshape([64, 1, 28, 28])',
    'Tensor<[128, 128]> = cat([h, h])',
  ];
  for (let i = 0; i < lines; i++) text.push(`export const t${i}: ${ops[i % ops.length]};`);
  return text.join('\n');
}

describe('the compiler', () => {
  test('names op and both sizes of a wrong matmul', async () => {
    const { errors } = await compile(`${header}zeros([2, 3]).matmul(zeros([4, 5]));\n`);
    expect(errors).toEqual([
      expect.stringContaining(
        `Argument of type 'Tensor<[4, 5]>' is not assignable to parameter of type ` +
          `'Tensor<[4, 5]> & ShapeMismatch<"matmul: inner sizes differ", 3, 4>'.`,
      ),
    ]);
  });

  test('names op and both sizes of a wrong add, also where a number would do', async () => {
    const { errors } = await compile(`${header}zeros([64, 10]).add(zeros([64, 12]));\n`);
    expect(errors).toEqual([expect.stringContaining('ShapeMismatch<"add: sizes differ", 10, 12>')]);
  });

  test('shows shapes as plain tuples, without readonly', async () => {
    const { errors } = await compile(
      `${header}export const x: string = zeros([64, 784] as const).matmul(zeros([784, 10])).add(zeros([10]));\n`,
    );
    expect(errors).toEqual([
      expect.stringContaining(`Type 'Tensor<[64, 10]>' is not assignable to type 'string'.`),
    ]);
  });

  test('checks 200 ops of all families, each of other sizes, within 160,000 instantiations', async () => {
    const few = await compile(program(8));
    const many = await compile(program(208));
    expect(few.errors).toEqual([]);
    expect(many.errors).toEqual([]);
    expect(many.instantiations - few.instantiations).toBeLessThan(160_000);
  });

  test('checks 1,200 ops on the sizes of one network within 10,000 instantiations', async () => {
    const few = await compile(network(8));
    const many = await compile(network(1208));
    expect(few.errors).toEqual([]);
    expect(many.errors).toEqual([]);
    expect(many.instantiations - few.instantiations).toBeLessThan(10_000);
  });
});
