/**
 * Mutators for what Stryker has none for. A derivative rule is made of calls, `m.mul(g, m.neg(m.square(y)))`, in which Stryker's own find no operator
 * and hence nothing to change but the whole function; these exchange ops and operands and change numbers.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { NodePath } from '@babel/traverse';
import type { CallExpression, Node } from '@babel/types';

interface Mutator {
  readonly name: string;
  mutate(path: NodePath): Iterable<Node>;
}

/** What stands for an op in its place; the arguments stay. */
const exchanged: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  sin: 'cos',
  cos: 'sin',
  sinh: 'cosh',
  cosh: 'sinh',
  exp: 'log',
  log: 'exp',
  sqrt: 'square',
  square: 'sqrt',
  lt: 'le',
  le: 'lt',
  gt: 'ge',
  ge: 'gt',
  eq: 'ne',
  ne: 'eq',
  amax: 'amin',
  amin: 'amax',
  cumsum: 'sum',
  tril: 'triu',
  triu: 'tril',
  logicalAnd: 'logicalOr',
  logicalOr: 'logicalAnd',
};
/** Ops of which the first argument remains. */
const dropped = new Set([
  'neg',
  'sign',
  'abs',
  'exp',
  'log',
  'square',
  'sqrt',
  'reciprocal',
  'trunc',
  'sigmoid',
  'zero',
  'digamma',
  'and',
  'conj',
  'transpose',
  'flip',
  'sum',
  'mean',
  'cumsum',
  'tril',
  'triu',
  'expand',
  'permute',
  'pow',
  'xlogy',
  'floorDiv',
]);
/** Ops whose meaning depends on the order of the first two arguments, or the last two. */
const ordered = new Set(['sub', 'div', 'pow', 'matmul', 'product', 'xlogy', 'floorDiv']);

function copy(call: CallExpression, changes: Partial<CallExpression>): CallExpression {
  return { ...call, ...changes };
}

function opOf({ callee }: CallExpression): string | null {
  if (callee.type === 'Identifier') return callee.name;
  const named =
    callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier';
  return named ? (callee.property as { name: string }).name : null;
}

/** `m.add(a, b)` becomes `m.sub(a, b)`, `m.neg(x)` becomes `x`, `where(c, a, b)` becomes `where(c, b, a)`. */
const operation: Mutator = {
  name: 'Operation',
  *mutate(path) {
    if (!path.isCallExpression()) return;
    const { node } = path;
    const op = opOf(node);
    if (op === null) return;
    const args = node.arguments;
    const { callee } = node;
    const other = exchanged[op];
    if (other !== undefined && callee.type === 'MemberExpression')
      yield copy(node, { callee: { ...callee, property: { type: 'Identifier', name: other } as never } });
    // A name that the file does not import would end in a ReferenceError, which any test notices.
    if (other !== undefined && callee.type === 'Identifier' && path.scope.hasBinding(other))
      yield copy(node, { callee: { ...callee, name: other } });
    const ofFunction =
      callee.type === 'Identifier' ||
      (callee.type === 'MemberExpression' &&
        callee.object.type === 'Identifier' &&
        callee.object.name === 'm');
    if (dropped.has(op) && ofFunction && args.length > 0) yield args[0];
    if (ordered.has(op) && args.length === 2) yield copy(node, { arguments: [args[1], args[0]] });
    if (op === 'where' && args.length === 3) {
      yield copy(node, { arguments: [args[0], args[2], args[1]] });
      yield args[1];
      yield args[2];
    }
  },
};

/** 0 becomes 1, 0.5 becomes 1.5: also where it says which input is meant. */
const number: Mutator = {
  name: 'Number',
  *mutate(path) {
    if (path.isNumericLiteral()) yield { type: 'NumericLiteral', value: path.node.value + 1 } as Node;
  },
};

export const mutators: readonly Mutator[] = [operation, number];

/** Adds them to those of Stryker, which offers no way to: they go into the list that its instrumenter walks through. Returns the names of all. */
export async function addMutators(): Promise<readonly string[]> {
  const core = import.meta.resolve('@stryker-mutator/instrumenter/package.json');
  const list = resolve(dirname(fileURLToPath(core)), 'dist/src/mutators/mutate.js');
  const { allMutators } = (await import(pathToFileURL(list).href)) as { allMutators: Mutator[] };
  for (const mutator of mutators) if (!allMutators.includes(mutator)) allMutators.push(mutator);
  return allMutators.map(m => m.name);
}
