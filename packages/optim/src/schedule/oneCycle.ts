import { ArgumentError, show } from '@fluxion/autograd';
import { atLeast1, beta, fraction, positive } from '../check.js';
import { requireMomentum, setMomentum } from './momentum.js';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import { checkAll, checkRequired, type Schedule } from './schedules.js';

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
