import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { ArithmeticOp, BinaryOp, CompareOp, LogicalOp, UnaryOp } from '../../src/interface.js';
import type { DType } from '../../src/storage.js';
import {
  broadcastingLayouts,
  contiguous,
  generate,
  layouts,
  lengths,
  shapes,
  type Values,
  values,
} from './arbitraries.js';
import { type Bound, bounds, describeBound } from './bounds.js';
import { Comparison, type Pair } from './comparison.js';
import type { Tiers } from './index.js';

const floats = ['float32', 'float64'] as const;
const everyDtype = ['float32', 'float64', 'int32', 'bool'] as const;
const unaryOps: readonly UnaryOp[] = [
  'neg',
  'abs',
  'sign',
  'square',
  'relu',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
  'floor',
  'ceil',
  'round',
  'trunc',
  'exp2',
  'log2',
  'log10',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'asinh',
  'acosh',
  'atanh',
  'erfc',
  'erfinv',
  'lgamma',
  'digamma',
];
const intUnaryOps: readonly UnaryOp[] = ['neg', 'abs', 'sign', 'square', 'relu'];
const arithmeticOps: readonly ArithmeticOp[] = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'floorDiv',
  'remainder',
  'fmod',
  'atan2',
  'hypot',
  'logaddexp',
  'xlogy',
  'polygamma',
];
const integerOps: readonly ArithmeticOp[] = ['add', 'sub', 'mul', 'pow', 'maximum', 'minimum'];
const compareOps: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const logicalOps: readonly LogicalOp[] = ['logicalAnd', 'logicalOr', 'logicalXor'];

export function unaryConformance({ tested, reference, runs }: Tiers): void {
  const apply = (op: UnaryOp, dtype: DType, bound: Bound): void => {
    test(`${op} ${dtype}: ${describeBound(bound)}`, () => {
      const once = (c: Comparison, a: Pair): void => {
        const out = c.output(dtype, a.tested.shape);
        c.tested.unary(op, a.tested, out.tested);
        c.reference.unary(op, a.reference, out.reference);
        c.check(out, bound, op);
      };
      const plan = shapes.chain(shape => fc.tuple(layouts(shape), values()));
      fc.assert(
        fc.property(plan, ([layout, data]) =>
          Comparison.run(tested, reference, c => once(c, c.input(dtype, layout, data))),
        ),
        { numRuns: runs },
      );
      for (const n of lengths) {
        for (const kind of ['special', 'wide'] as const) {
          const layout = contiguous([n], n % 3, 1);
          Comparison.run(tested, reference, c => once(c, c.input(dtype, layout, { kind, seed: n })));
        }
      }
    });
  };
  describe('unary', () => {
    for (const op of unaryOps) for (const dtype of floats) apply(op, dtype, bounds.unary(op, dtype));
    for (const op of intUnaryOps) apply(op, 'int32', bounds.value);
    test('an op that a dtype does not have throws DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('int32', contiguous([3]), [1, 2, 3]);
        const out = c.output('int32', [3]);
        expect(() => c.tested.unary('exp', a.tested, out.tested)).toThrow(DTypeError);
      });
    });
  });
}

/** Which of the two operands is a number, if any. */
type NumberSide = 'none' | 'left' | 'right';

