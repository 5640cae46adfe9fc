import { LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Positions on the horizontal axis; 1, 2, 3, … where left out. */
  readonly x?: readonly number[];
  /** Values; a NaN or an infinity leaves a gap. */
  readonly y: readonly number[];
  /** Which vertical axis measures it; the right one appears when a series asks for it. */
  readonly axis?: 'left' | 'right';
  /** Default 'line'. */
  readonly draw?: 'line' | 'dashes' | 'points';
  /** Default: the next of the palette. */
  readonly color?: string;
}

export interface LearningCurveOptions {
  readonly series: readonly Series[];
  readonly title: string;
  readonly xLabel: string;
  /** Label of the left axis. */
  readonly yLabel: string;
  /** Label of the right axis. */
  readonly rightLabel?: string;
  /** Axes with equal steps for equal factors; what is not above 0 leaves a gap. */
  readonly log?: { readonly x?: boolean; readonly y?: boolean };
  /** In pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** Okabe and Ito's palette, which colour-blind readers can tell apart. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
export const ink = '#333333';
export const font = 'Helvetica, Arial, sans-serif';

/** The title of a chart. */
export const heading = (text: string) => ({
  text,
  left: 'center',
  top: 12,
  textStyle: { fontSize: 16, fontFamily: font, color: ink },
});

/**
 * Draws lines over steps or epochs as an SVG document, without a DOM.
 *
 * @throws RangeError where `x` and `y` of a series differ in length.
 */
export function learningCurve(options: LearningCurveOptions): string {
  const { series, title, xLabel, yLabel, rightLabel = '', log = {}, width = 760, height = 440 } = options;
  const twoAxes = series.some(line => line.axis === 'right');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: palette,
      textStyle: { fontFamily: font, color: ink },
      title: heading(title),
      legend: {
        top: 40,
        icon: 'roundRect',
        itemHeight: 4,
        itemWidth: 18,
        itemGap: 28,
        textStyle: { fontFamily: font, color: ink },
        data: series.map(line => line.name),
      },
      grid: { left: 72, right: twoAxes ? 72 : 32, top: 76, bottom: 56 },
      xAxis: { ...axis(xLabel, 30, log.x), min: 'dataMin', max: 'dataMax', splitLine: { show: false } },
      yAxis: twoAxes
        ? [axis(yLabel, 46, log.y), { ...axis(rightLabel, 46), splitLine: { show: false } }]
        : [axis(yLabel, 46, log.y)],
      series: series.map(line => drawn(line, log)),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function drawn(line: Series, log: { readonly x?: boolean; readonly y?: boolean }) {
  const { name, draw = 'line', color } = line;
  const common = {
    name,
    data: points(line, log),
    yAxisIndex: line.axis === 'right' ? 1 : 0,
    ...(color === undefined ? {} : { itemStyle: { color } }),
  };
  if (draw === 'points') return { ...common, type: 'scatter' as const, symbolSize: 8, z: 3 };
  const dashed = draw === 'dashes';
  const lineStyle = {
    width: 2,
    ...(dashed ? { type: 'dashed' as const } : {}),
    ...(color === undefined ? {} : { color }),
  };
  return {
    ...common,
    type: 'line' as const,
    showSymbol: !dashed && line.y.length <= 40,
    symbolSize: 5,
    lineStyle,
  };
}

function axis(name: string, gap: number, log = false) {
  return {
    type: log ? ('log' as const) : ('value' as const),
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontFamily: font, fontSize: 13, color: ink },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
    // Powers of ten come with the error of their logarithms.
    axisLabel: {
      color: ink,
      ...(log ? { formatter: (value: number) => String(+value.toPrecision(3)) } : {}),
    },
    splitLine: { show: true, lineStyle: { color: '#e6e6e6' } },
    scale: true,
  };
}

function points(line: Series, log: { readonly x?: boolean; readonly y?: boolean }): [number, number][] {
  const { name, x, y } = line;
  if (x !== undefined && x.length !== y.length) {
    throw new RangeError(
      `learningCurve: series '${name}' has ${x.length} values of x and ${y.length} of y; give one x for each y.`,
    );
  }
  const shown = (value: number, logarithmic = false): number =>
    Number.isFinite(value) && !(logarithmic && value <= 0) ? value : Number.NaN;
  return y.map((value, i) => [shown(x === undefined ? i + 1 : x[i], log.x), shown(value, log.y)]);
}

/** Charts of the same size as one document, so many in a row. */
export function panels(charts: readonly string[], columns: number): string {
  const [, width, height] = (/^<svg width="(\d+)" height="(\d+)"/.exec(charts[0]) ?? []).map(Number);
  const placed = charts.map((chart, i) => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height];
    return chart.replace('<svg ', `<svg x="${x}" y="${y}" `);
  });
  const size = [Math.min(columns, charts.length) * width, Math.ceil(charts.length / columns) * height];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(' ')}">\n${placed.join('\n')}\n</svg>\n`;
}
