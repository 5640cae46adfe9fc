import { init } from '../../../../nn/src/index.js';
import { Generator, manualSeed, type Tensor, zeros } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { Entry, GoldenTensor, KindCase } from '../format.js';
import { buildModule, camelCase } from '../modules.js';
import { NotSupported } from '../tensors.js';

type Options = Readonly<Record<string, unknown>>;

/** What a parameter is drawn from. */
interface Distribution {
  readonly distribution: 'uniform' | 'normal' | 'constant';
  readonly bound?: number;
  readonly std?: number;
  readonly value?: number;
}

interface InitCase extends KindCase, Partial<Distribution> {
  readonly what: string;
  readonly nonlinearity?: string;
  readonly param?: number | null;
  readonly gain?: number;
  readonly shape?: readonly number[];
  readonly fan_in?: number;
  readonly fan_out?: number;
  readonly kwargs?: Options;
  readonly module?: string;
  readonly ctor?: Options;
  readonly params?: Readonly<Record<string, Distribution>>;
  readonly fn?: string;
  readonly args?: readonly unknown[];
  readonly result?: GoldenTensor;
  readonly min?: number;
  readonly max?: number;
  readonly sample_mean?: number;
  readonly sample_std?: number;
}

type Nonlinearity = Parameters<typeof init.calculateGain>[0];

const f64 = { dtype: 'float64' } as const;
const draws = 20_000;

function nonlinearityOf(name: string): Nonlinearity {
  return (/^conv/.test(name) ? 'convolution' : camelCase(name)) as Nonlinearity;
}

function statistics(values: readonly number[]): {
  readonly mean: number;
  readonly std: number;
  readonly top: number;
} {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), top: values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) };
}

/** Whether numbers come from a distribution: exact where it is sharp, else to what `draws` of them tell. */
function compareDraws(
  compare: Comparison,
  label: string,
  values: readonly number[],
  want: Distribution,
): void {
  const { mean, std, top } = statistics(values);
  if (want.distribution === 'constant') {
    compare.numbers(
      label,
      values,
      values.map((): Entry => want.value ?? 'NaN'),
      tolerances.first,
    );
    return;
  }
  const uniform = want.distribution === 'uniform';
  const expected = uniform ? (want.bound as number) / Math.sqrt(3) : (want.std as number);
  compare.number(`${label}: mean`, mean, 0, { rtol: 0, atol: 0.03 * expected });
  compare.number(`${label}: std`, std, expected, { rtol: 0.03, atol: 0 });
  if (!uniform) return;
  // The largest of so many comes near the bound, and never above it.
  const bound = want.bound as number;
  compare.number(`${label}: largest`, top, bound, { rtol: 0.002, atol: 0 });
  if (top > bound * (1 + 1e-12)) compare.fail(`${label}: largest`, String(top), `at most ${bound}`);
}

/** As many fillings as give `draws` numbers. */
function drawn(size: number, fill: (generator: Generator) => Iterable<number>): number[] {
  const generator = new Generator(7);
  const values: number[] = [];
  for (let n = 0; n < draws; n += Math.max(size, 1)) values.push(...fill(generator));
  return values;
}

const initialisers: Readonly<Record<string, (t: Tensor, kwargs: Options, generator: Generator) => Tensor>> = {
  xavier_uniform_: (t, kwargs, generator) => init.xavierUniform_(t, { ...kwargs, generator }),
  xavier_normal_: (t, kwargs, generator) => init.xavierNormal_(t, { ...kwargs, generator }),
  kaiming_uniform_: (t, kwargs, generator) => init.kaimingUniform_(t, { ...kaiming(kwargs), generator }),
  kaiming_normal_: (t, kwargs, generator) => init.kaimingNormal_(t, { ...kaiming(kwargs), generator }),
};

function kaiming(kwargs: Options): object {
  const { mode, nonlinearity, ...rest } = kwargs;
  return {
    ...rest,
    ...(typeof mode === 'string' ? { mode: camelCase(mode) } : {}),
    ...(typeof nonlinearity === 'string' ? { nonlinearity: nonlinearityOf(nonlinearity) } : {}),
  };
}

