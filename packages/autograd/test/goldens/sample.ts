import { fileURLToPath } from 'node:url';
import { caseFiles } from './format.js';

const folder = fileURLToPath(new URL('./cases', import.meta.url));

/** A few cases for each op and kind that is supported; `scripts/goldens-sample.ts` writes it. */
export const sample: string = `${folder}/sample.jsonl.gz`;

/** All files of cases that are committed: see cases/README.md. */
export const committed: readonly string[] = caseFiles(folder);
