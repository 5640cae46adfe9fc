import type { UpdateRule } from '../../../../optim/src/index.js';
import * as optim from '../../../../optim/src/index.js';
import { type Tensor, tanh, valueAndGrad } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { Entry, GoldenTensor, KindCase } from '../format.js';
import { build, float64, NotSupported } from '../tensors.js';

type Options = Readonly<Record<string, unknown>>;
type Params = Readonly<Record<string, Tensor>>;

interface OptimCase extends KindCase {
  readonly optimizer: string;
  readonly ctor: Options;
  readonly groups?: readonly ({ readonly params: readonly string[] } & Options)[];
  readonly problem: string;
  readonly problem_data: Readonly<Record<string, GoldenTensor>>;
  readonly init: Readonly<Record<string, GoldenTensor>>;
  readonly steps: number;
  readonly stable_steps: number;
  readonly grads?: readonly Readonly<Record<string, readonly Entry[] | null>>[];
  readonly losses?: readonly number[];
  /** Calls of the closure in each step. */
  readonly closure_evals?: readonly number[];
  readonly final_loss?: number;
  readonly params: readonly Readonly<Record<string, readonly Entry[]>>[];
  readonly state?: Readonly<Record<string, Readonly<Record<string, GoldenTensor | number | null>>>>;
}

/** The classes in use here, with what they are called with. */
interface Stepper {
  step(closure?: () => Tensor): unknown;
  zeroGrad(): void;
  stateDict(): { readonly state: { readonly [index: number]: { readonly step: number } & Options } };
}

interface Kind {
  readonly create: (
    groups: readonly ({ readonly params: readonly Tensor[] } & Options)[],
    options: Options,
  ) => Stepper;
  /** Null where a step is no rule. */
  readonly rule: ((options: Options) => UpdateRule) | null;
  /** PyTorch's names of the options that are there; ours are the same in camelCase. */
  readonly options: readonly string[];
}

const common = ['lr', 'weight_decay', 'maximize'];
const ofAdam = [...common, 'betas', 'eps'];

function kind<O extends object>(
  optimizer: new (groups: Iterable<O & { readonly params: Iterable<Tensor> }>, options: O) => Stepper,
  rule: ((options: O) => UpdateRule) | null,
  options: readonly string[],
): Kind {
  return {
    create: (groups, given) => new optimizer(groups as never, given as never),
    rule: rule === null ? null : given => rule(given as never),
    options,
  };
}

/** By PyTorch's class. */
export const kinds: Readonly<Record<string, Kind>> = {
  SGD: kind(optim.SGD, optim.sgd, [...common, 'momentum', 'dampening', 'nesterov']),
  Adam: kind(optim.Adam, optim.adam, [...ofAdam, 'amsgrad']),
  AdamW: kind(optim.AdamW, optim.adamw, [...ofAdam, 'amsgrad']),
  NAdam: kind(optim.NAdam, optim.nadam, [...ofAdam, 'momentum_decay']),
  RAdam: kind(optim.RAdam, optim.radam, ofAdam),
  Adamax: kind(optim.Adamax, optim.adamax, ofAdam),
  Adagrad: kind(optim.Adagrad, optim.adagrad, [...common, 'lr_decay', 'initial_accumulator_value', 'eps']),
  Adadelta: kind(optim.Adadelta, optim.adadelta, [...common, 'rho', 'eps']),
  RMSprop: kind(optim.RMSprop, optim.rmsprop, [...common, 'alpha', 'eps', 'centered', 'momentum']),
  Rprop: kind(optim.Rprop, optim.rprop, ['lr', 'maximize', 'etas', 'step_sizes']),
  LBFGS: kind(optim.LBFGS, null, [
    'lr',
    'max_iter',
    'max_eval',
    'tolerance_grad',
    'tolerance_change',
    'history_size',
    'line_search_fn',
  ]),
  ASGD: kind(optim.ASGD, optim.asgd, [...common, 'lambd', 'alpha', 't0']),
};

const problems: Readonly<Record<string, (data: Params) => (params: Params) => Tensor>> = {
  quadratic:
    ({ A, b }) =>
    ({ x }) =>
      x.mul(A.matmul(x)).sum().mul(0.5).sub(b.mul(x).sum()),
  mlp:
    ({ X, Y }) =>
    params =>
      mlp(params, X).sub(Y).square().mean(),
};

/** A perceptron with one hidden layer. */
export function mlp({ W1, b1, W2, b2 }: Params, x: Tensor, activation: (x: Tensor) => Tensor = tanh): Tensor {
  return activation(x.linear(W1, b1)).linear(W2, b2);
}

