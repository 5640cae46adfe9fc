import { ArgumentError, enableGrad, GraphError, noGrad, show, Tensor } from '@fluxion/autograd';
import type { Hyper } from './hyper.js';

/** Parameters with options of their own; what a group leaves out, it takes from the optimizer. */
export type ParamGroup<O> = O & { readonly params: Iterable<Tensor> };
/** Parameters, or groups of them. */
export type ParamGroups<O> = Iterable<Tensor> | Iterable<ParamGroup<O>>;

type Mutable<O> = { -readonly [K in keyof O]: O[K] };

/** A group in use. Its options may be changed between steps (that is what a schedule does). */
export type Group<O> = Mutable<O> & { readonly params: readonly Tensor[] };

/** A copy of the optimizer's state that can be stored or posted: plain objects, numbers and typed arrays. */
export interface OptimizerState {
  /** By parameter, numbered through the groups; absent before its first step. */
  readonly state: {
    readonly [index: number]: { readonly step: number } & { readonly [slot: string]: unknown };
  };
  readonly groups: readonly { readonly [option: string]: unknown }[];
}

/** Computes the loss and its gradients: clears the old gradients, runs the model, calls backward, returns the loss. */
export type Closure = () => Tensor | number;

/** A group as schedules see it. */
export interface AnyGroup {
  readonly params: readonly Tensor[];
  lr?: Hyper;
  momentum?: Hyper;
  betas?: readonly [Hyper, Hyper];
  /** The rate that a schedule started from. */
  initialLr?: number;
}

/** What schedules and wrappers need of an optimizer. */
export interface AnyOptimizer {
  readonly name: string;
  readonly groups: readonly AnyGroup[];
  step(): void;
  step<R extends Tensor | number>(closure: () => R): R;
  zeroGrad(setToNull?: boolean): void;
  addParamGroup(group: never): void;
  stateDict(): unknown;
  loadStateDict(saved: never): void;
}

/** What every optimizer has, whatever its steps are made of: groups of parameters. */
export abstract class OptimizerBase<O extends object> {
  readonly name: string;
  readonly groups: Group<O>[] = [];
  protected readonly options: O;

  constructor(options: O) {
    this.name = new.target.name;
    this.options = options;
  }

  /** One step. With a closure, which makes the loss and its gradients, the step begins with it and returns its loss. */
  abstract step(): void;
  abstract step<R extends Tensor | number>(closure: () => R): R;
  /** A copy of the state. */
  abstract stateDict(): unknown;

