import { describe, expect, it } from 'vitest';
import { worst } from '../harness/check.js';
import { addDigest, arrayNames, transposed } from '../harness/digest.js';
import { relaxedSimd } from '../harness/machine.js';
import { summarise } from '../harness/measure.js';
import { expected } from '../harness/oracle.js';
import { describe as inWords, judge, makeRow, table } from '../harness/report.js';
import type { MlpTask, Readings, SideName } from '../harness/types.js';
import { fromWire, toWire } from '../harness/wire.js';
import { workloads } from '../workloads/index.js';

const [small, medium] = workloads;
const task = small.task() as MlpTask;

describe('the float64 reference', () => {
  it("falls in Adam's first step by the learning rate times the sum of |numerical gradient|, to 1 in 1000", () => {
    const lossAt = (layers: MlpTask['layers']): number => expected({ ...task, layers }, 1).readings[0].loss;
    const h = 2 ** -10;
    let sum = 0;
    for (const [which, layer] of task.layers.entries()) {
      for (const kind of ['weight', 'bias'] as const) {
        for (let k = 0; k < layer[kind].length; k++) {
          const shifted = (by: number): MlpTask['layers'] =>
            task.layers.map((l, i) =>
              i === which ? { ...l, [kind]: l[kind].map((p, j) => (j === k ? p + by : p)) } : l,
            );
          sum += Math.abs(lossAt(shifted(h)) - lossAt(shifted(-h))) / (2 * h);
        }
      }
    }
    const learningRate = 1e-6;
    const { readings } = expected({ ...task, learningRate }, 2);
    expect((readings[0].loss - readings[1].loss) / learningRate / sum).toBeCloseTo(1, 3);
  });

  it('gives the tiny graph its value and gradient', () => {
    const tiny = { kind: 'tinyGraph', x: Float32Array.of(0, 0.5) } as const;
    const { loss, 'grad sum': grad } = expected(tiny, 1).readings[0];
    expect(loss).toBeCloseTo(Math.tanh(0.75), 12);
    expect(grad).toBeCloseTo(1 + 2 / Math.cosh(0.75) ** 2, 12);
  });
});

describe('the comparison', () => {
  const wanted = expected(task, 2);
  const changed = (reading: string, value: number): Readings[] => [
    wanted.readings[0],
    { ...wanted.readings[1], [reading]: value },
  ];

  it('finds nothing in equal readings, and names step and reading of the largest error', () => {
    expect(worst(wanted, wanted.readings).error).toBe(0);
    const found = worst(wanted, changed('loss', wanted.readings[1].loss + 0.01));
    expect(found).toMatchObject({ step: 2, reading: 'loss' });
    expect(found.error).toBeGreaterThan(small.check.tolerance);
  });

  it('takes NaN, a missing reading, an extra reading and a missing step for infinitely wrong', () => {
    const { loss, ...rest } = wanted.readings[1];
    expect(loss).toBeGreaterThan(0);
    for (const wrong of [
      changed('loss', Number.NaN),
      [wanted.readings[0], rest],
      changed('9.weight sum', 1),
      [wanted.readings[0]],
    ]) {
      expect(worst(wanted, wrong as Readings[]).error).toBe(Infinity);
    }
  });

  it('tells a transposed weight from the right one', () => {
    const { weight } = task.layers[0];
    const readings: Readings = {};
    addDigest(readings, 'right', weight);
    addDigest(readings, 'wrong', transposed(weight, 16, 4));
    expect(readings['wrong sum']).toBeCloseTo(readings['right sum'], 10);
    expect(Math.abs(readings['wrong projection'] - readings['right projection'])).toBeGreaterThan(0.1);
    expect(transposed(transposed(weight, 16, 4), 4, 16)).toEqual(weight);
  });

  it('finds a parameter array that stopped being updated after the first step', () => {
    const { steps, tolerance } = medium.check;
    const mlp = medium.task();
    const right = expected(mlp, steps);
    for (const name of arrayNames(mlp)) {
      const stuck = right.readings.map(readings => {
        const { [`${name} sum`]: sum, [`${name} projection`]: projection } = right.readings[0];
        return { ...readings, [`${name} sum`]: sum, [`${name} projection`]: projection };
      });
      expect(worst(right, stuck).error, name).toBeGreaterThan(5 * tolerance);
    }
  });

  it('finds a learning rate that is 1 in 100 too large', () => {
    for (const workload of [small, medium]) {
      const { steps, tolerance } = workload.check;
      const mlp = workload.task() as MlpTask;
      const fast = expected({ ...mlp, learningRate: mlp.learningRate * 1.01 }, steps);
      expect(worst(expected(mlp, steps), fast.readings).error, workload.name).toBeGreaterThan(tolerance);
    }
  });
});

it('tasks are the same every time and survive the way to another process', () => {
  expect(small.task()).toEqual(task);
  for (const workload of [workloads[0], workloads[3]]) {
    const made = workload.task();
    expect(fromWire(JSON.parse(JSON.stringify(toWire(made))))).toEqual(made);
  }
});

describe('the report', () => {
  const timings = new Map<SideName, ReturnType<typeof summarise>>([
    ['fluxion', summarise([1, 2, 3, 2, 2], 10)],
    ['pytorch', summarise([20, 20, 20], 10)],
  ]);

  it('takes medians and quartiles', () => {
    expect(summarise([5, 1, 2, 3, 4], 7)).toEqual({
      median: 3,
      lowerQuartile: 2,
      upperQuartile: 4,
      samples: 5,
      stepsPerSample: 7,
    });
  });

  it('judges targets: met, missed, and unknown when a peer is missing', () => {
    const pytorch = [{ peer: 'pytorch', times: 8 }] as const;
    const both = [...pytorch, { peer: 'jaxjs', times: 4 }] as const;
    expect(judge(pytorch, 1, { pytorch: 8 })).toBe(true);
    expect(judge(pytorch, 1, { pytorch: 7.9 })).toBe(false);
    expect(judge(both, 1, { pytorch: 9 })).toBe(null);
    expect(judge(both, 1, { pytorch: 7 })).toBe(false);
    expect(judge(both, undefined, { pytorch: 9, jaxjs: 9 })).toBe(null);
    expect(judge([{ peer: 'pytorch', times: 1 / 1.15 }], 1.14, { pytorch: 1 })).toBe(true);
  });

  it('words targets', () => {
    expect(inWords({ peer: 'tfjs', times: 14 })).toBe('14 x tfjs wasm');
    expect(inWords({ peer: 'pytorch', times: 1 / 1.15 })).toBe("<= 1.15 of PyTorch's time");
    expect(inWords({ peer: 'pytorch', times: 1 })).toBe('as fast as PyTorch');
  });

  it('shows medians, spreads, ratios and only the sides that ran', () => {
    const row = makeRow(small, small.targets.baseline, timings, { fluxion: 1e-7 });
    expect(row).toMatchObject({ ours: 2, peers: { pytorch: 20 }, met: true, unit: 'ms' });
    const text = table([row]);
    expect(text).toContain('2.00 ms');
    expect(text).toContain('10.0 x');
    expect(text).not.toContain('jax-js');
  });

  it('leaves the target open when Fluxion was not measured', () => {
    const peersOnly = new Map([...timings].filter(([name]) => name !== 'fluxion'));
    expect(makeRow(medium, medium.targets.baseline, peersOnly, {})).toMatchObject({ ours: null, met: null });
  });
});

it('finds relaxed SIMD in Node 22 and later, and not before', () => {
  expect(relaxedSimd()).toBe(Number(process.versions.node.split('.')[0]) >= 22);
});
