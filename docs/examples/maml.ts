/**
 * Learns to learn: the weights of a small network from which one step of gradient descent on ten points of a sine curve that it has never seen
 * already gives that curve (model-agnostic meta-learning, Finn et al. 2017). Training differentiates through the step, so it takes second derivatives;
 * `--order 1` takes the step's gradient for a constant (first-order MAML).
 * Beside it stands what the same network, trained on points of all curves in the ordinary way, can do from where it ended: it has learned the mean
 * of all curves, and adapts badly even with the step size that suits it best.
 *
 *     npx tsx --conditions=@fluxion/source docs/examples/maml.ts --epochs 30 --seed 0 --lr 0.01 --tasks 4 --order 2
 *
 * With seed 0 the mean squared error on 100 new curves is 0.52 after a step and 0.19 after ten, where pretraining leaves 2.21 and 1.33; with seeds 1 and 2 0.51 and 0.18, and 0.56 and 0.24.
 * First-order MAML comes to 0.91 and 0.29. It takes about 15 seconds of processor time.
 */
import { Generator, linspace, mseLoss, noGrad, rand, relu, type Tensor } from '@fluxion/autograd';
import { functionalCall, Linear, Module, Sequential } from '@fluxion/nn';
import { Adam, CosineAnnealingLR, sgd, unroll } from '@fluxion/optim';
import { learningCurve, panels } from './support/plot.js';
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

type Points = Tensor<[number, 1]>;
type Weights = Readonly<Record<string, Tensor>>;

/** Points of one curve. */
interface Sample {
  readonly x: Points;
  readonly y: Points;
}

/** A curve to learn: y = amplitude * sin(x - phase). */
export interface Task {
  readonly amplitude: number;
  readonly phase: number;
}

const shots = 10;
const grid = linspace(-5, 5, 100).reshape([100, 1]);
/** Of the step that MAML prepares for. */
const stepSize = 0.01;

/** 1-40-40-1. */
export class SineNet extends Module {
  readonly layers;

  constructor(generator: Generator) {
    super();
    this.layers = new Sequential(
      new Linear(1, 40, { generator }),
      relu,
      new Linear(40, 40, { generator }),
      relu,
      new Linear(40, 1, { generator }),
    );
  }

  override forward(x: Points): Points {
    return this.layers.forward(x);
  }
}

/** Amplitudes from 0.1 to 5, phases from 0 to pi. */
export function drawTask(generator: Generator): Task {
  const [a, b] = rand([2], { generator }).toArray();
  return { amplitude: 0.1 + 4.9 * a, phase: Math.PI * b };
}

const curve = ({ amplitude, phase }: Task, x: Points): Sample => ({
  x,
  y: x.sub(phase).sin().mul(amplitude),
});
/** Ten points of a curve, x from -5 to 5. */
const drawSample = (task: Task, generator: Generator): Sample =>
  curve(task, rand([shots, 1], { generator }).mul(10).sub(5));

const lossOf = (net: SineNet, weights: Weights, { x, y }: Sample): Tensor =>
  mseLoss(functionalCall(net, weights, x), y);

/** The weights after some steps down the loss of a sample, differentiable by the weights before. */
function adapt(
  net: SineNet,
  weights: Weights,
  sample: Sample,
  { steps = 1, lr = stepSize, firstOrder = false } = {},
): Weights {
  return unroll(sgd({ lr }), w => lossOf(net, w, sample), weights, steps, { firstOrder }).params;
}

/** The loss on whole curves after 0, 1, … steps on ten points of each; the mean of some tasks, the same for the same seed. */
export function adaptation(
  net: SineNet,
  { tasks = 100, steps = 10, lr = stepSize, seed = 1 } = {},
): number[] {
  const generator = new Generator(seed);
  const totals = new Array<number>(steps + 1).fill(0);
  for (let i = 0; i < tasks; i++) {
    const task = drawTask(generator);
    const sample = drawSample(task, generator);
    const whole = curve(task, grid);
    noGrad(() => {
      let weights: Weights = net.namedParameters();
      for (let n = 0; n <= steps; n++) {
        if (n > 0) weights = adapt(net, weights, sample, { lr });
        totals[n] += lossOf(net, weights, whole).item() / tasks;
      }
    });
  }
  return totals;
}

