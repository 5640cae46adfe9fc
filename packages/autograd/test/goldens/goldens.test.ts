import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernels, useKernels } from '@fluxion/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReference } from '../../../kernels/src/reference/index.js';
import { agree, tolerances } from './compare.js';
import { type Case, caseFiles, isOpCase, type OpCase, readCases } from './format.js';
import { tally } from './report.js';
import { runCase } from './run.js';
import { committed } from './sample.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = resolve(root, process.env.FLUXION_GOLDENS ?? '../shared/goldens');
const cases = committed.flatMap(readCases);

function replay(list: readonly Case[]): { failures: unknown[]; passed: number; unsupported: string[] } {
  const outcomes = list.map(runCase);
  return {
    failures: outcomes.filter(o => o.status === 'failed').map(({ id, problems }) => ({ id, problems })),
    passed: outcomes.filter(o => o.status === 'passed').length,
    unsupported: outcomes.filter(o => o.status === 'not yet supported').map(o => `${o.id}: ${o.reason}`),
  };
}

const bounds = 'values and gradients to 1e-9, second order and trajectories to 1e-8';

describe(`cases of PyTorch 1.13 in the sample: ${bounds}`, () => {
  const groups = new Map<string, Case[]>();
  for (const c of cases) {
    const group = isOpCase(c) ? c.op : c.kind;
    groups.set(group, [...(groups.get(group) ?? []), c]);
  }
  test.each([...groups])('%s', (_, list) => {
    expect(replay(list)).toEqual({ failures: [], passed: list.length, unsupported: [] });
  });
});

describe(`the same cases on the reference kernels: ${bounds}`, () => {
  const before = kernels();
  beforeAll(() => useKernels(createReference()));
  afterAll(() => useKernels(before));
  test('all', () => {
    expect(replay(cases)).toEqual({ failures: [], passed: cases.length, unsupported: [] });
  });
});

describe.skipIf(!existsSync(folder))(
  existsSync(folder)
    ? `all cases in ${folder}: ${bounds}`
    : `skipped, there is no folder ${folder} (FLUXION_GOLDENS names another)`,
  () => {
    test('none fails', () => {
      const { failures, passed } = replay(caseFiles(folder).flatMap(readCases));
      expect(failures).toEqual([]);
      expect(passed).toBeGreaterThan(0);
    });
  },
);

describe('the replay itself', () => {
  const rich = cases.find(
    (c): c is OpCase => isOpCase(c) && c.op === 'mul' && c.tensors.length === 2 && c.second !== null,
  );
  if (rich === undefined)
    throw new Error('the sample has no case of mul with two tensors and a second order');

  /** The case with another value at the end of a path into it. */
  function edited(value: (old: unknown) => unknown, ...path: (string | number)[]): OpCase {
    const copy = structuredClone(rich) as OpCase;
    let at: Record<string | number, unknown> = copy as never;
    for (const key of path.slice(0, -1)) at = at[key] as typeof at;
    const last = path[path.length - 1];
    at[last] = value(at[last]);
    return copy;
  }
  const slightlyOff = (x: unknown): number => (x as number) * (1 + 1e-6) + 1e-6;
  const problems = (c: Case): string[] => runCase(c).problems.map(p => p.quantity);

  test('the case that the next tests spoil passes as it is', () => {
    expect(runCase(rich)).toMatchObject({ status: 'passed', problems: [] });
  });

  test.each([
    ['outputs[0]', ['outputs', 0, 'data', 0]],
    ['grads[0]', ['grads', '0', 0]],
    ['grads[1]', ['grads', '1', 0]],
    ['second.grads[0]', ['second', 'grads', '0', 0]],
    ['second.jvp[0]', ['second', 'jvp', 0, 0]],
  ] as const)('%s off by a millionth fails and is named', (quantity, path) => {
    expect(problems(edited(slightlyOff, ...path))).toEqual([quantity]);
    expect(problems(edited(() => 'NaN', ...path))).toEqual([quantity]);
  });

  test('an input that is to be changed by the call, and is not, fails', () => {
    const { data } = rich.tensors[0];
    expect(problems(edited(() => ({ 0: data }), 'mutated'))).toEqual([]);
    const changed = data.map(slightlyOff);
    expect(problems(edited(() => ({ 0: changed }), 'mutated'))[0]).toBe('mutated[0]');
  });

  test('a gradient that should not be there fails', () => {
    expect(problems(edited(() => null, 'grads', '0'))).toEqual(['grads[0]']);
  });

  test('a wrong shape, dtype or number of outputs fails', () => {
    expect(problems(edited(shape => [...(shape as number[]), 1], 'outputs', 0, 'shape'))).toContain(
      'outputs[0] (shape)',
    );
    expect(problems(edited(() => 'int64', 'outputs', 0, 'dtype'))).toContain('outputs[0] (dtype)');
    expect(problems(edited(old => [...(old as unknown[]), (old as unknown[])[0]], 'outputs'))).toEqual([
      'outputs',
    ]);
  });

  test('an error of the library is a failure, not something unsupported', () => {
    const broken = edited(
      tensors => [(tensors as unknown[])[0], { ...rich.tensors[1], shape: [7], data: [1, 2, 3, 4, 5, 6, 7] }],
      'tensors',
    );
    expect(runCase(broken)).toMatchObject({ status: 'failed', problems: [{ quantity: 'call' }] });
  });

  test('an unknown function, argument or kind is not yet supported', () => {
    expect(runCase(edited(() => 'no_such_op', 'fn')).status).toBe('not yet supported');
    expect(runCase(edited(() => ({ out: 1 }), 'kwargs')).status).toBe('not yet supported');
    expect(runCase({ id: 'x', kind: 'no such kind' }).status).toBe('not yet supported');
  });

  test('the report counts by op, names the first failures and adds up', () => {
    const report = tally(
      [rich, edited(slightlyOff, 'grads', '0', 0), edited(() => 'no_such_op', 'fn')].map(runCase),
    );
    expect(report).toMatchObject({ passed: 1, failed: 1, unsupported: 1 });
    expect(report.text).toMatch(/^mul +1 +1 +1 {2}there is no such op yet$/m);
    expect(report.text).toMatch(/grads\[0\], element 0: got \S+, expected \S+/);
    expect(report.text).toContain('3 cases: 1 passed, 1 failed, 1 not yet supported');
  });

  test('numbers agree within the tolerance, zeros whatever their sign, non-finite ones by kind', () => {
    const { first } = tolerances;
    expect(agree(1 + 0.9e-9, 1, first)).toBe(true);
    expect(agree(1 + 1.2e-9, 1, first)).toBe(false);
    expect(agree(-0, 0, first)).toBe(true);
    expect(agree(Number.NaN, Number.NaN, first)).toBe(true);
    expect(agree(Number.NaN, 0, first)).toBe(false);
    expect(agree(0, Number.NaN, first)).toBe(false);
    expect(agree(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, first)).toBe(true);
    expect(agree(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, first)).toBe(false);
    expect(agree(1e308, Number.POSITIVE_INFINITY, first)).toBe(false);
  });
});
