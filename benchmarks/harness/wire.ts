import type { MlpTask, Task, TinyGraphTask } from './types.js';

type Bytes = { readonly base64: string };

function encode(values: Float32Array | Int32Array): Bytes {
  return { base64: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64') };
}

function bytes(encoded: Bytes): ArrayBuffer {
  const decoded = Buffer.from(encoded.base64, 'base64');
  // A copy: what Buffer returns may start at an odd address of a shared pool.
  return new Uint8Array(decoded).buffer;
}

interface MlpWire extends Omit<MlpTask, 'inputs' | 'labels' | 'layers'> {
  readonly inputs: Bytes;
  readonly labels: Bytes;
  readonly layers: readonly { readonly weight: Bytes; readonly bias: Bytes }[];
}
interface TinyGraphWire extends Omit<TinyGraphTask, 'x'> {
  readonly x: Bytes;
}
export type TaskWire = MlpWire | TinyGraphWire;

/** Arrays become base64 of their little-endian bytes, which Python reads as well. */
export function toWire(task: Task): TaskWire {
  if (task.kind === 'tinyGraph') return { ...task, x: encode(task.x) };
  return {
    ...task,
    inputs: encode(task.inputs),
    labels: encode(task.labels),
    layers: task.layers.map(layer => ({ weight: encode(layer.weight), bias: encode(layer.bias) })),
  };
}

export function fromWire(wire: TaskWire): Task {
  if (wire.kind === 'tinyGraph') return { ...wire, x: new Float32Array(bytes(wire.x)) };
  return {
    ...wire,
    inputs: new Float32Array(bytes(wire.inputs)),
    labels: new Int32Array(bytes(wire.labels)),
    layers: wire.layers.map(layer => ({
      weight: new Float32Array(bytes(layer.weight)),
      bias: new Float32Array(bytes(layer.bias)),
    })),
  };
}
