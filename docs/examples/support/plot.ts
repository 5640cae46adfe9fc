import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Positions on the horizontal axis; 1, 2, 3, … where left out. */
  readonly x?: readonly number[];
  /** Values; a NaN or an infinity leaves a gap. */
  readonly y: readonly number[];
  /** Which vertical axis measures it; the right one appears when a series asks for it. */
  readonly axis?: 'left' | 'right';
}

export interface LearningCurveOptions {
  readonly series: readonly Series[];
  readonly title: string;
  readonly xLabel: string;
  /** Label of the left axis. */
  readonly yLabel: string;
  /** Label of the right axis. */
  readonly rightLabel?: string;
  /** In pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** Okabe and Ito's palette, which colour-blind readers can tell apart. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const ink = '#333333';
const font = 'Helvetica, Arial, sans-serif';

/**
 * Draws lines over steps or epochs as an SVG document, without a DOM.
 *
 * @throws RangeError where `x` and `y` of a series differ in length.
 */
export function learningCurve(options: LearningCurveOptions): string {
  const { series, title, xLabel, yLabel, rightLabel = '', width = 760, height = 440 } = options;
  const twoAxes = series.some(line => line.axis === 'right');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: palette,
      textStyle: { fontFamily: font, color: ink },
      title: {
        text: title,
        left: 'center',
        top: 12,
        textStyle: { fontSize: 16, fontFamily: font, color: ink },
      },
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
      xAxis: { ...axis(xLabel, 30), min: 'dataMin', max: 'dataMax', splitLine: { show: false } },
      yAxis: twoAxes
        ? [axis(yLabel, 46), { ...axis(rightLabel, 46), splitLine: { show: false } }]
        : [axis(yLabel, 46)],
      series: series.map(line => ({
        type: 'line' as const,
        name: line.name,
        data: points(line),
        yAxisIndex: line.axis === 'right' ? 1 : 0,
        showSymbol: line.y.length <= 40,
        symbolSize: 5,
        lineStyle: { width: 2 },
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function axis(name: string, gap: number) {
  return {
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontFamily: font, fontSize: 13, color: ink },
    axisLine: { show: true, lineStyle: { color: ink } },
    axisLabel: { color: ink },
    splitLine: { show: true, lineStyle: { color: '#e6e6e6' } },
    scale: true,
  };
}

function points(line: Series): [number, number][] {
  const { name, x, y } = line;
  if (x !== undefined && x.length !== y.length) {
    throw new RangeError(
      `learningCurve: series '${name}' has ${x.length} values of x and ${y.length} of y; give one x for each y.`,
    );
  }
  return y.map((value, i) => [x === undefined ? i + 1 : x[i], Number.isFinite(value) ? value : Number.NaN]);
}
