import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

function ticks(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    busy += all - times.idle;
    total += all;
  }
  return { busy, total };
}

/** Returns a function that tells how many cores were busy since, by the system's counters. */
function watch(): () => number {
  const before = ticks();
  return () => {
    const after = ticks();
    const total = after.total - before.total;
    return total === 0 ? 0 : ((after.busy - before.busy) / total) * cpus().length;
  };
}

/** A warning when somebody else is working on this machine, else undefined. Takes the better part of a second. */
export async function loadWarning(): Promise<string | undefined> {
  const busy = watch();
  await sleep(700);
  const cores = busy();
  if (cores < 0.15) return undefined;
  return `${cores.toFixed(1)} of ${cpus().length} cores were busy before timing (load average ${loadavg()[0].toFixed(1)}): do not quote these numbers`;
}

/** The same for a while in which one core is ours: call the result at its end. */
export function watchLoad(): () => string | undefined {
  const busy = watch();
  return () => {
    // Some of the excess is our own: compilers and collectors run beside the code that is timed.
    const others = busy() - 1;
    if (others < 0.3) return undefined;
    return `other work took about ${others.toFixed(1)} of ${cpus().length} cores while timing: do not quote these numbers`;
  };
}

/** The smallest module that uses a relaxed SIMD instruction (i32x4.relaxed_trunc_f32x4_s). */
const relaxedModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 65, 1, 253, 17, 253, 129,
  2, 11,
]);

/** Which column of the targets holds here. */
export function relaxedSimd(): boolean {
  // Node has it, but its type declarations leave it to those of browsers.
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } };
  return WebAssembly.validate(relaxedModule);
}

export function machine(): { node: string; cpu: string } {
  const all = cpus();
  return { node: process.version, cpu: `${all[0]?.model.trim() ?? 'unknown'} (${all.length} cores)` };
}
