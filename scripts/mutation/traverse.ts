import babelTraverse from '@babel/traverse';

type Traverse = typeof babelTraverse.default;

/** Walks through a syntax tree. A CommonJS module: some loaders leave its default export one level down. */
export const traverse: Traverse =
  typeof babelTraverse === 'function' ? (babelTraverse as unknown as Traverse) : babelTraverse.default;