/** The step size, out of some, with which a network has the smallest loss after so many steps, on tasks of their own. */
export function bestStepSize(net: SineNet, steps: number, tasks = 50): number {
  const losses = [0.003, 0.01, 0.02, 0.03, 0.05, 0.1].map(lr => ({
    lr,
    loss: adaptation(net, { tasks, steps, lr, seed: 2 })[steps],
  }));
  return losses.filter(({ loss }) => Number.isFinite(loss)).sort((a, b) => a.loss - b.loss)[0].lr;
}

export interface TrainOptions
  extends Pick<ProgramOptions, 'epochs' | 'seed' | 'lr' | 'checkpoint' | 'resume'> {
  /** For one step of the weights. */
  readonly tasks: number;
  /** 2, or 1 for first-order MAML. */
  readonly order: number;
  /** Steps of the weights in an epoch. Default 100. */
  readonly iterations?: number;
  readonly onStep?: (step: number, loss: number) => void;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** The network trained by MAML and the one trained on all curves at once, on the same points from the same start. */
export async function train(options: TrainOptions) {
  const { epochs, seed, lr, tasks, order, iterations = 100, onStep, onEpoch } = options;
  if (order !== 1 && order !== 2) throw new Error(`--order is ${order}; expected 1 or 2.`);
  const generator = new Generator(seed);
  const net = new SineNet(generator);
  const baseline = new SineNet(generator);
  baseline.loadStateDict(net.stateDict());
  const optimizer = new Adam(net.parameters(), { lr });
  const baselineOptimizer = new Adam(baseline.parameters(), { lr });
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: epochs * iterations });
  const baselineScheduler = new CosineAnnealingLR(baselineOptimizer, { tMax: epochs * iterations });
  const log = history('meta', 'baseline');
  const parts = {
    net,
    baseline,
    optimizer,
    baselineOptimizer,
    scheduler,
    baselineScheduler,
    generator: stateOf(generator),
    log,
  };
  await runEpochs(options, parts, epoch => {
    for (let i = 1; i <= iterations; i++) {
      optimizer.zeroGrad();
      baselineOptimizer.zeroGrad();
      let sum = 0;
      for (let t = 0; t < tasks; t++) {
        const task = drawTask(generator);
        const [support, query] = [drawSample(task, generator), drawSample(task, generator)];
        const weights = adapt(net, net.namedParameters(), support, { firstOrder: order === 1 });
        const loss = lossOf(net, weights, query);
        loss.div(tasks).backward();
        sum += loss.item();
        for (const { x, y } of [support, query])
          mseLoss(baseline.forward(x), y)
            .div(2 * tasks)
            .backward();
      }
      optimizer.step();
      baselineOptimizer.step();
      scheduler.step();
      baselineScheduler.step();
      onStep?.((epoch - 1) * iterations + i, sum / tasks);
    }
    log.meta.push(adaptation(net, { steps: 1 })[1]);
    log.baseline.push(adaptation(baseline, { steps: 1 })[1]);
    onEpoch?.(epoch, log.meta.at(-1) as number);
  });
  return { net, baseline, log };
}

