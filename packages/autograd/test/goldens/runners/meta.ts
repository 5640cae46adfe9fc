import { sgd, type UpdateRule } from '../../../../optim/src/index.js';
import { grad, softplus, type Tensor } from '../../../src/index.js';
import { type Comparison, tolerances } from '../compare.js';
import type { GoldenTensor, KindCase } from '../format.js';
import { build, NotSupported, scalar } from '../tensors.js';
import { camelCase, kinds, map, mlp } from './optim.js';

type Tensors = Readonly<Record<string, Tensor>>;
type Goldens = Readonly<Record<string, GoldenTensor>>;

interface MetaCase extends KindCase {
  readonly inner: string;
  readonly k: number;
  readonly hyper: Readonly<Record<string, unknown>>;
  readonly data: Goldens;
  readonly sample_weight: GoldenTensor;
  readonly w0: GoldenTensor;
  readonly b0: GoldenTensor;
  readonly inner_losses: readonly number[];
  readonly w_k: GoldenTensor;
  readonly b_k: GoldenTensor;
  readonly outer_loss: number;
  readonly grads: Goldens;
  readonly d_lr_grad: Goldens;
}

/** What the inner optimizer takes of `hyper`, by our names: numbers as tensors, to be differentiated by; the rest belongs to the loss. */
function innerRule(name: string, hyper: Readonly<Record<string, unknown>>, tensors: Tensors): UpdateRule {
  const found = Object.entries(kinds).find(([torch]) => torch.toLowerCase() === name);
  const [, { options: known, rule }] = found ?? [name, { options: [], rule: null }];
  if (rule === null) throw new NotSupported(`there is no differentiable ${name} yet`);
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(hyper)) {
    if (key === 'beta1' || key === 'beta2') options.betas = [tensors.beta1, tensors.beta2];
    else if (known.includes(key)) options[camelCase(key)] = tensors[key] ?? value;
    else throw new NotSupported(`${name} with ${key}`);
  }
  return rule(options);
}

/** Binary cross-entropy of logits, element by element. */
function bce(logits: Tensor, labels: Tensor): Tensor {
  return softplus(logits, { threshold: 40 }).sub(logits.mul(labels));
}

/** Gradients through unrolled steps of an optimizer, by everything that went in. */
export function runMeta(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as MetaCase;
  const { l2, ...own } = c.hyper;
  const numbers = Object.entries({ l2, ...own }).filter(([, value]) => typeof value === 'number');
  const hyper: Tensors = Object.fromEntries(
    numbers.map(([name, value]) => [name, scalar(value as number).requiresGrad_()]),
  );
  const rule = innerRule(c.inner, own, hyper);
  const leaves: Tensors = {
    w0: build(c.w0).requiresGrad_(),
    b0: build(c.b0).requiresGrad_(),
    sample_weight: build(c.sample_weight).requiresGrad_(),
    ...hyper,
  };
  const { X_train, y_train, X_val, y_val } = map(c.data, t => build(t));
  const innerLoss = ({ w, b }: { readonly w: Tensor; readonly b: Tensor }): Tensor =>
    leaves.sample_weight
      .mul(bce(X_train.matmul(w).add(b), y_train))
      .mean()
      .add(w.square().sum().mul(hyper.l2).mul(0.5));

  let params = { w: leaves.w0, b: leaves.b0 };
  let state = rule.init(params);
  for (let t = 0; t < c.k; t++) {
    compare.number(`inner_losses[${t}]`, innerLoss(params).item(), c.inner_losses[t], tolerances.trajectory);
    ({ params, state } = rule.update(grad(innerLoss)(params), state, params));
  }
  compare.tensor('w_k', params.w, c.w_k, tolerances.trajectory);
  compare.tensor('b_k', params.b, c.b_k, tolerances.trajectory);
  const outer = bce(X_val.matmul(params.w).add(params.b), y_val).mean();
  compare.number('outer_loss', outer.item(), c.outer_loss, tolerances.trajectory);

  const grads = grad(outer, leaves, { createGraph: true, allowUnused: true });
  for (const [name, want] of Object.entries(c.grads))
    compare.tensor(`grads.${name}`, grads[name], want, tolerances.trajectory);
  const { w0, b0, lr } = leaves;
  const again: Tensors = grad(grads.lr, { w0, b0, lr });
  for (const [name, want] of Object.entries(c.d_lr_grad))
    compare.tensor(`d_lr_grad.${name}`, again[name], want, tolerances.trajectory);
}

interface MamlCase extends KindCase {
  readonly inner: string;
  readonly k: number;
  readonly lr: number;
  readonly params: Goldens;
  readonly tasks: readonly Goldens[];
  readonly outer_loss: number;
  readonly grads: Goldens;
  readonly grads_first_order: Goldens;
}

/** Model-agnostic meta-learning, exact and to first order. */
export function runMaml(kindCase: KindCase, compare: Comparison): void {
  const c = kindCase as MamlCase;
  if (c.inner !== 'sgd') throw new NotSupported(`an inner ${c.inner}`);
  const tasks = c.tasks.map(task => map(task, t => build(t)));
  for (const [quantity, wanted, exact] of [
    ['grads', c.grads, true],
    ['grads_first_order', c.grads_first_order, false],
  ] as const) {
    const lr = scalar(c.lr).requiresGrad_();
    const params: Tensors = map(c.params, t => build(t).requiresGrad_());
    const losses = tasks.map(task => {
      const loss = (p: Tensors, x: Tensor, y: Tensor): Tensor => mlp(p, x).sub(y).square().mean();
      const rule = sgd({ lr });
      let adapted = params;
      let state = rule.init(adapted);
      for (let t = 0; t < c.k; t++) {
        const grads = grad((p: Tensors) => loss(p, task.Xs, task.ys))(adapted);
        ({ params: adapted, state } = rule.update(
          exact ? grads : map(grads, g => g.detach()),
          state,
          adapted,
        ));
      }
      return loss(adapted, task.Xq, task.yq);
    });
    const outer = losses.reduce((a, b) => a.add(b)).div(losses.length);
    compare.number('outer_loss', outer.item(), c.outer_loss, tolerances.trajectory);
    const grads: Tensors = grad(outer, { ...params, lr });
    for (const [name, want] of Object.entries(wanted))
      compare.tensor(`${quantity}.${name}`, grads[name], want, tolerances.trajectory);
  }
}