function runModule(c: InitCase, compare: Comparison): void {
  const params = c.params ?? {};
  manualSeed(7);
  const fresh = (): Readonly<Record<string, Tensor>> =>
    buildModule(c.module ?? '', c.ctor ?? {}).namedParameters();
  const first = fresh();
  for (const [name, want] of Object.entries(params)) {
    if (first[name] === undefined) compare.fail(name, 'no such parameter', 'a parameter');
    else
      compareDraws(
        compare,
        name,
        drawn(first[name].size, () => fresh()[name].toTypedArray()),
        want,
      );
  }
}

function runOrthogonal(c: InitCase, compare: Comparison): void {
  const shape = c.shape ?? [];
  const gain = (c.kwargs?.gain as number | undefined) ?? 1;
  const filled = init.orthogonal_(zeros(shape, f64), { gain, generator: new Generator(7) });
  const m = filled.reshape([shape[0], -1]) as Tensor;
  const turned = m.transpose(0, 1) as Tensor;
  const product = (m.shape[0] <= m.shape[1] ? m.matmul(turned) : turned.matmul(m)) as Tensor;
  const n = product.shape[0];
  const want = Array.from({ length: n * n }, (_, i): Entry => (i % (n + 1) === 0 ? gain ** 2 : 0));
  compare.numbers('product with itself', product.toTypedArray(), want, tolerances.first);
}

function runTruncated(c: InitCase, compare: Comparison): void {
  const { mean = 0, std = 1, a = -2, b = 2 } = (c.kwargs ?? {}) as Readonly<Record<string, number>>;
  const t = init.truncNormal_(zeros([draws], f64), mean, std, a, b, { generator: new Generator(7) });
  const values = Array.from(t.toTypedArray());
  const got = statistics(values);
  const inside = values.every(v => v >= (c.min as number) && v <= (c.max as number));
  if (!inside) compare.fail('range', 'a number outside', `[${c.min}, ${c.max}]`);
  compare.number('mean', got.mean, c.sample_mean as number, { rtol: 0, atol: 0.015 });
  compare.number('std', got.std, c.sample_std as number, { rtol: 0, atol: 0.015 });
}

function runExact(c: InitCase, compare: Comparison): void {
  const t = zeros(c.shape ?? [], f64) as Tensor;
  const [first] = c.args ?? [];
  const groups = (first ?? c.kwargs?.groups ?? 1) as number;
  if (c.fn === 'eye_') init.eye_(t);
  else if (c.fn === 'dirac_') init.dirac_(t, { groups });
  else if (c.fn === 'ones_') init.ones_(t);
  else if (c.fn === 'zeros_') init.zeros_(t);
  else if (c.fn === 'constant_') init.constant_(t, (first ?? c.kwargs?.val) as number);
  else throw new NotSupported(`there is no initialiser ${c.fn} yet`);
  compare.tensor('result', t, c.result as GoldenTensor, tolerances.first);
}

/** Initialisers: gains and fans, what they draw from, and what they fill in. */
export function runInit(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as InitCase;
  if (c.what === 'calculate_gain') {
    const gain = init.calculateGain(nonlinearityOf(c.nonlinearity ?? ''), c.param ?? undefined);
    compare.number('gain', gain, c.gain as number, tolerances.first);
  } else if (c.what === 'fans') {
    const { fanIn, fanOut } = init.calculateFans(c.shape ?? []);
    compare.numbers('fans', [fanIn, fanOut], [c.fan_in as number, c.fan_out as number], tolerances.first);
  } else if (c.what === 'module_default') runModule(c, compare);
  else if (c.what === 'orthogonal_') runOrthogonal(c, compare);
  else if (c.what === 'trunc_normal_') runTruncated(c, compare);
  else if (c.what === 'exact') runExact(c, compare);
  else if (Object.hasOwn(initialisers, c.what)) {
    const t = zeros(c.shape ?? [], f64) as Tensor;
    const values = drawn(t.size, generator =>
      initialisers[c.what](t, c.kwargs ?? {}, generator).toTypedArray(),
    );
    compareDraws(compare, c.what, values, c as Distribution);
  } else throw new NotSupported(`there is no initialiser ${c.what} yet`);
}
