/**
 * Finds the derivative rules in the sources of the ops: what the definition of an op says of its derivative, and whatever nothing but that uses.
 * Found by parsing, so that a new op is in without a line anywhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from '@babel/parser';
import type { Binding, NodePath } from '@babel/traverse';
import type { File, Identifier, Node, ObjectExpression } from '@babel/types';
import { traverse } from './traverse.js';

/** Positions in the text of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly ast: File;
  readonly ranges: Range[];
}

/** What the definition of an op says of its derivative, and of what to keep for it. */
const ruleKeys = new Set([
  'vjp',
  'rule',
  'first',
  'second',
  'savesInput',
  'savesOutput',
  'saves',
  'reads',
  'readsOutput',
]);
/** An object is the definition of an op, or of its derivative, if it has all keys of one of these. */
const definitions = [['vjp'], ['rule', 'reads'], ['first', 'second']];
/** Functions that are declared to return one of these make rules, of what they are given as well. */
const ruleTypes = new Set(['UnaryRule', 'BinaryRule', 'Vjp']);

function keysOf(object: ObjectExpression): string[] {
  return object.properties.flatMap(p =>
    p.type !== 'SpreadElement' && p.key.type === 'Identifier' ? [p.key.name] : [],
  );
}

const rangeOf = (node: Node): Range => ({ start: node.start as number, end: node.end as number });
const within = (inner: Range, outer: Range): boolean => outer.start <= inner.start && inner.end <= outer.end;

/** The rules of one file that can be told by their form. */
function statedRules({ ast, ranges }: Source): void {
  const makers = new Set<string>();
  traverse(ast, {
    Function: path => {
      const annotation = path.node.returnType;
      if (annotation?.type !== 'TSTypeAnnotation') return;
      const type = annotation.typeAnnotation;
      if (
        type.type !== 'TSTypeReference' ||
        type.typeName.type !== 'Identifier' ||
        !ruleTypes.has(type.typeName.name)
      )
        return;
      ranges.push(rangeOf(path.node.body));
      const { node, parent } = path;
      if (node.type === 'FunctionDeclaration' && node.id != null) makers.add(node.id.name);
      if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier') makers.add(parent.id.name);
    },
    ObjectExpression: path => {
      const keys = keysOf(path.node);
      if (!definitions.some(needed => needed.every(key => keys.includes(key)))) return;
      for (const property of path.node.properties) {
        if (property.type === 'SpreadElement' || property.key.type !== 'Identifier') continue;
        if (!ruleKeys.has(property.key.name)) continue;
        ranges.push(rangeOf(property.type === 'ObjectMethod' ? property.body : property.value));
      }
    },
  });
  traverse(ast, {
    CallExpression: ({ node }) => {
      if (node.callee.type === 'Identifier' && makers.has(node.callee.name))
        for (const argument of node.arguments) ranges.push(rangeOf(argument));
    },
  });
}

/** Something that has a name: its declaration, and where the name is used, in all files. */
interface Declared {
  readonly source: Source;
  readonly declaration: Range;
  readonly uses: { readonly source: Source; readonly at: Range }[];
  /** Whether a name of it is public, and so used by whoever likes. */
  published: boolean;
}

const declares = (binding: Binding): Node | null => {
  const { node } = binding.path;
  if (node.type === 'FunctionDeclaration') return node;
  return node.type === 'VariableDeclarator' && node.id.type === 'Identifier' ? (node.init ?? null) : null;
};

