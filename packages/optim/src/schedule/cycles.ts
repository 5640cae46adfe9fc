import { ArgumentError, show } from '@fluxion/autograd';
import type { AnyGroup } from '../base.js';
import { atLeast1, beta, finite, fraction, positive } from '../check.js';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import {
  checkAll,
  checkRequired,
  checks,
  cosineAnnealingWarmRestarts,
  type Schedule,
  type WarmRestartsOptions,
} from './schedules.js';

export interface LambdaOptions {
  /** A function of the step, or one for each group. */
  readonly lrLambda: PerGroup<Schedule>;
}

/** The rate of the beginning times a function of the step. */
export class LambdaLR extends LRScheduler {
  private readonly factors: readonly Schedule[];

  constructor(optimizer: Scheduled, options: LambdaOptions & SchedulerOptions) {
    super(optimizer, options);
    this.factors = functionsOf(this, options?.lrLambda);
    this.begin();
  }

  protected override rates(): readonly number[] {
    return this.baseLrs.map((lr, i) => lr * this.factors[i](this.lastEpoch));
  }
}

/** Multiplies the rate by a function of the step, in every step. */
export class MultiplicativeLR extends LRScheduler {
  private readonly factors: readonly Schedule[];

  constructor(optimizer: Scheduled, options: LambdaOptions & SchedulerOptions) {
    super(optimizer, options);
    this.factors = functionsOf(this, options?.lrLambda);
    this.begin();
  }

  protected override rates(): readonly number[] {
    const { lastEpoch } = this;
    return this.current().map((lr, i) => (lastEpoch > 0 ? lr * (this.factors[i]?.(lastEpoch) ?? 1) : lr));
  }
}

function functionsOf(scheduler: LRScheduler, given: PerGroup<Schedule>): readonly Schedule[] {
  const list = perGroup(scheduler.name, 'lrLambda', given, scheduler.optimizer.groups.length);
  for (const fn of list)
    if (typeof fn !== 'function')
      throw new ArgumentError(`${scheduler.name}: lrLambda is ${show(fn)}; expected a function of the step.`);
  return list;
}

/** Down along a cosine, then back at once and down again (Loshchilov and Hutter 2017). */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  private readonly options: WarmRestartsOptions;

  constructor(optimizer: Scheduled, options: WarmRestartsOptions & SchedulerOptions) {
    super(optimizer, options);
    checks.warmRestarts(options);
    this.options = options;
    this.begin();
  }

  protected override rates(): readonly number[] {
    return this.baseLrs.map(lr => cosineAnnealingWarmRestarts(lr, this.options)(this.lastEpoch));
  }
}

/** The momentum of a rule, whatever its name. */
function setMomentum(group: AnyGroup, value: number): void {
  if (group.betas !== undefined) group.betas = [value, group.betas[1]];
  else group.momentum = value;
}

function requireMomentum(op: string, groups: readonly AnyGroup[]): void {
  groups.forEach((group, i) => {
    if (group.betas === undefined && group.momentum === undefined)
      throw new ArgumentError(
        `${op}: group ${i} has neither momentum nor betas to cycle. Use an optimizer with momentum, or cycleMomentum: false.`,
      );
  });
}

export interface OneCycleShape {
  /** Length of the cycle; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** The part of the steps in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Fall back to the first rate as fast as it rose, then to the last. Default false. */
  readonly threePhase?: boolean;
}

export interface OneCycleOptions extends OneCycleShape {
  /** The top of the cycle. */
  readonly maxLr: PerGroup<number>;
  /** Move the momentum (or betas[0]) the other way. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.85. */
  readonly baseMomentum?: PerGroup<number>;
  /** Default 0.95. */
  readonly maxMomentum?: PerGroup<number>;
}

function totalOf(o: OneCycleShape): number {
  if (o?.totalSteps === undefined && (o?.epochs === undefined || o?.stepsPerEpoch === undefined))
    throw new ArgumentError(
      'oneCycleLR: got neither totalSteps nor epochs and stepsPerEpoch; expected one or the other.',
    );
  checkAll('oneCycleLR', o, {
    totalSteps: atLeast1,
    epochs: atLeast1,
    stepsPerEpoch: atLeast1,
    pctStart: fraction,
    divFactor: positive,
    finalDivFactor: positive,
  });
  const { annealStrategy = 'cos' } = o;
  if (annealStrategy !== 'cos' && annealStrategy !== 'linear')
    throw new ArgumentError(
      `oneCycleLR: annealStrategy is ${show(annealStrategy)}; expected 'cos' or 'linear'.`,
    );
  return o.totalSteps ?? (o.epochs as number) * (o.stepsPerEpoch as number);
}

