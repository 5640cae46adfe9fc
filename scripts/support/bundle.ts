import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './run.js';

/**
 * Bundles a program that imports packages of the workspace the way a user's bundler does: minified, with tree
 * shaking that trusts `sideEffects: false`. Imports are looked up from the folder `from`.
 */
export async function bundle(program: string, from: string = join(root, 'docs')): Promise<Uint8Array> {
  const result = await build({
    stdin: { contents: program, resolveDir: from, loader: 'ts' },
    bundle: true,
    minify: true,
    treeShaking: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@fluxion/source'],
    logLevel: 'silent',
  });
  return result.outputFiles[0].contents;
}

/** Bytes after gzip at its best level. */
export function gzipped(code: Uint8Array): number {
  return gzipSync(code, { level: 9 }).length;
}
