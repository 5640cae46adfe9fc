import { keep, noGrad, recordFunction, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { evaluate, type Group, OptimizerBase, type OptimizerState, type ParamGroups } from './base.js';
import { type Alone, FusedStep, type Moving } from './fused.js';
import { type Hyper, isOn, numberOf } from './hyper.js';
import type { RuleSpec } from './rule.js';
import { carriedNames, initialCarried, scalarsOf, type Transform } from './transform.js';

interface ParamState {
  step: number;
  slots: readonly Tensor[];
  carried: readonly Hyper[];
  /** Made from the slots when first needed; null once they were replaced. */
  alone: Alone | null;
}

/** What runs a group: a transform, and which switches it was built for. */
interface Engine {
  readonly fused: FusedStep;
  readonly carried: readonly string[];
  readonly switches: string;
}

/** Applies an update rule in place, each parameter by one fused kernel made from the rule itself. */
export class Optimizer<O extends object> extends OptimizerBase<O> {
  readonly spec: RuleSpec<O>;
  private readonly engines: Engine[] = [];
  private readonly states = new Map<Tensor, ParamState>();

  constructor(spec: RuleSpec<O>, params: ParamGroups<O>, options: O) {
    super({ ...spec.defaults, ...options });
    this.spec = spec;
    this.addAll(params);
  }

  protected override accept(group: Group<O>, index: number): void {
    this.spec.check(group as unknown as O);
    group.params.forEach((p, i) => {
      this.spec.checkParam?.(p, p.name === '' ? `parameter ${i} of group ${index}` : p.name);
    });
    this.engines.push(this.build(group));
  }

  private build(group: Group<O>): Engine {
    const transform = this.spec.transform(group as unknown as O);
    return {
      fused: new FusedStep(transform),
      carried: carriedNames(transform),
      switches: this.switchesOf(group),
    };
  }

  private switchesOf(group: Group<O>): string {
    let key = '';
    for (const name of this.spec.switches ?? []) key += isOn((group as unknown as O)[name]) ? '1' : '0';
    return key;
  }

  /** Whether a switch is not as it was. */
  private turned(group: Group<O>, before: string): boolean {
    const names = this.spec.switches;
    if (names === undefined) return false;
    for (let i = 0; i < names.length; i++)
      if (isOn((group as unknown as O)[names[i]]) !== (before[i] === '1')) return true;
    return false;
  }

  /** One step for every parameter that has a gradient; the others, and their state, stay as they are. */
  override step(): void;
  override step<R extends Tensor | number>(closure: () => R): R;
  override step(closure?: () => Tensor | number): unknown {
    const loss = closure === undefined ? undefined : evaluate(this.name, closure);
    // The options are checked for all groups before anything is changed.
    for (const group of this.groups) this.spec.check(group as unknown as O);
    recordFunction(`${this.name}.step`, () => noGrad(() => this.stepAll()));
    return loss;
  }

  private stepAll(): void {
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[i];
      if (this.turned(group, this.engines[i].switches)) this.rebuild(i);
      this.stepGroup(group, this.engines[i]);
    }
  }

  private stepGroup(group: Group<O>, engine: Engine): void {
    if (engine.fused.simple && engine.carried.length === 0) this.stepSimply(group, engine.fused);
    else this.stepTogether(group, engine.fused);
  }

  /** One kernel call for each parameter, and next to nothing besides. */
  private stepSimply(group: Group<O>, fused: FusedStep): void {
    // Parameters that took equally many steps, which is all of them as a rule, share their scalars.
    let scalars: readonly Hyper[] = [];
    let scalarsOf = 0;
    for (const p of group.params) {
      const grad = p.gradient;
      if (grad === null) continue;
      const state = this.stateOf(p, fused);
      const step = state.step + 1;
      if (step !== scalarsOf) {
        scalars = fused.flatScalars(step);
        scalarsOf = step;
      }
      state.alone ??= { targets: [p, ...state.slots], inputs: [p, grad, ...state.slots] };
      fused.runAlone(state.alone, grad, scalars);
      state.step = step;
    }
  }

  /** Segment by segment, for what is measured needs the updates of all parameters. */
  private stepTogether(group: Group<O>, fused: FusedStep): void {
    const moving: Moving[] = [];
    const after: [ParamState, carried: readonly Hyper[]][] = [];
    for (const p of group.params) {
      const grad = p.gradient;
      if (grad === null) continue;
      const state = this.stateOf(p, fused);
      const { scalars, carried } = scalarsOf(fused.transform.pieces, state.step + 1, state.carried);
      moving.push({ param: p, grad, slots: state.slots, scalars });
      after.push([state, carried]);
    }
    if (moving.length === 0) return;
    fused.run(moving);
    for (const [state, carried] of after) {
      state.step++;
      state.carried = carried.map(numberOf);
    }
  }

  private stateOf(p: Tensor, fused: FusedStep): ParamState {
    let state = this.states.get(p);
    if (state === undefined) {
      const carried = initialCarried(fused.transform).map(numberOf);
      state = { step: 0, slots: fused.init(p), carried, alone: null };
      this.states.set(p, state);
    }
    return state;
  }

  /** A switch was turned: another transform, which goes on with the slots and carried scalars that it has in common with the old one. */
  private rebuild(i: number): void {
    const before = this.engines[i];
    const now = this.build(this.groups[i]);
    const initial = initialCarried(now.fused.transform);
    for (const p of this.groups[i].params) {
      const state = this.states.get(p);
      if (state === undefined) continue;
      const fresh = now.fused.init(p);
      state.slots = now.fused.transform.slots.map((name, j) => {
        const old = before.fused.transform.slots.indexOf(name);
        return old < 0 ? fresh[j] : state.slots[old];
      });
      state.alone = null;
      state.carried = now.carried.map((name, j) => {
        const old = before.carried.indexOf(name);
        return old < 0 ? numberOf(initial[j]) : state.carried[old];
      });
    }
    this.engines[i] = now;
  }

  /** A copy of steps, slots and options; tensors among the options become numbers. */
  override stateDict(): OptimizerState {
    const state: Record<number, { step: number } & Record<string, unknown>> = {};
    for (const [index, p, g] of this.numbered()) {
      const s = this.states.get(p);
      if (s === undefined) continue;
      const { fused, carried } = this.engines[g];
      state[index] = {
        step: s.step,
        ...Object.fromEntries(fused.transform.slots.map((name, i) => [name, s.slots[i].toTypedArray()])),
        ...Object.fromEntries(carried.map((name, i) => [name, s.carried[i]])),
      };
    }
    return { state, groups: this.savedGroups() };
  }

  /** Goes on from a copy made by `stateDict` of an optimizer over parameters of the same shapes. Nothing changes when it does not fit. */
  loadStateDict(saved: OptimizerState): void {
    this.checkForm(saved);
    const problems = this.groupProblems(saved.groups);
    // What the saved options make of each group.
    const transforms = this.groups.map((group, g) => {
      const { params: _, ...options } = saved.groups[g] ?? {};
      const all = { ...group, ...options } as unknown as O;
      try {
        this.spec.check(all);
      } catch (error) {
        problems.push(`the options of group ${g}: ${(error as Error).message}`);
        return this.engines[g].fused.transform;
      }
      return this.spec.transform(all);
    });
    const loaded: [Tensor, ParamState][] = [];
    let count = 0;
    for (const [index, p, g] of this.numbered()) {
      count++;
      const s = saved.state[index];
      if (s !== undefined) loaded.push([p, readState(s, index, p, transforms[g], problems)]);
    }
    const beyond = Object.keys(saved.state).filter(key => !(Number(key) < count));
    if (beyond.length > 0)
      problems.push(`state of parameter ${beyond.join(', ')}, expected ${count} parameters`);
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.states.clear();
    this.loadGroups(saved.groups);
    this.groups.forEach((group, g) => {
      if (this.switchesOf(group) !== this.engines[g].switches) this.engines[g] = this.build(group);
    });
    for (const [p, s] of loaded) this.states.set(p, s);
  }
}

