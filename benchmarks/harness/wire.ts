import type { Task } from './types.js';

/** A task as JSON: arrays are base64 of their little-endian bytes, which Python reads as well. */
export type TaskWire = { readonly kind: Task['kind'] } & Readonly<Record<string, unknown>>;

interface Encoded {
  readonly dtype: 'float32' | 'int32';
  readonly base64: string;
}

function isEncoded(value: unknown): value is Encoded {
  return typeof value === 'object' && value !== null && 'base64' in value;
}

/** Typed arrays are replaced wherever they stand. */
export function toWire(task: Task): TaskWire {
  return encode(task) as TaskWire;
}

export function fromWire(wire: TaskWire): Task {
  return decode(wire) as Task;
}

function encode(value: unknown): unknown {
  if (value instanceof Float32Array || value instanceof Int32Array) {
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return { dtype: value instanceof Float32Array ? 'float32' : 'int32', base64 } satisfies Encoded;
  }
  return mapped(value, encode);
}

function decode(value: unknown): unknown {
  if (!isEncoded(value)) return mapped(value, decode);
  // A copy: what Buffer returns may start at an odd address of a shared pool.
  const { buffer } = new Uint8Array(Buffer.from(value.base64, 'base64'));
  return value.dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
}

function mapped(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}
