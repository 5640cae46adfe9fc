/**
 * Makes the dist folder of every package: declarations by the compiler, which checks the types as it goes, then the JavaScript. Takes
 * `--clean` to start from nothing, since a file whose source is gone must not stay in what is published.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { directories, distribute } from './support/dist.js';
import { run } from './support/run.js';

if (process.argv.includes('--clean'))
  for (const directory of directories) rmSync(join(directory, 'dist'), { recursive: true, force: true });
const { code } = await run('tsc', ['-b'], true);
if (code !== 0) process.exit(code);
await Promise.all(directories.map(directory => distribute(directory, join(directory, 'dist'))));
