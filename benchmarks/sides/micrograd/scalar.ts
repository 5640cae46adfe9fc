/**
 * The algorithm of micrograd (Karpathy 2020), written anew from its idea for comparison: every scalar of the computation is an object that
 * holds its number, its gradient, what it was made of, and a closure that passes its gradient on to them; the backward walk calls the
 * closures in reverse topological order. python/scalar.py is the same.
 */
export class Scalar {
  data: number;
  grad = 0;
  readonly parents: readonly Scalar[];
  pass: () => void = () => undefined;

  constructor(data: number, parents: readonly Scalar[] = []) {
    this.data = data;
    this.parents = parents;
  }

  add(b: Scalar): Scalar {
    const out = new Scalar(this.data + b.data, [this, b]);
    out.pass = () => {
      this.grad += out.grad;
      b.grad += out.grad;
    };
    return out;
  }

  mul(b: Scalar): Scalar {
    const out = new Scalar(this.data * b.data, [this, b]);
    out.pass = () => {
      this.grad += b.data * out.grad;
      b.grad += this.data * out.grad;
    };
    return out;
  }

  relu(): Scalar {
    const out = new Scalar(Math.max(0, this.data), [this]);
    out.pass = () => {
      if (out.data > 0) this.grad += out.grad;
    };
    return out;
  }

  backward(): void {
    const order: Scalar[] = [];
    const seen = new Set<Scalar>();
    const visit = (scalar: Scalar): void => {
      if (seen.has(scalar)) return;
      seen.add(scalar);
      for (const parent of scalar.parents) visit(parent);
      order.push(scalar);
    };
    visit(this);
    this.grad = 1;
    for (let i = order.length - 1; i >= 0; i--) order[i].pass();
  }
}