  /** For the end of a constructor. */
  protected addAll(params: ParamGroups<O>): void {
    const { name } = this;
    if (typeof (params as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
      throw new ArgumentError(
        `${name}: expected a list of parameters or of groups, got ${show(params)}. A single tensor goes into a list: [w].`,
      );
    const list = [...(params as Iterable<Tensor | ParamGroup<O>>)];
    if (list.length === 0)
      throw new ArgumentError(
        `${name}: got an empty list of parameters. Give net.parameters(), or a list of groups { params, lr }.`,
      );
    if (list.every(p => p instanceof Tensor)) {
      this.addParamGroup({ params: list } as unknown as ParamGroup<O>);
      return;
    }
    for (const group of list) {
      if (group instanceof Tensor)
        throw new ArgumentError(
          `${name}: got tensors and groups mixed. Put every tensor into a group: { params: [w] }.`,
        );
      this.addParamGroup(group);
    }
  }

  /** Adds parameters with options of their own. Nothing is added when one of them is refused. */
  addParamGroup(group: ParamGroup<O>): void {
    const index = this.groups.length;
    if (typeof (group?.params as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
      throw new ArgumentError(
        `${this.name}: group ${index} is ${show(group)} with params ${show(group?.params)}; expected { params: […] } with a list of tensors.`,
      );
    const params = [...group.params];
    if (params.length === 0) throw new ArgumentError(`${this.name}: group ${index} has no parameters.`);
    const known = new Map<Tensor, number>();
    this.groups.forEach((g, i) => {
      for (const p of g.params) known.set(p, i);
    });
    params.forEach((p, i) => {
      if (!(p instanceof Tensor))
        throw new ArgumentError(`${this.name}: parameter ${i} of group ${index} is no tensor.`);
      const which = `${p.name === '' ? `parameter ${i}` : p.name} of shape [${p.shape.join(', ')}]`;
      if (!p.isLeaf || !p.requiresGrad)
        throw new GraphError(
          `${this.name}: ${which} is ${p.isLeaf ? 'a leaf that requires no gradient' : `the output of ${p.gradFn?.op.name}`}; ` +
            'only leaves that require a gradient can be optimized. Create it with { requiresGrad: true }.',
        );
      if (!p.contiguous)
        throw new ArgumentError(
          `${this.name}: ${which} is a view with strides [${p.strides.join(', ')}], and a step writes parameters whole. ` +
            'Make it a tensor of its own: tensor(x, { requiresGrad: true }).',
        );
      const other = known.get(p);
      if (other !== undefined)
        throw new ArgumentError(
          `${this.name}: ${which} is in group ${other} and in group ${index}. A parameter belongs to one group, once.`,
        );
      known.set(p, index);
    });
    const own = { ...this.options, ...group, params } as unknown as Group<O>;
    this.accept(own, index);
    this.groups.push(own);
  }

  /** Refuses a new group by throwing, or makes ready for it. */
  protected abstract accept(group: Group<O>, index: number): void;

  /** Forgets the gradients of all parameters, or, when told not to set them to null, fills them with zeros in place. */
  zeroGrad(setToNull = true): void {
    for (const group of this.groups)
      for (const p of group.params) {
        if (p.gradient === null) continue;
        if (setToNull) p.grad = null;
        else if (p.gradient.contiguous && p.gradient.node === null) noGrad(() => p.gradient?.zero_());
        else p.grad = noGrad(() => p.gradient?.mul(0) as Tensor);
      }
  }

  /** The parameters in order, numbered through the groups. */
  protected *numbered(): Generator<[index: number, param: Tensor, group: number]> {
    let index = 0;
    for (let g = 0; g < this.groups.length; g++) for (const p of this.groups[g].params) yield [index++, p, g];
  }

  /** The options of the groups, with the number of parameters; tensors among them become numbers. */
  protected savedGroups(): OptimizerState['groups'] {
    return this.groups.map(({ params, ...options }) => ({
      params: params.length,
      ...Object.fromEntries(Object.entries(options).map(([k, v]) => [k, plain(v)])),
    }));
  }

  /** In what saved groups do not fit these. */
  protected groupProblems(saved: OptimizerState['groups']): string[] {
    if (saved.length !== this.groups.length)
      return [`${saved.length} groups, expected ${this.groups.length}`];
    return this.groups.flatMap((g, i) =>
      saved[i].params === g.params.length
        ? []
        : [`group ${i} has ${String(saved[i].params)} parameters, expected ${g.params.length}`],
    );
  }

  /** Throws unless it has the form of a saved state. */
  protected checkForm(saved: OptimizerState | undefined): void {
    if (typeof saved?.state !== 'object' || saved.state === null || !Array.isArray(saved.groups))
      throw new ArgumentError(
        `${this.name}.loadStateDict: expected what stateDict() gives, { state, groups }, got ${typeof saved}.`,
      );
  }

  /** Takes over saved options. */
  protected loadGroups(saved: OptimizerState['groups']): void {
    saved.forEach(({ params: _, ...options }, i) => {
      Object.assign(this.groups[i], options);
    });
  }
}

/** A hyperparameter as it is stored: a number. */
function plain(option: unknown): unknown {
  if (option instanceof Tensor) return option.item();
  return Array.isArray(option) ? option.map(plain) : option;
}

/** Runs a closure with recording on, also inside `noGrad`. */
export function evaluate<R extends Tensor | number>(op: string, closure: () => R): R {
  if (typeof closure !== 'function')
    throw new ArgumentError(
      `${op}.step: expected a closure, a function that clears the gradients, computes the loss, calls backward and returns the loss; got ${show(closure)}.`,
    );
  const loss = enableGrad(closure);
  if (typeof loss !== 'number' && !(loss instanceof Tensor && loss.size === 1))
    throw new ArgumentError(
      `${op}.step: the closure must return the loss, a single number; it returned ${loss instanceof Tensor ? `shape [${(loss as Tensor).shape.join(', ')}]` : show(loss)}.`,
    );
  return loss;
}