/** A trajectory of the optimizer class, and the same one of the pure rule where no gradient is missing. */
export function runOptim(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as OptimCase;
  const kind = kinds[c.optimizer];
  if (kind === undefined) throw new NotSupported(`there is no optimizer ${c.optimizer} yet`);
  const options = renamed(c.ctor, kind);
  const groups = (c.groups ?? [{ params: Object.keys(c.init) }]).map(({ params, ...own }) => ({
    names: params,
    options: renamed(own, kind),
  }));
  const loss = c.problem === 'grads' ? null : problems[c.problem];
  if (loss === undefined) throw new NotSupported(`there is no problem ${c.problem} yet`);
  const objective = loss === null ? null : loss(map(c.problem_data, t => build(t)));
  runClass(c, kind, groups, options, objective, compare);
  if (
    kind.rule !== null &&
    c.groups === undefined &&
    (c.grads ?? []).every(g => Object.values(g).every(data => data !== null))
  )
    runRule(c, kind.rule(options), objective, compare);
}

function runClass(
  c: OptimCase,
  kind: Kind,
  groups: readonly { readonly names: readonly string[]; readonly options: Options }[],
  options: Options,
  objective: ((params: Params) => Tensor) | null,
  compare: Comparison,
): void {
  const params = map(c.init, t => build(t).requiresGrad_());
  const tolerance = c.optimizer === 'LBFGS' ? tolerances.lbfgs : tolerances.trajectory;
  const optimizer = kind.create(
    groups.map(g => ({ ...g.options, params: g.names.map(name => params[name]) })),
    options,
  );
  for (let t = 0; t < c.steps; t++) {
    const losses: number[] = [];
    if (objective === null) {
      optimizer.zeroGrad();
      for (const [name, data] of Object.entries(c.grads?.[t] ?? {}))
        params[name].grad = data === null ? null : float64(data, params[name].shape);
      optimizer.step();
    } else
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = objective(params);
        loss.backward();
        losses.push(loss.item());
        return loss;
      });
    if (t >= c.stable_steps) continue;
    if (objective !== null) compare.number(`losses[${t}]`, losses[0], c.losses?.[t] ?? 'NaN', tolerance);
    if (c.closure_evals !== undefined)
      compare.number(`closure_evals[${t}]`, losses.length, c.closure_evals[t], { rtol: 0, atol: 0 });
    for (const [name, want] of Object.entries(c.params[t]))
      compare.numbers(`params[${t}].${name}`, params[name].toTypedArray(), want, tolerance);
  }
  if (c.stable_steps < c.steps) return;
  if (objective !== null && c.final_loss !== undefined)
    compare.number('final_loss', objective(params).item(), c.final_loss, tolerance);
  if (c.state === undefined) return;
  const names = groups.flatMap(g => g.names);
  const { state } = optimizer.stateDict();
  names.forEach((name, index) => {
    for (const [slot, want] of Object.entries(c.state?.[name] ?? {})) {
      if (want === null) continue;
      const got = slot === 'step' ? [state[index]?.step] : state[index]?.[camelCase(slot)];
      const data = typeof want === 'number' ? [want] : want.data;
      compare.numbers(
        `state.${name}.${slot}`,
        (typeof got === 'number' ? [got] : (got ?? [])) as ArrayLike<number>,
        data,
        tolerance,
      );
    }
  });
}

function runRule(
  c: OptimCase,
  rule: UpdateRule,
  objective: ((params: Params) => Tensor) | null,
  compare: Comparison,
): void {
  let params = map(c.init, t => build(t));
  let state = rule.init(params);
  for (let t = 0; t < c.stable_steps; t++) {
    const grads =
      objective === null
        ? map(c.grads?.[t] ?? {}, (data, name) => float64(data ?? [], params[name].shape))
        : valueAndGrad(objective)(params).grads;
    ({ params, state } = rule.update(grads, state, params));
    for (const [name, want] of Object.entries(c.params[t]))
      compare.numbers(
        `params[${t}].${name} of the rule`,
        params[name].toTypedArray(),
        want,
        tolerances.trajectory,
      );
  }
}

/** PyTorch's switches between implementations of the same arithmetic. */
const implementations = ['foreach', 'capturable', 'differentiable', 'fused'];

function renamed(options: Options, { options: known }: Pick<Kind, 'options'>): Options {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => {
      if (implementations.includes(name)) return [];
      if (!known.includes(name)) throw new NotSupported(`the option ${name} is not there yet`);
      return [[camelCase(name), value === 'strong_wolfe' ? 'strongWolfe' : value]];
    }),
  );
}

export function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Maps the values of an object. */
export function map<A, B>(
  object: Readonly<Record<string, A>>,
  fn: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, fn(value, name)]));
}
