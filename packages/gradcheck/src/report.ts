import { FluxionError } from '@fluxion/autograd';

/**
 * What a check found.
 *
 * - `pass`: everything agreed
 * - `mismatch`: the rule's gradient is not the slope of the function
 * - `kink`: the function has no slope there (a kink, a jump or a pole), so the rule was not judged
 * - `form`: a gradient of wrong shape or dtype
 * - `mutation`: the forward or backward pass changed an input or a gradient that was given to it
 * - `nondeterminism`: a second run gave other numbers
 * - `layout`: strided inputs give other numbers than contiguous ones
 * - `backward`: the backward pass threw
 */
export type GradcheckKind =
  | 'pass'
  | 'mismatch'
  | 'kink'
  | 'form'
  | 'mutation'
  | 'nondeterminism'
  | 'layout'
  | 'backward';

/** One entry of a gradient against the slope of the function. */
export interface Comparison {
  /** Which input, from 0. */
  readonly input: number;
  readonly name: string;
  /** Index of the element; null where a random direction was followed rather than one element. */
  readonly position: readonly number[] | null;
  /** From the rule. */
  readonly analytic: number;
  /** From differences. */
  readonly numeric: number;
  readonly error: number;
  /** The largest error that would have passed. */
  readonly tolerance: number;
}

export interface GradientReport {
  readonly ok: boolean;
  readonly kind: GradcheckKind;
  /** What to show a person. */
  readonly message: string;
  /** The entry with the largest error in units of its tolerance; null where none was compared. */
  readonly worst: Comparison | null;
  /** How many entries or directions were compared. */
  readonly compared: number;
}

/** A check that did not pass; `report` says the same in parts. */
export class GradcheckError extends FluxionError {
  override name = 'GradcheckError';
  readonly report: GradientReport;

  constructor(report: GradientReport) {
    super(report.message);
    this.report = report;
  }
}

/** Where an entry is, in words. */
export function place(at: { readonly name: string; readonly position: readonly number[] | null }): string {
  if (at.position === null) return `along a random direction of ${at.name}`;
  return at.position.length === 0 ? `at ${at.name}` : `at [${at.position.join(', ')}] of ${at.name}`;
}
