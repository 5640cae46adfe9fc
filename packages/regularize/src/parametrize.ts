import { ArgumentError, type Generator, noGrad, randn, scope, show, type Tensor } from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import { checkGenerator, checkNumber, checkProbability } from './check.js';
import { dropout } from './dropout.js';
import { norm } from './penalties.js';

type Fields = Record<string, unknown>;

/** How to undo a parametrization, by module and field. */
const undo = new WeakMap<object, Map<string, () => void>>();

/**
 * Replaces a parameter by an expression of other tensors of the module, computed whenever a layer reads the field. The expression's own tensors are fields, so that
 * optimizers, state dicts and `functionalCall` see them and gradients reach them; the field itself is no longer listed.
 */
function parametrize(
  op: string,
  module: Module,
  name: string,
  compute: () => Tensor,
  own: readonly string[],
): void {
  const fields = module as unknown as Fields;
  const shape = (fields[name] as Tensor).shape;
  delete fields[name];
  Object.defineProperty(module, name, {
    configurable: true,
    // What is enumerable counts as a parameter.
    enumerable: false,
    get: compute,
    set: () => {
      throw new ArgumentError(
        `${op}: '${name}' of shape [${shape.join(', ')}] is computed from ${own.map(show).join(' and ')}; set those, or call removeParametrization first.`,
      );
    },
  });
  const ways = undo.get(module) ?? new Map<string, () => void>();
  undo.set(module, ways);
  ways.set(name, () => {
    const value = noGrad(compute).clone() as Tensor;
    const wanted = own.some(key => (fields[key] as Tensor).requiresGrad);
    for (const key of own) delete fields[key];
    delete fields[name];
    fields[name] = value.detach().requiresGrad_(wanted);
    ways.delete(name);
  });
}

function parameterOf(op: string, module: Module, name: string): Tensor {
  if (!(module instanceof Module)) throw new ArgumentError(`${op}: expected a module, got ${show(module)}.`);
  if (undo.get(module)?.has(name) === true)
    throw new ArgumentError(
      `${op}: '${name}' of ${module.constructor.name} is parametrized already. Call removeParametrization(module, '${name}') first.`,
    );
  const own = Object.hasOwn(module, name) ? module.namedParameters()[name] : undefined;
  if (own === undefined)
    throw new ArgumentError(
      `${op}: ${module.constructor.name} has no parameter ${show(name)} of its own; it has ${
        Object.keys(module.namedParameters())
          .filter(key => !key.includes('.'))
          .map(show)
          .join(', ') || 'none'
      }.`,
    );
  if (own.ndim === 0) throw new ArgumentError(`${op}: '${name}' is a scalar; expected at least one dim.`);
  return own;
}

export interface ParametrizationOptions {
  /** Which parameter. Default 'weight'. */
  readonly name?: string;
  /** The dim that counts the outputs. Default 0. */
  readonly dim?: number;
}

/** All dims but one. */
const others = (w: Tensor, dim: number): number[] =>
  w.shape.map((_, d) => d).filter(d => d !== (dim < 0 ? dim + w.ndim : dim));

/**
 * Splits a weight into length and direction, w = g v / ||v|| for each output (Salimans and Kingma 2016): parameters `weight_g` and `weight_v` take
 * the place of `weight`, under PyTorch's names. What the module computes stays the same. Create the optimizer afterwards.
 */
export function weightNorm<M extends Module>(module: M, options: ParametrizationOptions = {}): M {
  const { name = 'weight', dim = 0 } = options;
  const w = parameterOf('weightNorm', module, name);
  const length = (v: Tensor): Tensor => norm(v.square().sum(others(v, dim), { keepdim: true }) as Tensor);
  const fields = module as unknown as Fields;
  const [g, v] = [`${name}_g`, `${name}_v`];
  const direction = w.detach().clone() as Tensor;
  const initial = noGrad(() => length(direction)).detach() as Tensor;
  parametrize(
    'weightNorm',
    module,
    name,
    () => {
      const [lengths, directions] = [fields[g] as Tensor, fields[v] as Tensor];
      return scope(() => directions.mul(lengths.div(length(directions))) as Tensor);
    },
    [g, v],
  );
  fields[g] = initial.requiresGrad_();
  fields[v] = direction.requiresGrad_();
  return module;
}

