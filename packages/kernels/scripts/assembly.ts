/**
 * Compiles assembly/index.ts into the two WebAssembly builds and writes them to src/wasm/generated: the baseline build as
 * text, the relaxed build as its difference from that. Does nothing when the sources are those that the present modules were
 * made from; `--force` compiles anyway.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { applyDelta } from '../src/wasm/delta.js';
import { nullPage } from '../src/wasm/nullPage.js';
import { decodeText } from '../src/wasm/text.js';
import { moveConstants, placeConstants } from './constants.js';
import { makeDelta } from './delta.js';
import { encodeText } from './text.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'assembly');
const target = join(root, 'src', 'wasm', 'generated');

/** Everything below the memory base is the null page; static data, if any, follows it, and then the heap. */
const common = [
  ...[
    '--runtime',
    'stub',
    '--importMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--memoryBase',
    String(nullPage.end),
  ],
  ...['-O3', '--noAssert', '--noExportMemory', '--use', 'abort='],
  // Twins for float32 and float64 side by side compress better, and the two builds have the same order.
  ...['--runPasses', 'reorder-functions-by-name'],
  // Vectors cross the boundary between this module and those of compiled expressions, which is WebAssembly on both sides.
  ...['--disableWarning', '112'],
];
const builds: Record<string, string[]> = {
  baseline: [...common, '--enable', 'simd'],
  relaxed: [...common, '--enable', 'simd,relaxed-simd'],
};

/** Changes with the form of what is written. */
const format = 'text 1';

function sourceHash(): string {
  const hash = createHash('sha256');
  const version = createRequire(import.meta.url)('assemblyscript/package.json').version as string;
  hash.update(version).update(JSON.stringify(builds)).update(format);
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.ts')) continue;
    hash.update(`\0${name}\0`).update(readFileSync(join(sources, name), 'utf8').replace(/\r\n/g, '\n'));
  }
  return hash.digest('hex').slice(0, 32);
}

const pathOf = (name: string): string => join(target, `${name}.ts`);
const hash = sourceHash();
const upToDate = Object.keys(builds).every(
  name => existsSync(pathOf(name)) && readFileSync(pathOf(name), 'utf8').startsWith(`// ${hash}\n`),
);

function write(name: string, content: Uint8Array, size: number): void {
  const encoded = encodeText(content);
  if (!Buffer.from(decodeText(encoded)).equals(Buffer.from(content)))
    throw new Error(`assembly: the text of the ${name} build does not give back its bytes`);
  const text = `// ${hash}\n// Made by scripts/assembly.ts from assembly/: do not edit.\nexport const text: string =\n  '${encoded}';\n`;
  // Written aside and renamed, so that a concurrent reader never sees half a module.
  const aside = join(target, `.${name}.${process.pid}`);
  writeFileSync(aside, text);
  renameSync(aside, pathOf(name));
  console.log(`assembly: ${name} ${size} bytes, ${gzipSync(text, { level: 9 }).length} as a gzipped module`);
}

if (!upToDate || process.argv.includes('--force')) {
  const { default: asc } = await import('assemblyscript/asc');
  const scratch = mkdtempSync(join(tmpdir(), 'fluxion-assembly-'));
  try {
    mkdirSync(target, { recursive: true });
    const bytes: Record<string, Uint8Array> = {};
    for (const [name, options] of Object.entries(builds)) {
      const file = join(scratch, `${name}.wasm`);
      const { error, stderr } = await asc.main([join(sources, 'index.ts'), '-o', file, ...options]);
      const messages = stderr.toString();
      if (messages) process.stderr.write(messages);
      if (error) throw error;
      bytes[name] = readFileSync(file);
    }
    const places = placeConstants(Object.values(bytes), nullPage.constants, nullPage.tiles);
    for (const name of Object.keys(bytes)) bytes[name] = moveConstants(bytes[name], places);
    const delta = makeDelta(bytes.baseline, bytes.relaxed);
    if (!Buffer.from(applyDelta(bytes.baseline, delta)).equals(Buffer.from(bytes.relaxed)))
      throw new Error('assembly: the delta does not give back the relaxed build');
    write('baseline', bytes.baseline, bytes.baseline.length);
    write('relaxed', delta, bytes.relaxed.length);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
