import * as optim from '../../../../optim/src/index.js';
import { type Tensor, tensor } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { KindCase } from '../format.js';
import { NotSupported } from '../tensors.js';
import { camelCase, map } from './optim.js';

type Options = Readonly<Record<string, unknown>>;
type Nested = readonly [name: string, options: Options];

interface SchedCase extends KindCase {
  readonly scheduler: string;
  readonly kwargs: Options;
  readonly optimizer_kwargs: Options;
  readonly base_lrs: readonly number[];
  readonly lrs: readonly (readonly number[])[];
  readonly metrics?: readonly number[];
  readonly momentum?: readonly (readonly number[])[];
}

/** Option values that PyTorch spells otherwise. */
const words: Readonly<Record<string, string>> = { exp_range: 'expRange' };

function renamed(kwargs: Options): Options {
  const values = map(kwargs, value => (typeof value === 'string' ? (words[value] ?? value) : value));
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null || name === 'verbose' ? [] : [[camelCase(name), value]],
    ),
  );
}

const plain: Readonly<Record<string, new (optimizer: optim.Scheduled, options: never) => optim.LRScheduler>> =
  {
    StepLR: optim.StepLR,
    MultiStepLR: optim.MultiStepLR,
    ExponentialLR: optim.ExponentialLR,
    PolynomialLR: optim.PolynomialLR,
    LinearLR: optim.LinearLR,
    ConstantLR: optim.ConstantLR,
    CosineAnnealingLR: optim.CosineAnnealingLR,
    CosineAnnealingWarmRestarts: optim.CosineAnnealingWarmRestarts,
    OneCycleLR: optim.OneCycleLR,
    CyclicLR: optim.CyclicLR,
    SWALR: optim.SWALR,
  };

function make(optimizer: optim.SGD, name: string, kwargs: Options): optim.LRScheduler {
  const inner = (): optim.LRScheduler[] =>
    (kwargs.schedulers as readonly Nested[]).map(([own, options]) => make(optimizer, own, options));
  if (name === 'SequentialLR')
    return new optim.SequentialLR(optimizer, {
      schedulers: inner(),
      milestones: kwargs.milestones as readonly number[],
    });
  if (name === 'ChainedScheduler') return new optim.ChainedScheduler(inner());
  const create = plain[name];
  if (create === undefined) throw new NotSupported(`there is no scheduler ${name} yet`);
  return new create(optimizer, renamed(kwargs) as never);
}

/** The rates that a scheduler sets, step by step. */
export function runSched(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as SchedCase;
  const groups = c.base_lrs.map(lr => ({ params: [tensor([0], { requiresGrad: true }) as Tensor], lr }));
  const optimizer = new optim.SGD(groups, renamed(c.optimizer_kwargs));
  let step: (n: number) => void;
  if (c.scheduler === 'ReduceLROnPlateau') {
    const plateau = new optim.ReduceLROnPlateau(optimizer, renamed(c.kwargs));
    step = n => plateau.step(c.metrics?.[n] ?? 0);
  } else {
    const scheduler = make(optimizer, c.scheduler, c.kwargs);
    step = () => scheduler.step();
  }
  c.lrs.forEach((want, n) => {
    // The steps of the optimizer between these have no gradients and would change nothing.
    if (n > 0) step(n - 1);
    compare.numbers(
      `lrs[${n}]`,
      optimizer.groups.map(g => g.lr as number),
      want,
      tolerances.schedule,
    );
    const momentum = c.momentum?.[n];
    if (momentum !== undefined)
      compare.numbers(
        `momentum[${n}]`,
        optimizer.groups.map(g => g.momentum as number),
        momentum,
        tolerances.schedule,
      );
  });
}
