import { LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

export const ink = '#333333';
export const faint = '#e6e6e6';
export const font = 'Helvetica, Arial, sans-serif';

/** Okabe and Ito's palette, which colour-blind readers can tell apart. */
const palette = ['#0072b2', '#d55e00', '#e69f00', '#009e73', '#56b4e9', '#cc79a7', '#999999', '#000000'];

/** A side has the same colour in every chart. */
export function colour(index: number): string {
  return palette[index % palette.length];
}

type Option = Parameters<ReturnType<typeof init>['setOption']>[0];

/** An SVG document, without a DOM. */
export function render(option: Option, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: font, color: ink },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Numbers that fit under an axis: 1000 becomes 1k. */
function short(value: number): string {
  if (value >= 1e6 && value % 1e5 === 0) return `${value / 1e6}M`;
  if (value >= 1e3 && value % 100 === 0) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(3)));
}

export function heading(text: string, subtext: string) {
  return {
    text,
    subtext,
    left: 'center',
    top: 10,
    textStyle: { fontSize: 16, fontFamily: font, color: ink },
    subtextStyle: { fontSize: 12, fontFamily: font, color: ink },
  };
}

export function logAxis(name: string, gap: number) {
  return {
    type: 'log' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontFamily: font, fontSize: 13, color: ink },
    axisLine: { show: true, lineStyle: { color: ink } },
    axisLabel: { color: ink, formatter: short },
    splitLine: { show: true, lineStyle: { color: faint } },
  };
}
