/**
 * Writes docs/reference/ops.md from the definitions: what each op is and where its formula is from stands in the comment at its definition; what it takes,
 * differentiates and runs on comes from running its samples, on the reference kernels, so that the page is the same on every machine. Fails when an op
 * has no comment; with `--check` it writes nothing and fails when the page is not up to date as well.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
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
const index = readFileSync(resolve(root, 'packages/autograd/src/index.ts'), 'utf8');

interface Definition {
  /** Path below `ops`, with slashes. */
  readonly file: string;
  readonly comment: string;
}

type Definitions = ReadonlyMap<string, readonly Definition[]>;

/** Where every exported name is defined, and the comment before it. */
function findDefinitions(): Definitions {
  const found = new Map<string, Definition[]>();
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.ts'),
  );
  for (const name of files.sort()) {
    const file = name.replaceAll('\\', '/');
    const text = readFileSync(resolve(sources, name), 'utf8');
    for (const match of text.matchAll(
      /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:const|function) (\w+)/g,
    )) {
      const comment = (match[1] ?? '')
        .replace(/^\s*\* ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim();
      found.set(match[2], [...(found.get(match[2]) ?? []), { file, comment }]);
    }
  }
  return found;
}

/**
 * The definition of an op; `var` is a word of the language, and defined under another name. A name that several files export is defined where the package takes it
 * from.
 */
function definitionOf(name: OpName, definitions: Definitions): Definition {
  const own = name === 'var' ? 'variance' : name;
  const found = definitions.get(own) ?? [];
  const [first] = found.length < 2 ? found : found.filter(({ file }) => publishes(file, own));
  if (first === undefined)
    throw new Error(
      `${name} is defined in no file of ${relative(root, sources)}, or in several (${found.map(d => d.file).join(', ')}) of which src/index.ts names none for it`,
    );
  return first;
}

/** Whether the package takes the name from the file, or from the one that stands for its folder. */
function publishes(file: string, name: string): boolean {
  const paths = [file.replace(/\.ts$/, '.js'), `${dirname(file)}.js`].map(path => `./ops/${path}`);
  return Array.from(index.matchAll(/export (\*|\{[^}]*\}) from '([^']+)'/g)).some(
    ([, names, path]) => paths.includes(path) && (names === '*' || new RegExp(`\\b${name}\\b`).test(names)),
  );
}

/** What a comment cites: `(Name Year)` and the like in parentheses, and numbers of the Digital Library of Mathematical Functions. */
function sourcesIn(comment: string): string[] {
  const cited = Array.from(
    comment.matchAll(/\(([^()]*\b(?:17|18|19|20)\d\d\b[^()]*)\)/g),
    match => match[1],
  ).flatMap(text =>
    Array.from(
      text.matchAll(
        /\p{Lu}[\p{L}'.-]+(?:(?:, | and | et al\.? | )(?:\p{Lu}[\p{L}'.-]*|and|et|al\.?|de|van|von))*,? (?:17|18|19|20)\d\d\b/gu,
      ),
      m => m[0],
    ),
  );
  const numbered = Array.from(comment.matchAll(/DLMF \d+(?:\.\d+)*/g), match => match[0]);
  return [...new Set([...cited, ...numbered])];
}

