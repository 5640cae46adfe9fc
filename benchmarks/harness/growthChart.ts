import { sideNames, titles } from '../sides/index.js';
import { colour, font, heading, ink, logAxis, render } from './chart.js';
import { type Curve, type GrowthAxis, type GrowthReport, growthTitles } from './growth.js';

const axes = Object.keys(growthTitles) as readonly GrowthAxis[];
const measures = ['time', 'memory'] as const;
type Measure = (typeof measures)[number];

const panel = { width: 270, height: 220, left: 70, top: 120, across: 90, down: 90 } as const;

/** Milliseconds, or megabytes. A memory of 0, where all fitted into what there was, has no place on the axis. */
function valuesOf({ points }: Curve, measure: Measure): [number, number | null][] {
  return points.map(({ x, milliseconds, bytes }) => {
    const value = measure === 'time' ? milliseconds : bytes / 1e6;
    return [x, value > 0 ? value : null];
  });
}

/** A dashed line of slope 1 to the last point of the first curve, from where it leaves the others below. */
function guide(curves: readonly Curve[], measure: Measure): [number, number][] {
  const values = valuesOf(curves[0], measure);
  const [lastX, lastY] = values[values.length - 1];
  if (lastY === null) return [];
  const all = curves.flatMap(curve => valuesOf(curve, measure).flatMap(([, y]) => y ?? []));
  const lowest = Math.max(Math.min(...all), (lastY * values[0][0]) / lastX);
  return [
    [(lowest * lastX) / lastY, lowest],
    [lastX, lastY],
  ];
}

/** Two rows of panels with logarithmic axes: time above, peak memory below; one column for each thing that grows. */
export function growthChart(report: GrowthReport): string {
  const shown = axes.filter(axis => report.growth.some(curve => curve.axis === axis));
  const panels = measures.flatMap((measure, row) =>
    shown.map((axis, column) => ({
      measure,
      axis,
      left: panel.left + column * (panel.width + panel.across),
      top: panel.top + row * (panel.height + panel.down),
    })),
  );
  const names = sideNames.filter(side => report.growth.some(curve => curve.side === side));
  const option = {
    title: [
      heading(
        'Time of a step and peak memory as things grow',
        `Node ${report.node}, ${report.cpu}${report.quick ? '. --quick: not to quote' : ''}`,
      ),
      ...panels
        .filter(({ measure }) => measure === 'time')
        .map(({ axis, left, top }) => ({
          text: growthTitles[axis],
          left: left + panel.width / 2,
          top: top - 28,
          textAlign: 'center' as const,
          textStyle: { fontSize: 13, fontFamily: font, color: ink },
        })),
    ],
    legend: {
      top: 58,
      itemGap: 22,
      textStyle: { fontFamily: font, color: ink },
      data: [
        ...names.map(name => ({
          name: titles[name],
          icon: 'roundRect',
          itemStyle: { color: colour(sideNames.indexOf(name)) },
        })),
        {
          name: 'linear',
          icon: 'path://M0,4H6V6H0ZM9,4H15V6H9ZM18,4H24V6H18Z',
          itemStyle: { color: '#999999' },
        },
      ],
    },
    grid: panels.map(({ left, top }) => ({ left, top, width: panel.width, height: panel.height })),
    xAxis: panels.map(({ axis }, i) => ({
      ...logAxis(axis === 'nodes' ? 'nodes' : axis, 28),
      gridIndex: i,
      min: 'dataMin' as const,
      max: 'dataMax' as const,
      logBase: { batch: 4, width: 2, depth: 2, nodes: 10 }[axis],
    })),
    yAxis: panels.map(({ measure }, i) => ({
      ...logAxis(measure === 'time' ? 'ms' : 'MB', 44),
      gridIndex: i,
    })),
    series: panels.flatMap(({ measure, axis }, i) => {
      const curves = report.growth.filter(curve => curve.axis === axis);
      const place = { type: 'line' as const, xAxisIndex: i, yAxisIndex: i };
      return [
        ...curves.map(curve => ({
          ...place,
          name: titles[curve.side],
          data: valuesOf(curve, measure),
          symbol: 'circle',
          symbolSize: 6,
          color: colour(sideNames.indexOf(curve.side)),
          lineStyle: { width: 2 },
        })),
        {
          ...place,
          name: 'linear',
          data: guide(curves, measure),
          symbol: 'none',
          silent: true,
          color: '#999999',
          lineStyle: { width: 1, type: 'dashed' as const },
        },
      ];
    }),
  };
  const width = panel.left + shown.length * (panel.width + panel.across) - 40;
  return render(option, width, panel.top + 2 * (panel.height + panel.down) - 30);
}
