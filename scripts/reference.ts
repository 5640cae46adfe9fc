/**
 * Writes docs/reference/ops.md from the definitions: what each op is comes from the comment at its definition, and what it takes, differentiates and runs
 * on from running its samples. With `--check` it writes nothing and fails when the page is not up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import {
  type Arguments,
  Draw,
  infoOf,
  mapTensors,
  type OpName,
  opNames,
} from '../packages/autograd/samples/index.js';
import { type DType, DTypeError, type Kernels, kernels, useKernels } from '../packages/kernels/src/index.js';
import { createReference } from '../packages/kernels/src/reference/index.js';
import { servedByReference } from '../packages/kernels/src/wasm/reference.js';
import { root } from './support/run.js';

const page = resolve(root, 'docs/reference/ops.md');
const sources = resolve(root, 'packages/autograd/src/ops');

interface Source {
  /** Path below `ops`. */
  readonly file: string;
  readonly comment: string;
}

/** Where every exported name is defined, and the comment before it. */
function findDefinitions(): Map<string, Source> {
  const found = new Map<string, Source>();
  for (const entry of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts')) continue;
    const text = readFileSync(resolve(sources, entry), 'utf8');
    for (const match of text.matchAll(
      /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:const|function) (\w+)/g,
    )) {
      const comment = (match[1] ?? '')
        .replace(/^\s*\* ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim();
      if (!found.has(match[2]) || comment !== '') found.set(match[2], { file: entry, comment });
    }
  }
  return found;
}

/** What an op asked of the kernels, as `binary mul` or `gemm`. */
function watch(inner: Kernels, calls: Set<string>): Kernels {
  const named = ['unary', 'binary', 'reduce', 'random', 'scan'];
  const silent = ['allocate', 'free', 'tenure', 'write', 'memory', 'fill', 'copy', 'compile'];
  return new Proxy(inner, {
    get: (target, key) => {
      const member = target[key as keyof Kernels];
      if (typeof member !== 'function' || silent.includes(String(key))) return member;
      return (...args: unknown[]) => {
        calls.add(named.includes(String(key)) ? `${String(key)} ${String(args[0])}` : String(key));
        return (member as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

const call = (name: OpName, args: Arguments): unknown =>
  (infoOf(name).op as (...args: Arguments) => unknown)(...args);

/** The dtypes that a call takes in place of its floating point arguments. */
function dtypesOf(name: OpName): DType[] {
  const makers = Object.values(infoOf(name).calls);
  const takes = (dtype: DType): boolean =>
    makers.some(make => {
      const args = make(new Draw(1, { dtype: dtype === 'float32' ? 'float32' : 'float64' }));
      let converted = 0;
      const given = mapTensors(args, t => {
        if (t.dtype !== 'float32' && t.dtype !== 'float64') return t;
        converted++;
        return t.dtype === dtype ? t : t.to(dtype);
      }) as Arguments;
      if (converted === 0 && !dtype.startsWith('float')) return false;
      try {
        call(name, given);
        return true;
      } catch (error) {
        if (error instanceof DTypeError) return false;
        // Converted numbers may be out of range; the dtype itself was accepted.
        return dtype.startsWith('float');
      }
    });
  return (['float32', 'float64', 'int32', 'bool'] as const).filter(takes);
}

/** The kernels behind an op, forward. */
function kernelsOf(name: OpName): string[] {
  const calls = new Set<string>();
  const before = kernels();
  const inner = createReference();
  try {
    for (const make of Object.values(infoOf(name).calls)) {
      // Drawing the arguments calls kernels too, which are not the op's.
      useKernels(inner);
      const args = make(new Draw(1));
      useKernels(watch(inner, calls));
      call(name, args);
    }
  } finally {
    useKernels(before);
  }
  return [...calls].sort();
}

const plainTypeScript = new Set(
  Object.entries(servedByReference).flatMap(([family, ops]) =>
    Array.isArray(ops) ? (ops as readonly string[]).map(op => `${family} ${op}`) : [],
  ),
);

function row(name: OpName, definitions: Map<string, Source>): string {
  const info = infoOf(name);
  const source = definitions.get(name) ?? definitions.get(name === 'var' ? 'variance' : name);
  const derivative = info.noDerivative === undefined ? 'any order' : `none: ${info.noDerivative}`;
  const used = kernelsOf(name).map(k => (plainTypeScript.has(k) || k === 'read' ? `${k} †` : k));
  const cells = [
    `\`${name}\`${info.noMethod === undefined ? '' : ' *'}`,
    (source?.comment ?? '').replaceAll('|', '\\|'),
    dtypesOf(name).join(' '),
    derivative,
    used.length === 0 ? 'none: shares, copies or writes elements' : used.join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function write(): string {
  const definitions = findDefinitions();
  const families = new Map<string, OpName[]>();
  for (const name of opNames) {
    const file = definitions.get(name === 'var' ? 'variance' : name)?.file ?? 'other';
    const list = families.get(file) ?? [];
    families.set(file, list);
    list.push(name);
  }
  const sections = [...families]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([file, names]) => {
      const head = `## ${file.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ', ')}\n\n| op | what it is | dtypes | derivative | kernels |\n| --- | --- | --- | --- | --- |`;
      return `${head}\n${names
        .sort((a, b) => a.localeCompare(b))
        .map(n => row(n, definitions))
        .join('\n')}`;
    });
  return `${[
    '# Ops',
    `<!-- Written by scripts/reference.ts from the definitions and their samples: change those, then run \`npm run reference\`. -->`,
    `${opNames.length} ops, by the file of \`packages/autograd/src/ops\` that defines them. All are functions of \`@fluxion/autograd\` and, but for those marked \\*, methods of a tensor. ` +
      'A derivative of "any order" was checked to the second by gradcheck and gradgradcheck, and is written in differentiable ops. ' +
      'Kernels are those of the forward pass; all have a WebAssembly version, but for those marked †, which the plain TypeScript functions serve in every tier. ' +
      'Where there is `read`, elements are read and worked on in double precision: the factorisations of linear algebra do.',
    ...sections,
  ].join('\n\n')}\n`;
}

const text = write();
if (process.argv.includes('--check')) {
  let stored = '';
  try {
    stored = readFileSync(page, 'utf8');
  } catch {
    // A page that is not there is as stale as one can be.
  }
  if (stored !== text) {
    console.error(`${relative(root, page)} is not up to date: run npm run reference.`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, text);
  console.log(`${relative(root, page)}: ${opNames.length} ops`);
}
