import { ArgumentError, show } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

/** Tensors in any nesting of arrays and plain objects. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** The leaves in order, each with its path (`fc1.weight`, `0.bias`). */
export function flattenTree(tree: Tree, op: string): { leaves: Tensor[]; paths: string[] } {
  const leaves: Tensor[] = [];
  const paths: string[] = [];
  const visit = (t: Tree, path: string): void => {
    if (t instanceof Tensor) {
      leaves.push(t);
      paths.push(path);
    } else if (Array.isArray(t)) {
      t.forEach((child, i) => {
        visit(child, path === '' ? String(i) : `${path}.${i}`);
      });
    } else if (typeof t === 'object' && t !== null && isPlain(t)) {
      for (const [key, child] of Object.entries(t)) visit(child, path === '' ? key : `${path}.${key}`);
    } else
      throw new ArgumentError(
        `${op}: expected a tensor, or arrays and plain objects of tensors, got ${show(t)}${path === '' ? '' : ` at ${path}`}.`,
      );
  };
  visit(tree, '');
  return { leaves, paths };
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The same nesting with other leaves. */
export function unflattenTree<T extends Tree>(like: T, leaves: readonly Tensor[]): T {
  let at = 0;
  const build = (t: Tree): Tree => {
    if (t instanceof Tensor) return leaves[at++];
    if (Array.isArray(t)) return t.map(build);
    return Object.fromEntries(Object.entries(t).map(([key, child]) => [key, build(child)]));
  };
  return build(like) as T;
}

/** Maps every leaf; the other trees have the same nesting and give further arguments. */
export function mapTree<T extends Tree>(
  fn: (leaf: Tensor, ...others: Tensor[]) => Tensor,
  tree: T,
  ...others: readonly Tree[]
): T {
  const { leaves, paths } = flattenTree(tree, 'mapTree');
  const columns = others.map(other => {
    const flat = flattenTree(other, 'mapTree');
    if (flat.paths.length !== paths.length || flat.paths.some((p, i) => p !== paths[i]))
      throw new ArgumentError(
        `mapTree: trees differ: one has leaves ${show(paths)}, another ${show(flat.paths)}.`,
      );
    return flat.leaves;
  });
  return unflattenTree(
    tree,
    leaves.map((leaf, i) => fn(leaf, ...columns.map(c => c[i]))),
  );
}