function declarations(sources: ReadonlyMap<string, Source>): Declared[] {
  const found = new Map<Source, Map<Binding, Declared>>();
  const exported = new Map<Source, Map<string, Declared>>();
  const imports: { source: Source; binding: Binding; from: string; name: string }[] = [];
  const passedOn: { from: string; names: readonly string[] | null }[] = [];

  for (const source of sources.values()) {
    const own = new Map<Binding, Declared>();
    const named = new Map<string, Declared>();
    found.set(source, own);
    exported.set(source, named);
    const target = (specifier: string): string =>
      resolve(dirname(source.file), specifier.replace(/\.js$/, '.ts'));
    traverse(source.ast, {
      Scope: path => {
        for (const binding of Object.values(path.scope.bindings)) {
          const declaration = declares(binding);
          if (declaration === null || own.has(binding)) continue;
          own.set(binding, {
            source,
            declaration: rangeOf(declaration),
            uses: binding.referencePaths
              // `export const x` counts as a use of x.
              .filter(use => !use.isExportDeclaration())
              .map(use => ({ source, at: rangeOf(use.node) })),
            published: false,
          });
        }
      },
      ImportDeclaration: path => {
        for (const specifier of path.node.specifiers) {
          const binding = path.scope.getBinding(specifier.local.name);
          if (binding === undefined || specifier.type !== 'ImportSpecifier') continue;
          imports.push({
            source,
            binding,
            from: target(path.node.source.value),
            name: (specifier.imported as Identifier).name,
          });
        }
      },
      ExportAllDeclaration: path => {
        passedOn.push({ from: target(path.node.source.value), names: null });
      },
      ExportNamedDeclaration: (path: NodePath<import('@babel/types').ExportNamedDeclaration>) => {
        const { node } = path;
        if (node.source != null) {
          const names = node.specifiers.map(s => (s.type === 'ExportSpecifier' ? s.local.name : ''));
          passedOn.push({ from: target(node.source.value), names });
          return;
        }
        const names =
          node.declaration == null
            ? node.specifiers.map(s => (s.type === 'ExportSpecifier' ? s.local.name : ''))
            : Object.keys(path.getOuterBindingIdentifiers());
        for (const name of names) {
          const binding = path.scope.getBinding(name);
          const it = binding === undefined ? undefined : own.get(binding);
          if (it !== undefined) named.set(name, it);
        }
      },
    });
  }

  for (const { source, binding, from, name } of imports) {
    const it = exported.get(sources.get(from) as Source)?.get(name);
    for (const use of binding.referencePaths) it?.uses.push({ source, at: rangeOf(use.node) });
  }
  for (const { from, names } of passedOn)
    for (const [name, it] of exported.get(sources.get(from) as Source) ?? [])
      if (names === null || names.includes(name)) it.published = true;
  return [...found.values()].flatMap(own => [...own.values()]);
}

/** The rules in the given folder of a package's sources, by absolute path; none lies within another. */
export function derivativeRules(sourceFolder: string, folder: string): ReadonlyMap<string, readonly Range[]> {
  const sources = new Map<string, Source>();
  for (const name of readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = resolve(sourceFolder, name);
    const text = readFileSync(file, 'utf8');
    sources.set(file, {
      file,
      text,
      ast: parse(text, { sourceType: 'module', plugins: ['typescript'] }),
      ranges: [],
    });
  }
  const inFolder = [...sources.values()].filter(s => s.file.startsWith(`${resolve(sourceFolder, folder)}/`));
  for (const source of inFolder) statedRules(source);

  const covered = (source: Source, range: Range): boolean => source.ranges.some(r => within(range, r));
  let open = declarations(sources).filter(
    d => inFolder.includes(d.source) && !d.published && d.uses.length > 0,
  );
  for (let grown = true; grown; ) {
    // A function that calls itself is used by what it is itself.
    const helpers = open.filter(d =>
      d.uses.every(
        ({ source, at }) => covered(source, at) || (source === d.source && within(at, d.declaration)),
      ),
    );
    grown = helpers.length > 0;
    for (const { source, declaration } of helpers)
      if (!covered(source, declaration)) source.ranges.push(declaration);
    open = open.filter(d => !helpers.includes(d));
  }

  const rules = new Map<string, readonly Range[]>();
  for (const { file, ranges } of inFolder) {
    const outermost = ranges.filter((r, i) => !ranges.some((other, j) => i !== j && within(r, other)));
    if (outermost.length > 0)
      rules.set(
        file,
        outermost.sort((a, b) => a.start - b.start),
      );
  }
  return rules;
}
