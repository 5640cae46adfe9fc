import { Comparison, type Problem } from './compare.js';
import { type Case, isOpCase, type KindCase } from './format.js';
import { runBatchNorm } from './runners/batchNorm.js';
import { runClip } from './runners/clip.js';
import { runCnn } from './runners/cnn.js';
import { runHessian } from './runners/hessian.js';
import { runInit } from './runners/init.js';
import { runLayer } from './runners/layer.js';
import { runMaml, runMeta } from './runners/meta.js';
import { runOp } from './runners/op.js';
import { runOptim } from './runners/optim.js';
import { runSched } from './runners/sched.js';
import { NotSupported } from './tensors.js';

/** Runners by the kind of a case; `ops-*` cases have none and are operator calls. */
const runners: Readonly<Record<string, (c: KindCase, compare: Comparison) => void>> = {
  optim: runOptim,
  sched: runSched,
  clip: runClip,
  meta: runMeta,
  maml: runMaml,
  hessian: runHessian,
  layer: runLayer,
  batchnorm_steps: runBatchNorm,
  init: runInit,
  cnn_step: runCnn,
};

export interface Outcome {
  readonly id: string;
  /** What the report counts by: `div/floor_rounding`, `optim SGD`. */
  readonly group: string;
  readonly status: 'passed' | 'failed' | 'not yet supported';
  readonly problems: readonly Problem[];
  /** Why it is not yet supported; '' otherwise. */
  readonly reason: string;
}

function groupOf(c: Case): string {
  if (isOpCase(c)) return c.variant === '' ? c.op : `${c.op}/${c.variant}`;
  const named = c as KindCase &
    Readonly<Record<'optimizer' | 'inner' | 'scheduler' | 'fn' | 'module', string | undefined>>;
  const { optimizer, inner, scheduler, fn, module } = named;
  return [c.kind, optimizer ?? inner ?? scheduler ?? fn ?? module ?? ''].join(' ').trim();
}

/** Replays one case. Operator calls run twice: with the inputs as noted, and with all inputs strided. */
export function runCase(c: Case): Outcome {
  const compare = new Comparison();
  const outcome = { id: c.id, group: groupOf(c), reason: '' };
  try {
    if (isOpCase(c)) {
      runOp(c, compare, 'noted');
      if (compare.problems.length === 0) strided(c, compare);
    } else {
      const runner = runners[c.kind];
      if (runner === undefined) throw new NotSupported(`there is nothing of the kind ${c.kind} yet`);
      runner(c, compare);
    }
    if (compare.quantities === 0 && compare.problems.length === 0)
      compare.fail('case', 'nothing to compare', 'a quantity');
  } catch (error) {
    // What was compared before stands: a case that has begun can only pass or fail.
    if (error instanceof NotSupported && compare.quantities === 0)
      return { ...outcome, status: 'not yet supported', problems: [], reason: error.message };
    compare.fail('call', String(error instanceof Error ? (error.stack ?? error) : error), 'a result');
  }
  return {
    ...outcome,
    status: compare.problems.length === 0 ? 'passed' : 'failed',
    problems: compare.problems,
  };
}

function strided(c: Case, compare: Comparison): void {
  if (!isOpCase(c)) return;
  const second = new Comparison();
  runOp(c, second, 'strided');
  for (const p of second.problems) compare.problems.push({ ...p, quantity: `${p.quantity}, inputs strided` });
}
