import { add, type Tensor } from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Draw, infoOf, opNames, samples } from '../../autograd/samples/index.js';
import { broadcastableShapes, opCalls, shapes, tensors } from '../src/arbitraries.js';
import { gradcheck } from '../src/index.js';

describe('shapes', () => {
  test('stay within rank and size', () => {
    fc.assert(
      fc.property(shapes({ minRank: 1, maxRank: 2, minSize: 0, maxSize: 3 }), shape => {
        expect(shape.length).toBeGreaterThanOrEqual(1);
        expect(shape.length).toBeLessThanOrEqual(2);
        expect(shape.every(n => Number.isInteger(n) && n >= 0 && n <= 3)).toBe(true);
      }),
    );
  });

  test('that broadcast do so, to the result that is given', () => {
    let differ = 0;
    fc.assert(
      fc.property(
        broadcastableShapes({ count: 3, minSize: 0 }).chain(({ shapes: list, result }) =>
          fc.tuple(fc.tuple(...list.map(shape => tensors({ shape }))), fc.constant(result)),
        ),
        ([[a, b, c], result]) => {
          expect(add(add(a, b), c).shape).toEqual(result);
          if (a.shape.join() !== b.shape.join()) differ++;
        },
      ),
      { seed: 1 },
    );
    expect(differ).toBeGreaterThan(20);
  });
});

describe('tensors', () => {
  test('have the dtype, lie in the range and avoid what is named', () => {
    fc.assert(
      fc.property(tensors({ dtype: 'float32', min: -1, max: 2, avoid: [0, 1], margin: 0.1 }), t => {
        expect(t.dtype).toBe('float32');
        for (const x of t.toTypedArray()) {
          expect(x >= -1 && x <= 2).toBe(true);
          expect(Math.min(Math.abs(x), Math.abs(x - 1))).toBeGreaterThanOrEqual(0.1);
        }
      }),
    );
    fc.assert(
      fc.property(tensors({ dtype: 'int32', shape: [3], min: 0, max: 4 }), t => {
        expect(t.shape).toEqual([3]);
        expect(Array.from(t.toTypedArray()).every(x => Number.isInteger(x) && x >= 0 && x <= 4)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(tensors({ dtype: 'bool' }), t => {
        expect(t.dtype).toBe('bool');
      }),
    );
  });

  test('come contiguous and strided, as asked', () => {
    const layoutsOf = (layout?: 'contiguous' | 'strided') =>
      new Set(fc.sample(tensors({ shape: [2, 3], layout }), { numRuns: 40, seed: 2 }).map(t => t.contiguous));
    expect(layoutsOf('contiguous')).toEqual(new Set([true]));
    expect(layoutsOf('strided')).toEqual(new Set([false]));
    expect(layoutsOf()).toEqual(new Set([true, false]));
  });

  test('a failing property shrinks to a small tensor', () => {
    const result = fc.check(
      fc.property(tensors({ min: 0, max: 10 }), t => t.toTypedArray().every(x => x < 5)),
      { seed: 3 },
    );
    expect(result.failed).toBe(true);
    const [smallest] = result.counterexample as [Tensor];
    expect(smallest.size).toBeLessThanOrEqual(4);
    expect(Math.max(...smallest.toTypedArray())).toBeCloseTo(5, 6);
  });

  test('serve gradcheck', () => {
    fc.assert(
      fc.property(tensors({ avoid: [0], margin: 0.01 }), x => gradcheck(t => t.abs().sin(), [x]).ok),
      { numRuns: 20 },
    );
  });
});

describe('op calls', () => {
  const calls = opCalls(
    samples as never as Record<string, { calls: Record<string, (d: Draw) => readonly unknown[]> }>,
    seed => new Draw(seed),
  );

  test('are drawn from all rows and run', () => {
    const drawn = fc.sample(calls, { numRuns: 3 * opNames.length, seed: 4 });
    expect(new Set(drawn.map(c => c.op)).size).toBeGreaterThan(opNames.length * 0.8);
    for (const { op, args } of drawn)
      (infoOf(op as (typeof opNames)[number]).op as (...x: readonly unknown[]) => unknown)(...args);
  });

  test('say what they are', () => {
    const [call] = fc.sample(calls, { numRuns: 1, seed: 5 });
    expect(String(call)).toBe(`${call.op}, ${call.label}, seed ${call.seed}`);
  });
});