/** Through the values at the ends of the phases of a cycle. */
function phased(o: OneCycleShape, two: readonly number[], three: readonly number[]): Schedule {
  const total = totalOf(o);
  const { pctStart = 0.3, annealStrategy = 'cos', threePhase = false } = o;
  const ends = threePhase
    ? [pctStart * total - 1, 2 * pctStart * total - 2, total - 1]
    : [pctStart * total - 1, total - 1];
  const values = threePhase ? three : two;
  return step => {
    if (step > total)
      throw new ArgumentError(`oneCycleLR: step ${step} of a cycle of ${total} steps; it ends there.`);
    const found = ends.findIndex(end => step <= end);
    const phase = found < 0 ? ends.length - 1 : found;
    const from = phase === 0 ? 0 : ends[phase - 1];
    const length = ends[phase] - from;
    const part = length === 0 ? 1 : (step - from) / length;
    const [a, b] = [values[phase], values[phase + 1]];
    return annealStrategy === 'cos' ? b + ((a - b) / 2) * (Math.cos(Math.PI * part) + 1) : (b - a) * part + a;
  };
}

/** Up to maxLr and far down again, once (Smith and Topin 2018). */
export function oneCycleLR(maxLr: number, options: OneCycleShape): Schedule {
  const { divFactor = 25, finalDivFactor = 1e4 } = options ?? {};
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  return phased(options, [first, maxLr, last], [first, maxLr, first, last]);
}

/** The momentum that goes with `oneCycleLR`: down while the rate rises, and up again. */
export function oneCycleMomentum(
  options: OneCycleShape & { readonly baseMomentum?: number; readonly maxMomentum?: number },
): Schedule {
  const { baseMomentum: base = 0.85, maxMomentum: max = 0.95 } = options ?? {};
  return phased(options, [max, base, max], [max, base, max, max]);
}

/** One rise and fall of the rate over the whole training, and of the momentum the other way (Smith and Topin 2018). */
export class OneCycleLR extends LRScheduler {
  private readonly schedules: readonly Schedule[];
  private readonly momenta: readonly Schedule[] | null;

  constructor(optimizer: Scheduled, options: OneCycleOptions & SchedulerOptions) {
    super(optimizer, options);
    const { groups } = optimizer;
    const { maxLr, cycleMomentum = true, baseMomentum = 0.85, maxMomentum = 0.95 } = options ?? {};
    const max = perGroup(this.name, 'maxLr', maxLr, groups.length);
    for (const value of max) checkRequired(this.name, { maxLr: value }, { maxLr: positive });
    this.schedules = max.map(value => oneCycleLR(value, options));
    this.momenta = null;
    if (cycleMomentum) {
      requireMomentum(this.name, groups);
      const low = perGroup(this.name, 'baseMomentum', baseMomentum, groups.length);
      const high = perGroup(this.name, 'maxMomentum', maxMomentum, groups.length);
      low.forEach((base, i) => {
        checkRequired(
          this.name,
          { baseMomentum: base, maxMomentum: high[i] },
          { baseMomentum: beta, maxMomentum: beta },
        );
      });
      this.momenta = low.map((base, i) =>
        oneCycleMomentum({ ...options, baseMomentum: base, maxMomentum: high[i] }),
      );
    }
    if (this.lastEpoch === -1)
      groups.forEach((group, i) => {
        group.initialLr = max[i] / (options.divFactor ?? 25);
      });
    this.begin();
  }

  protected override rates(): readonly number[] {
    const rates = this.schedules.map(schedule => schedule(this.lastEpoch));
    this.momenta?.forEach((schedule, i) => {
      setMomentum(this.optimizer.groups[i], schedule(this.lastEpoch));
    });
    return rates;
  }
}

