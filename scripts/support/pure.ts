import { parse } from '@babel/parser';
import type { Class, Expression, Node, Statement } from '@babel/types';

const pure = '/* @__PURE__ */ ';

/**
 * States of a module, statement by statement, what `"sideEffects": false` states of it as a whole: a variable that nobody uses can go, and
 * its initialiser with it. Bundlers need it said, for calls and for what may run a getter or an iterator; once the modules of a package are one
 * file, the field in package.json no longer tells them. Throws for a statement that has an effect, and so refutes the field.
 */
export function markPure(source: string, file: string): string {
  const insertions: { readonly at: number; readonly text: string }[] = [];
  const insert = (node: Node, before: string, after = ''): void => {
    insertions.push({ at: node.start as number, text: before });
    if (after !== '') insertions.push({ at: node.end as number, text: after });
  };
  const refuse = (node: Node): never => {
    throw new Error(
      `${file}:${node.loc?.start.line}: this runs when the package is imported (or, a pattern, looks as if), though its package.json says "sideEffects": false. Move it into a function.`,
    );
  };

  const { program } = parse(source, { sourceType: 'module', plugins: ['typescript'] });
  const namespaces = new Set(['Math', 'Number']);
  for (const node of program.body)
    if (node.type === 'ImportDeclaration')
      for (const { type, local } of node.specifiers)
        if (type === 'ImportNamespaceSpecifier') namespaces.add(local.name);

  const initialiser = (node: Expression): void => {
    const calls: Node[] = [];
    if (removable(node, namespaces, calls)) for (const call of calls) insert(call, pure);
    else insert(node, `${pure}(() => (`, '))()');
  };
  const members = ({ superClass, body }: Class): void => {
    if (superClass) initialiser(superClass);
    for (const member of body.body) {
      if (member.type === 'StaticBlock') refuse(member);
      if (member.type === 'ClassProperty' && member.static && member.value) initialiser(member.value);
    }
  };
  const statement = (node: Statement): void => {
    if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration) statement(node.declaration);
    } else if (node.type === 'VariableDeclaration') {
      for (const { id, init } of node.declarations) {
        if (id.type !== 'Identifier') refuse(id);
        if (init) initialiser(init);
      }
    } else if (node.type === 'ClassDeclaration') members(node);
    else if (!harmless.test(node.type)) refuse(node);
  };
  program.body.forEach(statement);

  let marked = '';
  let from = 0;
  for (const { at, text } of insertions.sort((a, b) => a.at - b.at)) {
    marked += source.slice(from, at) + text;
    from = at;
  }
  return marked + source.slice(from);
}

const harmless = /^(Import|ExportAll|Function|TSType|TSInterface|TSModule|TSDeclare)\w*$/;
const plain = /^(Identifier|\w*Function\w*|(Numeric|String|Boolean|Null|BigInt|RegExp)Literal)$/;
const wrapper = /^(TS(As|Satisfies|NonNull|Instantiation)Expression|ParenthesizedExpression)$/;

/**
 * Whether bundlers see that an expression has no effect, once the calls in it, which are added to the list, are marked.
 *
 * @param namespaces names of objects whose properties are known to have no getters.
 */
function removable(expression: Node, namespaces: ReadonlySet<string>, calls: Node[]): boolean {
  const known = (node: Node): boolean =>
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    namespaces.has(node.object.name) &&
    !node.computed;
  const all = (nodes: readonly (Node | null)[]): boolean => nodes.every(node => node === null || free(node));
  const free = (node: Node): boolean => {
    if (plain.test(node.type)) return true;
    if (wrapper.test(node.type)) return free((node as { expression: Node } & Node).expression);
    switch (node.type) {
      case 'ArrayExpression':
        return all(node.elements);
      case 'ObjectExpression':
        return node.properties.every(
          property =>
            property.type !== 'SpreadElement' &&
            !property.computed &&
            (property.type === 'ObjectMethod' || free(property.value)),
        );
      case 'CallExpression':
      case 'NewExpression':
        calls.push(node);
        return (node.callee.type === 'Identifier' || known(node.callee)) && all(node.arguments);
      case 'UnaryExpression':
        return node.argument.type === 'NumericLiteral';
      case 'BinaryExpression':
        return (
          node.operator !== '**' &&
          node.left.type === 'NumericLiteral' &&
          node.right.type === 'NumericLiteral'
        );
      default:
        return known(node);
    }
  };
  return free(expression);
}
