import { ArgumentError, show } from '@fluxion/autograd';
import { beta, finite, positive } from '../check.js';
import { requireMomentum, setMomentum } from './momentum.js';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import { checkAll, checkRequired, type Schedule } from './schedules.js';

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
