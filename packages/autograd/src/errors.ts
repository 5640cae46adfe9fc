import { FluxionError } from '@fluxion/kernels';

export {
  ArgumentError,
  DataError,
  DTypeError,
  FluxionError,
  IndexError,
  LinalgError,
  MemoryError,
  ShapeError,
  ThreadError,
} from '@fluxion/kernels';

/** A graph that cannot give what was asked of it: no path, freed, changed since, or without derivative. */
export class GraphError extends FluxionError {
  override name = 'GraphError';
}

/** A shape as messages show it: `[2, 3]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Any value as messages show it: short, and with its kind where it is no plain number. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value == null)
    return String(value);
  if (Array.isArray(value)) {
    const head = value.slice(0, 8).map(show).join(', ');
    return value.length > 8 ? `[${head}, … ${value.length} entries]` : `[${head}]`;
  }
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return (value as object).constructor?.name ?? 'object';
}