export interface SpectralNormOptions extends ParametrizationOptions {
  /** Steps of the power iteration at each use in training. Default 1. */
  readonly iterations?: number;
  /** Added to norms before dividing by them. Default 1e-12. */
  readonly eps?: number;
  /** What the first vector is drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Divides a weight by its largest singular value, so that the layer stretches nothing (Miyato et al. 2018). The singular vectors are followed by a
 * power iteration from use to use in training, and stand still after `eval()`; gradients take them for constants. Parameter `weight_orig`, and buffers `weight_u`
 * and `weight_v`, as in PyTorch. Create the optimizer afterwards.
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
  const { name = 'weight', dim = 0, iterations = 1, eps = 1e-12, generator } = options;
  const op = 'spectralNorm';
  checkNumber(op, 'eps', eps, 0, Number.POSITIVE_INFINITY);
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new ArgumentError(`${op}: iterations is ${show(iterations)}; expected a whole number from 1.`);
  checkGenerator(op, generator);
  const w = parameterOf(op, module, name);
  const matrix = (t: Tensor): Tensor => {
    const rows = t.transpose(dim, 0) as Tensor;
    return rows.reshape([rows.shape[0], -1]) as Tensor;
  };
  const unit = (t: Tensor): Tensor => t.div(t.square().sum().sqrt().clamp({ min: eps }) as Tensor) as Tensor;
  const fields = module as unknown as Fields;
  const [orig, u, v] = [`${name}_orig`, `${name}_u`, `${name}_v`];
  const follow = (m: Tensor, steps: number): void =>
    noGrad(() => {
      const [left, right] = [fields[u] as Tensor, fields[v] as Tensor];
      for (let i = 0; i < steps; i++) {
        right.assign(unit(m.transpose(0, 1).matmul(left) as Tensor));
        left.assign(unit(m.matmul(right) as Tensor));
      }
    });
  const original = w.detach().clone() as Tensor;
  const [rows, columns] = matrix(original).shape;
  parametrize(
    op,
    module,
    name,
    () => {
      const t = fields[orig] as Tensor;
      if (module.training) follow(matrix(t).detach() as Tensor, iterations);
      // Copies: the next use changes the vectors, and this one's derivative reads them.
      const [left, right] = [
        (fields[u] as Tensor).clone() as Tensor,
        (fields[v] as Tensor).clone() as Tensor,
      ];
      return scope(() => t.div(left.matmul(matrix(t).matmul(right) as Tensor) as Tensor) as Tensor);
    },
    [orig, u, v],
  );
  fields[orig] = original.requiresGrad_();
  const random = (n: number): Tensor =>
    noGrad(() => unit(randn([n], { dtype: w.dtype, generator }) as Tensor)).detach();
  module.registerBuffer(u, random(rows));
  module.registerBuffer(v, random(columns));
  // From a random start the first estimates would be far too small.
  follow(matrix(original).detach() as Tensor, 15);
  return module;
}

export interface DropConnectOptions extends ParametrizationOptions {
  /** What the masks are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Drops single weights instead of activations: in training each use of the layer sees the weight with elements set to 0 with probability p and the others
 * divided by 1 - p (Wan et al. 2013). The parameter is called `weight_raw` from then on.
 */
export function dropConnect<M extends Module>(module: M, p = 0.5, options: DropConnectOptions = {}): M {
  const { name = 'weight', generator } = options;
  checkProbability('dropConnect', 'the probability of dropping a weight', p);
  checkGenerator('dropConnect', generator);
  const w = parameterOf('dropConnect', module, name);
  const fields = module as unknown as Fields;
  const raw = `${name}_raw`;
  parametrize(
    'dropConnect',
    module,
    name,
    () => dropout(fields[raw] as Tensor, p, { training: module.training, generator }),
    [raw],
  );
  fields[raw] = w;
  return module;
}

/** Makes the present value of a parametrized weight an ordinary parameter again; call `eval()` first to bake in what `eval` would use. */
export function removeParametrization<M extends Module>(module: M, name = 'weight'): M {
  const way = undo.get(module)?.get(name);
  if (way === undefined)
    throw new ArgumentError(
      `removeParametrization: ${show(name)} of ${show(module)} is not parametrized; weightNorm, spectralNorm and dropConnect parametrize.`,
    );
  way();
  return module;
}
