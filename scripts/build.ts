/** Builds every package into its dist folder as ES modules with declarations, then checks what would be published. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './support/run.js';

// From nothing: a file whose source is gone must not stay in dist.
for (const name of readdirSync(join(root, 'packages'))) {
  rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
}
for (const [command, ...args] of [
  ['tsc', '-b'],
  ['tsx', 'scripts/packages.ts'],
]) {
  const { code } = await run(command, args, true);
  if (code !== 0) process.exit(code);
}
