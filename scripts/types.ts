/**
 * Type-checks the packages (which also makes dist), then everything around them, type-level tests included, and
 * holds the examples to a budget of type instantiations, since shape types must stay cheap for the user.
 */
import { type Outcome, run } from './support/run.js';

/** Of the examples as a user's compiler sees them: against the declarations in dist, not the sources. One thread, or the count depends on the order of files.
 * About 8,000 for the library, and 2,000 to 4,000 for each example with its test. */
const instantiationBudget = 50_000;

const steps: readonly (readonly [string, ...string[]])[] = [
  ['tsx', 'scripts/dist.ts'],
  ['tsc', '-p', 'tsconfig.check.json'],
  // By itself, since the types of AssemblyScript redeclare globals.
  ['tsc', '-p', 'packages/kernels/scripts'],
  ['tsc', '-p', 'docs/examples', '--customConditions', 'null', '--singleThreaded', '--extendedDiagnostics'],
];

let last: Outcome = { code: 0, output: '' };
for (const [command, ...args] of steps) {
  last = await run(command, args);
  if (last.code !== 0) {
    console.error(`${command} ${args.join(' ')}\n${last.output}`);
    process.exit(1);
  }
}

const count = /^Instantiations:\s*(\d+)/m.exec(last.output);
if (count === null) throw new Error(`tsc printed no count of instantiations:\n${last.output}`);
const instantiations = Number(count[1]);
console.log(`types of the examples: ${instantiations} instantiations, budget ${instantiationBudget}`);
if (instantiations > instantiationBudget) {
  console.error(
    'Over budget: make the shape types cheaper, or raise the budget in scripts/types.ts and say why.',
  );
  process.exit(1);
}
