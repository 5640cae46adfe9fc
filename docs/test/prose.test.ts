import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/**
 * Prose is executable. Every block fenced as `ts` in the documents of the repository is type-checked and run, each as
 * a module of its own. A line `console.log(…); // text` must print exactly that text. A block fenced as
 * `ts throws Name` must throw an error of that name. One fenced as `ts from PATH` is a piece of that file and must stand there, and one
 * fenced as `ts fragment` is left alone.
 */
interface Block {
  readonly document: string;
  readonly line: number;
  readonly source: string;
  /** The name of the error that it has to throw, or null. */
  readonly throws: string | null;
  readonly file: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'docs', '.prose', String(process.pid));

function documents(): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !name.includes('node_modules'))
    .map(name => join(root, 'docs', name));
  const inPackages = readdirSync(join(root, 'packages')).map(name =>
    join(root, 'packages', name, 'README.md'),
  );
  const top = ['README.md', 'CONTRIBUTING.md'].map(name => join(root, name));
  return [...top, ...inPackages.filter(existsSync), ...inDocs.sort()];
}

function blocksOf(path: string): Block[] {
  const document = relative(root, path).replaceAll('\\', '/');
  const blocks: Block[] = [];
  const fence = /^```ts(?: ([^\n]*))?\n(.*?)^```$/gms;
  const text = readFileSync(path, 'utf8');
  for (const match of text.matchAll(fence)) {
    const [, info = '', source] = match;
    if (info === 'fragment' || info.startsWith('from ')) continue;
    const throws = /^throws (\w+)$/.exec(info)?.[1] ?? null;
    if (info !== '' && throws === null)
      throw new Error(`${document}: '${info}' after \`\`\`ts means nothing here`);
    const line = text.slice(0, match.index).split('\n').length;
    const file = join(folder, `${document.replaceAll(/\W+/g, '-')}-${line}.ts`);
    blocks.push({ document, line, source, throws, file });
  }
  return blocks;
}

/** The pieces of files that a document shows: of which file, and what. */
function piecesOf(path: string): (readonly [document: string, file: string, source: string])[] {
  const piece = /^```ts from (\S+)\n(.*?)^```$/gms;
  return [...readFileSync(path, 'utf8').matchAll(piece)].map(
    ([, file, source]) => [relative(root, path), file, source] as const,
  );
}

/** The texts that the block says its `console.log` lines print. */
function expectedOutput(source: string): string[] {
  return [...source.matchAll(/^\s*console\.log\(.*\); \/\/ (.+)$/gm)].map(match => match[1].trim());
}

const blocks = documents().flatMap(blocksOf);

describe('code in the documents', () => {
  let typeErrors = '';

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    // `export {}` makes a module of a block that imports nothing.
    for (const { file, source } of blocks) writeFileSync(file, `${source}export {};\n`);
    const config = {
      extends: join(root, 'tsconfig.check.json'),
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: [],
      files: blocks.map(block => block.file),
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const run = spawnSync(tsc, ['-p', folder], { cwd: folder, encoding: 'utf8' });
    typeErrors = run.stdout + run.stderr;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('there is some in the README', () => {
    expect(blocks.filter(block => block.document === 'README.md').length).toBeGreaterThan(3);
  });

  test('it type-checks', () => {
    expect(typeErrors).toBe('');
  });

  test.each(blocks.map(block => [block.document, block.line, block] as const))(
    '%s:%i runs',
    async (_document, _line, block) => {
      const printed: string[] = [];
      const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
        printed.push(format(...args));
      });
      try {
        const running = import(/* @vite-ignore */ block.file);
        if (block.throws === null) await running;
        else await expect(running).rejects.toMatchObject({ name: block.throws });
      } finally {
        log.mockRestore();
      }
      const expected = expectedOutput(block.source);
      if (expected.length === 0) return;
      // Where other lines print too, only those that say what they print count; a miss shows all that was printed.
      const told = printed.filter(text => expected.includes(text));
      expect(told.length < expected.length ? printed : told).toEqual(expected);
    },
  );
});

describe('pieces of files in the documents', () => {
  // A piece of an object stands deeper in its file than in the document.
  const lines = (text: string): string => text.replaceAll(/^ +/gm, '').trim();
  test.each(documents().flatMap(piecesOf))('%s shows what stands in %s', (_document, file, source) => {
    expect(lines(readFileSync(join(root, file), 'utf8'))).toContain(lines(source));
  });
});

describe('links in the documents', () => {
  test.each(documents().map(path => [relative(root, path), path] as const))(
    '%s points at what exists',
    (_name, path) => {
      const targets = [...readFileSync(path, 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)].map(
        match => match[1],
      );
      const local = targets.filter(target => !/^[a-z]+:/.test(target));
      expect(local.filter(target => !existsSync(join(dirname(path), target)))).toEqual([]);
    },
  );
});
