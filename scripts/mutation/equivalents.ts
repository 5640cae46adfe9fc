/** A mutant that no test can kill, since it does the same, with the reason. Named by its file below `ops`, the text that it replaces and what stands there instead. */
export interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
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
];
