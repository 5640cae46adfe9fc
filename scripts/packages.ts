/**
 * Packs every package as it would be published and checks the archive: publint (fields and files), and
 * arethetypeswrong for consumers that use ES modules. Expects dist to be there (scripts/dist.ts).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root, run } from './support/run.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

const folder = mkdtempSync(join(tmpdir(), 'fluxion-pack-'));
let failed = 0;
let passed = 0;

function report(name: string, check: string, problems: string): void {
  if (problems === '') {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`${name}: ${check}\n${problems}`);
}

/** The text of a file in a packed archive: a header of 512 bytes with name and size, then the content, padded to 512. */
function extract(archive: string, path: string): string {
  const tar = gunzipSync(readFileSync(archive));
  for (let at = 0; at + 512 <= tar.length; ) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('utf8', at + 124, at + 136), 8);
    if (name === path) return tar.toString('utf8', at + 512, at + 512 + size);
    if (Number.isNaN(size)) break;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${archive} has no ${path}`);
}

/** What must not leave the workspace: the source condition, and dependencies that only exist in it. */
function leftovers(manifest: string): string {
  const found = ['@fluxion/source', 'workspace:'].filter(text => manifest.includes(text));
  return found.map(text => `  contains ${text}`).join('\n');
}

try {
  for (const directory of readdirSync(join(root, 'packages')).sort()) {
    const source = join(root, 'packages', directory);
    const { name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
    const packed = await run('pnpm', ['--dir', source, 'pack', '--pack-destination', folder]);
    if (packed.code !== 0) {
      report(name, 'pnpm pack', packed.output);
      continue;
    }
    const archive = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    report(name, 'the published package.json', leftovers(extract(archive, 'package/package.json')));
    const publint = await run('publint', ['run', archive, '--strict']);
    report(name, 'publint', publint.code === 0 ? '' : publint.output);
    const types = await run('attw', [archive, '--profile', 'esm-only', '--no-emoji']);
    report(name, 'arethetypeswrong', types.code === 0 ? '' : types.output);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exit(1);