/** What an op asked of the kernels, as `binary mul` or `gemm`. */
function watch(inner: Kernels, calls: Set<string>): Kernels {
  const named = ['unary', 'binary', 'reduce', 'random', 'scan'];
  const silent = ['allocate', 'free', 'tenure', 'memory', 'compile'];
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

const isPlainObject = (x: unknown): x is object => typeof x === 'object' && x?.constructor === Object;

/** Arguments without tensors, as those of `zeros`, with a dtype among the options. */
function withDType(args: Arguments, dtype: DType): Arguments {
  const last = args.at(-1);
  return isPlainObject(last) ? [...args.slice(0, -1), { ...last, dtype }] : [...args, { dtype }];
}

/** The dtypes that the floating point arguments may have; where there are none, all tensors; where there are none either, the result. */
function dtypesOf(name: OpName): DType[] {
  const makers = Object.values(infoOf(name).calls);
  const takes = (dtype: DType): boolean =>
    makers.some(make => {
      const args = make(new Draw(1, { dtype: dtype === 'float32' ? 'float32' : 'float64' }));
      const found = { tensors: 0, floating: 0 };
      mapTensors(args, t => {
        found.tensors++;
        if (t.dtype.startsWith('float')) found.floating++;
        return t;
      });
      const given = mapTensors(args, t => {
        if (t.dtype === dtype || (found.floating > 0 && !t.dtype.startsWith('float'))) return t;
        return t.to(dtype);
      }) as Arguments;
      try {
        const result = call(name, found.tensors === 0 ? withDType(args, dtype) : given);
        if (found.tensors > 0) return true;
        let same = true;
        mapTensors(result, t => {
          same &&= t.dtype === dtype;
          return t;
        });
        return same;
      } catch (error) {
        if (error instanceof DTypeError) return false;
        // Converted numbers may be out of range; the dtype itself was accepted.
        return dtype.startsWith('float');
      }
    });
  return (['float32', 'float64', 'int32', 'bool'] as const).filter(takes);
}

/** The kernels behind an op, forward, without those that its arguments were drawn with. */
function kernelsOf(name: OpName): string[] {
  const calls = new Set<string>();
  const inner = kernels();
  const { calls: smooth, edges = {} } = infoOf(name);
  for (const make of [...Object.values(smooth), ...Object.values(edges)]) {
    const args = make(new Draw(1));
    useKernels(watch(inner, calls));
    try {
      call(name, args);
    } finally {
      useKernels(inner);
    }
  }
  return [...calls].sort();
}

/** How a kernel is marked that the WebAssembly tiers have no compiled code for: of no dtype, or not of the ones that are listed. */
// What reads elements works on them itself, as linear algebra does, in every tier.
const marks = new Map<string, string>([['read', ' †']]);
for (const [family, served] of Object.entries(servedByReference)) {
  // Kernels that come in one kind have no kind in their name.
  const named = family === 'order' ? '' : `${family} `;
  if (Array.isArray(served)) for (const op of served as readonly string[]) marks.set(named + op, ' †');
  else for (const op of Object.keys(served)) marks.set(named + op, ' ‡');
}

const bySign = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function row(name: OpName, definitions: Definitions): string {
  const info = infoOf(name);
  const { comment } = definitionOf(name, definitions);
  const used = kernelsOf(name).map(k => k + (marks.get(k) ?? ''));
  const cells = [
    `\`${name}\`${info.noMethod === undefined ? '' : ' *'}`,
    comment.replaceAll('|', '\\|'),
    dtypesOf(name).join(' '),
    info.noDerivative === undefined ? 'any order' : `none: ${info.noDerivative}`,
    used.length === 0 ? 'none: a view' : used.join(', '),
    sourcesIn(comment).join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function section(file: string, names: readonly OpName[], definitions: Definitions): string {
  const path = relative(root, resolve(sources, file)).replaceAll('\\', '/');
  return [
    `## ${file.replace(/\.ts$/, '').replaceAll('/', ', ')}`,
    '',
    `[${path}](../../${path})`,
    '',
    '| op | what it is | dtypes | derivative | kernels | source |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...names].sort(bySign).map(n => row(n, definitions)),
  ].join('\n');
}

function write(definitions: Definitions): string {
  const files = new Map<string, OpName[]>();
  for (const name of opNames) {
    const { file } = definitionOf(name, definitions);
    const list = files.get(file) ?? [];
    files.set(file, list);
    list.push(name);
  }
  const sections = [...files]
    .sort(([a], [b]) => bySign(a, b))
    .map(([file, names]) => section(file, names, definitions));
  return `${[
    '# Ops',
    `<!-- Written by scripts/reference.ts from the definitions and their samples: change those, then run \`npm run reference\`. -->`,
    `${opNames.length} ops, by the file that defines them. All are functions of \`@fluxion/autograd\` and, but for those marked \\*, methods of a tensor.`,
    [
      '* **derivative**: "any order" was checked to the second by gradcheck and gradgradcheck, and is written in differentiable ops.',
      '* **kernels**: those of the forward pass. All run in all three tiers: `reference` (plain TypeScript), `wasm` (WebAssembly with SIMD) and `wasm-relaxed` (with relaxed',
      '  SIMD), and both WebAssembly tiers have compiled code for them, but not for those marked †, nor for the int32 and bool dtypes of those marked ‡, which the plain TypeScript',
      '  functions serve in every tier. Where there is `read`, elements are read and worked on one by one, in double precision: the factorisations do.',
      '* **source**: what the comment at the definition cites. Where nothing is cited the formula that stands there is the definition. DLMF is the',
      '  [Digital Library of Mathematical Functions](https://dlmf.nist.gov).',
    ].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}

// What the machine at hand prefers must not show.
useKernels(createReference());
const definitions = findDefinitions();
const undescribed = opNames.filter(name => definitionOf(name, definitions).comment === '');
if (undescribed.length > 0) {
  console.error(
    `No doc comment at the definition of ${undescribed.join(', ')}: the reference page needs one of every op.`,
  );
  process.exit(1);
}

const text = write(definitions);
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
