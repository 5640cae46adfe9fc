import { fileURLToPath } from 'node:url';

/** A few cases for each op and kind that is supported. */
export const sample = fileURLToPath(new URL('./sample.jsonl.gz', import.meta.url));
