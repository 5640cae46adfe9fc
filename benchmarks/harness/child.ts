/**
 * The process of one JavaScript side: `child.ts SIDE`. Each library gets its own heap and its own garbage
 * collector, so that none pays for another's garbage. Speaks one JSON object a line; see types.ts.
 */
import { createInterface } from 'node:readline';
import { loadSide } from '../sides/index.js';
import { peakBytes } from './machine.js';
import type {
  Greeting,
  Prepared,
  Readings,
  SampleReply,
  Side,
  SideName,
  SideRequest,
  Task,
} from './types.js';
import { fromWire, type TaskWire } from './wire.js';

// Standard output carries the protocol: what a library logs goes to standard error.
console.log = console.error;
console.info = console.error;

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

let side: Side | undefined;
let prepared: Prepared | undefined;

function ready(): Prepared {
  if (prepared === undefined) throw new Error('nothing prepared yet');
  return prepared;
}

async function check(steps: number): Promise<{ readings: Readings[] }> {
  const { reset, step, finish, readings } = bound(ready());
  const seen: Readings[] = [];
  reset();
  for (let i = 0; i < steps; i++) {
    const loss = step();
    await finish();
    seen.push({ loss, ...readings() });
  }
  return { readings: seen };
}

async function sample(warmup: number, steps: number): Promise<SampleReply> {
  const { reset, step, finish } = bound(ready());
  let loss = 0;
  reset();
  for (let i = 0; i < warmup; i++) loss = step();
  await finish();
  const start = performance.now();
  for (let i = 0; i < steps; i++) loss = step();
  await finish();
  return { milliseconds: performance.now() - start, loss };
}

function bound(p: Prepared): Required<Omit<Prepared, 'dispose' | 'note'>> {
  return {
    reset: () => p.reset(),
    step: () => p.step(),
    finish: () => p.finish?.(),
    readings: () => p.readings(),
  };
}

async function prepare(task: Task): Promise<Prepared> {
  // Each kind has its preparation; TypeScript cannot follow the pair through a variable.
  const make = side?.preparations[task.kind] as ((t: Task) => Prepared | Promise<Prepared>) | undefined;
  if (make === undefined) throw new Error(`${task.kind} is nothing that this side can do`);
  return make(task);
}

async function answer(request: SideRequest): Promise<object> {
  switch (request.op) {
    case 'prepare':
      await prepared?.dispose?.();
      prepared = undefined;
      prepared = await prepare(fromWire(request.task as TaskWire));
      return { note: prepared.note };
    case 'check':
      return check(request.steps);
    case 'sample':
      return sample(request.warmup, request.steps);
    case 'memory':
      return { peakBytes: peakBytes() };
  }
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  side = await loadSide(process.argv[2] as SideName);
  say({ description: side.description } satisfies Greeting);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say({ error: `${process.argv[2]}: ${message}` } satisfies Greeting);
  process.exit(1);
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line) as SideRequest));
  } catch (error) {
    say({ error: text(error) });
  }
}
process.exit(0);
