import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { comparisonChart } from '../harness/comparisonChart.js';
import type { Curve, GrowthReport } from '../harness/growth.js';
import { growthChart } from '../harness/growthChart.js';
import { growthTable } from '../harness/growthTable.js';
import { crowded, crowdWarning } from '../harness/machine.js';
import { affordable, paces, summarise, takesPart } from '../harness/measure.js';
import { keep, markdown } from '../harness/results.js';
import { inUnit, describe as inWords, judge, makeRow, quantity, type Report } from '../harness/row.js';
import { remarks, table, verdict } from '../harness/table.js';
import type { Samples } from '../harness/types.js';
import { exponent } from '../probes/graphGrowth.js';
import { cnn } from '../workloads/cnn.js';
import { matmuls } from '../workloads/matmul.js';
import { mlpMedium, mlpSmall } from '../workloads/mlp.js';
import { scalarMlp } from '../workloads/scalarMlp.js';

const samples: Samples = { fluxion: [1, 2, 3, 2, 2], pytorch: [20, 20, 20] };
const row = makeRow(mlpSmall, mlpSmall.targets.baseline, { samples, errors: { fluxion: 1e-7 } });

describe('targets', () => {
  const pytorch = { peers: ['pytorch'], times: 8 } as const;
  const best = { peers: ['tfjs', 'jaxjs'], times: 2 } as const;

  it('are met, missed, and open when a peer is missing', () => {
    expect(judge(pytorch, 'ms', 1, { pytorch: 8 })).toMatchObject({ met: true, ratio: 8 });
    expect(judge(pytorch, 'ms', 1, { pytorch: 7.9 }).met).toBe(false);
    expect(judge(pytorch, 'ms', 1, {}).met).toBe(null);
    expect(judge(pytorch, 'ms', undefined, { pytorch: 9 }).met).toBe(null);
  });

  it('that may be slower than the peer tell what part of its time was taken', () => {
    const slower = { peers: ['pytorch'], times: 1 / 1.15 } as const;
    expect(judge(slower, 'ms', 1.14, { pytorch: 1 })).toMatchObject({ met: true, reached: 1.14 });
    expect(judge(slower, 'ms', 1.16, { pytorch: 1 }).met).toBe(false);
  });

  it('against the best of several need all of them, unless one is missed', () => {
    expect(judge(best, 'ms', 1, { tfjs: 5, jaxjs: 3 })).toMatchObject({ met: true, ratio: 3 });
    expect(judge(best, 'ms', 1, { tfjs: 5, jaxjs: 1.9 }).met).toBe(false);
    expect(judge(best, 'ms', 1, { tfjs: 5 }).met).toBe(null);
    expect(judge(best, 'ms', 1, { tfjs: 1 }).met).toBe(false);
  });

  it('of GFLOP/s want more, not less', () => {
    expect(judge(best, 'GFLOP/s', 42, { tfjs: 20, jaxjs: 16 })).toMatchObject({ met: true, ratio: 2.1 });
    expect(judge({ peers: ['pytorch'], times: 0.42 }, 'GFLOP/s', 41, { pytorch: 100 })).toMatchObject({
      met: false,
      reached: 0.41,
    });
    expect(inUnit(matmuls[0], 1)).toBeCloseTo((2 * 256 ** 3) / 1e6, 9);
  });

  it('that are bounds need no peer', () => {
    expect(judge({ atMost: 90 }, 'KB', 90, {})).toMatchObject({ met: true, peers: [], times: null });
    expect(judge({ atMost: 90 }, 'KB', 90.1, {}).met).toBe(false);
    expect(judge({ atMost: 90 }, 'KB', undefined, {}).met).toBe(null);
  });

  it('are put in words', () => {
    expect(inWords({ peers: ['tfjs'], times: 14 }, 'ms')).toBe('14 x tfjs wasm');
    expect(inWords({ peers: ['pytorch'], times: 1 / 1.15 }, 'ms')).toBe("≤ 1.15 of PyTorch's time");
    expect(inWords({ peers: ['pytorch'], times: 1 }, 'ms')).toBe('as fast as PyTorch');
    expect(inWords({ peers: ['pytorch'], times: 0.42 }, 'GFLOP/s')).toBe('0.42 of PyTorch');
    expect(inWords(best, 'ms')).toBe('2 x best of tfjs wasm, jax-js jit');
    expect(inWords({ atMost: 60 }, 'ms')).toBe('≤ 60 ms');
    expect(inWords({ atMost: 1.15 }, 'exponent')).toBe('≤ n^1.15');
  });

  it('make the row: missed if one is, open if one is, none at all without targets', () => {
    const made = (peers: Samples) =>
      makeRow(mlpMedium, mlpMedium.targets.baseline, { samples: { fluxion: [1], ...peers } }).met;
    expect(made({ jaxjs: [4], tfjs: [14], pytorch: [0.9] })).toBe(true);
    expect(made({ jaxjs: [3.9], tfjs: [14] })).toBe(false);
    expect(made({ jaxjs: [4], tfjs: [14] })).toBe(null);
    expect(makeRow(mlpMedium, [], { samples }).met).toBe(null);
  });
});

