import { HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, TitleComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { font, heading, ink } from './plot.js';

use([HeatmapChart, LineChart, ScatterChart, GridComponent, TitleComponent, VisualMapComponent, SVGRenderer]);

export interface HeatmapOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** What stands at each column and row. */
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** values[row][column], the first row at the bottom; what is not finite stays grey. */
  readonly values: readonly (readonly number[])[];
  /** A way through it, in columns and rows from 0, which may be parts of them. */
  readonly path?: readonly (readonly [column: number, row: number])[];
  readonly width?: number;
  readonly height?: number;
}

/** Draws a table of numbers in colours, dark for small ones, as an SVG document. */
export function heatmap(options: HeatmapOptions): string {
  const { title, columns, rows, values, path = [], width = 760, height = 480 } = options;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  const cells = values.flatMap((row, y) =>
    row.flatMap((value, x) => (Number.isFinite(value) ? [[x, y, value]] : [])),
  );
  const sizes = cells.map(([, , value]) => value);
  const category = (name: string, data: readonly string[], gap: number) => ({
    type: 'category' as const,
    name,
    data: data.slice(),
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontFamily: font, fontSize: 13, color: ink },
    axisLabel: { color: ink },
    axisTick: { show: false },
    axisLine: { onZero: false },
  });
  // Over the categories, so that the path can go between them.
  const positions = (count: number) => ({
    type: 'value' as const,
    min: -0.5,
    max: count - 0.5,
    show: false,
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: font, color: ink },
      title: heading(title),
      grid: { left: 72, right: 96, top: 52, bottom: 56, show: true, backgroundColor: '#dddddd' },
      xAxis: [category(options.xLabel, columns, 30), positions(columns.length)],
      yAxis: [category(options.yLabel, rows, 50), positions(rows.length)],
      visualMap: {
        type: 'continuous',
        seriesIndex: 0,
        min: Math.min(...sizes),
        max: Math.max(...sizes),
        precision: 2,
        right: 8,
        top: 'center',
        // Viridis, which is as dark in grey.
        inRange: { color: ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'] },
        textStyle: { fontFamily: font, color: ink },
        calculable: true,
      },
      series: [
        { type: 'heatmap', data: cells, itemStyle: { borderColor: '#ffffff', borderWidth: 1 } },
        {
          type: 'line',
          data: path.map(([x, y]) => [x, y]),
          xAxisIndex: 1,
          yAxisIndex: 1,
          symbol: 'circle',
          symbolSize: 5,
          lineStyle: { width: 2, color: '#ffffff' },
          itemStyle: { color: '#ffffff' },
        },
        {
          type: 'scatter',
          data: path.slice(-1).map(([x, y]) => [x, y]),
          xAxisIndex: 1,
          yAxisIndex: 1,
          symbol: 'diamond',
          symbolSize: 16,
          itemStyle: { color: '#d55e00', borderColor: '#ffffff', borderWidth: 1 },
        },
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
