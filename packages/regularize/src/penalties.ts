import {
  ArgumentError,
  abs,
  add,
  mul,
  ShapeError,
  scope,
  show,
  showShape,
  square,
  sum,
  Tensor,
} from '@fluxion/autograd';

/** The tensors that a penalty is over: one, any iterable of them (`net.parameters()`), or a tree (`net.namedParameters()`). */
export type Penalised = Tensor | Iterable<Penalised> | { readonly [key: string]: Penalised };

/**
 * strength * sum |w| over all elements of all tensors, a scalar to add to a loss. Its gradient is strength * sign(w), with 0 at 0, so weights
 * that the loss does not need go to zero (Tibshirani 1996).
 *
 * @param strength from 0, or a scalar tensor, through which gradients flow
 */
export function l1(params: Penalised, strength: number | Tensor): Tensor<[]> {
  return penalty('l1', abs, params, strength);
}

/**
 * strength * sum w² over all elements of all tensors, a scalar to add to a loss.
 *
 * Its gradient is 2 * strength * w: under plain SGD `l2(params, s)` is the same as a weight decay of 2 s (PyTorch's `weight_decay` stands for
 * half the sum). Adam scales it like any other gradient; AdamW's weight decay is something else.
 *
 * @param strength from 0, or a scalar tensor, through which gradients flow
 */
export function l2(params: Penalised, strength: number | Tensor): Tensor<[]> {
  return penalty('l2', square, params, strength);
}

function penalty(
  op: string,
  of: (w: Tensor) => Tensor,
  params: Penalised,
  strength: number | Tensor,
): Tensor<[]> {
  checkStrength(op, strength);
  const tensors: Tensor[] = [];
  collect(op, params, '', tensors);
  if (tensors.length === 0)
    throw new ArgumentError(`${op}: there is no tensor to penalise. Give some, such as net.parameters().`);
  return scope(() => {
    const total = tensors.map(w => sum(of(w)) as Tensor).reduce((a, b) => add(a, b));
    return mul(total, typeof strength === 'number' ? strength : strength.reshape([])) as Tensor<[]>;
  });
}

function checkStrength(op: string, strength: number | Tensor): void {
  if (strength instanceof Tensor) {
    if (strength.size !== 1)
      throw new ShapeError(
        `${op}: the strength has shape ${showShape(strength.shape)}; expected a single number.`,
      );
  } else if (typeof strength !== 'number' || !(strength >= 0 && strength < Number.POSITIVE_INFINITY))
    throw new ArgumentError(
      `${op}: the strength is ${show(strength)}; expected a finite number from 0, or a scalar tensor.`,
    );
}

function collect(op: string, params: Penalised, path: string, out: Tensor[]): void {
  if (params instanceof Tensor) {
    out.push(params);
    return;
  }
  if (typeof params === 'object' && params !== null) {
    const prefix = path === '' ? '' : `${path}.`;
    if (Symbol.iterator in params) {
      let i = 0;
      for (const child of params) collect(op, child, `${prefix}${i++}`, out);
      return;
    }
    const prototype = Object.getPrototypeOf(params);
    if (prototype === Object.prototype || prototype === null) {
      for (const [key, child] of Object.entries(params)) collect(op, child, `${prefix}${key}`, out);
      return;
    }
  }
  throw new ArgumentError(
    `${op}: expected tensors, alone or in arrays and plain objects, got ${show(params)}${path === '' ? '' : ` at ${path}`}. ` +
      'For a module give net.parameters().',
  );
}
