import { arrayNames, readingsOf } from '../digest.js';
import type { Readings, Task } from '../types.js';

/** The same work in float64 and plain loops, written from the formulas: what every side is compared with. */
export interface Expected {
  /** After each step. */
  readonly readings: readonly Readings[];
  /** For each reading, how large its terms are: a sum may cancel to nearly nothing. */
  readonly scales: readonly Readings[];
  /**
   * What a digest may be off by besides. Adam's first step moves a parameter by the learning rate in the direction of its gradient
   * however small that is, so where a gradient is zero but for rounding, float32 may go the other way: one such
   * parameter an array is allowed. The loss feels none of it.
   */
  readonly slack: number;
}

/** Collects what a reference finds, step by step. */
export class Recorder {
  readonly #task: Task;
  readonly #readings: Readings[] = [];
  readonly #scales: Readings[] = [];

  constructor(task: Task) {
    this.#task = task;
  }

  /** The loss of a step and the arrays after it, in the order of `arrayNames`. */
  record(loss: number, arrays: readonly Float64Array[]): void {
    const scales: Readings = { loss: Math.max(1, Math.abs(loss)) };
    arrayNames(this.#task).forEach((name, i) => {
      const scale = arrays[i].reduce((a, b) => a + Math.abs(b), 0);
      scales[`${name} sum`] = scale;
      scales[`${name} projection`] = scale;
    });
    this.#scales.push(scales);
    this.#readings.push({ loss, ...readingsOf(this.#task, arrays) });
  }

  result(slack: number): Expected {
    return { readings: this.#readings, scales: this.#scales, slack };
  }
}

/** For tasks that do the same in every step. */
export function constant(task: Task, steps: number, loss: number, arrays: readonly Float64Array[]): Expected {
  const recorder = new Recorder(task);
  for (let step = 0; step < steps; step++) recorder.record(loss, arrays);
  return recorder.result(0);
}
