/** Prints what the packages weigh, minified and gzipped. The budget is held by scripts/test/bundle.test.ts. */
import { rmSync } from 'node:fs';
import { bundle, gzipped, install } from './support/bundle.js';

const folder = await install();

for (const name of [
  '@fluxion/kernels',
  '@fluxion/autograd',
  '@fluxion/nn',
  '@fluxion/optim',
  '@fluxion/regularize',
  '@fluxion/data',
  'fluxion',
]) {
  const code = await bundle(`export * from '${name}';`, folder);
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
  console.log(`${name.padEnd(20)} ${kilobytes(code.length)} minified ${kilobytes(gzipped(code))} gzip`);
}
rmSync(folder, { recursive: true, force: true });