describe('the table', () => {
  it('takes medians and quartiles', () => {
    expect(summarise([5, 1, 2, 3, 4])).toEqual({ median: 3, lowerQuartile: 2, upperQuartile: 4, samples: 5 });
  });

  it('shows medians, spreads, ratios and only the sides that ran', () => {
    expect(row).toMatchObject({ ours: 2, peers: { pytorch: 20 }, met: true, unit: 'ms' });
    const text = table([row]);
    for (const part of ['2.00 ms', '10.0 x', 'yes 8 x PyTorch (10.0)']) expect(text).toContain(part);
    expect(text).not.toContain('jax-js');
  });

  it('names sides that share a column, and says what is not as usual', () => {
    const scalars = makeRow(scalarMlp, scalarMlp.targets.baseline, {
      samples: { fluxion: [2], micrograd: [100], microgradJs: [8] },
      notes: ['10 points'],
    });
    const images = makeRow(cnn, [], {
      samples: { fluxion: [1], tfjs: [50] },
      sideNotes: { tfjs: 'cpu backend' },
    });
    const text = table([scalars, images]);
    for (const part of ['micrograd:', '50.0 x', 'micrograd in JS:', '4.00 x', '(cpu backend)', 'NO  100 x'])
      expect(text).toContain(part);
    expect(remarks([scalars, images])).toEqual([`${scalarMlp.name}: 10 points`]);
  });

  it('writes quantities in the unit that suits them', () => {
    expect(quantity(0.0123, 'ms')).toBe('12.3 µs');
    expect(quantity(1234, 'µs')).toBe('1.23 ms');
    expect(quantity(1234, 'ms')).toBe('1234 ms');
    expect(quantity(1.05, 'exponent')).toBe('n^1.05');
  });

  it('leaves the target open when Fluxion was not measured', () => {
    const open = makeRow(mlpMedium, mlpMedium.targets.baseline, { samples: { pytorch: [1] } });
    expect(open).toMatchObject({ ours: null, met: null });
    expect(verdict(open.verdicts[0])).toBe('?   4 x jax-js jit');
  });
});

describe('samples', () => {
  it('of slow sides are fewer, and spread over the rounds', () => {
    expect(affordable(paces.full, 60)).toBe(31);
    expect(affordable(paces.full, 2000)).toBe(10);
    expect(affordable(paces.full, 14_000)).toBe(3);
    for (const rounds of [1, 3, 10, 31]) {
      const visits = Array.from({ length: 31 }, (_, round) => takesPart(round, rounds, 31));
      expect(visits.filter(taken => taken).length).toBe(rounds);
    }
    expect(Array.from({ length: 6 }, (_, round) => takesPart(round, 2, 6))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('beside other work are warned about once, with names', () => {
    expect(crowded(0.1, 0.2)).toBe(0);
    expect(crowded(0.4, 0.2)).toBe(0.4);
    expect(crowded(0.1, 0.9)).toBe(0.9);
    expect(crowdWarning(new Map())).toEqual([]);
    const warnings = crowdWarning(
      new Map([
        ['a', 0.4],
        ['b', 1.2],
      ]),
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/up to 1\.2 of .* do not quote: a, b$/);
  });
});

describe('growth', () => {
  const points = [1, 10, 100].map(x => ({ x, milliseconds: 3 * x ** 2, bytes: 5e6 * x }));
  const curves: Curve[] = (['fluxion', 'pytorch'] as const).flatMap(side =>
    (['batch', 'nodes'] as const).map(axis => ({ axis, side, points, exponents: { time: 2, memory: 1 } })),
  );
  const common = {
    node: 'v20.1.2',
    cpu: 'some & other',
    date: '2026-01-02',
    quick: false,
    warnings: ['careful'],
    sides: { fluxion: 'this' },
  };
  const report: GrowthReport = { ...common, growth: curves };

  it('has the exponent of a power law, whatever its factor', () => {
    expect(exponent(points.map(({ x, milliseconds }) => [x, milliseconds]))).toBeCloseTo(2, 12);
    expect(exponent(points.map(({ x, bytes }) => [x, bytes]))).toBeCloseTo(1, 12);
  });

  it('is shown as a table and as panels', () => {
    const text = growthTable(curves);
    for (const part of ['against batch', 'PyTorch: time', 'n^2.00', '500 MB']) expect(text).toContain(part);
    const svg = growthChart(report);
    expect(svg).toMatch(/^<svg [^>]*viewBox/);
    for (const part of ['Fluxion', 'PyTorch', 'linear', 'some &amp; other']) expect(svg).toContain(part);
    expect(svg).not.toContain('NaN');
  });

  const folder = mkdtempSync(join(tmpdir(), 'fluxion-results-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('and comparison are kept by version of Node, and RESULTS.md shows all that is kept', () => {
    const compared: Report = { ...common, node: 'v24.0.0', relaxedSimd: true, rows: [row] };
    keep(report, growthChart(report), folder);
    keep(compared, comparisonChart(compared), folder);
    expect(readdirSync(join(folder, 'results')).sort()).toEqual([
      'node20-growth.json',
      'node20-growth.svg',
      'node24.json',
      'node24.svg',
    ]);
    const text = readFileSync(join(folder, 'RESULTS.md'), 'utf8');
    expect(text).toBe(markdown([report, compared]));
    for (const part of [
      '## Node v24.0.0',
      '## Growth, Node v20.1.2',
      'results/node24.svg',
      '10.0 x',
      'careful',
    ])
      expect(text).toContain(part);
  });
});

it('the chart has a line for each workload and a name for each peer', () => {
  const report: Report = {
    node: 'v20.1.2',
    cpu: 'some',
    date: '2026-01-02',
    relaxedSimd: false,
    quick: true,
    warnings: [],
    sides: {},
    rows: [row],
  };
  const svg = comparisonChart(report);
  for (const part of ['MLP 4-16-3 (batch 32)', 'PyTorch', 'target', 'not to quote'])
    expect(svg).toContain(part);
  expect(svg).not.toContain('tfjs');
  expect(svg).not.toContain('NaN');
});
