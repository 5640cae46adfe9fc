import { describe, expect, test } from 'vitest';
import { kernels } from '../../kernels/src/index.js';
import { gelu, nn, noGrad, relu, type Tensor, tanh, tensor } from '../src/index.js';

const { Linear, Module, ReLU, Sequential, Tanh } = nn;
const x = (): Tensor => tensor([[0.5, -1, 2]]);

/** Keeps what it is given and what it returns. */
class Watcher extends Module {
  seen: Tensor[] = [];
  forward(input: Tensor): Tensor {
    const output = input.mul(2);
    this.seen.push(input, output);
    return output;
  }
}

describe('what passes between the layers of a Sequential', () => {
  test('is given back at once where the layers keep nothing', () => {
    const net = new Sequential(
      new Linear(3, 4),
      new Tanh(),
      new Sequential(new Linear(4, 4), new ReLU()),
      new Linear(4, 2),
    );
    const before = kernels().memory().youngCount;
    const y = net.forward(x().detach());
    // The input, the output, and what the derivative reads: three inputs of products, and the outputs of tanh and relu are two of them.
    expect(kernels().memory().youngCount - before).toBe(4);
    y.sum().backward();
    expect(kernels().memory().youngCount - before).toBeLessThanOrEqual(3 + 6);
  });

  test("is given back between functions of the library as well, and not where one is the user's", () => {
    const kept: Tensor[] = [];
    const mine = (input: Tensor): Tensor => {
      kept.push(input);
      return input.add(1);
    };
    const count = (net: InstanceType<typeof Sequential>): number => {
      const before = kernels().memory().youngCount;
      noGrad(() => net.forward(x()));
      return kernels().memory().youngCount - before;
    };
    // The input and the output.
    expect(count(new Sequential(new Linear(3, 4), relu, gelu, tanh) as never)).toBe(2);
    expect(count(new Sequential(new Linear(3, 4), relu, mine, tanh) as never)).toBe(4);
    expect(kept[0].toTypedArray()).toHaveLength(4);
  });

  test('stays where a layer of the user, or a hook, keeps it', () => {
    const watcher = new Watcher();
    const net = new Sequential(new Linear(3, 4), new Tanh(), watcher, new Tanh(), new Linear(4, 2));
    const hooked = net[3] as InstanceType<typeof Module>;
    const kept: unknown[] = [];
    hooked.registerForwardHook((_, inputs, output) => {
      kept.push(...inputs, output);
    });
    net.forward(x()).sum().backward();
    for (const t of [...watcher.seen, ...(kept as Tensor[])]) expect(t.toTypedArray()).toHaveLength(4);
    expect(watcher.seen).toHaveLength(2);
    expect(kept).toHaveLength(2);
  });

  test('stays where a subclass overrides forward, and goes where it says that it forgets', () => {
    class Keeping extends Tanh {
      last: Tensor | null = null;
      override forward<S extends readonly number[]>(input: Tensor<S>): Tensor<S> {
        this.last = super.forward(input);
        return this.last as Tensor<S>;
      }
    }
    const keeping = new Keeping();
    new Sequential(new Linear(3, 4), keeping, new Linear(4, 2)).forward(x());
    expect(keeping.last?.toTypedArray()).toHaveLength(4);

    class Forgetting extends Keeping {
      static readonly forgets = true;
      override forward<S extends readonly number[]>(input: Tensor<S>): Tensor<S> {
        this.last = super.forward(input);
        return this.last as Tensor<S>;
      }
    }
    const wrong = new Forgetting();
    noGrad(() => new Sequential(new Linear(3, 4), wrong, new ReLU()).forward(x()));
    expect(() => wrong.last?.toTypedArray()).toThrow(/freed/);
  });

  test('of a net that is not recorded is given back too, and the result is right', () => {
    const net = new Sequential(new Linear(3, 4), new Tanh(), new Tanh(), new Linear(4, 2));
    const y = net.forward(x());
    let expected: Tensor = x();
    for (let i = 0; i < 4; i++)
      expected = (net[i] as unknown as { forward(x: Tensor): Tensor }).forward(expected);
    expect(y.toArray()).toEqual(expected.toArray());
  });
});
