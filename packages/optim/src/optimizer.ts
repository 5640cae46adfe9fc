import { ArgumentError, GraphError, keep, ShapeError, Tensor, tensor } from '@fluxion/autograd';
import type { Hyper } from './hyper.js';
import { FusedStep, type RuleSpec } from './rule.js';
import type { Transform } from './transform.js';

/** Parameters with options of their own; what a group leaves out, it takes from the optimizer. */
export type ParamGroup<O> = O & { readonly params: Iterable<Tensor> };
/** Parameters, or groups of them. */
export type ParamGroups<O> = Iterable<Tensor> | Iterable<ParamGroup<O>>;

type Mutable<O> = { -readonly [K in keyof O]: O[K] };

/** A group in use. Options that were given may be changed between steps (that is what a schedule does). */
export type Group<O> = Mutable<O> & { readonly params: readonly Tensor[] };

/** A copy of the optimizer's state that can be stored or posted: plain objects, numbers and typed arrays. */
export interface OptimizerState {
  /** By parameter, numbered through the groups; absent before its first step. */
  readonly state: {
    readonly [index: number]: { readonly step: number } & { readonly [slot: string]: unknown };
  };
  readonly groups: readonly { readonly [option: string]: unknown }[];
}

interface ParamState {
  step: number;
  readonly slots: Tensor[];
}

/** Applies an update rule in place, each parameter by one fused kernel made from the rule itself. */
export class Optimizer<O extends object> {
  readonly name: string;
  readonly groups: Group<O>[] = [];
  private readonly spec: RuleSpec<O>;
  private readonly options: O;
  private readonly steps: FusedStep[] = [];
  private readonly transforms: Transform[] = [];
  private readonly states = new Map<Tensor, ParamState>();

