import { type Hyper, isOn } from '../hyper.js';
import type { Transform } from '../transform.js';
import { addDecayedWeights, scale } from '../transforms/basic.js';

export interface MaximizeOption {
  /** Climb instead of descending. Default false. */
  readonly maximize?: boolean;
}

export interface FrontOptions extends MaximizeOption {
  /** Adds this times the parameter to the gradient. Default 0. */
  readonly weightDecay?: Hyper;
}

/** What most rules begin with: the gradient with its sign turned, where there is maximizing, and the weight decay. */
export function front(options: FrontOptions): Transform[] {
  return [...turned(options), ...decayed(options)];
}

export function turned(options: MaximizeOption): Transform[] {
  return isOn(options.maximize) ? [scale(-1)] : [];
}

export function decayed(options: { readonly weightDecay?: Hyper }): Transform[] {
  return isOn(options.weightDecay) ? [addDecayedWeights(() => options.weightDecay ?? 0)] : [];
}
