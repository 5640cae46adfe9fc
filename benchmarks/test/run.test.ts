import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Report } from '../harness/report.js';

const runner = fileURLToPath(new URL('../run.ts', import.meta.url));

function bench(...args: string[]) {
  const options = { encoding: 'utf8', timeout: 50_000 } as const;
  return spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@fluxion/source', runner, ...args],
    options,
  );
}

it('checks, times and reports a workload on Fluxion and its JavaScript peers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxion-bench-'));
  try {
    const file = join(folder, 'bench.json');
    const ran = bench('--quick', '--only', 'tiny', '--sides', 'fluxion,jaxjs,tfjs', '--json', file);
    expect(ran.stderr).toContain('3 checked');
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain('tfjs wasm');
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(report.node).toBe(process.version);
    expect(report.rows).toHaveLength(1);
    const [row] = report.rows;
    expect(row.ours).toBeGreaterThan(0);
    expect(Object.keys(row.peers).sort()).toEqual(['jaxjs', 'tfjs']);
    expect(Math.max(...Object.values(row.errors))).toBeLessThan(row.tolerance);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  [['--only', 'nope'], /no workload has that in its name[\s\S]*MLP 4-16-3/],
  [['--sides', 'tfjs,foo'], /--sides foo: not a side/],
  [['--what'], /Unknown option '--what'[\s\S]*usage:/],
  [['--sides', 'pytorch', '--python', '/no/such/python'], /PyTorch is left out[\s\S]*apt-get install/],
])('%j fails and says why', (args, message) => {
  const ran = bench(...args);
  expect(ran.status).toBe(1);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toContain('    at ');
});
