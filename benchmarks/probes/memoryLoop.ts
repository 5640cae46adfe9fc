import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeCommand, SideError } from '../harness/process.js';
import type { ProbeWorkload } from '../harness/types.js';

const program = fileURLToPath(new URL('./trainingLoop.ts', import.meta.url));
const targets = [{ atMost: 1.1 }];

export const memoryLoop: ProbeWorkload = {
  kind: 'probe',
  name: 'memory of a synchronous loop',
  detail: '20,000 steps, nothing disposed: resident at the end / at step 2,000',
  unit: 'ratio',
  sides: ['fluxion'],
  targets: { baseline: targets, relaxed: targets },
  async run(quick) {
    const [early, steps] = quick ? [30, 300] : [2000, 20_000];
    const [command, args] = nodeCommand(program, String(early), String(steps));
    const ran = spawnSync(command, args, { encoding: 'utf8' });
    if (ran.status !== 0) throw new SideError(`fluxion: the training loop failed: ${ran.stderr}`);
    const [before, after] = JSON.parse(ran.stdout) as [number, number];
    const MB = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    return {
      samples: { fluxion: [after / before] },
      note: `${MB(before)} at step ${early}, ${MB(after)} at step ${steps}`,
    };
  },
};
