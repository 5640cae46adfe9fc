import { Tensor } from '../../src/index.js';
import { NotSupported } from './tensors.js';

export type Result = Tensor | readonly Tensor[];

/** How one function of PyTorch is called here. */
export interface Adapter {
  /** PyTorch's parameters in its order; `*name` takes all positional arguments that are left. */
  readonly signature: readonly string[];
  readonly run: (p: Params) => Result;
}

export type AdapterTable = Readonly<Record<string, Adapter>>;

export function adapter(signature: string, run: (p: Params) => Result): Adapter {
  return { signature: signature.split(' '), run };
}

/** The arguments of a call by PyTorch's names. An argument that nobody asks for is an error: an adapter must not overlook one. */
export class Params {
  private readonly values = new Map<string, unknown>();
  private readonly asked = new Set<string>();

  constructor(
    signature: readonly string[],
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
  ) {
    args.forEach((arg, i) => {
      const name = signature[i] ?? '';
      if (name.startsWith('*')) this.values.set(name.slice(1), Array.isArray(arg) ? arg : args.slice(i));
      else if (!signature[signature.length - 1].startsWith('*') && i >= signature.length)
        throw new NotSupported(`positional argument ${i + 1}`);
      else if (name !== '') this.values.set(name, arg);
    });
    const names = new Set(signature.map(name => name.replace('*', '')));
    for (const [name, value] of Object.entries(kwargs)) {
      if (!names.has(name)) throw new NotSupported(`the keyword argument ${name}`);
      this.values.set(name, value);
    }
  }

  /** Names of arguments (other than None) that were never read. */
  get overlooked(): string[] {
    return [...this.values].flatMap(([name, value]) =>
      value === null || this.asked.has(name) ? [] : [name],
    );
  }

  /** The value as it is; undefined for None and what was not given. */
  raw(name: string): unknown {
    this.asked.add(name);
    return this.values.get(name) ?? undefined;
  }

  private read<T>(name: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.raw(name);
    if (value === undefined || is(value)) return value;
    throw new NotSupported(`${name} other than ${expected}`);
  }

  private required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw new NotSupported(`a call without ${name}`);
    return value;
  }

  maybeTensor(name: string): Tensor | undefined {
    return this.read(name, 'a tensor', v => v instanceof Tensor);
  }

  tensor(name: string): Tensor {
    return this.required(name, this.maybeTensor(name));
  }

  tensors(name: string): Tensor[] {
    return this.required(
      name,
      this.read(
        name,
        'a list of tensors',
        (v): v is Tensor[] => Array.isArray(v) && v.every(t => t instanceof Tensor),
      ),
    );
  }

  maybeNumber(name: string): number | undefined {
    const value = this.raw(name);
    // Infinities and NaN are strings in the cases.
    if (value === 'Infinity' || value === '-Infinity' || value === 'NaN') return Number(value);
    return this.read(name, 'a number', v => typeof v === 'number');
  }

  number(name: string): number {
    return this.required(name, this.maybeNumber(name));
  }

  /** A whole number, or an integer tensor of one element. */
  whole(name: string): number {
    const value = this.raw(name);
    return value instanceof Tensor ? value.item() : this.number(name);
  }

  flag(name: string): boolean {
    return this.read(name, 'a boolean', v => typeof v === 'boolean') ?? false;
  }

  text(name: string): string | undefined {
    return this.read(name, 'a string', v => typeof v === 'string');
  }

  maybeOperand(name: string): Tensor | number | undefined {
    return this.raw(name) instanceof Tensor ? this.maybeTensor(name) : this.maybeNumber(name);
  }

  operand(name: string): Tensor | number {
    return this.required(name, this.maybeOperand(name));
  }

  ints(name: string): number[] {
    const list = this.read(name, 'whole numbers', (v): v is (number | Tensor)[] => Array.isArray(v));
    return this.required(name, list).map(v => (v instanceof Tensor ? v.item() : v));
  }

  /** One dim or several; undefined: all. An empty list means all to PyTorch 1.13. */
  dims(name: string): number | number[] | undefined {
    const value = this.raw(name);
    if (Array.isArray(value)) return value.length === 0 ? undefined : this.ints(name);
    return this.maybeNumber(name);
  }

  /** The input, converted first when PyTorch's `dtype` asks for it. */
  converted(name: string): Tensor {
    const dtype = this.raw('dtype') as { readonly $dtype: string } | undefined;
    const input = this.tensor(name);
    if (dtype === undefined) return input;
    if (dtype.$dtype !== 'float64' && dtype.$dtype !== 'float32')
      throw new NotSupported(`dtype ${dtype.$dtype}`);
    return input.to(dtype.$dtype);
  }

  /** Throws unless an in-place call was not asked for. */
  outOfPlace(): void {
    if (this.flag('inplace')) throw new NotSupported('inplace=True');
  }
}
