import { ArgumentError } from '@fluxion/autograd';
import type { AnyGroup } from '../base.js';

/** The momentum of a rule, whatever its name. */
export function setMomentum(group: AnyGroup, value: number): void {
  if (group.betas !== undefined) group.betas = [value, group.betas[1]];
  else group.momentum = value;
}

/** Throws unless every group has a momentum to cycle. */
export function requireMomentum(op: string, groups: readonly AnyGroup[]): void {
  groups.forEach((group, i) => {
    if (group.betas === undefined && group.momentum === undefined)
      throw new ArgumentError(
        `${op}: group ${i} has neither momentum nor betas to cycle. Use an optimizer with momentum, or cycleMomentum: false.`,
      );
  });
}
