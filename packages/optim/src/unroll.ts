import {
  ArgumentError,
  cat,
  DTypeError,
  flattenTree,
  noGrad,
  checkpoint as recompute,
  scope,
  show,
  Tensor,
  type Tree,
  unflattenTree,
  valueAndGrad,
} from '@fluxion/autograd';
import { atLeast1, checkNumber, count } from './check.js';
import type { RuleState, UpdateRule } from './rule.js';

export interface UnrollOptions<T extends Tree> {
  /** The state to start from, and with it the number of the first step. Default: `rule.init(params)`, and 0. */
  readonly state?: RuleState<T>;
  /**
   * Keep nothing of the steps but parameters and state after every so many of them, and run the steps between again when backward comes there: memory for
   * steps / checkpoint states and for `checkpoint` steps, instead of for all. What `lossFn` makes is freed after each step.
   */
  readonly checkpoint?: number;
  /** Differentiate through the last so many steps alone; those before are constants. Default: all. */
  readonly truncate?: number;
  /** Take the gradients of the inner loss for constants (first-order MAML, Finn et al. 2017). Default false. */
  readonly firstOrder?: boolean;
}

export interface Unrolled<T extends Tree> {
  readonly params: T;
  readonly state: RuleState<T>;
}

/**
 * Takes `steps` steps of a rule down `lossFn(params, step)`, recorded: the result is differentiable by the parameters at the start, by tensors among the
 * hyperparameters of the rule, and by whatever `lossFn` uses.
 *
 * @param lossFn given the parameters, and how many steps were taken before, those of `options.state` included: for a batch of its own in each step
 */
export function unroll<T extends Tree>(
  rule: UpdateRule,
  lossFn: (params: T, step: number) => Tensor,
  params: T,
  steps: number,
  options: UnrollOptions<T> = {},
): Unrolled<T> {
  if (typeof lossFn !== 'function')
    throw new ArgumentError(`unroll: expected a function of the parameters, got ${show(lossFn)}.`);
  checkNumber('unroll', 'steps', steps, count);
  const { checkpoint, truncate = steps, firstOrder = false } = options;
  if (checkpoint !== undefined) checkNumber('unroll', 'checkpoint', checkpoint, atLeast1);
  checkNumber('unroll', 'truncate', truncate, count);

  const gradOf = valueAndGrad<T, readonly [step: number]>(lossFn);
  const stepFrom = ({ params: at, state }: Unrolled<T>): Unrolled<T> => {
    const { grads } = firstOrder ? noGrad(() => gradOf(at, state.step)) : gradOf(at, state.step);
    return rule.update(grads, state, at);
  };
  const advance = (from: Unrolled<T>, by: number, tidy: boolean): Unrolled<T> => {
    let now = from;
    for (let t = 0; t < by; t++) {
      const before = now;
      now = tidy ? scope(() => stepFrom(before)) : stepFrom(before);
    }
    return now;
  };

  const constant = Math.max(0, steps - truncate);
  const tidy = checkpoint !== undefined;
  let now: Unrolled<T> = { params, state: options.state ?? rule.init(params) };
  if (constant > 0) {
    const start = now;
    now = noGrad(() => advance(detached(start), constant, tidy));
  }
  if (checkpoint === undefined) return advance(now, steps - constant, false);
  for (let t = constant; t < steps; t += checkpoint) {
    const by = Math.min(checkpoint, steps - t);
    now = throughOneTensor(now, at => advance(at, by, true));
  }
  return now;
}

/**
 * Parameters and state as constants, with no way back to the steps that they come from: where the next window of steps starts, when hyperparameters
 * are learned while training goes on.
 *
 * ```ts
 * let at: Unrolled<Params> = { params, state: rule.init(params) };
 * for (…) {
 *   const next = unroll(rule, lossFn, at.params, 10, { state: at.state });
 *   validationLoss(next.params).backward(); // into hyperparameters, through ten steps
 *   optimizer.step();
 *   at = detached(next);
 * }
 * ```
 */
export function detached<T extends Tree>(at: Unrolled<T>): Unrolled<T> {
  const { tensors, rebuild } = takeApart('detached', at);
  return rebuild(tensors.map(t => t.detach()));
}

/** The tensors in parameters and state, and the way back. */
function takeApart<T extends Tree>(
  op: string,
  { params, state }: Unrolled<T>,
): {
  readonly tensors: readonly Tensor[];
  readonly rebuild: (tensors: readonly Tensor[]) => Unrolled<T>;
} {
  const carried = Object.entries(state.carried ?? {});
  const tree = [
    params,
    state.slots as Readonly<Record<string, Tree>>,
    Object.fromEntries(carried.filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor)),
  ] as const;
  return {
    tensors: flattenTree(tree, op).leaves,
    rebuild: tensors => {
      const [p, slots, own] = unflattenTree(tree, tensors);
      const after = { ...state, slots: slots as Readonly<Record<string, T>> };
      return {
        params: p as T,
        state: state.carried === undefined ? after : { ...after, carried: { ...state.carried, ...own } },
      };
    },
  };
}

/** Runs a segment under `checkpoint`, which knows functions of one result: parameters and state go through it as one vector. */
function throughOneTensor<T extends Tree>(
  before: Unrolled<T>,
  segment: (at: Unrolled<T>) => Unrolled<T>,
): Unrolled<T> {
  const start = takeApart('unroll', before);
  const { dtype } = start.tensors[0];
  const other = start.tensors.find(t => t.dtype !== dtype);
  if (other !== undefined)
    throw new DTypeError(
      `unroll: parameters and state are ${dtype} and ${other.dtype}; with checkpoint they must be of one dtype. Convert some with to().`,
    );
  // What the segment last came out as.
  const forms: { readonly shapes: readonly (readonly number[])[]; readonly rebuild: typeof start.rebuild }[] =
    [];
  const packed = recompute(
    (...tensors: readonly Tensor[]) => {
      const { tensors: out, rebuild } = takeApart('unroll', segment(start.rebuild(tensors)));
      forms[0] = { shapes: out.map(t => t.shape), rebuild };
      return cat(out.map(t => t.reshape([t.size]) as Tensor)) as Tensor;
    },
    ...start.tensors,
  );
  const [{ shapes, rebuild }] = forms;
  const sizes = shapes.map(shape => shape.reduce((a, b) => a * b, 1));
  return rebuild((packed.split(sizes) as Tensor[]).map((part, i) => part.reshape(shapes[i]) as Tensor));
}
