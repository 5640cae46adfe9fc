/** Builds every package into its dist folder as ES modules with declarations, from nothing, then checks what would be published. */
import { run } from './support/run.js';

for (const [command, ...args] of [
  ['tsx', 'scripts/dist.ts', '--clean'],
  ['tsx', 'scripts/packages.ts'],
]) {
  const { code } = await run(command, args, true);
  if (code !== 0) process.exit(code);
}
