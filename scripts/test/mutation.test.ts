import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from '@babel/parser';
import type { Node } from '@babel/types';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMutators, mutators } from '../mutation/mutators.js';
import { derivativeRules } from '../mutation/rules.js';
import { traverse } from '../mutation/traverse.js';
import { root } from '../support/run.js';

const files: Readonly<Record<string, string>> = {
  'index.ts': `export { shared } from './ops/two.js';\nexport * from './ops/one.js';`,
  'ops/one.ts': `
import { helper, shared } from './two.js';
const local = (g: number): number => helper(g) + shared(g);
const both = (g: number): number => g;
function recursive(n: number): number { return n === 0 ? 0 : recursive(n - 1); }
const op = { name: 'one', savesOutput: true, vjp: (g: number) => [local(g), both(g), recursive(3)], forward: () => both(1) };
const unrelated = { first: 1, rule: () => 2 };
export const rule: { reads: string } = unary('one', { reads: 'input', rule: (m, g) => g });
function maker(compare: (a: number) => boolean): BinaryRule { return other(compare); }
export const made = [maker(a => a > 0), op, unrelated];
export const { reads, rule: renamed } = rule;
`,
  'ops/two.ts': `
const constant = 2;
export function helper(g: number): number { return constant * g; }
export function shared(g: number): number { return g; }
`,
  'tensor/raw.ts': `export const raw = { vjp: () => null };`,
};

describe('the rules that are found in sources', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fluxion-rules-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(resolve(folder, name, '..'), { recursive: true });
      writeFileSync(resolve(folder, name), text);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('what definitions say of derivatives, and what only that uses', () => {
    const rules = derivativeRules(folder, 'ops');
    const texts = (name: string): string[] =>
      (rules.get(resolve(folder, name)) ?? []).map(r => files[name].slice(r.start, r.end));
    expect(texts('ops/one.ts')).toEqual([
      '(g: number): number => helper(g) + shared(g)',
      'function recursive(n: number): number { return n === 0 ? 0 : recursive(n - 1); }',
      'true',
      '(g: number) => [local(g), both(g), recursive(3)]',
      "'input'",
      '(m, g) => g',
      '{ return other(compare); }',
      'a => a > 0',
    ]);
    expect(texts('ops/two.ts')).toEqual(['2', 'function helper(g: number): number { return constant * g; }']);
    expect([...rules.keys()]).toHaveLength(2);
  });

  test('those of the library: helpers of rules are in, what forward functions use as well is not', () => {
    const rules = derivativeRules(resolve(root, 'packages/autograd/src'), 'ops');
    const all = [...rules].flatMap(([file, ranges]) =>
      ranges.map(r => readFileSync(file, 'utf8').slice(r.start, r.end)),
    );
    expect(all.some(text => text.startsWith('function oneMinusSquare'))).toBe(true);
    expect(all.some(text => text.includes('function sumTo'))).toBe(false);
    expect(all.length).toBeGreaterThan(150);
  });
});

describe('mutators', () => {
  /** The calls and numbers that stand in place of parts of an expression, as short texts. */
  function mutantsOf(code: string): string[] {
    const found: string[] = [];
    const short = (node: Node): string => {
      if (node.type === 'NumericLiteral') return String(node.value);
      if (node.type === 'Identifier') return node.name;
      if (node.type === 'MemberExpression') return short(node.property);
      if (node.type === 'CallExpression')
        return `${short(node.callee)}(${node.arguments.map(short).join(', ')})`;
      return node.type;
    };
    traverse(parse(code, { sourceType: 'module' }), {
      enter: path => {
        for (const mutator of mutators)
          for (const node of mutator.mutate(path)) found.push(`${short(path.node)} -> ${short(node)}`);
      },
    });
    return found;
  }

  test('exchange ops and operands, drop ops, and count up numbers', () => {
    expect(mutantsOf('m.mul(g, m.neg(x))')).toEqual(['mul(g, neg(x)) -> div(g, neg(x))', 'neg(x) -> x']);
    expect(mutantsOf('m.sub(1, y)')).toEqual(['sub(1, y) -> add(1, y)', 'sub(1, y) -> sub(y, 1)', '1 -> 2']);
    expect(mutantsOf('m.where(c, a, b)')).toEqual([
      'where(c, a, b) -> where(c, b, a)',
      'where(c, a, b) -> a',
      'where(c, a, b) -> b',
    ]);
  });

  test('name only functions that the file has', () => {
    expect(mutantsOf('mul(a, b)')).toEqual([]);
    expect(mutantsOf("import { div } from './binary.js'; mul(a, b)")).toEqual(['mul(a, b) -> div(a, b)']);
  });

  test('are taken in by Stryker, once', async () => {
    const names = await addMutators();
    expect(await addMutators()).toEqual(names);
    expect(names).toEqual(expect.arrayContaining(['ArrowFunction', 'Operation', 'Number']));
  });
});
