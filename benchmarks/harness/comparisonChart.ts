import { sideNames, titles } from '../sides/index.js';
import { colour, font, heading, ink, logAxis, render } from './chart.js';
import { type Report, type Row, ratioOf } from './row.js';
import type { PeerName } from './types.js';

const peerNames = sideNames.filter((name): name is PeerName => name !== 'fluxion');

interface Dot {
  readonly row: number;
  readonly ratio: number;
}

function dots(rows: readonly Row[], peer: PeerName): Dot[] {
  return rows.flatMap((row, i) => {
    const theirs = row.peers[peer];
    return theirs === undefined || row.ours === null
      ? []
      : [{ row: i, ratio: ratioOf(row.unit, row.ours, theirs) }];
  });
}

/**
 * A line for every workload, a dot for every peer: how many times as fast Fluxion was. An upright stroke in the colour of the peer, or of the first of
 * several, is the target: a dot to the right of its stroke meets it.
 */
export function comparisonChart(report: Report): string {
  const rows = report.rows.filter(row => row.ours !== null && Object.keys(row.peers).length > 0);
  const peers = peerNames.filter(peer => dots(rows, peer).length > 0);
  const width = 1000;
  const height = 170 + 30 * rows.length;
  const colourOf = (peer: PeerName): string => colour(sideNames.indexOf(peer));
  const values = [
    ...peers.flatMap(peer => dots(rows, peer).map(({ ratio }) => ratio)),
    ...rows.flatMap(row => row.verdicts.flatMap(({ times }) => (times === null ? [] : [times]))),
  ];
  const option = {
    title: heading(
      'How many times as fast as the others is Fluxion?',
      `Node ${report.node}, ${report.cpu}${report.quick ? '. --quick: not to quote' : ''}`,
    ),
    legend: {
      top: 58,
      itemGap: 22,
      textStyle: { fontFamily: font, color: ink },
      data: [
        ...peers.map(peer => ({ name: titles[peer], icon: 'circle' })),
        { name: 'target', icon: 'path://M9,0H12V20H9ZM0,9V10H21V9Z', itemStyle: { color: ink } },
      ],
    },
    grid: { left: 250, right: 40, top: 92, bottom: 58 },
    xAxis: {
      ...logAxis('times as fast, or as small (to the left of 1: slower, or larger)', 32),
      min: 10 ** Math.floor(Math.log10(Math.min(0.5, ...values))),
      max: 10 ** Math.ceil(Math.log10(Math.max(2, ...values))),
    },
    yAxis: {
      type: 'category' as const,
      inverse: true,
      data: rows.map(row => row.workload),
      axisLabel: { color: ink, fontSize: 12 },
      axisTick: { show: false },
      axisLine: { show: true, lineStyle: { color: ink } },
      splitLine: { show: true, lineStyle: { color: '#f2f2f2' } },
    },
    series: [
      ...peers.map((peer, i) => ({
        type: 'scatter' as const,
        name: titles[peer],
        symbol: 'circle',
        symbolSize: 11,
        itemStyle: { color: colourOf(peer), opacity: 0.9 },
        data: dots(rows, peer).map(({ row, ratio }) => [ratio, row]),
        // One line for all: as fast as the peer.
        ...(i > 0
          ? {}
          : {
              markLine: {
                silent: true,
                symbol: 'none',
                label: { show: false },
                lineStyle: { color: ink, type: 'solid' as const, width: 1 },
                data: [{ xAxis: 1 }],
              },
            }),
      })),
      {
        type: 'scatter' as const,
        name: 'target',
        symbol: 'rect',
        symbolSize: [3, 20],
        itemStyle: { color: ink },
        data: rows.flatMap((row, i) =>
          row.verdicts.flatMap(({ times, peers: whom }) =>
            times === null || whom.length === 0
              ? []
              : [{ value: [times, i], itemStyle: { color: colourOf(whom[0]) } }],
          ),
        ),
      },
    ],
  };
  return render(option, width, height);
}
