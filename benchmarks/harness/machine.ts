import { readFileSync } from 'node:fs';
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

/** How many cores others keep busy while we do nothing. Takes the better part of a second. */
export async function busyBefore(): Promise<number> {
  const busy = watch();
  await sleep(700);
  return busy();
}

/** The same for a while in which one core is ours: call the result at its end. */
export function watchLoad(): () => number {
  const busy = watch();
  return () => busy() - 1;
}

/** How many cores were taken by others, or 0 where it is too little to matter. */
export function crowded(before: number, during: number): number {
  // While we work, some of the excess is our own: compilers and collectors run beside the code that is timed.
  return Math.max(before < 0.15 ? 0 : before, during < 0.3 ? 0 : during);
}

/** One warning for all that was measured beside other work: how many cores that took, by name. */
export function crowdWarning(crowds: ReadonlyMap<string, number>): readonly string[] {
  if (crowds.size === 0) return [];
  const most = Math.max(...crowds.values()).toFixed(1);
  const names = [...crowds.keys()].join(', ');
  return [
    `other work kept up to ${most} of ${cpus().length} cores busy (load average ${loadavg()[0].toFixed(1)}); do not quote: ${names}`,
  ];
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

/** The largest resident size of this process so far. */
export function peakBytes(): number {
  try {
    // Not maxRSS where it can be helped: on Linux it starts with what the parent had when it made this process.
    const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (kilobytes !== null) return Number(kilobytes[1]) * 1024;
  } catch {
    // No such file but on Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
