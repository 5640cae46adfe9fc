/**
 * Writes the committed sample: of every op and kind that is supported, a few of the cases in the folder that FLUXION_GOLDENS names (default
 * ../shared/goldens), special ones and small ones first. Run it after adding adapters or runners.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Case, caseFiles, isOpCase, readLines } from '../packages/autograd/test/goldens/format.js';
import { runCase } from '../packages/autograd/test/goldens/run.js';
import { sample } from '../packages/autograd/test/goldens/sample.js';
import { root } from './support/run.js';

const casesOfAGroup = 3;
/** In characters. */
const largestOpCase = 6_000;
const largestCase = 20_000;

/** What makes a case worth keeping: the cases kept of a group should differ in it. */
function traits(c: Case): string {
  if (!isOpCase(c)) return 'problem' in c ? String(c.problem) : c.id;
  const marks = [
    'edge' in c,
    'nonfinite' in c,
    c.tensors.some(t => t.strides !== undefined),
    c.outputs.some(t => t.data.length === 0),
  ];
  return [...marks.map(Number), c.args.length, ...Object.keys(c.kwargs)].join();
}

const folder = resolve(root, process.env.FLUXION_GOLDENS ?? '../shared/goldens');
const groups = new Map<string, Case[]>();
/** Written as they were read: JSON.stringify would lose the sign of -0. */
const lines = new Map<Case, string>();
for (const line of caseFiles(folder).flatMap(readLines)) {
  const c = JSON.parse(line) as Case;
  lines.set(c, line);
  const { group, status } = runCase(c);
  if (status === 'not yet supported') continue;
  groups.set(group, [...(groups.get(group) ?? []), c]);
}

const length = (c: Case): number => lines.get(c)?.length ?? 0;
const kept = [...groups.values()].flatMap(cases => {
  const small = cases
    .filter(c => length(c) <= (isOpCase(c) ? largestOpCase : largestCase))
    .sort((a, b) => length(a) - length(b));
  const different = small.filter((c, i) => small.findIndex(other => traits(other) === traits(c)) === i);
  const special = different.sort((a, b) => Number('edge' in b) - Number('edge' in a));
  return [...special, ...small.filter(c => !different.includes(c))].slice(0, casesOfAGroup);
});
const bytes = gzipSync(kept.map(c => `${lines.get(c)}\n`).join(''), { level: 9 });
writeFileSync(sample, bytes);
console.log(`${kept.length} cases of ${groups.size} ops and kinds, ${bytes.length} bytes: ${sample}`);
