import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A line of source, where it would stand, and the rule that has to object (null: it is allowed). */
const cases: readonly [file: string, source: string, rule: string | null][] = [
  ['kernels/src', `import { a } from '@fluxion/autograd';`, 'noRestrictedImports'],
  ['kernels/src', `import { a } from 'node:fs';`, 'noNodejsModules'],
  ['autograd/src/ops', `import { a } from '@fluxion/kernels';`, null],
  ['autograd/src/ops', `import { a } from '../tensor/tensor.js';`, null],
  ['autograd/src/ops', `import { a } from '@fluxion/nn';`, 'noRestrictedImports'],
  ['autograd/src/ops', `import { a } from '../../../kernels/src/storage.js';`, 'noRestrictedImports'],
  ['autograd/src/transforms', `import { a } from '../ops/unary.js';`, null],
  ['autograd/src/graph', `import { a } from '../tensor/tensor.js';`, null],
  ['autograd/src/graph', `import { a } from '../ops/unary.js';`, 'noRestrictedImports'],
  ['autograd/src/graph', `import type { a } from '../ops/unary.js';`, 'noRestrictedImports'],
  ['autograd/src/tensor', `import { a } from '../ops/composite/loss.js';`, 'noRestrictedImports'],
  ['autograd/src/tensor', `import { a } from '../transforms/grad.js';`, 'noRestrictedImports'],
  ['nn/src', `import { a } from '@fluxion/autograd';`, null],
  ['nn/src', `import { a } from '@fluxion/kernels';`, 'noRestrictedImports'],
  ['nn/src', `import { a } from '@fluxion/optim';`, 'noRestrictedImports'],
  ['nn/src', `import { a } from '@fluxion/regularize';`, 'noRestrictedImports'],
  ['nn/src', `import { a } from 'fluxion';`, 'noRestrictedImports'],
  ['optim/src', `import { a } from '@fluxion/autograd';`, null],
  ['optim/src', `import { a } from '@fluxion/nn';`, 'noRestrictedImports'],
  ['optim/src', `export { a } from '@fluxion/regularize';`, 'noRestrictedImports'],
  ['optim/src', `import { a } from '@fluxion/kernels';`, 'noRestrictedImports'],
  ['regularize/src', `import { Module } from '@fluxion/nn';`, null],
  ['regularize/src', `import { Linear } from '@fluxion/nn';`, 'noRestrictedImports'],
  ['regularize/src', `import * as a from '@fluxion/nn';`, 'noRestrictedImports'],
  ['regularize/src', `import { a } from '@fluxion/optim';`, 'noRestrictedImports'],
  ['data/src', `import { a } from '@fluxion/autograd';`, null],
  ['data/src', `import { a } from '@fluxion/nn';`, 'noRestrictedImports'],
  ['gradcheck/src', `import { a } from '@fluxion/autograd';`, null],
  ['gradcheck/src', `import { a } from '@fluxion/nn';`, 'noRestrictedImports'],
  ['fluxion/src', `export * from '@fluxion/nn';`, null],
  ['fluxion/src', `export * from '@fluxion/kernels';`, 'noRestrictedImports'],
];

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: unknown };
  }[];
}

describe('the one-way arrows between packages', () => {
  let folder = '';
  /** The rules that objected, by file. */
  const found = new Map<string, string[]>();
  const cycle = ['packages/nn/src/cycleA.ts', 'packages/nn/src/cycleB.ts'];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fluxion-arrows-'));
    for (const file of ['biome.json', '.gitignore']) copyFileSync(file, join(folder, file));
    const put = (file: string, source: string): void => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${source}\n`);
    };
    cases.forEach(([place, source], i) => {
      put(`packages/${place}/case${i}.ts`, source);
    });
    put(cycle[0], `import { b } from './cycleB.js';\nexport const a = (): unknown => b;`);
    put(cycle[1], `import { a } from './cycleA.js';\nexport const b = (): unknown => a;`);
    const biome = join(process.cwd(), 'node_modules', '.bin', 'biome');
    const options = ['lint', '.', '--reporter=json', '--max-diagnostics=none'];
    const run = spawnSync(biome, options, { cwd: folder, encoding: 'utf8' });
    for (const { category, location } of (JSON.parse(run.stdout) as Report).diagnostics) {
      const file = typeof location.path === 'string' ? location.path : JSON.stringify(location.path);
      const key = file
        .replaceAll('\\', '/')
        .replace(/^.*?packages\//, 'packages/')
        .replace(/"}?$/, '');
      found.set(key, [...(found.get(key) ?? []), category.split('/').at(-1) ?? '']);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(cases.map(([place, source, rule], i) => [place, source, rule, i] as const))(
    '%s: %s -> %s',
    (place, _source, rule, i) => {
      const arrows = ['noRestrictedImports', 'noNodejsModules', 'noImportCycles'];
      const rules = (found.get(`packages/${place}/case${i}.ts`) ?? []).filter(name => arrows.includes(name));
      expect(rules).toEqual(rule === null ? [] : [rule]);
    },
  );

  test('a cycle of imports inside a package is found', () => {
    for (const file of cycle) expect(found.get(file)).toContain('noImportCycles');
  });
});
