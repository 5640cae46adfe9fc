import {
  ArgumentError,
  DTypeError,
  emptyLike,
  keep,
  noGrad,
  ShapeError,
  show,
  type Tensor,
  tensor,
} from '@fluxion/autograd';
import { evaluate, type Group, OptimizerBase, type OptimizerState, type ParamGroups } from './base.js';
import { atLeast1, checkHyper, checkNumber, notNegative } from './check.js';
import { dot, largest, lbfgsDirection, type Pair, sumOfSizes } from './curvature.js';
import { type Hyper, numberOf } from './hyper.js';
import { type LinePoint, strongWolfe } from './lineSearch.js';
import { gradientOf, join, move, write } from './vector.js';

export interface LbfgsOptions {
  /** Length of the step along the direction; with a line search, of its first trial. Default 1. */
  readonly lr?: Hyper;
  /** Directions per step at most. Default 20. */
  readonly maxIter?: number;
  /** Calls of the closure per step at most. Default maxIter * 5 / 4. */
  readonly maxEval?: number;
  /** A step ends where the largest element of the gradient is at most this. Default 1e-7. */
  readonly toleranceGrad?: number;
  /** A step ends where loss or parameters change less than this. Default 1e-9. */
  readonly toleranceChange?: number;
  /** How many pairs of differences are kept. Default 100. */
  readonly historySize?: number;
  /** Default null: a fixed step of lr. */
  readonly lineSearchFn?: 'strongWolfe' | null;
}

/** What is carried from step to step. */
interface Memory {
  readonly nIter: number;
  readonly funcEvals: number;
  readonly pairs: readonly Pair[];
  readonly d: Tensor | null;
  readonly t: number;
  readonly hDiag: number;
  readonly prevFlatGrad: Tensor | null;
  readonly prevLoss: number;
}

const defaults: LbfgsOptions = {
  lr: 1,
  maxIter: 20,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: null,
};

const nothing: Memory = {
  nIter: 0,
  funcEvals: 0,
  pairs: [],
  d: null,
  t: 0,
  hDiag: 1,
  prevFlatGrad: null,
  prevLoss: 0,
};

function check(options: LbfgsOptions): void {
  const { maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn } = options;
  checkHyper('LBFGS', 'lr', options.lr, notNegative);
  checkNumber('LBFGS', 'maxIter', maxIter, atLeast1);
  if (maxEval !== undefined) checkNumber('LBFGS', 'maxEval', maxEval, atLeast1);
  checkNumber('LBFGS', 'toleranceGrad', toleranceGrad, notNegative);
  checkNumber('LBFGS', 'toleranceChange', toleranceChange, notNegative);
  checkNumber('LBFGS', 'historySize', historySize, atLeast1);
  if (lineSearchFn != null && lineSearchFn !== 'strongWolfe')
    throw new ArgumentError(`LBFGS: lineSearchFn is ${show(lineSearchFn)}; expected 'strongWolfe' or null.`);
}

/**
 * The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Liu and Nocedal 1989), as PyTorch runs it. A step calls the closure several times, and all
 * parameters are one vector: there is one group, and a parameter without a gradient counts as one whose gradient is 0.
 */
export class LBFGS extends OptimizerBase<LbfgsOptions> {
  private memory: Memory = nothing;

  constructor(params: ParamGroups<LbfgsOptions>, options: LbfgsOptions = {}) {
    super({ ...defaults, ...options });
    this.addAll(params);
  }

  protected override accept(group: Group<LbfgsOptions>, index: number): void {
    if (index > 0)
      throw new ArgumentError(
        'LBFGS: got a second group, and all parameters are one vector with one set of options. Put them into one group.',
      );
    const other = group.params.find(p => p.dtype !== group.params[0].dtype);
    if (other !== undefined)
      throw new DTypeError(
        `LBFGS: parameters are ${group.params[0].dtype} and ${other.dtype}; expected one dtype, for they become one vector. Convert some with to().`,
      );
    check(group);
  }

