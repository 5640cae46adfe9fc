import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ProbeWorkload, type SideName, Unavailable } from '../harness/types.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** From the import to a result on the fastest backend, as a user of the published package has it. */
const programs: Partial<Record<SideName, string>> = {
  fluxion: `
    const { tensor } = await import('@fluxion/autograd');
    result = tensor([1, 2]).exp().toArray()[0];`,
  jaxjs: `
    const { defaultDevice, init, numpy: np } = await import('@jax-js/jax');
    await init('wasm');
    defaultDevice('wasm');
    result = np.exp(np.array([1, 2])).dataSync()[0];`,
  tfjs: `
    const tf = require('@tensorflow/tfjs-core');
    require('@tensorflow/tfjs-backend-wasm').setThreadsCount(1);
    await tf.setBackend('wasm');
    result = tf.exp(tf.tensor1d([1, 2])).dataSync()[0];`,
};

/** Milliseconds in a new process of plain Node, without the time that Node itself needs to start. */
function once(side: SideName, program: string): number {
  const code = `
    import { createRequire } from 'node:module';
    const require = createRequire(process.cwd() + '/');
    let result = NaN;
    const start = performance.now();
    ${program}
    const end = performance.now();
    if (!(Math.abs(result - Math.E) < 1e-6)) throw new Error('exp(1) came out as ' + result);
    console.log('milliseconds', end - start);
    process.exit(0);`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const time = /^milliseconds (\S+)$/m.exec(ran.stdout ?? '');
  if (time === null) {
    const build =
      side === 'fluxion' ? ' It needs dist/, which "npm run bench" builds ("npx tsx scripts/dist.ts").' : '';
    throw new Unavailable(`${side} did not start: ${(ran.stderr ?? '').trim().split('\n').at(-1)}.${build}`);
  }
  return Number(time[1]);
}

const targets = [{ atMost: 60 }];

export const importTime: ProbeWorkload = {
  kind: 'probe',
  name: 'import to first result',
  detail: 'in Node, without the start of Node itself',
  unit: 'ms',
  sides: ['fluxion', 'jaxjs', 'tfjs'],
  targets: { baseline: targets, relaxed: targets },
  async run(quick, sides) {
    const samples = new Map<SideName, number[]>(sides.map(side => [side, []]));
    // The first round fills the file cache.
    for (let round = 0; round <= (quick ? 2 : 15); round++) {
      for (const side of sides) {
        const program = programs[side];
        if (program === undefined) continue;
        const milliseconds = once(side, program);
        if (round > 0) samples.get(side)?.push(milliseconds);
      }
    }
    return { samples: Object.fromEntries(samples) };
  },
};