export interface CyclicShape {
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as many as up. */
  readonly stepSizeDown?: number;
  /** 'triangular': all cycles alike; 'triangular2': each half as high as the one before; 'expRange': times gamma to the step. Default 'triangular'. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** Default 1. */
  readonly gamma?: number;
  /** Instead of a mode: the height by the number of the cycle, from 1, or by the step, as `scaleMode` says. */
  readonly scaleFn?: (x: number) => number;
  /** Default 'cycle'. */
  readonly scaleMode?: 'cycle' | 'iterations';
}

export interface CyclicOptions extends CyclicShape {
  /** The bottom of the cycles. */
  readonly baseLr: PerGroup<number>;
  /** The top. */
  readonly maxLr: PerGroup<number>;
  /** Move the momentum (or betas[0]) the other way. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.8. */
  readonly baseMomentum?: PerGroup<number>;
  /** Default 0.9. */
  readonly maxMomentum?: PerGroup<number>;
}

const modes = ['triangular', 'triangular2', 'expRange'];

/** How high the cycle stands, from 0 to the scale of the mode. */
function heightOf(options: CyclicShape): Schedule {
  checkAll('cyclicLR', options, { stepSizeUp: positive, stepSizeDown: positive, gamma: finite });
  const { stepSizeUp: up = 2000, stepSizeDown: down = up, mode = 'triangular', gamma = 1 } = options;
  if (options.scaleFn === undefined && !modes.includes(mode))
    throw new ArgumentError(
      `cyclicLR: mode is ${show(mode)}; expected 'triangular', 'triangular2' or 'expRange', or a scaleFn.`,
    );
  const total = up + down;
  const rising = up / total;
  const byCycle = options.scaleFn === undefined ? mode !== 'expRange' : options.scaleMode !== 'iterations';
  const scale =
    options.scaleFn ??
    (mode === 'triangular' ? () => 1 : mode === 'triangular2' ? x => 1 / 2 ** (x - 1) : x => gamma ** x);
  return step => {
    const cycle = Math.floor(1 + step / total);
    const x = 1 + step / total - cycle;
    const height = x <= rising ? x / rising : (x - 1) / (rising - 1);
    return height * scale(byCycle ? cycle : step);
  };
}

/** Up and down between baseLr and maxLr, again and again (Smith 2017). */
export function cyclicLR(baseLr: number, maxLr: number, options: CyclicShape = {}): Schedule {
  const height = heightOf(options);
  return step => baseLr + (maxLr - baseLr) * height(step);
}

/** Rates that go up and down again and again, and momentum the other way (Smith 2017). */
export class CyclicLR extends LRScheduler {
  private readonly low: readonly number[];
  private readonly high: readonly number[];
  private readonly height: Schedule;
  private readonly momenta: readonly (readonly [base: number, max: number])[] | null;

  constructor(optimizer: Scheduled, options: CyclicOptions & SchedulerOptions) {
    super(optimizer, options);
    const { groups } = optimizer;
    const { baseLr, maxLr, cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9 } = options ?? {};
    this.low = perGroup(this.name, 'baseLr', baseLr, groups.length);
    this.high = perGroup(this.name, 'maxLr', maxLr, groups.length);
    this.low.forEach((low, i) => {
      checkRequired(this.name, { baseLr: low, maxLr: this.high[i] }, { baseLr: finite, maxLr: finite });
    });
    this.height = heightOf(options);
    this.momenta = null;
    if (cycleMomentum) {
      requireMomentum(this.name, groups);
      const max = perGroup(this.name, 'maxMomentum', maxMomentum, groups.length);
      this.momenta = perGroup(this.name, 'baseMomentum', baseMomentum, groups.length).map((base, i) => [
        base,
        max[i],
      ]);
      for (const [base, top] of this.momenta)
        checkRequired(
          this.name,
          { baseMomentum: base, maxMomentum: top },
          { baseMomentum: beta, maxMomentum: beta },
        );
    }
    if (this.lastEpoch === -1)
      groups.forEach((group, i) => {
        group.lr = this.low[i];
      });
    this.begin();
  }

  protected override rates(): readonly number[] {
    const height = this.height(this.lastEpoch);
    this.momenta?.forEach(([base, max], i) => {
      setMomentum(this.optimizer.groups[i], max - (max - base) * height);
    });
    return this.low.map((low, i) => low + (this.high[i] - low) * height);
  }
}
