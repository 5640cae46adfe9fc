import { describe, expect, it } from 'vitest';
import { worst } from '../harness/check.js';
import { addDigest, arrayNames, permuted, transposed } from '../harness/digest.js';
import { relaxedSimd } from '../harness/machine.js';
import { erf } from '../harness/oracle/arrays.js';
import { expected } from '../harness/oracle/index.js';
import type { MlpTask, Readings } from '../harness/types.js';
import { fromWire, toWire } from '../harness/wire.js';
import { cnnTask } from '../workloads/cnn.js';
import { workloads } from '../workloads/index.js';
import { mlpMedium, mlpSmall } from '../workloads/mlp.js';
import { scalarMlp } from '../workloads/scalarMlp.js';
import { tinyGraph } from '../workloads/tinyGraph.js';

const [small, medium] = [mlpSmall, mlpMedium];
const task = small.task() as MlpTask;

describe('the float64 reference', () => {
  it.each([
    ['MLP', task],
    ['CNN', cnnTask(3, 8, [2, 3, 4])],
  ] as const)(
    "of the %s falls in Adam's first step by the learning rate times the sum of |numerical gradient|, to 1 in 1000",
    (_, network) => {
      const lossAt = (layers: MlpTask['layers']): number =>
        expected({ ...network, layers }, 1).readings[0].loss;
      const h = 2 ** -14;
      let sum = 0;
      for (const [which, layer] of network.layers.entries()) {
        for (const kind of ['weight', 'bias'] as const) {
          for (let k = 0; k < layer[kind].length; k++) {
            const shifted = (by: number): MlpTask['layers'] =>
              network.layers.map((l, i) =>
                i === which
                  ? { ...l, [kind]: Float64Array.from(l[kind], (p, j) => (j === k ? p + by : p)) }
                  : l,
              ) as never;
            sum += Math.abs(lossAt(shifted(h)) - lossAt(shifted(-h))) / (2 * h);
          }
        }
      }
      const learningRate = 1e-6;
      const { readings } = expected({ ...network, learningRate }, 2);
      expect((readings[0].loss - readings[1].loss) / learningRate / sum).toBeCloseTo(1, 3);
    },
  );

  it('knows the error function: erf(0.5), erf(2), and that it is odd (DLMF 7.2), to 1e-15', () => {
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
    expect(erf(2)).toBeCloseTo(0.9953222650189527, 15);
    expect(erf(-2)).toBe(-erf(2));
    expect(erf(0)).toBe(0);
    expect(erf(7)).toBe(1);
  });

  it('gives a chain of nodes the gradient that the series has: 1/2 + 1/4 + ... tends to 2 with the last addition', () => {
    const chain = { kind: 'chain', nodes: 2000, scalars: true, x: 0.3 } as const;
    const { loss, 'grad sum': grad } = expected(chain, 1).readings[0];
    expect(loss).toBeCloseTo(0.6, 12);
    expect(grad).toBeCloseTo(2, 12);
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

  it('permutes dimensions as a nested loop does, and back', () => {
    const shape = [2, 3, 4, 5];
    const values = Float32Array.from({ length: 120 }, (_, i) => i);
    const wanted: number[] = [];
    for (let h = 0; h < 4; h++)
      for (let w = 0; w < 5; w++)
        for (let i = 0; i < 3; i++) for (let o = 0; o < 2; o++) wanted.push(((o * 3 + i) * 4 + h) * 5 + w);
    const hwio = permuted(values, shape, [2, 3, 1, 0]);
    expect([...hwio]).toEqual(wanted);
    expect(permuted(hwio, [4, 5, 3, 2], [3, 2, 0, 1])).toEqual(values);
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

describe('tasks', () => {
  it('are the same every time and survive the way to another process', () => {
    expect(small.task()).toEqual(task);
    const empty = {
      kind: 'elementwise',
      op: 'exp',
      x: Float32Array.of(1, -0.5),
      y: new Float32Array(0),
    } as const;
    const made = [task, cnnTask(2, 8), tinyGraph.task(), scalarMlp.task(), empty];
    for (const one of made) expect(fromWire(JSON.parse(JSON.stringify(toWire(one)))), one.kind).toEqual(one);
  });

  it('have names that --only can tell apart', () => {
    const names = workloads.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter(name => name.includes(','))).toEqual([]);
  });
});

it('finds relaxed SIMD in Node 22 and later, and not before', () => {
  expect(relaxedSimd()).toBe(Number(process.versions.node.split('.')[0]) >= 22);
});
