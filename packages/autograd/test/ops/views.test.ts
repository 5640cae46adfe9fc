import fc from 'fast-check';
import { expect, test } from 'vitest';
import { infoOf, type OpName, toNaive } from '../../samples/index.js';
import { atleast3d, broadcastTensors, pad, type Tensor, vjp } from '../../src/index.js';
import { call, type Dense, Draw, difference, plain, plainDense } from './support.js';

/** A view op with arguments that fit a shape; numbers between 0 and 1 choose them. */
function step(
  shape: readonly number[],
  [which, u, w]: readonly number[],
): { op: OpName; args: readonly unknown[] } {
  const rank = shape.length;
  const dim = Math.floor(u * rank);
  const ops: OpName[] =
    rank === 0
      ? ['unsqueeze', 'expand', 'flatten']
      : [
          'permute',
          'transpose',
          'slice',
          'expand',
          'reshape',
          'unsqueeze',
          'squeeze',
          'select',
          'flatten',
          'flip',
          'movedim',
          'slidingWindow',
          'diagonal',
        ];
  const op = ops[Math.floor(which * ops.length)];
  const size = shape.reduce((n, m) => n * m, 1);
  switch (op) {
    case 'permute': {
      const order = shape.map((_, i) => ({ i, key: (i * 0.618 + u) % 1 })).sort((a, b) => a.key - b.key);
      return { op, args: [order.map(({ i }) => i)] };
    }
    case 'transpose':
      return { op, args: [dim, -1] };
    case 'slice': {
      const start = Math.floor(w * shape[dim]);
      return { op, args: [dim, { start, step: 1 + Math.floor(u * 2.5) }] };
    }
    case 'expand':
      return { op, args: [size > 60 ? shape : [2, ...shape.map(n => (n === 1 ? 3 : n))]] };
    case 'reshape': {
      const divisors = Array.from({ length: size }, (_, i) => i + 1).filter(n => size % n === 0);
      const first = divisors[Math.floor(u * divisors.length)] ?? 0;
      if (first === 0) return { op, args: [[0, 3]] };
      const rest = divisors.filter(n => (size / first) % n === 0);
      const second = rest[Math.floor(w * rest.length)];
      return { op, args: [[first, second, size / first / second]] };
    }
    case 'select':
      return shape[dim] === 0
        ? { op: 'unsqueeze', args: [0] }
        : { op, args: [dim, Math.floor(w * shape[dim])] };
    case 'unsqueeze':
      return { op, args: [Math.floor(u * (rank + 1))] };
    case 'flip':
      return { op, args: [w < 0.5 ? dim : shape.map((_, i) => i)] };
    case 'movedim':
      return { op, args: [dim, Math.floor(w * rank)] };
    case 'slidingWindow':
      return shape[dim] === 0 || size > 60
        ? { op: 'flip', args: [dim] }
        : { op, args: [dim, 1 + Math.floor(w * shape[dim]), 1 + Math.floor(u * 2.5)] };
    case 'diagonal':
      return rank < 2
        ? { op: 'flip', args: [dim] }
        : { op, args: [{ offset: Math.floor(w * 3) - 1, dim1: dim, dim2: (dim + 1) % rank }] };
    default:
      return { op, args: [] };
  }
}

const unit = fc.double({ min: 0, max: 0.999, noNaN: true });
const steps = fc.array(fc.tuple(unit, unit, unit), { minLength: 1, maxLength: 6 });

test('chains of views hold the elements that plain formulas pick, and their transposes add them back', () => {
  let copied = 0;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      steps,
      fc.nat(),
      (shape, list, seed) => {
        const draw = new Draw(seed);
        const x = draw.tensor(shape);
        const chain: { op: OpName; args: readonly unknown[] }[] = [];
        let expected = toNaive(x) as Dense;
        const run = (t: Tensor): Tensor =>
          chain.reduce((y, { op, args }) => call(infoOf(op).op, [y, ...args]) as Tensor, t);
        for (const numbers of list) {
          const next = step(expected.shape, numbers);
          chain.push(next);
          expected = (infoOf(next.op).naive as (...a: unknown[]) => Dense)(expected, ...next.args);
        }
        const { value, pullback } = vjp(run, x);
        const context = JSON.stringify(chain);
        expect(difference(plain(value), plainDense(expected), 0), context).toBe(null);
        if (value.storage !== x.storage) copied++;

        // <v, A x> = <transposed A v, x>, to rounding.
        const v = draw.tensor(value.shape);
        const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();
        const [left, right] = [dot(v, value), dot(pullback(v), x)];
        expect(Math.abs(left - right), context).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(left)));
      },
    ),
    { numRuns: 300 },
  );
  // Most of them are views indeed.
  expect(copied).toBeLessThan(150);
});

test.each<[string, (x: Tensor) => Tensor | readonly Tensor[]]>([
  ['flip', x => x.flip([0, 1])],
  ['rot90', x => x.rot90(3)],
  ['movedim', x => x.movedim(0, 1)],
  ['swapaxes', x => x.swapaxes(0, 1)],
  ['t', x => x.t()],
  ['narrow', x => x.narrow(1, 1, 2)],
  ['chunk', x => x.chunk(2, 1)],
  ['tensorSplit', x => x.tensorSplit([1, 3], 1)],
  ['unbind', x => x.unbind(1)],
  ['unflatten', x => x.unflatten(1, [2, 2])],
  ['view', x => x.view([8])],
  ['ravel', x => x.ravel()],
  ['broadcastTo', x => x.broadcastTo([3, 2, 4])],
  ['broadcastTensors', x => broadcastTensors([x, x])],
  ['diagonal', x => x.diagonal({ offset: 1 })],
  ['diag', x => x.diag()],
  ['slidingWindow', x => x.slidingWindow(1, 3)],
  ['pad, where it crops', x => pad(x, [-1, 0])],
  ['atleast3d', x => atleast3d(x)],
])('%s copies nothing', (_, fn) => {
  const x = new Draw(1).tensor([2, 4]);
  for (const y of [fn(x)].flat()) expect(y.storage).toBe(x.storage);
});

test.each<[string, (x: Tensor) => Tensor]>([
  ['repeat', x => x.repeat([1, 1]) as Tensor],
  ['tile', x => x.tile([]) as Tensor],
  ['repeatInterleave', x => x.repeatInterleave(1, 0) as Tensor],
])('%s copies, as in PyTorch, also where it need not', (_, fn) => {
  const x = new Draw(1).tensor([2, 4]);
  const y = fn(x);
  expect(y.storage).not.toBe(x.storage);
  expect(y.contiguous).toBe(true);
});
