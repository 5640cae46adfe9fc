import { kernels } from '@fluxion/kernels';
import { describe, expect, test } from 'vitest';
import { trainSynchronously } from '../examples/memory.js';
import { metaGradient } from '../examples/meta-gradient.js';
import { thirdDerivativeOfTanh } from '../examples/third-derivative.js';

describe('third-derivative', () => {
  test('nested grad equals the formula to 1e-14', () => {
    const points = Array.from({ length: 41 }, (_, i) => (i - 20) / 5);
    for (const { byGrad, byFormula } of thirdDerivativeOfTanh(points))
      expect(Math.abs(byGrad - byFormula)).toBeLessThan(1e-14);
  });

  test('is -2 at 0', () => {
    expect(thirdDerivativeOfTanh([0])[0].byGrad).toBe(-2);
  });
});

describe('meta-gradient', () => {
  test.each([0.001, 0.01, 0.05, 0.2])('lr %d: grad agrees with central differences to 1e-6', lr => {
    for (const seed of [0, 1, 2]) {
      const { byGrad, byDifferences } = metaGradient({ lr, seed });
      expect(Math.abs(byGrad - byDifferences)).toBeLessThan(1e-6 * Math.max(1, Math.abs(byGrad)));
      expect(byGrad).not.toBe(0);
    }
  });

  test('more steps, other meta-gradient', () => {
    expect(metaGradient({ steps: 2 }).byGrad).not.toBe(metaGradient({ steps: 5 }).byGrad);
  });
});

describe('memory', () => {
  // The reference tier would take minutes, and has no heap to look at.
  test.skipIf(kernels().name === 'reference')('a loop that disposes nothing stays within its budgets', () => {
    const [early, late] = trainSynchronously(1600, [800, 1600]);
    expect(early.heap.evacuations).toBeGreaterThan(0);
    expect(late.heap.evacuations).toBeGreaterThan(early.heap.evacuations);
    expect(late.heap.reservedBytes).toBe(early.heap.reservedBytes);
    expect(late.heap.youngBytes).toBeLessThanOrEqual(64 * 2 ** 20);
    // Parameters, optimizer state and batches: what the loop uses again, and no more of it later than early.
    expect(late.heap.oldCount).toBe(early.heap.oldCount);
    expect(late.heap.oldBytes).toBe(early.heap.oldBytes);
    expect(late.loss).toBeLessThan(early.loss);
  });
});
