import { describe, expect, test } from 'vitest';
import { heatmap } from '../examples/support/heatmap.js';
import { learningCurve, panels } from '../examples/support/plot.js';

const labels = { title: 'a & b', xLabel: 'step', yLabel: 'loss' };

describe('learningCurve', () => {
  test('draws title, labels, names and one line for each series, escaped', () => {
    const svg = learningCurve({
      ...labels,
      series: [
        { name: 'training', y: [3, 2, 1] },
        { name: 'test', y: [3, 2.5, 2] },
      ],
    });
    expect(svg).toMatch(/^<svg [^>]*viewBox/);
    for (const text of ['a &amp; b', 'step', 'loss', 'training', 'test']) expect(svg).toContain(`>${text}<`);
    // One stroke for each in the palette's first two colours, beside the samples in the legend.
    expect(svg.match(/stroke="#0072b2" stroke-width="2"/g)?.length).toBe(1);
    expect(svg.match(/stroke="#d55e00" stroke-width="2"/g)?.length).toBe(1);
  });

  test('leaves a gap for a value that is not finite', () => {
    const svg = learningCurve({ ...labels, series: [{ name: 'training', y: [3, 2, Number.NaN, 1, 0.5] }] });
    expect(svg).not.toContain('NaN');
    // Two pieces: the path moves twice.
    const line = /<path d="([^"]*)"[^>]*stroke="#0072b2" stroke-width="2"/.exec(svg)?.[1] ?? '';
    expect(line.match(/M/g)?.length).toBe(2);
  });

  test('measures a series on the right axis when it asks for it', () => {
    const series = [
      { name: 'loss', y: [1000, 500] },
      { name: 'accuracy', y: [0.5, 0.9], axis: 'right' as const },
    ];
    expect(learningCurve({ ...labels, series, rightLabel: 'share right' })).toContain('>share right<');
    expect(learningCurve({ ...labels, series: series.slice(0, 1), rightLabel: 'share right' })).not.toContain(
      'share right',
    );
  });

  test('x and y of different lengths are an error that names the series and both lengths', () => {
    const series = [{ name: 'training', x: [1, 2, 3], y: [1, 2] }];
    expect(() => learningCurve({ ...labels, series })).toThrow(
      "series 'training' has 3 values of x and 2 of y",
    );
  });

  test('draws points and dashes, in a colour of their own', () => {
    const svg = learningCurve({
      ...labels,
      series: [
        { name: 'given', y: [1, 2, 3], draw: 'points', color: '#123456' },
        { name: 'bound', y: [2, 2, 2], draw: 'dashes', color: '#654321' },
      ],
    });
    expect(svg.match(/<path [^>]*fill="#123456"[^>]*>/g)?.length).toBeGreaterThanOrEqual(3);
    expect(svg).toMatch(/stroke="#654321" stroke-width="2" stroke-dasharray/);
  });

  test('on a logarithmic axis writes powers of ten as they are, and leaves out what is not above 0', () => {
    const svg = learningCurve({
      ...labels,
      log: { y: true },
      series: [{ name: 'a', y: [0.0002, 0, 0.03, 0.5] }],
    });
    for (const text of ['0.0001', '0.001', '0.01', '0.1', '1']) expect(svg).toContain(`>${text}<`);
    const line = /<path d="([^"]*)"[^>]*stroke="#0072b2" stroke-width="2"/.exec(svg)?.[1] ?? '';
    expect(line.match(/M/g)?.length).toBe(2);
    expect(svg).not.toContain('NaN');
  });
});

test('panels stand side by side, and then below', () => {
  const chart = learningCurve({ ...labels, series: [{ name: 'a', y: [1, 2] }], width: 300, height: 200 });
  const svg = panels([chart, chart, chart], 2);
  expect(svg).toMatch(/^<svg [^>]*width="600" height="400"/);
  expect([...svg.matchAll(/<svg x="(\d+)" y="(\d+)"/g)].map(([, x, y]) => [Number(x), Number(y)])).toEqual([
    [0, 0],
    [300, 0],
    [0, 200],
  ]);
});

describe('heatmap', () => {
  const options = {
    title: 'loss',
    xLabel: 'lr',
    yLabel: 'momentum',
    columns: ['0.1', '0.2'],
    rows: ['0.5', '0.9'],
    values: [
      [1, 2],
      [3, Number.NaN],
    ],
  };

  test('colours what is finite from dark to bright, and leaves the rest grey', () => {
    const svg = heatmap(options);
    for (const text of ['loss', 'lr', 'momentum', '0.1', '0.2', '0.5', '0.9'])
      expect(svg).toContain(`>${text}<`);
    // Dark for the least of three, bright for the largest.
    for (const color of ['rgb(68,1,84)', 'rgb(253,231,37)']) expect(svg).toContain(`fill="${color}"`);
    expect(svg).toContain('#dddddd');
    expect(svg).not.toContain('NaN');
  });

  test('draws the path over it, with a mark at its end', () => {
    const svg = heatmap({
      ...options,
      path: [
        [0, 0],
        [0.5, 0.5],
        [1, 1],
      ],
    });
    expect(svg).toMatch(/stroke="#ffffff" stroke-width="2"/);
    expect(svg).toContain('#d55e00');
    expect(heatmap(options)).not.toContain('#d55e00');
  });
});
