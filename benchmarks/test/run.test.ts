import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Report } from '../harness/row.js';

const runner = fileURLToPath(new URL('../run.ts', import.meta.url));

function bench(...args: string[]) {
  const options = { encoding: 'utf8', timeout: 110_000 } as const;
  return spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@fluxion/source', runner, ...args],
    options,
  );
}

/** Runs with files of its own, and gives what it wrote. */
function benchInto(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'fluxion-bench-'));
  try {
    const [json, svg] = [join(folder, 'bench.json'), join(folder, 'bench.svg')];
    const ran = bench('--quick', ...args, '--json', json, '--svg', svg);
    expect(ran.stderr).toContain('written: ');
    expect(ran.status).toBe(0);
    return { ...ran, json: JSON.parse(readFileSync(json, 'utf8')), svg: readFileSync(svg, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('checks, times and reports workloads on Fluxion and its JavaScript peers', { timeout: 120_000 }, () => {
  const only = 'tiny,exp of,CNN,scalar MLP,Adam,matmul 256';
  const { stdout, stderr, json, svg } = benchInto(
    '--only',
    only,
    '--sides',
    'fluxion,jaxjs,tfjs,microgradJs,plainCopy,oneThread',
  );
  expect(stderr).toContain('3 checked');
  expect(stdout).toContain('tfjs wasm');
  expect(svg).toContain('Adam over 1M parameters');
  const report = json as Report;
  expect(report.node).toBe(process.version);
  expect(report.quick).toBe(true);
  expect(report.rows.map(row => row.workload)).toEqual([
    'CNN 28x28 (batch 64)',
    'matmul 256',
    'exp of 1M float32',
    'tiny graph',
    'scalar MLP 2-16-16-1',
    'Adam over 1M parameters',
    'CNN 28x28 (batch 64) two threads',
  ]);
  for (const row of report.rows) {
    expect(row.ours, row.workload).toBeGreaterThan(0);
    expect(typeof row.target).toBe('string');
    expect([true, false, null]).toContain(row.met);
    expect(Math.max(...Object.values(row.errors ?? {})), row.workload).toBeLessThan(row.tolerance ?? 0);
  }
  const peers = report.rows.map(row => Object.keys(row.peers).sort().join());
  expect(peers).toEqual([
    'jaxjs,tfjs',
    'jaxjs,tfjs',
    'jaxjs,tfjs',
    'jaxjs,tfjs',
    'microgradJs',
    'jaxjs,plainCopy,tfjs',
    'oneThread',
  ]);
  expect(report.rows[0].sideNotes).toEqual({ tfjs: 'cpu backend' });
});

it('measures what needs no steps: growth of a graph and sizes', { timeout: 120_000 }, () => {
  const { json } = benchInto('--only', 'scalar graph,bundle', '--sides', 'fluxion');
  const { rows } = json as Report;
  expect(rows.map(({ unit }) => unit)).toEqual(['exponent', 'exponent', 'KB', 'KB']);
  expect(rows[2].ours).toBeGreaterThan(rows[3].ours ?? Infinity);
  expect(rows[2].target).toBe('≤ 90 KB');
});

it.each([
  [['--only', 'nope'], /no workload has that in its name[\s\S]*MLP 4-16-3/],
  [['--sides', 'tfjs,foo'], /--sides foo: not a side/],
  [['--only', 'tiny', '--results'], /--results keeps a whole run/],
  [['--growth', '--only', 'tiny'], /does not go with --only/],
  [['--node', '/no/such/node'], /--node \/no\/such\/node: .*ENOENT/],
  [['--only', 'bundle', '--sides', 'pytorch'], /leave nothing to measure/],
  [['--what'], /Unknown option '--what'[\s\S]*usage:/],
  [['--sides', 'pytorch', '--python', '/no/such/python'], /PyTorch is left out[\s\S]*apt-get install/],
])('%j fails and says why', (args, message) => {
  const ran = bench(...args);
  expect(ran.status).toBe(1);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toContain('    at ');
});
