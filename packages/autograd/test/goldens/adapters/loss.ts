import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

/** `reduction`, which the older `size_average` and `reduce` override. */
function reductionOf(p: Params): f.Reduction {
  const name = p.text('reduction') ?? 'mean';
  const [average, reduce] = [p.raw('size_average'), p.raw('reduce')];
  if (average !== undefined || reduce !== undefined)
    return reduce === false ? 'none' : average === false ? 'sum' : 'mean';
  if (name !== 'mean' && name !== 'sum' && name !== 'none') throw new NotSupported(`reduction ${name}`);
  return name;
}

function flagOr(p: Params, name: string, fallback: boolean): boolean {
  return p.raw(name) === undefined ? fallback : p.flag(name);
}

/** PyTorch broadcasts, some losses with a warning; here the caller has to expand. */
function expanded(...tensors: readonly f.Tensor[]): f.Tensor[] {
  const floats = tensors.map(t => t.detach().to('float64') as f.Tensor);
  const { shape } = floats.reduce((a, b) => a.add(b) as f.Tensor);
  return tensors.map(t => t.expand(shape) as f.Tensor);
}

const asVector = (t: f.Tensor): f.Tensor => (t.ndim === 0 ? t.reshape([1]) : t);

const legacy = 'size_average reduce reduction';

/** A loss of input and target, with further options by PyTorch's names. */
function pair(
  signature: string,
  fn: (input: f.Tensor, target: f.Tensor, options: never) => f.Tensor,
  options: (p: Params) => object = () => ({}),
  broadcast = false,
): Adapter {
  return adapter(signature, p => {
    const given = [p.tensor('input'), p.tensor('target')];
    const [input, target] = broadcast ? expanded(...given) : given;
    return fn(input, target, { reduction: reductionOf(p), ...options(p) } as never);
  });
}

const margin = (p: Params): object => ({ margin: p.maybeNumber('margin') });
const weight = (p: Params): object => ({ weight: p.maybeTensor('weight') });
const labelled = (p: Params): object => ({ ...weight(p), ignoreIndex: p.maybeNumber('ignore_index') });

/** As a list, whether given as one, as a tensor, or as a number. */
function lengths(p: Params, name: string): number[] {
  const given = p.raw(name);
  if (given instanceof f.Tensor) return Array.from(given.toTypedArray());
  return typeof given === 'number' ? [given] : p.ints(name);
}

/** ctcLoss with what PyTorch adds to its derivative, so that logSoftmax need not: e**logProbs at all steps of samples that can be spelled. */
function ctc(p: Params): f.Tensor {
  const logProbs = p.tensor('log_probs');
  const reduction = reductionOf(p);
  const [steps, counts] = [lengths(p, 'input_lengths'), lengths(p, 'target_lengths')];
  const blank = p.maybeNumber('blank');
  const losses = f.ctcLoss(logProbs, p.tensor('targets'), steps, counts, { blank, reduction: 'none' });
  const surplus = steps.map((length, n) => {
    const own = logProbs.ndim === 2 ? logProbs : (logProbs.select(1, n) as f.Tensor);
    return own.slice(0, { end: length }).exp().sum();
  });
  const added = f.stack(surplus).reshape(losses.shape) as f.Tensor;
  const spelled = f.where(losses.isfinite(), losses.add(added.sub(added.detach())), losses) as f.Tensor;
  const given = p.flag('zero_infinity') ? (f.where(losses.isfinite(), spelled, 0) as f.Tensor) : spelled;
  if (reduction !== 'mean') return reduction === 'sum' ? given.sum() : given;
  const divisors = Float64Array.from(counts, n => Math.max(n, 1));
  return given.div(f.tensor(divisors).reshape(losses.shape)).mean();
}

