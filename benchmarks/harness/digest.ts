import type { MlpTask, Readings, Task } from './types.js';

/** The arrays of a task that sides report, in order: parameters of a network, or the gradient of the tiny graph. */
export function arrayNames(task: Task): string[] {
  return task.kind === 'mlp' ? task.layers.flatMap((_, i) => [`${i}.weight`, `${i}.bias`]) : ['grad'];
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

/** [rows, columns] to [columns, rows], for libraries whose dense layers hold weights as [in, out]. */
export function transposed(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  }
  return out;
}

/** [batch, classes], for libraries whose cross-entropy takes no class numbers. */
export function oneHot(task: MlpTask): Float32Array {
  const classes = task.sizes[task.sizes.length - 1];
  const out = new Float32Array(task.batch * classes);
  for (let i = 0; i < task.batch; i++) out[i * classes + task.labels[i]] = 1;
  return out;
}
