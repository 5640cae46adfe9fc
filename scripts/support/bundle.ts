import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { directories, distribute, manifestOf } from './dist.js';

/** A new folder in whose node_modules the packages are as they are published, declarations aside. */
export async function install(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxion-bundle-'));
  for (const directory of directories) {
    const target = join(folder, 'node_modules', manifestOf(directory).name);
    await distribute(directory, join(target, 'dist'));
    cpSync(join(directory, 'package.json'), join(target, 'package.json'));
  }
  return folder;
}

/**
 * Bundles a program the way a user's bundler does: minified, with tree shaking.
 *
 * @param folder where the packages are installed.
 * @param importing names a package that is kept for its effects alone, as if it did not say `sideEffects: false`.
 */
export async function bundle(program: string, folder: string, importing: string = ''): Promise<Uint8Array> {
  const result = await build({
    stdin: { contents: program, resolveDir: folder, loader: 'ts' },
    bundle: true,
    minify: true,
    treeShaking: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
    plugins: [
      {
        name: 'effects',
        setup({ onResolve, resolve }) {
          onResolve({ filter: /^[^.]/ }, async ({ path, kind, resolveDir, pluginData }) => {
            if (path !== importing || pluginData === 'resolving') return null;
            const found = await resolve(path, { kind, resolveDir, pluginData: 'resolving' });
            return { path: found.path, sideEffects: true };
          });
        },
      },
    ],
  });
  return result.outputFiles[0].contents;
}

/** Bytes after gzip at its best level. */
export function gzipped(code: Uint8Array): number {
  return gzipSync(code, { level: 9 }).length;
}