/** A curve, the ten points of it that are given, and what a network makes of it before and after steps. */
function adaptationPanel(net: SineNet, title: string, lr: number, generator: Generator): string {
  const task = drawTask(generator);
  const sample = drawSample(task, generator);
  const x = grid.flatten().toArray();
  const after = (steps: number): number[] =>
    noGrad(() => {
      const weights = adapt(net, net.namedParameters(), sample, { steps, lr });
      return functionalCall(net, weights, grid).flatten().toArray();
    });
  return learningCurve({
    title,
    xLabel: 'x',
    yLabel: 'y',
    width: 480,
    height: 360,
    series: [
      { name: 'curve', x, y: curve(task, grid).y.flatten().toArray(), draw: 'dashes', color: '#333333' },
      { name: 'before', x, y: after(0), color: '#bbbbbb' },
      { name: '1 step', x, y: after(1), color: '#56b4e9' },
      { name: '10 steps', x, y: after(10), color: '#0072b2' },
      {
        name: 'given',
        x: sample.x.flatten().toArray(),
        y: sample.y.flatten().toArray(),
        draw: 'points',
        color: '#d55e00',
      },
    ],
  });
}

async function main(): Promise<void> {
  const options = parseProgram({ epochs: 30, lr: 0.01, out: 'out/maml', tasks: 4, order: 2 });
  const { epochs, out, order, tasks } = options;
  const iterations = 100;
  const bar = progressBar(epochs * iterations, epochs);
  const start = performance.now();
  let smooth = Number.NaN;
  let first = 0;
  const { net, baseline, log } = await train({
    ...options,
    iterations,
    onStep: (step, loss) => {
      smooth = Number.isNaN(smooth) ? loss : 0.98 * smooth + 0.02 * loss;
      first ||= step;
      bar.update(step, smooth, ((step - first + 1) * tasks) / ((performance.now() - start) / 1000));
    },
    onEpoch: (epoch, loss) => bar.epoch(epoch, `loss after a step ${loss.toFixed(3)}`),
  });
  bar.stop();

  const meta = adaptation(net);
  const [forOne, lr] = [1, 10].map(steps => bestStepSize(baseline, steps));
  const plain = adaptation(baseline, { lr });
  const rows = [
    { name: 'MAML', losses: meta },
    { name: `pretrained, step size ${lr}, best for ten`, losses: plain },
    { name: `pretrained, step size ${forOne}, best for one`, losses: adaptation(baseline, { lr: forOne }) },
  ];
  console.log('\nmean loss on 100 new curves                before    1 step    10 steps');
  for (const { name, losses } of rows)
    console.log([name.padEnd(40), ...[0, 1, 10].map(n => losses[n].toFixed(3).padEnd(7))].join('   '));
  const pretrainedOne = rows[2].losses[1];

  const steps = meta.map((_, n) => n);
  const chart = {
    title: 'Loss on new curves after steps on ten points',
    xLabel: 'steps',
    yLabel: 'mean squared error',
    width: 480,
    height: 360,
    series: [
      { name: 'MAML', x: steps, y: meta },
      { name: `pretrained, its best step size ${lr}`, x: steps, y: plain },
    ],
  };
  const charts = [
    adaptationPanel(net, 'MAML', stepSize, new Generator(3)),
    adaptationPanel(baseline, 'Pretrained on the same points', lr, new Generator(3)),
    adaptationPanel(net, 'MAML, another curve', stepSize, new Generator(4)),
    learningCurve(chart),
  ];
  await writeText(`${out}/adaptation.svg`, panels(charts, 2));
  await writeText(
    `${out}/learning-curve.svg`,
    learningCurve({
      title: `MAML on sine curves${order === 1 ? ', first order' : ''}: loss after one step ${meta[1].toFixed(3)}`,
      xLabel: `hundreds of iterations of ${tasks} curves`,
      yLabel: 'mean squared error on new curves after one step',
      series: [
        { name: 'MAML', y: log.meta },
        { name: 'pretrained', y: log.baseline },
      ],
    }),
  );
  console.log(`figures: ${out}/adaptation.svg, ${out}/learning-curve.svg`);
  console.log(
    `\nloss after one step ${meta[1].toFixed(4)} (pretrained ${pretrainedOne.toFixed(4)}), after ten ${meta[10].toFixed(4)} (${plain[10].toFixed(4)})`,
  );
}

if (isMain(import.meta.url)) await main();