  constructor(spec: RuleSpec<O>, params: ParamGroups<O>, options: O) {
    this.name = new.target.name;
    this.spec = spec;
    this.options = { ...spec.defaults, ...options };
    const { name } = this;
    const list = [...(params as Iterable<Tensor | ParamGroup<O>>)];
    if (list.length === 0)
      throw new ArgumentError(
        `${name}: got an empty list of parameters. Give net.parameters(), or a list of groups { params, lr }.`,
      );
    if (list.every(p => p instanceof Tensor))
      this.addParamGroup({ params: list } as unknown as ParamGroup<O>);
    else
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
    const params = [...group.params];
    if (params.length === 0)
      throw new ArgumentError(`${this.name}: group ${this.groups.length} has no parameters.`);
    const known = new Map<Tensor, number>();
    this.groups.forEach((g, i) => {
      for (const p of g.params) known.set(p, i);
    });
    params.forEach((p, i) => {
      const which = p instanceof Tensor && p.name !== '' ? p.name : `parameter ${i}`;
      if (!(p instanceof Tensor))
        throw new ArgumentError(`${this.name}: parameter ${i} of group ${this.groups.length} is no tensor.`);
      if (!p.isLeaf || !p.requiresGrad)
        throw new GraphError(
          `${this.name}: ${which} of shape [${p.shape.join(', ')}] is ${p.isLeaf ? 'a leaf that requires no gradient' : `the output of ${p.gradFn?.op.name}`}; ` +
            'only leaves that require a gradient can be optimized. Create it with { requiresGrad: true }.',
        );
      const other = known.get(p);
      if (other !== undefined)
        throw new ArgumentError(
          `${this.name}: ${which} of shape [${p.shape.join(', ')}] is in group ${other} and in group ${this.groups.length}. A parameter belongs to one group, once.`,
        );
      known.set(p, this.groups.length);
    });
    const own = { ...this.options, ...group, params } as unknown as Group<O>;
    this.spec.check(own as unknown as O);
    const transform = this.spec.transform(own as unknown as O);
    this.groups.push(own);
    this.transforms.push(transform);
    this.steps.push(new FusedStep(transform));
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const group of this.groups) for (const p of group.params) if (p.gradient !== null) p.grad = null;
  }

  /** One step for every parameter that has a gradient; the others, and their state, stay as they are. */
  step(): void {
    // The options are checked for all groups before anything is changed.
    for (const group of this.groups) this.spec.check(group as unknown as O);
    this.groups.forEach((group, i) => {
      // Parameters that took equally many steps, which is all of them as a rule, share their scalars.
      let scalars: readonly Hyper[] = [];
      let scalarsOf = 0;
      for (const p of group.params) {
        const grad = p.gradient;
        if (grad === null) continue;
        const state = this.stateOf(p, i);
        const step = state.step + 1;
        if (step !== scalarsOf) {
          scalars = this.transforms[i].scalars(step);
          scalarsOf = step;
        }
        this.steps[i].run(p, grad, state.slots, scalars);
        state.step = step;
      }
    });
  }

  private stateOf(p: Tensor, group: number): ParamState {
    let state = this.states.get(p);
    if (state === undefined) {
      state = { step: 0, slots: this.steps[group].init(p) };
      this.states.set(p, state);
    }
    return state;
  }

  private *numbered(): Generator<[index: number, param: Tensor, group: number]> {
    let index = 0;
    for (let g = 0; g < this.groups.length; g++) for (const p of this.groups[g].params) yield [index++, p, g];
  }

  /** A copy of steps, slots and options; tensors among the options become numbers. */
  stateDict(): OptimizerState {
    const state: Record<number, { step: number } & Record<string, unknown>> = {};
    for (const [index, p, g] of this.numbered()) {
      const s = this.states.get(p);
      if (s === undefined) continue;
      const slots = this.transforms[g].slots.map((name, i) => [name, s.slots[i].toTypedArray()]);
      state[index] = { step: s.step, ...Object.fromEntries(slots) };
    }
    const groups = this.groups.map(({ params, ...options }) => ({
      params: params.length,
      ...Object.fromEntries(Object.entries(options).map(([k, v]) => [k, plain(v)])),
    }));
    return { state, groups };
  }

  /** Goes on from a copy made by `stateDict` of an optimizer over parameters of the same shapes. Nothing changes when it does not fit. */
  loadStateDict(saved: OptimizerState): void {
    if (typeof saved?.state !== 'object' || !Array.isArray(saved.groups))
      throw new ArgumentError(
        `${this.name}.loadStateDict: expected what stateDict() gives, { state, groups }, got ${typeof saved}.`,
      );
    const problems: string[] = [];
    if (saved.groups.length !== this.groups.length)
      problems.push(`${saved.groups.length} groups, expected ${this.groups.length}`);
    else
      this.groups.forEach((g, i) => {
        if (saved.groups[i].params !== g.params.length)
          problems.push(
            `group ${i} has ${String(saved.groups[i].params)} parameters, expected ${g.params.length}`,
          );
      });
    const loaded: [Tensor, ParamState][] = [];
    for (const [index, p, g] of this.numbered()) {
      const s = saved.state[index];
      if (s === undefined) continue;
      const slots: Tensor[] = [];
      const known = this.transforms[g].slots;
      if (!Number.isInteger(s.step) || s.step < 0)
        problems.push(`the step of parameter ${index} is ${String(s.step)}, expected a whole number`);
      for (const name of Object.keys(s))
        if (name !== 'step' && !known.includes(name))
          problems.push(`slot ${name} of parameter ${index} is unknown`);
      for (const name of known) {
        const data = s[name];
        if (!ArrayBuffer.isView(data) || (data as unknown as ArrayLike<number>).length !== p.size)
          problems.push(`slot ${name} of parameter ${index} is missing or not of ${p.size} elements`);
        else slots.push(keep(tensor(data as Float64Array, { dtype: p.dtype }).reshape(p.shape) as Tensor));
      }
      loaded.push([p, { step: s.step, slots }]);
    }
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.states.clear();
    for (const [p, s] of loaded) this.states.set(p, s);
    saved.groups.forEach(({ params: _, ...options }, i) => {
      Object.assign(this.groups[i], options);
    });
  }
}

function plain(option: unknown): unknown {
  if (option instanceof Tensor) return option.item();
  return Array.isArray(option) ? option.map(plain) : option;
}
