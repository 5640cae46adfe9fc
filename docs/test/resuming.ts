import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

interface RunOptions {
  readonly epochs: number;
  readonly checkpoint: string | undefined;
  readonly resume: string | undefined;
  readonly onEpoch?: (epoch: number) => void;
}

/** Two epochs in one go, and two that were broken off at the end of the second and resumed from what the first had written. */
export async function straightAndResumed<R>(run: (options: RunOptions) => Promise<R>): Promise<[R, R]> {
  const folder = await mkdtemp(join(tmpdir(), 'fluxion-'));
  try {
    const file = join(folder, 'checkpoint');
    const straight = await run({ epochs: 2, checkpoint: undefined, resume: undefined });
    const breakOff = (epoch: number): void => {
      if (epoch === 2) throw new Error('broken off');
    };
    const first = run({ epochs: 2, checkpoint: file, resume: undefined, onEpoch: breakOff });
    await expect(first).rejects.toThrow('broken off');
    const begun: number[] = [];
    const resumed = await run({
      epochs: 2,
      checkpoint: undefined,
      resume: file,
      onEpoch: epoch => begun.push(epoch),
    });
    expect(begun).toEqual([2]);
    return [straight, resumed];
  } finally {
    await rm(folder, { recursive: true });
  }
}