export function binaryConformance({ tested, reference, runs }: Tiers): void {
  const apply = (op: BinaryOp, dtype: DType, outDtype: DType, bound: Bound): void => {
    const once = (c: Comparison, a: Pair | number, b: Pair | number, out: Pair, label: string): void => {
      const side = (x: Pair | number, k: keyof Pair): Pair['tested'] | number =>
        typeof x === 'number' ? x : x[k];
      c.tested.binary(op, side(a, 'tested'), side(b, 'tested'), out.tested);
      c.reference.binary(op, side(a, 'reference'), side(b, 'reference'), out.reference);
      c.check(out, bound, label);
    };
    const name = `${op} ${dtype}: ${describeBound(bound)}`;
    test(name, () => {
      const plan = shapes.chain(shape =>
        fc.record({
          shape: fc.constant(shape),
          a: broadcastingLayouts(shape),
          b: broadcastingLayouts(shape),
          x: values(),
          y: values(),
        }),
      );
      fc.assert(
        fc.property(plan, ({ shape, a, b, x, y }) =>
          Comparison.run(tested, reference, c =>
            once(c, c.input(dtype, a, x), c.input(dtype, b, y), c.output(outDtype, shape), op),
          ),
        ),
        { numRuns: runs },
      );
      for (const n of lengths) {
        Comparison.run(tested, reference, c => {
          const a = c.input(dtype, contiguous([n], n % 3), { kind: 'special', seed: n });
          const b = c.input(dtype, contiguous([n], n % 2), { kind: 'special', seed: n + 1 });
          once(c, a, b, c.output(outDtype, [n]), `${op} of ${n}`);
        });
      }
    });
    if (dtype === 'bool') return;
    test(`${name}, with a number`, () => {
      const plan = shapes.chain(shape =>
        fc.record({
          side: fc.constantFrom<NumberSide>('left', 'right'),
          a: layouts(shape),
          x: values(),
          y: values(),
        }),
      );
      fc.assert(
        fc.property(plan, ({ side, a, x, y }) =>
          Comparison.run(tested, reference, c => {
            const operand = c.input(dtype, a, x);
            const [scalar] = generateOne(dtype, y);
            const out = c.output(outDtype, a.shape);
            if (side === 'left') once(c, scalar, operand, out, `${scalar} ${op}`);
            else once(c, operand, scalar, out, `${op} ${scalar}`);
          }),
        ),
        { numRuns: runs },
      );
    });
    if (dtype !== outDtype) return;
    test(`${name}, in place`, () => {
      const plan = fc.record({
        shape: shapes,
        which: fc.constantFrom('left', 'right', 'both', 'left and number'),
        x: values(),
        y: values(),
      });
      fc.assert(
        fc.property(plan, ({ shape, which, x, y }) =>
          Comparison.run(tested, reference, c => {
            const out = c.inout(dtype, contiguous(shape), x);
            if (which === 'both') once(c, out, out, out, `${op} in place`);
            else if (which === 'left and number')
              once(c, out, generateOne(dtype, y)[0], out, `${op} in place`);
            else {
              const other = c.input(dtype, contiguous(shape), y);
              if (which === 'left') once(c, out, other, out, `${op} in place`);
              else once(c, other, out, out, `${op} in place`);
            }
          }),
        ),
        { numRuns: runs },
      );
    });
  };

  describe('binary', () => {
    for (const op of arithmeticOps) {
      for (const dtype of floats) apply(op, dtype, dtype, bounds.arithmetic(op, dtype));
      if (integerOps.includes(op)) apply(op, 'int32', 'int32', bounds.value);
    }
    for (const op of compareOps) for (const dtype of everyDtype) apply(op, dtype, 'bool', bounds.value);
    for (const op of logicalOps) apply(op, 'bool', 'bool', bounds.value);

    test.each(arithmeticOps.filter(op => !integerOps.includes(op)))('int32 %s throws DTypeError', op => {
      Comparison.run(tested, reference, c => {
        const a = c.input('int32', contiguous([2]), [1, 2]);
        const out = c.output('int32', [2]);
        expect(() => c.tested.binary(op, a.tested, a.tested, out.tested)).toThrow(DTypeError);
      });
    });

    test('logicalNot bool: exact', () => {
      const plan = shapes.chain(shape => fc.tuple(layouts(shape), values()));
      fc.assert(
        fc.property(plan, ([layout, data]) =>
          Comparison.run(tested, reference, c => {
            const a = c.input('bool', layout, data);
            const out = c.output('bool', layout.shape);
            c.tested.logicalNot(a.tested, out.tested);
            c.reference.logicalNot(a.reference, out.reference);
            c.check(out, bounds.value, 'logicalNot');
          }),
        ),
        { numRuns: runs },
      );
    });
  });

  describe('where', () => {
    for (const dtype of everyDtype) {
      test(`where ${dtype}: ${describeBound(bounds.bits)}`, () => {
        const plan = shapes.chain(shape =>
          fc.record({
            shape: fc.constant(shape),
            condition: broadcastingLayouts(shape),
            a: broadcastingLayouts(shape),
            b: broadcastingLayouts(shape),
            numbers: fc.constantFrom('none', 'left', 'right', 'both'),
            x: values(),
            y: values(),
          }),
        );
        fc.assert(
          fc.property(plan, ({ shape, condition, a, b, numbers, x, y }) =>
            Comparison.run(tested, reference, c => {
              const test = c.input('bool', condition, x);
              const left = c.input(dtype, a, x);
              const right = c.input(dtype, b, y);
              const [p] = generateOne(dtype, x);
              const [q] = generateOne(dtype, y);
              const out = c.output(dtype, shape);
              for (const k of ['tested', 'reference'] as const) {
                const l = numbers === 'left' || numbers === 'both' ? p : left[k];
                const r = numbers === 'right' || numbers === 'both' ? q : right[k];
                c[k].where(test[k], l, r, out[k]);
              }
              c.check(out, bounds.bits, 'where');
            }),
          ),
          { numRuns: runs },
        );
        for (const n of lengths) {
          Comparison.run(tested, reference, c => {
            const test = c.input('bool', contiguous([n], n % 3), { kind: 'ordinary', seed: n });
            const a = c.input(dtype, contiguous([n], n % 2), { kind: 'special', seed: n });
            const b = c.input(dtype, contiguous([n]), { kind: 'special', seed: n + 1 });
            const out = c.output(dtype, [n]);
            for (const k of ['tested', 'reference'] as const) c[k].where(test[k], a[k], b[k], out[k]);
            c.check(out, bounds.bits, `where of ${n}`);
          });
        }
      });
    }
  });
}

function generateOne(dtype: DType, data: Values): Float64Array {
  return generate(data, dtype, 1);
}
