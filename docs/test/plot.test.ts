import { describe, expect, test } from 'vitest';
import { learningCurve } from '../examples/support/plot.js';

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
});
