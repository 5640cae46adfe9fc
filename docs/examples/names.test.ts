import { Generator, noGrad, type Tensor, tensor, zeros } from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import { describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { NameGRU } from './names-gru.js';
import { NameTransformer } from './names-transformer.js';
import {
  bitsPerCharacter,
  decode,
  encode,
  loadNames,
  type NameModel,
  padding,
  sample,
  scored,
  split,
  type Tokens,
  train,
} from './support/names.js';

const names = loadNames();

describe('the names', () => {
  test('are 8,422 different ones in letters and hyphens', () => {
    expect(names.length).toBe(8422);
    expect(new Set(names).size).toBe(8422);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z-]+$/);
  });

  test('a tenth is held out, and a seed fixes which', () => {
    const parts = split(names, new Generator(1));
    expect([parts.train.length, parts.validation.length]).toEqual([7580, 842]);
    expect([...parts.train, ...parts.validation].toSorted()).toEqual(names.toSorted());
    expect(split(names, new Generator(1))).toEqual(parts);
    expect(split(names, new Generator(2)).validation).not.toEqual(parts.validation);
  });

  test('stand between boundaries as tokens, which can be read again', () => {
    const { tokens, lengths } = encode(['abe', 'jo-z']);
    expect(tokens.toArray()).toEqual([
      [0, 1, 2, 5, 0, padding],
      [0, 10, 15, 27, 26, 0],
    ]);
    expect(lengths.toArray()).toEqual([4, 5]);
    expect(tokens.toArray().map(decode)).toEqual(['abe', 'jo-z']);
    expect(decode([0, 1, 2])).toBe('ab');
    expect(decode([0, 0, 3])).toBe('');
  });
});

/** Scores what comes next by the last token alone. */
class Table extends Module implements NameModel {
  private readonly rows: Tensor;

  constructor(rows: Tensor) {
    super();
    this.rows = rows;
  }

  override forward(tokens: Tokens): Tensor<[number, number, number]> {
    const known = tokens.clamp({ max: scored - 1 }).flatten();
    return this.rows.indexSelect(0, known).reshape([...tokens.shape, scored]);
  }

  reader(): (beginnings: Tokens) => Tensor<[number, number]> {
    return beginnings => this.forward(beginnings).select(1, -1);
  }
}

/** After each token one of two others, both as likely. */
function coin(a: number, b: number): Tensor {
  const row = Array.from({ length: scored }, (_, i) => (i === a || i === b ? 0 : Number.NEGATIVE_INFINITY));
  return tensor(Array.from({ length: scored }, () => row));
}

describe('bits and samples', () => {
  test('a model that knows nothing needs log2(28) bits, one that doubts between two letters 1 bit, to 1e-6', () => {
    const nothing = new Table(zeros([scored, scored]));
    expect(Math.abs(bitsPerCharacter(nothing, names.slice(0, 300)) - Math.log2(28))).toBeLessThan(1e-6);
    const two = new Table(coin(0, 1));
    expect(Math.abs(bitsPerCharacter(two, ['a', 'aa', 'aaaaa']) - 1)).toBeLessThan(1e-6);
  });

  test('samples follow the scores, end at a boundary, and are a matter of the seed', () => {
    const net = new Table(coin(0, 1));
    const options = { count: 400, temperature: 1 };
    const drawn = sample(net, { ...options, generator: new Generator(3) });
    for (const name of drawn) expect(name).toMatch(/^a{0,15}$/);
    // Half of them end at once, give or take four standard deviations of 10.
    expect(Math.abs(drawn.filter(name => name === '').length - 200)).toBeLessThan(40);
    expect(sample(net, { ...options, generator: new Generator(3) })).toEqual(drawn);
    expect(sample(net, { ...options, generator: new Generator(4) })).not.toEqual(drawn);
  });

  test('cold, the likelier letter wins; hot, it hardly matters', () => {
    const row = Array.from({ length: scored }, (_, i) => [0, 1, 2].at(i) ?? Number.NEGATIVE_INFINITY);
    const net = new Table(tensor(Array.from({ length: scored }, () => row)));
    const letters = (temperature: number): string[] =>
      Array.from(sample(net, { count: 100, temperature, generator: new Generator(0) }).join(''));
    expect(new Set(letters(0.01))).toEqual(new Set(['b']));
    const hot = letters(100);
    expect(Math.abs(hot.filter(letter => letter === 'a').length / hot.length - 0.5)).toBeLessThan(0.2);
  });
});

const models: [string, (generator: Generator) => NameModel][] = [
  ['GRU', generator => new NameGRU(generator)],
  ['transformer', generator => new NameTransformer(generator)],
];

describe.each(models)('%s', (_, make) => {
  const options = { seed: 2, lr: 0.005, batch: 50, checkpoint: undefined, resume: undefined };
  const scoresOf = (net: NameModel, list: string[]) => {
    const { tokens, lengths } = encode(list);
    net.eval();
    return noGrad(() => net.forward(tokens.narrow(1, 0, tokens.shape[1] - 1), lengths)).toArray();
  };

  test('no score depends on a letter that comes later, or on longer names beside it, to 1e-5', () => {
    const net = make(new Generator(1));
    const [anna] = scoresOf(net, ['anna']);
    const [anne, other] = scoresOf(net, ['anne', 'bartholomew']);
    const far = (a: number[], b: number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i])));
    for (let i = 0; i < 4; i++) expect(far(anna[i], anne[i])).toBeLessThan(1e-5);
    expect(far(anna[4], anne[4])).toBeGreaterThan(1e-3);
    expect(far(anna[1], other[1])).toBeGreaterThan(1e-3);
  });

  test('read token by token, the scores are those of whole names to 1e-5', () => {
    const net = make(new Generator(1));
    const whole = scoresOf(net, ['maria', 'peter']);
    const { tokens } = encode(['maria', 'peter']);
    noGrad(() => {
      const reader = net.reader();
      for (let i = 0; i < 6; i++) {
        const next = reader(tokens.narrow(1, 0, i + 1)).toArray();
        next.forEach((row, n) => {
          row.forEach((score, k) => {
            expect(Math.abs(score - whole[n][i][k])).toBeLessThan(1e-5);
          });
        });
      }
    });
  });

  test('learns: below 4 bits per character of other names after 3 epochs of 600', async () => {
    const parts = split(
      names.filter((_, i) => i % 12 === 0),
      new Generator(0),
    );
    const { net, log } = await train(make, parts, { ...options, epochs: 3 });
    expect(log.validation[2]).toBeLessThan(4);
    expect(log.validation[2]).toBeLessThan(log.validation[0]);
    expect(bitsPerCharacter(net, parts.validation)).toBe(log.validation[2]);
    expect(net.training).toBe(true);
  });

  test('resumed, ends as one that was not broken off, and another seed ends elsewhere', async () => {
    const parts = { train: names.slice(0, 150), validation: names.slice(150, 180) };
    const [straight, resumed] = await straightAndResumed(run => train(make, parts, { ...options, ...run }));
    expect(resumed.net.stateDict()).toEqual(straight.net.stateDict());
    expect(resumed.log).toEqual(straight.log);
    const other = await train(make, parts, { ...options, epochs: 2, seed: 3 });
    expect(other.log.train).not.toEqual(straight.log.train);
  });
});
