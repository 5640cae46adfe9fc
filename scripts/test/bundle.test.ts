import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, gzipped, install } from '../support/bundle.js';
import { directories, manifestOf } from '../support/dist.js';
import { markPure } from '../support/pure.js';

describe('bundles', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await install();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a program in a plain Node process, bundled or as it is. */
  const execute = async (program: string, bundled = true): Promise<string> => {
    const file = join(folder, `${expect.getState().currentTestName?.replaceAll(/\W+/g, '-')}.mjs`);
    writeFileSync(file, bundled ? await bundle(program, folder) : program);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout.trim();
  };
  const text = async (program: string, importing?: string): Promise<string> =>
    new TextDecoder().decode(await bundle(program, folder, importing));

  // The aim is 90 kB for what every program carries: kernels, graph, and the ops that are methods. Rarely used families (linear algebra, losses,
  // normalisation, attention, distances) are functions only and stay out of programs without them; the methods of indexing, sorting and convolutions
  // still come along. The bounds hold what there is.
  test.each([
    [
      'a program of tensors and their methods',
      `import { tensor } from '@fluxion/autograd'; tensor([1]).exp();`,
      116_500,
    ],
    ['all of @fluxion/autograd', `export * from '@fluxion/autograd';`, 169_000],
  ])(
    '%s weighs no more than it should, with its kernels, minified and gzipped',
    async (_, program, limit) => {
      const size = gzipped(await bundle(program, folder));
      expect(size).toBeGreaterThan(1_000);
      expect(size).toBeLessThanOrEqual(limit);
    },
  );

  test.each(directories.map(directory => manifestOf(directory).name))(
    'nothing remains of %s where nothing of it is used, statement by statement',
    async name => {
      expect(await text(`import '${name}';`)).toBe('');
      expect(await text(`import '${name}';`, name)).toBe('');
    },
  );

  test('a program without linear algebra carries none of it, and one that inverts does not carry the rest', async () => {
    const factorisations = /is singular: pivot|positive definite|that the iteration converges to/;
    const plain = `import { tensor } from '@fluxion/autograd'; console.log(String(tensor([1]).exp()));`;
    expect(await text(plain)).not.toMatch(factorisations);
    const inverting = await text(`import { inv, tensor } from '@fluxion/autograd'; inv(tensor([[2]]));`);
    expect(inverting).toMatch(/is singular: pivot/);
    expect(inverting).not.toMatch(/positive definite|that the iteration converges to/);
  });

  test('a program with one layer carries no functional namespace', async () => {
    const linear = await text(`import { Linear } from '@fluxion/nn'; console.log(new Linear(2, 2));`);
    expect(linear).not.toMatch(/tripletMarginLoss/);
    const through = await text(`import { functional } from '@fluxion/nn'; console.log(functional);`);
    expect(through).toMatch(/tripletMarginLoss/);
  });

  test.each(['tensor', 'value'])(
    'every method of a %s stays attached although bundlers drop what looks unused',
    async make => {
      const program = `
        import { ${make} } from '@fluxion/autograd';
        console.log(Object.getOwnPropertyNames(Object.getPrototypeOf(${make}(1))).sort().join());`;
      const methods = await execute(program);
      expect(methods).toMatch(/\bexp\b.*\bsigmoid\b/);
      expect(methods).toBe(await execute(program, false));
    },
  );

  test('methods compute in a bundle', async () => {
    const program = `import { tensor } from '@fluxion/autograd'; console.log(String(tensor([1, 2]).tanh()));`;
    expect(await execute(program)).toMatch(/0\.7616.*0\.9640/s);
  });

  test('a value alone is differentiable too', async () => {
    const program = `
      import { value } from '@fluxion/autograd';
      const x = value(2); const y = x.mul(x).add(x); y.backward(); console.log(Number(x.grad));`;
    expect(await execute(program)).toBe('5');
  });
});

describe('marking what has no effect', () => {
  test.each([
    ['const a = f(1);', 'const a = /* @__PURE__ */ f(1);'],
    ['export const a = new Map<string, F>();', 'export const a = /* @__PURE__ */ new Map<string, F>();'],
    ['const a = f(g(1), () => h());', 'const a = /* @__PURE__ */ f(/* @__PURE__ */ g(1), () => h());'],
    ['const a = { ...b, c: 1 };', 'const a = /* @__PURE__ */ (() => ({ ...b, c: 1 }))();'],
    ['const a = f(b.c);', 'const a = /* @__PURE__ */ (() => (f(b.c)))();'],
    [
      "import * as b from './b.js'; const a = f(b.c);",
      "import * as b from './b.js'; const a = /* @__PURE__ */ f(b.c);",
    ],
    ['class A { static b = f(); c = g(); }', 'class A { static b = /* @__PURE__ */ f(); c = g(); }'],
    ['const a: A = { b: [1, -2, Math.PI], c() { f(); } };', undefined],
    ['export function f(): void { g(); }', undefined],
    ['declare module "./a.js" { interface A {} }', undefined],
  ])('%s', (source, marked = source) => expect(markPure(source, 'a.ts')).toBe(marked));

  test.each([
    'f();',
    'a.b = 1;',
    'for (const x of y) f(x);',
    'const { a } = f();',
    'class A { static { f(); } }',
  ])('%s is refused', source => expect(() => markPure(`\n${source}`, 'a.ts')).toThrow(/^a\.ts:2: /));
});