  /** Some iterations along better and better directions. It needs the closure, since it looks at the loss in several places. */
  override step(): void;
  override step<R extends Tensor | number>(closure: () => R): R;
  override step(closure?: () => Tensor | number): unknown {
    const [group] = this.groups;
    check(group);
    const loss = evaluate(this.name, closure as () => Tensor | number);
    noGrad(() => {
      const before = join(group.params);
      try {
        const after = this.iterate(group, numberOf(loss), () =>
          numberOf(evaluate(this.name, closure as () => Tensor | number)),
        );
        this.commit(after);
      } catch (error) {
        // The closure failed on the way: the parameters go back, and of what was learned nothing is kept.
        write(group.params, before);
        throw error;
      }
    });
    return loss;
  }

  private iterate(
    { params, ...options }: Group<LbfgsOptions>,
    first: number,
    evaluateLoss: () => number,
  ): Memory {
    const { maxIter = 20, maxEval = Math.floor((maxIter * 5) / 4) } = options;
    const { toleranceGrad = 1e-7, toleranceChange = 1e-9, historySize = 100 } = options;
    const lr = numberOf(options.lr ?? 1);
    let { nIter, funcEvals, d, t, hDiag, prevFlatGrad, prevLoss } = this.memory;
    const pairs = [...this.memory.pairs];
    let loss = first;
    let grad = gradientOf(params);
    let evaluations = 1;
    if (largest(grad) <= toleranceGrad) return { ...this.memory, funcEvals: funcEvals + 1 };

    for (let n = 1; n <= maxIter; n++) {
      nIter++;
      if (d === null || prevFlatGrad === null) d = grad.neg();
      else {
        const y = grad.sub(prevFlatGrad) as Tensor;
        const s = d.mul(t) as Tensor;
        const curvature = dot(y, s);
        if (curvature > 1e-10) {
          while (pairs.length >= historySize) pairs.shift();
          pairs.push({ y, s, ro: 1 / curvature });
          hDiag = curvature / dot(y, y);
        }
        d = lbfgsDirection(grad, pairs, hDiag);
      }
      prevFlatGrad = grad;
      prevLoss = loss;
      t = nIter === 1 ? Math.min(1, 1 / sumOfSizes(grad)) * lr : lr;
      const slope = dot(grad, d);
      if (slope > -toleranceChange) break;

      if (options.lineSearchFn === 'strongWolfe') {
        const along = lineThrough(params, d, evaluateLoss);
        const start: LinePoint = { t: 0, loss, grad, slope };
        const found = strongWolfe(along, start, t, largest(d), { toleranceChange });
        ({ loss, grad, t } = found.point);
        evaluations += found.evaluations;
        move(params, d, t);
      } else {
        move(params, d, t);
        // What comes after the last iteration is for the next step to find out.
        if (n < maxIter) {
          loss = evaluateLoss();
          grad = gradientOf(params);
          evaluations++;
        }
      }
      if (evaluations >= maxEval || largest(grad) <= toleranceGrad) break;
      if (largest(d) * Math.abs(t) <= toleranceChange || Math.abs(loss - prevLoss) < toleranceChange) break;
    }
    return { nIter, funcEvals: funcEvals + evaluations, pairs, d, t, hDiag, prevFlatGrad, prevLoss };
  }

  /** Moves what was learned into tensors that outlive every scope, those that are free now first. */
  private commit(after: Memory): void {
    const { pairs, d, prevFlatGrad } = this.memory;
    const free = pairs.filter(p => !after.pairs.includes(p));
    const kept = after.pairs.map(p => {
      if (pairs.includes(p)) return p;
      const { y, s } = free.pop() ?? { y: null, s: null };
      return { y: settle(p.y, y), s: settle(p.s, s), ro: p.ro };
    });
    this.memory = {
      ...after,
      pairs: kept,
      d: after.d === null ? null : settle(after.d, d),
      prevFlatGrad: after.prevFlatGrad === null ? null : settle(after.prevFlatGrad, prevFlatGrad),
    };
  }

