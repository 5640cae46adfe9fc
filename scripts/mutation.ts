/**
 * Mutation tests of the derivative rules: every rule in packages/autograd/src/ops is changed in many small ways, and at least 90 % of the changed rules
 * must make a test fail. `npm run mutation` runs all, `npm run mutation -- unary ops/linalg` those in files whose path contains one of the words.
 * See docs/mutation.md. No part of `npm test`: it takes too long.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { MutantResult } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { build } from 'esbuild';
import { addMutators } from './mutation/mutators.js';
import { derivativeRules } from './mutation/rules.js';
import { root } from './support/run.js';

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    /** Processes that test at a time. */
    concurrency: { type: 'string', default: String(availableParallelism()) },
    /** Shows what would be changed, and stops. */
    list: { type: 'boolean', default: false },
  },
});

const out = resolve(root, 'out/mutation');

/** Percent. */
const least = 90;

interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) as string).length };
}

function patterns(): string[] {
  const rules = derivativeRules(resolve(root, 'packages/autograd/src'), 'ops');
  return [...rules].flatMap(([path, ranges]) => {
    const file = relative(root, path);
    const text = readFileSync(path, 'utf8');
    return ranges
      .map(range => {
        const [start, end] = [placeOf(text, range.start), placeOf(text, range.end)];
        return `${file}:${start.line}:${start.column}-${end.line}:${end.column}`;
      })
      .filter(place => words.length === 0 || words.some(word => place.includes(word)));
  });
}

/** In JavaScript, so that Stryker's processes, and all threads that vitest starts in them, can do without a compiler. */
async function compilePlugin(): Promise<string> {
  const outfile = resolve(out, 'plugin.js');
  await build({
    entryPoints: [resolve(root, 'scripts/mutation/plugin.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  return pathToFileURL(outfile).href;
}

async function mutate(selected: readonly string[]): Promise<MutantResult[]> {
  return new Stryker({
    mutate: [...selected],
    // What the tests need, and nothing that would have to be adapted to another place.
    ignorePatterns: ['/*', '!/packages', 'packages/*/dist', 'packages/*/*.json', 'packages/kernels/assembly'],
    plugins: ['@stryker-mutator/vitest-runner', await compilePlugin()],
    testRunner: 'nearest-first',
    vitest: { configFile: 'packages/autograd/test/mutation/vitest.config.ts', related: false },
    ignorers: ['texts'],
    coverageAnalysis: 'perTest',
    disableTypeChecks: false,
    checkers: [],
    concurrency: Number(values.concurrency),
    timeoutMS: 20_000,
    timeoutFactor: 2,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: resolve(out, 'report.json') },
    tempDirName: resolve(out, 'sandbox'),
    allowConsoleColors: false,
    thresholds: { high: 100, low: least, break: null },
    warnings: { slow: false },
  } as never).runMutationTest();
}

const selected = patterns();
if (values.list) {
  console.log(selected.join('\n'));
  process.exit(0);
}
await addMutators();
const mutants = await mutate(selected);

/** The piece of the source that a mutant replaces, in one line. */
function original({ fileName, location: { start, end } }: MutantResult): string {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return oneLine(lines.join(' '));
}
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

const of = (...status: readonly string[]): MutantResult[] => mutants.filter(m => status.includes(m.status));
for (const mutant of of('Survived', 'NoCoverage', 'CompileError', 'RuntimeError')) {
  const where = `${relative(root, mutant.fileName)}:${mutant.location.start.line}`;
  console.log(
    `${mutant.status} ${where} ${mutant.mutatorName}${mutant.static === true ? ' (while loading)' : ''}\n    ${original(mutant)}\n    ${oneLine(mutant.replacement)}`,
  );
}
const ignored = of('Ignored').length;
const [killed, timeout, survived, uncovered] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(
  s => of(s).length,
);
const total = mutants.length - ignored;
const score = (100 * (killed + timeout)) / total;
console.log(
  `\n${total} mutants, ${killed} killed, ${timeout} timeout, ${survived} survived, ${uncovered} no coverage, ` +
    `${total - killed - timeout - survived - uncovered} errors: score ${score.toFixed(1)} %, at least ${least} % needed`,
);
process.exitCode = score >= least ? 0 : 1;
