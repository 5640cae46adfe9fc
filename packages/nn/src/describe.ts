import { show } from '@fluxion/autograd';

/** `name=value` for every setting that is there, as `toString` of a module shows them. */
export function describeSettings(settings: object): string {
  return Object.entries(settings)
    .filter(([, value]) => value != null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : show(value)}`)
    .join(', ');
}
