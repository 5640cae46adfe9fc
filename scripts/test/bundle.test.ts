import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, gzipped } from '../support/bundle.js';

describe('bundles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxion-bundle-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a bundle in a plain Node process, away from node_modules. */
  const execute = async (program: string): Promise<string> => {
    const file = join(folder, `${expect.getState().currentTestName?.replaceAll(/\W+/g, '-')}.mjs`);
    writeFileSync(file, await bundle(program));
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout.trim();
  };

  // The aim is 90 kB for what every program carries: kernels, graph, and the ops that are methods. Rarely used families (linear algebra, losses,
  // normalisation, attention, distances) are functions only and stay out of programs without them; the methods of indexing, sorting and convolutions
  // still come along. The bounds hold what there is.
  test.each([
    [
      'a program of tensors and their methods',
      `import { tensor } from '@fluxion/autograd'; tensor([1]).exp();`,
      106_000,
    ],
    ['all of @fluxion/autograd', `export * from '@fluxion/autograd';`, 144_000],
  ])(
    '%s weighs no more than it should, with its kernels, minified and gzipped',
    async (_, program, limit) => {
      const size = gzipped(await bundle(program));
      expect(size).toBeGreaterThan(1_000);
      expect(size).toBeLessThanOrEqual(limit);
    },
  );

  test('a program without linear algebra carries none of it, and one that inverts does not carry the rest', async () => {
    const text = async (program: string): Promise<string> => new TextDecoder().decode(await bundle(program));
    const factorisations = /is singular: pivot|positive definite|that the iteration converges to/;
    const plain = `import { tensor } from '@fluxion/autograd'; console.log(String(tensor([1]).exp()));`;
    expect(await text(plain)).not.toMatch(factorisations);
    const inverting = await text(`import { inv, tensor } from '@fluxion/autograd'; inv(tensor([[2]]));`);
    expect(inverting).toMatch(/is singular: pivot/);
    expect(inverting).not.toMatch(/positive definite|that the iteration converges to/);
  });

  test('methods stay attached although bundlers may drop unused modules', async () => {
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