  /** A copy of the state, which belongs to all parameters together and stands at the first. */
  override stateDict(): OptimizerState {
    const { nIter, funcEvals, pairs, d, t, hDiag, prevFlatGrad, prevLoss } = this.memory;
    if (funcEvals === 0) return { state: {}, groups: this.savedGroups() };
    const own = {
      step: nIter,
      funcEvals,
      t,
      hDiag,
      prevLoss,
      oldDirs: pairs.map(p => p.y.toTypedArray()),
      oldStps: pairs.map(p => p.s.toTypedArray()),
      ro: pairs.map(p => p.ro),
      d: d?.toTypedArray() ?? null,
      prevFlatGrad: prevFlatGrad?.toTypedArray() ?? null,
    };
    return { state: { 0: own }, groups: this.savedGroups() };
  }

  /** Goes on from a copy made by `stateDict`. Nothing changes when it does not fit. */
  loadStateDict(saved: OptimizerState): void {
    this.checkForm(saved);
    const problems = this.groupProblems(saved.groups);
    const { params } = this.groups[0];
    const size = params.reduce((sum, p) => sum + p.size, 0);
    const own = saved.state[0];
    const number = (name: string): number => {
      const value = own?.[name];
      if (typeof value !== 'number') problems.push(`${name} is ${show(value)}, expected a number`);
      return value as number;
    };
    const vector = (value: unknown, name: string): Tensor | null => {
      if (ArrayBuffer.isView(value) && (value as Float64Array).length === size)
        return keep(tensor(value as Float64Array, { dtype: params[0].dtype }) as Tensor);
      problems.push(`${name} is missing or not of ${size} elements`);
      return null;
    };
    const list = (name: string): readonly unknown[] => {
      const value = own?.[name];
      if (Array.isArray(value)) return value;
      problems.push(`${name} is ${show(value)}, expected a list`);
      return [];
    };
    let memory = nothing;
    if (own !== undefined) {
      const [dirs, steps, ro] = [list('oldDirs'), list('oldStps'), list('ro')];
      if (dirs.length !== steps.length || dirs.length !== ro.length)
        problems.push(
          `oldDirs, oldStps and ro have ${dirs.length}, ${steps.length} and ${ro.length} entries`,
        );
      memory = {
        nIter: number('step'),
        funcEvals: number('funcEvals'),
        t: number('t'),
        hDiag: number('hDiag'),
        prevLoss: number('prevLoss'),
        pairs: dirs.map((y, i) => ({
          y: vector(y, `oldDirs[${i}]`) as Tensor,
          s: vector(steps[i], `oldStps[${i}]`) as Tensor,
          ro: ro[i] as number,
        })),
        d: own.d === null ? null : vector(own.d, 'd'),
        prevFlatGrad: own.prevFlatGrad === null ? null : vector(own.prevFlatGrad, 'prevFlatGrad'),
      };
    }
    if (problems.length === 0)
      try {
        check({ ...this.groups[0], ...saved.groups[0] });
      } catch (error) {
        problems.push((error as Error).message);
      }
    if (problems.length > 0)
      throw new ShapeError(`LBFGS.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.memory = memory;
    this.loadGroups(saved.groups);
  }
}

/** Loss and gradient on the line through the parameters, which are back where they were after each call. */
function lineThrough(
  params: readonly Tensor[],
  d: Tensor,
  evaluateLoss: () => number,
): (t: number) => LinePoint {
  const origin = join(params);
  return t => {
    move(params, d, t);
    const loss = evaluateLoss();
    const grad = gradientOf(params);
    write(params, origin);
    return { t, loss, grad, slope: dot(grad, d) };
  };
}

/** A copy in `target`, or in a tensor made to stay. */
function settle(value: Tensor, target: Tensor | null): Tensor {
  if (value === target) return target;
  return (target ?? keep(emptyLike(value))).assign(value);
}
