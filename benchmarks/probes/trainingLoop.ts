/**
 * `trainingLoop.ts EARLY STEPS`: trains a 784-128-10 perceptron, batch 64, in one synchronous loop that never returns to the event loop and frees
 * nothing; prints the resident bytes after EARLY and after STEPS steps.
 */
import { mlp } from '../sides/fluxion/networks.js';
import { mlpTask } from '../workloads/mlp.js';

const [early, steps] = process.argv.slice(2).map(Number);
const { reset, step } = mlp(mlpTask([784, 128, 10], 64, 1));
const readings: number[] = [];
reset();
for (let i = 1; i <= steps; i++) {
  step();
  if (i === early || i === steps) readings.push(process.memoryUsage.rss());
}
console.log(JSON.stringify(readings));
