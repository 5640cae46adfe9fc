import type { Readings, Task } from './types.js';

/** The arrays of a task that sides report, in order: parameters, a gradient, or a result. */
export function arrayNames(task: Task): string[] {
  switch (task.kind) {
    case 'mlp':
    case 'cnn':
    case 'scalarMlp':
      return task.layers.flatMap((_, i) => [`${i}.weight`, `${i}.bias`]);
    case 'tinyGraph':
    case 'chain':
      return ['grad'];
    case 'elementwise':
    case 'matmul':
      return ['result'];
    case 'adam':
      return ['parameter'];
  }
}

/** The digests of all arrays of a task, given in the order of `arrayNames`. */
export function readingsOf(task: Task, arrays: readonly ArrayLike<number>[]): Readings {
  const result: Readings = {};
  arrayNames(task).forEach((name, i) => {
    addDigest(result, name, arrays[i]);
  });
  return result;
}

/**
 * Adds two numbers that stand for an array: its sum, and its projection on sin(1), sin(2), ..., which
 * changes when elements trade places (a transposed weight has the same sum).
 */
export function addDigest(readings: Readings, name: string, values: ArrayLike<number>): void {
  let sum = 0;
  let projection = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    projection += values[i] * Math.sin(i + 1);
  }
  readings[`${name} sum`] = sum;
  readings[`${name} projection`] = projection;
}

/** Values in C order with the dimensions in another order, as PyTorch's `permute` and a copy: `permuted(v, [o, i, h, w], [2, 3, 1, 0])` is [h, w, i, o]. */
export function permuted(
  values: ArrayLike<number>,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const out = new Float32Array(values.length);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map(d => shape[d]);
  const steps = order.map(d => strides[d]);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = values[from];
    for (let d = sizes.length - 1; d >= 0; d--) {
      from += steps[d];
      if (++index[d] < sizes[d]) break;
      from -= steps[d] * sizes[d];
      index[d] = 0;
    }
  }
  return out;
}

/** [rows, columns] to [columns, rows], for libraries whose dense layers hold weights as [in, out]. */
export function transposed(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  return permuted(values, [rows, columns], [1, 0]);
}

/** [batch, classes], for libraries whose cross-entropy takes no class numbers. */
export function oneHot(labels: Int32Array, classes: number): Float32Array {
  const out = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    out[i * classes + label] = 1;
  });
  return out;
}
