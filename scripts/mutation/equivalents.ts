/** A mutant that no test can kill, since it does the same, with the reason. Named by its file below `ops`, the text that it replaces and what stands there instead. */
export interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  /** Something else on its line, where the text alone does not say which it is. */
  readonly beside?: string;
  readonly reason: string;
}

/** They count as survivors all the same; what a run lists as survived without a reason is to be looked at. */
export const equivalents: readonly Equivalent[] = [
  {
    file: 'unary.ts',
    original: "'nothing'",
    replacement: '""',
    reason: "only compared with 'input' and 'output'; whatever else it is, nothing is read",
  },
  {
    file: 'binary.ts',
    original: '(): boolean => false',
    replacement: '() => undefined',
    reason: 'undefined counts as false',
  },
  {
    file: 'binary.ts',
    original: '0',
    replacement: '1',
    beside: 'node.savedInput(',
    reason: 'in place of an argument that was not saved, and so is not read by the rule that runs',
  },
  {
    file: 'binary.ts',
    original: 'b === 1',
    replacement: 'false',
    reason: 'a shortcut: the power rule gives the same, a ** 0 times 1',
  },
  {
    file: 'binary.ts',
    original: 'b === 2',
    replacement: 'false',
    reason: 'a shortcut: a ** 1 is a',
  },
  {
    file: 'binary.ts',
    original: '1',
    replacement: '2',
    beside: 'm.where(isZero, 1, b)',
    reason: 'stands where the result is masked, and any number from 1 keeps what is masked finite',
  },
  {
    file: 'binary.ts',
    original: 'm.add(a, m.zero(g))',
    replacement: 'm.sub(a, m.zero(g))',
    reason: 'the zero only makes a tensor of a number',
  },
  {
    file: 'binary.ts',
    original: '1',
    replacement: '2',
    beside: 'm.where(vanishes, 1, ',
    reason: 'stands where the result is masked, and the logarithm of any number above 0 is finite',
  },
  {
    file: 'indexing.ts',
    original: 'size !== index.shape[i]',
    replacement: 'true',
    reason: 'a shortcut: padding to the shape that is there copies it',
  },
  {
    file: 'shape.ts',
    original: 'new Array<number>(n.attributes.length)',
    replacement: 'new Array()',
    reason: 'every element is set afterwards',
  },
  {
    file: 'special.ts',
    original: '1',
    replacement: '2',
    beside: 'm.where(m.eq(r, 0), 1, r)',
    reason: 'stands at the origin alone, where the numerator is 0',
  },
  {
    file: 'special.ts',
    original: '1',
    replacement: '2',
    beside: 'm.where(m.eq(y, 0), 1, y)',
    reason: 'stands at the origin alone, where the numerator is 0',
  },
  {
    file: 'special.ts',
    original: 'm => unreachable(m)',
    replacement: '() => undefined',
    reason: 'the order of polygamma is a number, which no gradient is asked of',
  },
  {
    file: 'special.ts',
    original: "{ throw new ArgumentError('polygamma: the order is a number, and has no derivative.'); }",
    replacement: '{}',
    reason: 'the order of polygamma is a number, which no gradient is asked of',
  },
  {
    file: 'loss/binary.ts',
    original: 'i === 0 || n.inputs[0] !== null',
    replacement: 'true',
    reason:
      'keeps the target where it alone wants a gradient; but then the loss runs as one op, and this one only in derivatives of higher order',
  },
  {
    file: 'normalise/layerNorm.ts',
    original: '1',
    replacement: '2',
    beside: 'n.savedInput(1) ??',
    reason: 'in place of a weight that was not saved, since no gradient that is wanted reads it',
  },
  {
    file: 'normalise/standardize.ts',
    original: '1',
    replacement: '2',
    beside: 'n.savedInput(1) ??',
    reason: 'in place of a weight that was not saved, since no gradient that is wanted reads it',
  },
  {
    file: 'normalise/standardize.ts',
    original: 'gradientsOf(...args).slice(0, 1)',
    replacement: 'gradientsOf(...args)',
    reason: 'only computes what nobody takes',
  },
  {
    file: 'normalise/standardize.ts',
    original: '1',
    replacement: '2',
    beside: 'gradientsOf(...args).slice(0, 1)',
    reason: 'only computes what nobody takes',
  },
  {
    file: 'normalise/standardize.ts',
    original: 'shared',
    replacement: 'false',
    reason: 'a shortcut: the engine sums the gradients of weight and bias',
  },
  {
    file: 'normalise/standardize.ts',
    original: 't.size === numel(n.inputShapes[i])',
    replacement: 'false',
    reason: 'a shortcut: the engine brings gradients to the shapes of their inputs',
  },
];
