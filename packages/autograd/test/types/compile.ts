import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export interface Compilation {
  /** The program's errors, not those of the sources it imports: other checks report them. */
  readonly errors: readonly string[];
  /** Types it had to instantiate: a measure of work that does not depend on the machine. */
  readonly instantiations: number;
}

/** Type-checks a program, as a file beside this one, with the workspace's own compiler. */
export async function compile(program: string): Promise<Compilation> {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const { bin } = JSON.parse(await readFile(manifest, 'utf8')) as { bin: { tsc: string } };
  // The dot keeps it out of `include` patterns while other checks run.
  const folder = await mkdtemp(join(here, '.program-'));
  try {
    await writeFile(join(folder, 'program.ts'), program);
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../../../tsconfig.base.json',
        compilerOptions: {
          noEmit: true,
          composite: false,
          declaration: false,
          emitDeclarationOnly: false,
          isolatedDeclarations: false,
          noUnusedLocals: false,
          types: [],
        },
        files: ['program.ts'],
      }),
    );
    return await new Promise<Compilation>((resolve, reject) => {
      execFile(
        process.execPath,
        [join(dirname(manifest), bin.tsc), '-p', folder, '--pretty', 'false', '--extendedDiagnostics'],
        { maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          const instantiations = /^Instantiations:\s+(\d+)/m.exec(stdout);
          if (instantiations === null) reject(error ?? new Error(`no statistics in: ${stdout}${stderr}`));
          else
            resolve({
              errors: stdout.split('\n').filter(line => /program\.ts\(\d+,\d+\): error/.test(line)),
              instantiations: Number(instantiations[1]),
            });
        },
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
