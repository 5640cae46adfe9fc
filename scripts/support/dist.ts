import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildResult, build, type Plugin } from 'esbuild';
import { markPure } from './pure.js';
import { root } from './run.js';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<
    Record<string, { readonly '@fluxion/source': string; readonly default: string }>
  >;
}

/** The folders of the packages. */
export const directories: readonly string[] = readdirSync(join(root, 'packages')).map(name =>
  join(root, 'packages', name),
);

export function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** Whole namespaces that a package exports: `export * as functional from './functional.js'`. */
const namespace = /^export \* as \w+ from '(\..+)\.js';$/gm;

const marking: Plugin = {
  name: 'pure',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      try {
        return { contents: markPure(readFileSync(path, 'utf8'), relative(root, path)), loader: 'ts' };
      } catch (error) {
        return { errors: [{ text: String(error) }] };
      }
    });
  },
};

/**
 * Makes the JavaScript of a package: a file for each of its exports, and others for what these share. Modules by the hundred would cost
 * an import more than all the rest. Other packages stay imports. A namespace that is exported stays a file too: bundlers look into a module for what is used of it,
 * but not into an object.
 *
 * @param outdir where it goes.
 */
export function distribute(directory: string, outdir: string): Promise<BuildResult> {
  const { exports } = manifestOf(directory);
  const entries = Object.values(exports).map(entry => join(directory, entry['@fluxion/source']));
  const namespaces = entries.flatMap(entry =>
    [...readFileSync(entry, 'utf8').matchAll(namespace)].map(([, path]) => path),
  );
  const apart: Plugin = {
    name: 'namespaces',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ path, importer }) =>
        entries.includes(importer) && namespaces.includes(path.replace(/\.js$/, ''))
          ? { path, external: true }
          : null,
      );
    },
  };
  return build({
    entryPoints: [...entries, ...namespaces.map(path => join(directory, 'src', `${path}.ts`))],
    outdir,
    outbase: join(directory, 'src'),
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    sourcemap: 'linked',
    plugins: [apart, marking],
    logLevel: 'warning',
    // Such imports bring types along.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
}
