import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, install } from '../support/bundle.js';

describe('a bundled program with threads', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await install();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a bundle in a plain Node process; `milliseconds` is how long it lived on after its last line. */
  const execute = async (
    program: string,
    ...options: string[]
  ): Promise<{ status: number | null; stdout: string; milliseconds: number }> => {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, await bundle(`${program}\nconsole.log(Date.now());`, folder));
    const { status, stdout, stderr } = spawnSync(process.execPath, [...options, file], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    });
    const ended = Date.now();
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    return {
      status,
      stdout: lines.slice(0, -1).join('\n'),
      milliseconds: ended - Number(lines.at(-1)),
    };
  };

  const product = `
    import { getThreads, rand, setThreads } from '@fluxion/autograd';
    await setThreads(4);
    const a = rand([300, 300]);
    console.log(a.matmul(a).shape.join(), getThreads());`;

  test('computes, and ends by itself at once', async () => {
    const { status, stdout, milliseconds } = await execute(product);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '300,300 4' });
    expect(milliseconds).toBeLessThan(1000);
  });

  test('needs no code from text in this process, and takes no options of it into the workers', async () => {
    const preload = join(folder, 'preload.cjs');
    writeFileSync(
      preload,
      `if (!require('node:worker_threads').isMainThread) throw new Error('loaded in a worker');`,
    );
    const { status } = await execute(
      product,
      '--disallow-code-generation-from-strings',
      '--require',
      preload,
    );
    expect(status).toBe(0);
  });

  test('ends also when the workers have gone to sleep, when it fails, and when it calls exit', async () => {
    const asleep = await execute(`${product}\nawait new Promise(resolve => setTimeout(resolve, 200));`);
    expect(asleep.status).toBe(0);
    expect(asleep.milliseconds).toBeLessThan(1000);
    const left = await execute(`${product}\nprocess.on('exit', () => { process.exitCode = 3; });`);
    expect(left.status).toBe(3);
    const called = await execute(`${product}\nsetTimeout(() => process.exit(4), 10);`);
    expect(called.status).toBe(4);
  });

  test('that never calls setThreads carries nothing of them', async () => {
    const text = async (program: string): Promise<string> =>
      new TextDecoder().decode(await bundle(program, folder));
    const traces = /worker_threads|SharedArrayBuffer|Cross-Origin/;
    expect(await text(`import { tensor } from '@fluxion/autograd'; tensor([1]).exp();`)).not.toMatch(traces);
    expect(await text(product)).toMatch(traces);
  });
});
