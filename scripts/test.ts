/**
 * Runs every check of the repository, one after the other, and goes on after a failure. A check that ends its
 * output with `N passed, N failed` is counted with these numbers, any other as one. The last line is the sum.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { closingCounts, type Outcome, root, run } from './support/run.js';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Whether its output is shown while it runs; otherwise it is shown only after a failure. */
  readonly show?: boolean;
  /** Why it cannot run here, or null. */
  readonly skip?: () => string | null;
}

const goldens = resolve(root, process.env.FLUXION_GOLDENS ?? '../shared/goldens');

const checks: readonly Check[] = [
  { name: 'kernels: AssemblyScript', command: ['tsx', 'packages/kernels/scripts/assembly.ts'] },
  { name: 'types', command: ['tsx', 'scripts/types.ts'] },
  { name: 'format, lint, one-way dependencies', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'unused files, exports and dependencies', command: ['knip'] },
  { name: 'packages: publint, arethetypeswrong', command: ['tsx', 'scripts/packages.ts'] },
  {
    name: 'reference page is up to date',
    command: ['tsx', '--conditions=@fluxion/source', 'scripts/reference.ts', '--check'],
  },
  { name: 'unit and property tests', command: ['vitest', 'run'], show: true },
  {
    name: 'what drives kernels, with relaxed SIMD',
    command: ['vitest', 'run', '--config', 'vitest.relaxed.config.ts'],
    show: true,
    skip: () =>
      Number(process.versions.node.split('.')[0]) < 22
        ? null
        : `Node ${process.versions.node} has it without a flag: the tests above ran with it`,
  },
  {
    name: 'golden cases',
    command: ['tsx', '--conditions=@fluxion/source', 'scripts/goldens.ts'],
    show: true,
    skip: () =>
      existsSync(goldens) ? null : `there is no folder ${goldens} (FLUXION_GOLDENS names another)`,
  },
];

let passed = 0;
let failed = 0;
const summary: string[] = [];

for (const { name, command, show = false, skip } of checks) {
  const reason = skip?.() ?? null;
  if (reason !== null) {
    summary.push(`skipped  ${name}: ${reason}`);
    continue;
  }
  console.log(`\n== ${name}: ${command.join(' ')}`);
  const start = performance.now();
  const [program, ...args] = command;
  const { code, output }: Outcome = await run(program, args, show).catch((error: unknown) => ({
    code: 1,
    output: String(error),
  }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (!show && code !== 0) console.log(output);

  const counts = closingCounts(output) ?? { passed: 0, failed: 0 };
  const counted = counts.passed + counts.failed > 0;
  passed += counted ? counts.passed : Number(code === 0);
  // A check that fails without a failed count (a crash after its tests, say) is still a failure.
  failed += code === 0 ? counts.failed : Math.max(counts.failed, 1);
  const detail = counted ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
  const line = `${code === 0 && counts.failed === 0 ? 'ok      ' : 'FAILED  '} ${name} (${seconds} s${detail})`;
  summary.push(line);
  console.log(line);
}

console.log(`\n${summary.join('\n')}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