/** The saved state of one parameter; what does not fit is added to the problems. */
function readState(
  saved: OptimizerState['state'][number],
  index: number,
  p: Tensor,
  transform: Transform,
  problems: string[],
): ParamState {
  const known = transform.slots;
  const carriedBy = carriedNames(transform);
  if (!Number.isInteger(saved.step) || saved.step < 0)
    problems.push(`the step of parameter ${index} is ${String(saved.step)}, expected a whole number`);
  for (const name of Object.keys(saved))
    if (name !== 'step' && !known.includes(name) && !carriedBy.includes(name))
      problems.push(`slot ${name} of parameter ${index} is unknown`);
  const slots: Tensor[] = [];
  for (const name of known) {
    const data = saved[name];
    if (!ArrayBuffer.isView(data) || (data as unknown as ArrayLike<number>).length !== p.size)
      problems.push(`slot ${name} of parameter ${index} is missing or not of ${p.size} elements`);
    else slots.push(keep(tensor(data as Float64Array, { dtype: p.dtype }).reshape(p.shape) as Tensor));
  }
  const carried = carriedBy.map(name => saved[name] as number);
  carried.forEach((value, i) => {
    if (typeof value !== 'number')
      problems.push(`${carriedBy[i]} of parameter ${index} is ${String(value)}, expected a number`);
  });
  return { step: saved.step, slots, carried, alone: null };
}
