import { measuresOnly, pythonPrograms, titles } from '../sides/index.js';
import { worst } from './check.js';
import { BenchError } from './errors.js';
import { busyBefore, crowded, crowdWarning, watchLoad } from './machine.js';
import { measure, paces } from './measure.js';
import { expected } from './oracle/index.js';
import { RemoteSide, SideUnavailable } from './process.js';
import { inUnit, makeRow, type Row, type SideNotes } from './row.js';
import {
  type ProbeWorkload,
  type Samples,
  type SideName,
  type StepWorkload,
  type Target,
  Unavailable,
  type Workload,
} from './types.js';

const howToInstall: Partial<Record<SideName, string>> = {
  pytorch:
    'On Debian and Ubuntu: apt-get install python3-torch libopenblas0-pthread; elsewhere name a Python that has torch with --python',
  micrograd: 'Name a Python 3 with --python',
};

/** Starts a side. Those that need Python may be missing, which gives the reason, unless they were `asked` for by name; the others may not. */
export async function start(name: SideName, python: string, asked: boolean): Promise<RemoteSide | string> {
  try {
    return await RemoteSide.start(name, python);
  } catch (error) {
    if (!(error instanceof SideUnavailable)) throw error;
    if (pythonPrograms[name] === undefined)
      throw new BenchError(
        `${error.message}\nIs everything installed ("npm run bootstrap")? --sides runs without it.`,
      );
    const reason = `${titles[name]} is left out: ${error.message}. ${howToInstall[name] ?? ''}`;
    if (asked) throw new BenchError(reason);
    return reason;
  }
}

/** The sides of a run, each in its process, and what to warn about. */
export class Session {
  readonly sides: RemoteSide[] = [];
  readonly #missing: string[] = [];
  /** By workload, how many cores were busy with other work. */
  readonly #crowded = new Map<string, number>();
  readonly #quick: boolean;
  readonly #relaxed: boolean;

  constructor(options: { quick: boolean; relaxed: boolean }) {
    this.#quick = options.quick;
    this.#relaxed = options.relaxed;
  }

  async start(names: readonly SideName[], python: string, asked: boolean): Promise<void> {
    for (const name of names) {
      const side = await start(name, python, asked);
      if (typeof side === 'string') {
        this.#missing.push(side);
        continue;
      }
      this.sides.push(side);
      console.error(`${titles[name]}: ${side.description}`);
    }
  }

  /** What is missing, and when the machine did other work. */
  get warnings(): readonly string[] {
    return [...this.#missing, ...crowdWarning(this.#crowded)];
  }

  close(): void {
    for (const side of this.sides) side.close();
  }

  /** The row of a workload, or null when it cannot be measured here. */
  async run(workload: Workload): Promise<Row | null> {
    const sides = this.sides.filter(side => workload.sides.includes(side.name));
    if (sides.length === 0) return null;
    const before = await busyBefore();
    const watched = watchLoad();
    const targets = workload.targets[this.#relaxed ? 'relaxed' : 'baseline'];
    const row = await (workload.kind === 'steps'
      ? this.#steps(workload, targets, sides)
      : this.#probe(workload, targets, sides));
    const crowd = crowded(before, watched());
    // A size is what it is, whoever else works.
    if (crowd > 0 && workload.unit !== 'KB') this.#crowded.set(workload.name, crowd);
    return row;
  }

  async #steps(
    workload: StepWorkload,
    targets: readonly Target[],
    sides: readonly RemoteSide[],
  ): Promise<Row> {
    const standIn = this.#quick ? workload.quick : undefined;
    const notes = standIn === undefined ? [] : [`--quick: ${standIn.note} instead`];
    const sideNotes: SideNotes = {};
    const errors = await check({ ...workload, ...standIn }, sides, sideNotes);
    const largest = Math.max(0, ...Object.values(errors)).toExponential(1);
    console.error(`${workload.name}: ${sides.length} checked (largest relative error ${largest}); timing`);
    const times = await measure(sides, this.#quick ? paces.quick : paces.full, workload.maximumSteps);
    const samples: Samples = Object.fromEntries(
      [...times].map(([name, steps]) => [name, steps.map(milliseconds => inUnit(workload, milliseconds))]),
    );
    return makeRow(workload, targets, { samples, errors, notes, sideNotes });
  }

  async #probe(
    workload: ProbeWorkload,
    targets: readonly Target[],
    sides: readonly RemoteSide[],
  ): Promise<Row | null> {
    console.error(`${workload.name}: measuring`);
    try {
      const names = sides.map(side => side.name);
      const { samples, note } = await workload.run(this.#quick, names);
      return makeRow(workload, targets, { samples, notes: note === undefined ? [] : [note] });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#missing.push(`${workload.name} is left out: ${error.message}`);
      return null;
    }
  }
}

/**
 * Compares every side with the float64 reference; returns the errors, or throws with the first reading that is wrong. What a side
 * remarks on the task goes to `sideNotes`.
 */
async function check(
  workload: StepWorkload,
  sides: readonly RemoteSide[],
  sideNotes: SideNotes,
): Promise<Partial<Record<SideName, number>>> {
  const { steps, tolerance } = workload.check;
  const task = workload.task();
  const wanted = expected(task, steps);
  const errors: Partial<Record<SideName, number>> = {};
  for (const side of sides) {
    const note = await side.prepare(task);
    if (note !== undefined) sideNotes[side.name] = note;
    if (measuresOnly.includes(side.name)) continue;
    const found = worst(wanted, (await side.check(steps)).readings);
    if (found.error > tolerance) {
      throw new BenchError(
        `${workload.name}: ${titles[side.name]} computes something else. Step ${found.step}, ${found.reading}: ` +
          `expected ${found.expected}, got ${found.actual} (relative error ${found.error.toExponential(1)}, ` +
          `allowed ${tolerance}). Nothing was timed.`,
      );
    }
    errors[side.name] = found.error;
  }
  return errors;
}