export const loss: AdapterTable = {
  mse_loss: pair(`input target ${legacy}`, f.mseLoss, undefined, true),
  l1_loss: pair(`input target ${legacy}`, f.l1Loss, undefined, true),
  smooth_l1_loss: pair(
    `input target ${legacy} beta`,
    f.smoothL1Loss,
    p => ({ beta: p.maybeNumber('beta') }),
    true,
  ),
  huber_loss: pair(
    'input target reduction delta',
    f.huberLoss,
    p => ({ delta: p.maybeNumber('delta') }),
    true,
  ),
  nll_loss: pair('input target weight size_average ignore_index reduce reduction', f.nllLoss, labelled),
  cross_entropy: pair(
    'input target weight size_average ignore_index reduce reduction label_smoothing',
    f.crossEntropy,
    p => ({ ...labelled(p), labelSmoothing: p.maybeNumber('label_smoothing') }),
  ),
  binary_cross_entropy: pair(`input target weight ${legacy}`, f.binaryCrossEntropy, weight),
  binary_cross_entropy_with_logits: pair(
    `input target weight ${legacy} pos_weight`,
    f.binaryCrossEntropyWithLogits,
    p => ({ ...weight(p), posWeight: p.maybeTensor('pos_weight') }),
  ),
  soft_margin_loss: pair(`input target ${legacy}`, f.softMarginLoss, undefined, true),
  multilabel_soft_margin_loss: pair(
    `input target weight ${legacy}`,
    f.multilabelSoftMarginLoss,
    weight,
    true,
  ),
  kl_div: adapter(`input target ${legacy} log_target`, p => {
    const [input, target] = expanded(p.tensor('input'), p.tensor('target'));
    const reduction = p.text('reduction') === 'batchmean' ? 'batchmean' : reductionOf(p);
    return f.klDiv(input, target, { reduction, logTarget: p.flag('log_target') });
  }),
  poisson_nll_loss: pair(
    'input target log_input full size_average eps reduce reduction',
    f.poissonNllLoss,
    p => ({ logInput: flagOr(p, 'log_input', true), full: p.flag('full'), eps: p.maybeNumber('eps') }),
    true,
  ),
  gaussian_nll_loss: adapter('input target var full eps reduction', p => {
    const [input, target] = expanded(p.tensor('input'), p.tensor('target'));
    const options = { full: p.flag('full'), eps: p.maybeNumber('eps'), reduction: reductionOf(p) };
    return f.gaussianNllLoss(input, target, p.tensor('var'), options);
  }),
  hinge_embedding_loss: pair(`input target margin ${legacy}`, f.hingeEmbeddingLoss, margin, true),
  multi_margin_loss: adapter(`input target p margin weight ${legacy}`, p => {
    const input = p.tensor('input');
    const target = p.tensor('target');
    const power = p.maybeNumber('p') ?? 1;
    if (power !== 1 && power !== 2) throw new NotSupported(`p ${power}`);
    // PyTorch takes one sample [C] with a label [1] too, and one class as [].
    const rows = input.ndim < 2 && target.ndim === 1 ? asVector(input).unsqueeze(0) : asVector(input);
    const options = { ...margin(p), ...weight(p), p: power, reduction: reductionOf(p) } as const;
    return f.multiMarginLoss(rows as f.Tensor, target, options);
  }),
  multilabel_margin_loss: adapter(`input target ${legacy}`, p =>
    f.multilabelMarginLoss(asVector(p.tensor('input')), asVector(p.tensor('target')), {
      reduction: reductionOf(p),
    }),
  ),
  margin_ranking_loss: adapter(`input1 input2 target margin ${legacy}`, p => {
    const [first, second, target] = expanded(p.tensor('input1'), p.tensor('input2'), p.tensor('target'));
    return f.marginRankingLoss(first, second, target.to(first.dtype) as f.Tensor, {
      ...margin(p),
      reduction: reductionOf(p),
    });
  }),
  cosine_embedding_loss: adapter(`input1 input2 target margin ${legacy}`, p => {
    const [first, second] = expanded(p.tensor('input1'), p.tensor('input2'));
    return f.cosineEmbeddingLoss(first, second, p.tensor('target'), {
      ...margin(p),
      reduction: reductionOf(p),
    });
  }),
  triplet_margin_loss: adapter(`anchor positive negative margin p eps swap ${legacy}`, p => {
    const [anchor, positive, negative] = expanded(
      p.tensor('anchor'),
      p.tensor('positive'),
      p.tensor('negative'),
    );
    const options = { p: p.maybeNumber('p'), eps: p.maybeNumber('eps'), swap: p.flag('swap') };
    return f.tripletMarginLoss(anchor, positive, negative, {
      ...options,
      ...margin(p),
      reduction: reductionOf(p),
    });
  }),
  triplet_margin_with_distance_loss: adapter('anchor positive negative margin swap reduction', p => {
    const [anchor, positive, negative] = expanded(
      p.tensor('anchor'),
      p.tensor('positive'),
      p.tensor('negative'),
    );
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, {
      ...margin(p),
      swap: p.flag('swap'),
      reduction: reductionOf(p),
    });
  }),
  ctc_loss: adapter('log_probs targets input_lengths target_lengths blank reduction zero_infinity', ctc),
};
