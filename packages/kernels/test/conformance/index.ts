import { describe } from 'vitest';
import type { Kernels } from '../../src/interface.js';
import { createReference } from '../../src/reference/index.js';
import { convolutionConformance } from './convolutions.js';
import { boolConformance, copyConformance, gatherConformance, randomConformance } from './copies.js';
import { expressionConformance } from './expressions.js';
import { factorisationConformance } from './factorisations.js';
import { groupedExpressionConformance } from './groupedExpressions.js';
import { binaryConformance, unaryConformance } from './maps.js';
import { memoryConformance } from './memory.js';
import { poolConformance } from './pools.js';
import { gemmConformance } from './products.js';
import { reduceConformance } from './reductions.js';
import { scanConformance } from './scans.js';
import { sortConformance } from './sorts.js';

export interface ConformanceOptions {
  readonly name: string;
  /** Whether the tier may round a * b + c once inside an expression, as relaxed SIMD does. */
  readonly fused?: boolean;
  /** Property runs per test; some tests take a multiple. */
  readonly runs?: number;
  /** Storages made without a free: `tiny` of 12 bytes, `large` of 1 MiB. */
  readonly long?: { readonly tiny: number; readonly large: number };
}

/** What a family of tests is given. */
export interface Tiers {
  readonly tested: Kernels;
  readonly reference: Kernels;
  readonly runs: number;
  readonly fused: boolean;
  readonly long: { readonly tiny: number; readonly large: number };
}

/** Registers the tests that a tier must pass: every kernel against the reference by property, and its memory. */
export function conformance(makeKernels: () => Kernels, options: ConformanceOptions): void {
  describe(`conformance of ${options.name}`, () => {
    const tiers: Tiers = {
      tested: makeKernels(),
      reference: createReference(),
      runs: options.runs ?? 40,
      fused: options.fused ?? false,
      long: options.long ?? { tiny: 200_000, large: 400 },
    };
    unaryConformance(tiers);
    binaryConformance(tiers);
    copyConformance(tiers);
    gatherConformance(tiers);
    sortConformance(tiers);
    reduceConformance(tiers);
    scanConformance(tiers);
    gemmConformance(tiers);
    factorisationConformance(tiers);
    convolutionConformance(tiers);
    poolConformance(tiers);
    expressionConformance(tiers);
    groupedExpressionConformance(tiers);
    randomConformance(tiers);
    boolConformance(tiers);
    memoryConformance(tiers);
  });
}
