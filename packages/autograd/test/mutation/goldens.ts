import { describe, expect, test } from 'vitest';
import { type Case, isOpCase, readCases } from '../goldens/format.js';
import { runCase } from '../goldens/run.js';
import { committed } from '../goldens/sample.js';

const groups = new Map<string, Case[]>();
for (const c of committed.flatMap(readCases)) {
  const group = isOpCase(c) ? c.op : c.kind;
  groups.set(group, [...(groups.get(group) ?? []), c]);
}

describe('golden cases', () => {
  test.each([...groups])('of %s', (_, list) => {
    for (const c of list) expect(runCase(c), c.id).toMatchObject({ status: 'passed' });
  });
});
