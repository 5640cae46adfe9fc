/**
 * Replays cases with known results (outputs, gradients, second order, trajectories) against the library. The folder comes from
 * FLUXION_GOLDENS, by default ../shared/goldens; where there is none, the committed sample is replayed instead. A failure makes the exit
 * code 1. The last line is `N passed, N failed`. With `--reference` the plain TypeScript kernels compute, else the fastest tier.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { caseFiles, readCases } from '../packages/autograd/test/goldens/format.js';
import { tally } from '../packages/autograd/test/goldens/report.js';
import { runCase } from '../packages/autograd/test/goldens/run.js';
import { committed } from '../packages/autograd/test/goldens/sample.js';
import { useKernels } from '../packages/kernels/src/index.js';
import { createReference } from '../packages/kernels/src/reference/index.js';
import { root } from './support/run.js';

if (process.argv.includes('--reference')) useKernels(createReference());

const folder = resolve(root, process.env.FLUXION_GOLDENS ?? '../shared/goldens');
let files: readonly string[];
if (existsSync(folder)) {
  files = caseFiles(folder);
  if (files.length === 0) console.log(`there are no .jsonl or .jsonl.gz files in ${folder}`);
} else {
  console.log(`skipped: folder ${folder} not found (FLUXION_GOLDENS names another); committed sample used`);
  files = committed.slice();
}

const { text, passed, failed } = tally(files.flatMap(readCases).map(runCase));
console.log(`${text}\n\n${passed} passed, ${failed} failed`);
// A folder without cases proves nothing.
process.exitCode = failed === 0 && files.length > 0 ? 0 : 1;
