import { clipGradNorm, clipGradValue, clipNorm, clipValue } from '../../../../optim/src/index.js';
import { type Tensor, zerosLike } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import { type Entry, type GoldenTensor, type KindCase, toNumber } from '../format.js';
import { build, NotSupported } from '../tensors.js';

interface ClipCase extends KindCase {
  readonly fn: string;
  readonly before: readonly GoldenTensor[];
  readonly after: readonly GoldenTensor[];
  readonly max_norm?: number;
  readonly norm_type?: Entry;
  readonly total_norm?: Entry | GoldenTensor;
  readonly clip_value?: number;
}

/** Clipping in place, and the pure form of it. */
export function runClip(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as ClipCase;
  const params = c.before.map(t => {
    const grad = build(t);
    const p = zerosLike(grad, { requiresGrad: true });
    p.grad = grad;
    return p;
  });
  const pure = clipped(c, params);
  c.after.forEach((want, i) => {
    compare.tensor(`after[${i}]`, params[i].grad as Tensor, want, tolerances.first);
    compare.tensor(`after[${i}] of the pure form`, pure.grads[i], want, tolerances.first);
  });
  if (c.total_norm === undefined) return;
  const norm = typeof c.total_norm === 'object' ? c.total_norm.data[0] : c.total_norm;
  pure.norms.forEach((got, i) => {
    compare.number(`total_norm${i === 0 ? '' : ' of the pure form'}`, got, norm, tolerances.first);
  });
}

function clipped(
  c: ClipCase,
  params: readonly Tensor[],
): { readonly grads: readonly Tensor[]; readonly norms: readonly number[] } {
  const grads = c.before.map(t => build(t));
  if (c.fn === 'clip_grad_norm_') {
    const options = { normType: toNumber(c.norm_type ?? 2) };
    const pure = clipNorm(grads, c.max_norm as number, options);
    const norm = clipGradNorm(params, c.max_norm as number, options);
    return { grads: pure.grads, norms: [norm.item(), pure.norm.item()] };
  }
  if (c.fn !== 'clip_grad_value_') throw new NotSupported(`there is no ${c.fn} yet`);
  clipGradValue(params, c.clip_value as number);
  return { grads: clipValue(grads, c.clip_value as number), norms: [] };
}
