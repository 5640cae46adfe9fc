import { type Kernels, kernels, type Storage, useKernels } from '@fluxion/kernels';

/** Bytes an element takes. */
const size = { float32: 4, float64: 8, int32: 4, bool: 1 } as const;

/** What goes through the kernels while it is in place: the same counts in every tier. */
export interface Meter {
  /** Storages that were allocated and not yet given back. */
  readonly live: ReadonlySet<Storage>;
  liveBytes(): number;
  allocations: number;
  /** Calls by name of the kernel. */
  readonly calls: Map<string, number>;
}

/** Runs `fn` on the current kernels behind a counter. */
export function metered<R>(fn: (meter: Meter) => R): R {
  const inner = kernels();
  const live = new Set<Storage>();
  const calls = new Map<string, number>();
  const meter: Meter = {
    live,
    calls,
    allocations: 0,
    liveBytes: () => [...live].reduce((sum, s) => sum + s.length * size[s.dtype], 0),
  };
  const outer = new Proxy(inner, {
    get: (target, key) => {
      const member = target[key as keyof Kernels];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls.set(String(key), (calls.get(String(key)) ?? 0) + 1);
        const result = (member as (...args: unknown[]) => unknown).apply(target, args);
        if (key === 'allocate') {
          live.add(result as Storage);
          meter.allocations++;
        }
        if (key === 'free') live.delete(args[0] as Storage);
        return result;
      };
    },
  });
  useKernels(outer);
  try {
    return fn(meter);
  } finally {
    useKernels(inner);
  }
}
