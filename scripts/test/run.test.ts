import { describe, expect, test } from 'vitest';
import { closingCounts, run } from '../support/run.js';

describe('run', () => {
  test('keeps what both streams said, and the exit code', async () => {
    const program = `console.log('out'); console.error('err'); process.exitCode = 3;`;
    const { code, output } = await run(process.execPath, ['-e', program]);
    expect(code).toBe(3);
    expect(output).toContain('out\n');
    expect(output).toContain('err\n');
  });

  test('a command that does not exist rejects', async () => {
    await expect(run('no-such-command-here', [])).rejects.toThrow('ENOENT');
  });

  test('a process ended by a signal counts as failed', async () => {
    const { code } = await run(process.execPath, ['-e', `process.kill(process.pid, 'SIGKILL');`]);
    expect(code).toBe(1);
  });
});

describe('closingCounts', () => {
  test.each([
    ['12 passed, 0 failed', 12, 0],
    ['Tests  3 failed\n\n44 passed, 3 failed\n', 44, 3],
  ])('reads the last line of %j', (output, passed, failed) => {
    expect(closingCounts(output)).toEqual({ passed, failed });
  });

  test.each(['', '12 passed', '1 passed, 0 failed\nand then it crashed', 'all 1 passed, 0 failed'])(
    'finds none in %j',
    output => {
      expect(closingCounts(output)).toBeNull();
    },
  );
});
