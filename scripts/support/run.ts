import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  /** The exit code; 1 where a signal ended the process. */
  readonly code: number;
  /** What it wrote to both streams, in order. */
  readonly output: string;
}

/**
 * Runs a command of the workspace (a binary in node_modules/.bin, or one on PATH) from the root.
 *
 * @param show whether its output also appears here while it runs.
 */
export function run(command: string, args: readonly string[], show = false): Promise<Outcome> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      if (show) process.stdout.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', code => resolve({ code: code ?? 1, output }));
  });
}

/** The `N passed, N failed` that an output ends with, if it does. */
export function closingCounts(output: string): { passed: number; failed: number } | null {
  const match = /^(\d+) passed, (\d+) failed$/.exec(output.trimEnd().split('\n').at(-1)?.trim() ?? '');
  return match === null ? null : { passed: Number(match[1]), failed: Number(match[2]) };
}
