/**
 * Nothing to dispose: a plain synchronous loop of 20,000 training steps of a 784-128-10 perceptron, batch 64, that never returns to the event loop,
 * frees nothing, and calls no scope. Resident memory at the end is compared with that at step 2,000.
 *
 *   npx tsx --conditions=@fluxion/source docs/examples/memory.ts --steps 20000
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Generator, oneHot, randn, type Tensor, tensor } from '@fluxion/autograd';
import { kernels, type MemoryStats } from '@fluxion/kernels';
import { Adam } from '@fluxion/optim';

const batch = 64;

export interface Reading {
  readonly step: number;
  readonly loss: number;
  /** Resident bytes of the process. */
  readonly rss: number;
  /** What the heap of the kernels says. */
  readonly heap: MemoryStats;
}

/** Trains for `steps` steps; gives a reading after each of the steps named in `at`. */
export function trainSynchronously(steps: number, at: readonly number[]): Reading[] {
  const generator = new Generator(1);
  const weight = (...shape: [number, number]): Tensor =>
    (randn(shape, { generator }).mul(1 / Math.sqrt(shape[0])) as Tensor).detach().requiresGrad_() as Tensor;
  const bias = (size: number): Tensor => tensor(new Float32Array(size), { requiresGrad: true }) as Tensor;
  const [w1, b1, w2, b2] = [weight(784, 128), bias(128), weight(128, 10), bias(10)];
  const optimizer = new Adam([w1, b1, w2, b2], { lr: 1e-4 });
  // A few batches whose labels can be told from the pixels, over and over.
  const batches = Array.from({ length: 8 }, () => {
    const images = randn([batch, 784], { generator }) as Tensor;
    return { images, labels: oneHot(images.slice(1, { end: 10 }).argmax(1), 10).to('float32') as Tensor };
  });

  const readings: Reading[] = [];
  for (let step = 1; step <= steps; step++) {
    const { images, labels } = batches[step % batches.length];
    const logits = images.matmul(w1).add(b1).relu().matmul(w2).add(b2);
    const loss = logits.logSoftmax(1).mul(labels).sum().div(-batch);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (at.includes(step))
      readings.push({ step, loss: loss.item(), rss: process.memoryUsage.rss(), heap: kernels().memory() });
  }
  return readings;
}

function main(): void {
  const { values } = parseArgs({ options: { steps: { type: 'string', default: '20000' } } });
  const steps = Number(values.steps);
  if (!Number.isInteger(steps) || steps < 10)
    throw new Error(`--steps ${values.steps}: expected a whole number from 10`);
  const early = Math.min(2000, Math.floor(steps / 2));
  const start = performance.now();
  const readings = trainSynchronously(steps, [early, steps]);
  const MiB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  for (const { step, loss, rss, heap } of readings)
    console.log(
      `step ${step}: loss ${loss.toFixed(4)}, resident ${MiB(rss)}, WebAssembly memory ${MiB(heap.reservedBytes)}, ` +
        `young ${MiB(heap.youngBytes)}, old ${MiB(heap.oldBytes)}, ${heap.evacuations} evacuations`,
    );
  const ratio = readings[1].rss / readings[0].rss;
  console.log(`resident memory at the end, by that at step ${early}: ${ratio.toFixed(3)}`);
  console.log(`${((performance.now() - start) / steps).toFixed(2)} ms a step (${kernels().name})`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
