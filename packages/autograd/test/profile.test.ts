import { kernels } from '@fluxion/kernels';
import { afterEach, describe, expect, test } from 'vitest';
import {
  checkpoint,
  defineOp,
  fuse,
  grad,
  linear,
  noGrad,
  type OpProfile,
  type Profile,
  profile,
  recordFunction,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';
import { constant, errorOf, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

const before = kernels();
afterEach(() => expect(kernels()).toBe(before));

const names = (p: Profile): string[] => p.ops.map(op => op.name).sort();
function row(p: Profile, name: string): OpProfile {
  const found = p.ops.find(op => op.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${names(p).join()}`);
  return found;
}
const kernelsOf = (op: OpProfile): Record<string, number> =>
  Object.fromEntries(op.kernels.map(k => [k.name, k.calls]));

function step(): number {
  const w = leaf([[1, 2], [3, 4]]); // biome-ignore format: a matrix
  w.matmul(w).tanh().sum().backward();
  return numbers(w.grad).length;
}

describe('profile', () => {
  test('gives the result, the time, the tier and the nodes', () => {
    const p = profile(() => leaf(2).mul(3).add(1).item());
    expect(p.result).toBe(7);
    expect(p.tier).toBe(before.name);
    expect(p.time).toBeGreaterThan(0);
    // The leaf, mul, add.
    expect(p.nodes).toBe(3);
  });

  test('counts calls, kernels and allocations by op, forward and backward', () => {
    const x = leaf([1, 2, 3]);
    const p = profile(() => x.exp().mul(x).sum().backward());
    expect(names(p)).toEqual([
      'backward',
      'backward of exp',
      'backward of mul',
      'backward of sum',
      'exp',
      'expand',
      'mul',
      'outside of ops',
      'sum',
    ]);
    // Forward, the two products of its own rule, and that of exp's.
    expect(row(p, 'mul')).toMatchObject({ calls: 4, kernelCalls: 4, allocations: 4, allocatedBytes: 96 });
    expect(kernelsOf(row(p, 'mul'))).toEqual({ 'binary mul': 4 });
    expect(row(p, 'backward of mul')).toMatchObject({ calls: 1, kernelCalls: 0, allocations: 0 });
    expect(row(p, 'exp')).toMatchObject({ calls: 1, allocations: 1, allocatedBytes: 24 });
    expect(row(p, 'outside of ops')).toMatchObject({ calls: 1, kernelCalls: 0 });
  });

  test('counts what the kernels count themselves', () => {
    for (let i = 0; i < 2; i++) step();
    const seen = metered(meter => {
      step();
      const { allocations } = meter;
      const { allocate: _, free: __, tenure: ___, memory: ____, ...calls } = Object.fromEntries(meter.calls);
      return { allocations, calls };
    });
    const at = kernels().memory();
    const p = profile(step);
    const now = kernels().memory();
    expect(p.memory.allocations).toBe(seen.allocations);
    expect(p.memory.allocations).toBe(now.allocations - at.allocations);
    expect(p.memory.allocatedBytes).toBe(now.allocatedBytes - at.allocatedBytes);
    const calls: Record<string, number> = {};
    for (const k of p.kernels) {
      const family = k.name.split(' ')[0];
      calls[family] = (calls[family] ?? 0) + k.calls;
    }
    expect(calls).toEqual(seen.calls);
  });

  test('self times add up to the whole; the total of an op has its parts in it', () => {
    const x = constant([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    const p = profile(() => {
      for (let i = 0; i < 20; i++) x.softmax(1).std(0);
    });
    const sum = p.ops.reduce((total, op) => total + op.selfTime, 0);
    expect(Math.abs(sum - p.time)).toBeLessThan(1e-6 * p.time);
    for (const op of p.ops) {
      expect(op.selfTime).toBeLessThanOrEqual(op.totalTime + 1e-9);
      expect(op.kernelTime).toBeLessThanOrEqual(op.selfTime + 1e-9);
      expect(op.totalTime).toBeLessThanOrEqual(p.time + 1e-9);
    }
    const composite = row(p, 'std');
    expect(composite.totalTime).toBeGreaterThan(composite.selfTime);
    expect([...p.ops].sort((a, b) => b.selfTime - a.selfTime)).toEqual(p.ops);
  });

  test('a composite around a part of the same name is one call', () => {
    const x = constant([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    const p = profile(() => x.matmul(x));
    expect(row(p, 'matmul').calls).toBe(1);
    expect(kernelsOf(row(p, 'matmul'))).toEqual({ gemm: 1 });
    expect(p.toChromeTrace().traceEvents.map(e => e.name)).toEqual(['matmul', 'gemm']);
  });

  test('creation, changes in place, fused functions and foreign ops have their names', () => {
    const double = fuse((t: Tensor) => t.mul(2) as Tensor);
    const t = zeros([2]);
    const warm = double(t);
    const square = defineOp<[Tensor]>({ name: 'mySquare', forward: ([v]) => v.mul(v), vjp: g => [g] });
    const p = profile(() => {
      const x = tensor([1, 2]);
      noGrad(() => x.add_(1).mul_(warm).assign(3).zero_());
      double(x);
      square([x]);
      return x.cummax(0);
    });
    expect(names(p)).toEqual(
      ['add_', 'assign', 'cummax', 'fuse', 'mul', 'mul_', 'mySquare', 'outside of ops', 'tensor', 'zero_'].sort(),
    ); // biome-ignore format: names
    expect(kernelsOf(row(p, 'fuse'))).toEqual({ run: 1 });
    expect(kernelsOf(row(p, 'cummax'))).toEqual({ 'scan max': 1 });
  });

  test('a derivative of a derivative, and a checkpoint, are walks inside of rules', () => {
    const x = leaf([0.5, 1]);
    const twice = profile(() => {
      const [g] = grad(x.tanh().sum(), [x], { createGraph: true });
      g.sum().backward();
    });
    expect(row(twice, 'backward').calls).toBe(2);
    // By itself, and below the derivative that was recorded.
    expect(row(twice, 'backward of tanh').calls).toBe(2);
    const again = profile(() => checkpoint((t: Tensor) => t.tanh().sum() as Tensor, x).backward());
    expect(row(again, 'tanh').calls).toBe(2);
    expect(row(again, 'backward')).toMatchObject({ calls: 2 });
    expect(row(again, 'backward').totalTime).toBeLessThanOrEqual(again.time);
  });

  test('prints as a table', () => {
    const p = profile(step);
    const lines = String(p).split('\n');
    expect(lines[0]).toMatch(
      /^\d+\.\d{3} ms on the kernels '\S+', \d+ nodes recorded, \d+ allocations of \d+ B, 0 evacuations of 0 B$/,
    );
    expect(lines[2]).toMatch(
      /^op +calls +self ms +self % +total ms +kernel ms +kernels +allocations +bytes$/,
    );
    expect(new Set(lines.slice(2, 4 + p.ops.length).map(line => line.length)).size).toBe(1);
    expect(String(p)).toContain('\nbackward of matmul ');
    expect(String(p)).toContain(`\nkernel (${p.tier})`);
    expect(lines.filter(line => line.startsWith('total ')).length).toBe(2);
    expect((p as never as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]()).toBe(
      String(p),
    );
  });

  test('leaves the ops as they are: the same numbers with and without', () => {
    const x = leaf([0.3, -0.7]);
    const run = (): number[] => numbers(grad(x.tanh().mul(x).sum(), [x])[0]);
    expect(profile(run).result).toEqual(run());
  });

  test('frees what would be freed without it', () => {
    const x = leaf([0.3, -0.7]);
    metered(meter => {
      const size = meter.live.size;
      profile(() => {
        x.tanh().sum().backward();
        x.grad = null;
      });
      // tanh and sum.
      expect(meter.live.size - size).toBe(2);
    });
  });
});

describe('the trace of a profile', () => {
  test('is JSON of complete events, in order, children inside their parents', () => {
    const x = leaf([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    const p = profile(() => linear(x, x).softmax(1).sum().backward());
    const trace = p.toChromeTrace();
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
    const { traceEvents } = trace;
    expect(traceEvents.length).toBeGreaterThan(20);
    const open: { name: string; end: number }[] = [];
    const parents = new Map<string, Set<string>>();
    let last = 0;
    for (const { name, ph, ts, dur, pid, tid, cat } of traceEvents) {
      expect([ph, pid, tid]).toEqual(['X', 1, 1]);
      expect(['op', 'backward', 'kernel', 'memory', 'part']).toContain(cat);
      expect(ts).toBeGreaterThanOrEqual(last);
      expect(dur).toBeGreaterThanOrEqual(0);
      last = ts;
      const nanoseconds = Math.round((ts + dur) * 1000);
      while (open.length > 0 && Math.round(ts * 1000) >= open[open.length - 1].end) open.pop();
      if (open.length > 0) expect(nanoseconds).toBeLessThanOrEqual(open[open.length - 1].end);
      const set = parents.get(name) ?? new Set();
      parents.set(name, set.add(open.length === 0 ? '' : open[open.length - 1].name));
      open.push({ name, end: nanoseconds });
    }
    expect(parents.get('backward')).toEqual(new Set(['']));
    expect(parents.get('backward of linear')).toEqual(new Set(['backward']));
    expect(parents.get('matmul')).toEqual(new Set(['backward of linear']));
    expect(parents.get('gemm')).toEqual(new Set(['linear', 'matmul']));
  });

  test('has the shapes that went in, what was allocated inside, and the tier', () => {
    const p = profile(() => constant([[1, 2, 3]]).softmax(1));
    const { traceEvents } = p.toChromeTrace();
    expect(traceEvents.find(e => e.name === 'softmax')?.args.shapes).toBe('[1, 3]');
    expect(traceEvents.find(e => e.name === 'softmax')?.args.allocatedBytes).toBeGreaterThanOrEqual(12);
    expect(traceEvents.find(e => e.cat === 'kernel')?.args).toEqual({ tier: p.tier });
  });

  test('has the evacuations of the memory', () => {
    const p = profile(() => {
      for (let i = 0; i < 40; i++) zeros([32_768]);
    });
    const seen = p.toChromeTrace().traceEvents.filter(e => e.name === 'evacuation');
    expect(seen.length).toBe(p.memory.evacuations);
    expect(seen.length).toBeGreaterThan(0);
    expect(p.memory.evacuatedBytes).toBeGreaterThan(0);
  });
});

describe('recordFunction', () => {
  test('names a part of a program', () => {
    const x = constant([1, 2]);
    const p = profile(() =>
      recordFunction('data', () =>
        recordFunction('load', () => x.exp())
          .sum()
          .item(),
      ),
    );
    expect(names(p)).toEqual(['data', 'exp', 'load', 'outside of ops', 'sum']);
    // What reads is no op.
    expect(kernelsOf(row(p, 'data'))).toEqual({ read: 1 });
    expect(p.result).toBeCloseTo(Math.E + Math.E ** 2, 5);
  });

  test('just runs without a profile', () => {
    expect(recordFunction('part', () => 7)).toBe(7);
  });

  test('refuses what is no name, no function, or asynchronous', () => {
    expect(errorOf(() => recordFunction('', () => 1))).toEqual({
      name: 'ArgumentError',
      message: "recordFunction: expected a name, got ''. Write recordFunction('data', () => …).",
    });
    expect(errorOf(() => recordFunction('part', 3 as never)).message).toMatch(
      /^recordFunction: expected a function to run, got number/,
    );
    expect(errorOf(() => recordFunction('part', async () => 1)).message).toMatch(
      /^recordFunction: was given an async function, but the part ends/,
    );
  });
});

describe('what profile refuses', () => {
  test('an async function, before it runs', () => {
    let ran = false;
    expect(
      errorOf(() =>
        profile(async () => {
          ran = true;
        }),
      ),
    ).toEqual({
      name: 'ArgumentError',
      message:
        'profile: was given an async function, but the profile ends when the function returns its promise, and what runs after the first ' +
        'await would run without it. Give profile a synchronous function, and await outside it.',
    });
    expect(ran).toBe(false);
    expect(errorOf(() => profile(() => Promise.resolve(1))).message).toMatch(/^profile: was given an async/);
    expect(profile(() => 1).result).toBe(1);
  });

  test('what is no function', () => {
    expect(errorOf(() => profile(3 as never)).message).toBe(
      'profile: expected a function to run, got number. Write profile(() => …).',
    );
  });

  test('a profile inside a profile; the outer one goes on', () => {
    const p = profile(() => {
      const error = errorOf(() => profile(() => 1));
      constant([1]).exp();
      return error;
    });
    expect(p.result).toEqual({
      name: 'ArgumentError',
      message:
        'profile: a profile is running already, and another one inside would measure the first. Profile the outer function alone, and name its ' +
        'parts with recordFunction.',
    });
    expect(row(p, 'exp').calls).toBe(1);
  });

  test('an error of the function comes through, and everything is as it was', () => {
    const x = leaf([1, 2]);
    expect(errorOf(() => profile(() => x.add(constant([1, 2, 3]))))).toMatchObject({ name: 'ShapeError' });
    expect(
      errorOf(() =>
        profile(() => {
          throw new Error('mine');
        }),
      ).message,
    ).toBe('mine');
    expect(kernels()).toBe(before);
    expect(profile(() => x.exp()).ops.length).toBe(2);
  });
});
