import { ArgumentError, show, Tensor } from '@fluxion/autograd';
import { Module } from './module.js';
import { parameter } from './parameter.js';
import { isModule } from './traverse.js';

// Arrays and plain objects on the fields of a module do the same, and need no class. These are for those who want a thing that can be extended,
// asked and passed around, and for code that comes from PyTorch.

/** Holds modules or parameters and computes nothing. */
abstract class Holder extends Module {
  override forward(): never {
    throw new ArgumentError(
      `${this.constructor.name}: it holds its entries and has nothing to compute. Call them one by one, or use Sequential.`,
    );
  }
}

const fieldsOf = (holder: Holder): Record<PropertyKey, unknown> =>
  holder as unknown as Record<string, unknown>;

/** Entry i is field `i`, so that names are those of PyTorch: `0.weight`. */
abstract class List<T> extends Holder {
  readonly [index: number]: T;

  protected abstract checked(entry: T, i: number): T;

  /** Number of entries. */
  get length(): number {
    let n = 0;
    while (Object.hasOwn(this, n)) n++;
    return n;
  }

  /** Adds entries at the end. */
  push(...entries: readonly T[]): this {
    const first = this.length;
    entries
      .map((entry, i) => this.checked(entry, first + i))
      .forEach((entry, i) => {
        fieldsOf(this)[first + i] = entry;
      });
    return this;
  }

  /** The entry at a place; negative ones count from the end. */
  at(i: number): T {
    const place = i < 0 ? i + this.length : i;
    if (!Object.hasOwn(this, place))
      throw new ArgumentError(`${this.constructor.name}: there is no entry ${show(i)} among ${this.length}.`);
    return this[place];
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.length; i++) yield this[i];
  }
}

/** Entry `key` is field `key`. */
abstract class Dict<T> extends Holder {
  protected abstract checked(entry: T, key: string): T;

  /** Adds an entry, or puts one in the place of another. */
  set(key: string, entry: T): this {
    if (key === '' || key.includes('.') || (key in this && !this.has(key)))
      throw new ArgumentError(
        `${this.constructor.name}: ${show(key)} cannot be a key: expected text without a dot that is no field or method of the class.`,
      );
    fieldsOf(this)[key] = this.checked(entry, key);
    return this;
  }

  has(key: string): boolean {
    return key !== 'training' && Object.hasOwn(this, key);
  }

  get(key: string): T {
    if (!this.has(key))
      throw new ArgumentError(
        `${this.constructor.name}: there is no entry ${show(key)}; there are ${show(this.keys())}.`,
      );
    return fieldsOf(this)[key] as T;
  }

  /** Removes an entry and returns it. */
  delete(key: string): T {
    const entry = this.get(key);
    Reflect.deleteProperty(this, key);
    return entry;
  }

  /** In the order they were added; whole numbers stand first. */
  keys(): string[] {
    return Object.keys(this).filter(key => this.has(key));
  }

  *[Symbol.iterator](): IterableIterator<[key: string, entry: T]> {
    for (const key of this.keys()) yield [key, this.get(key)];
  }
}

function checkModule<M extends Module>(holder: Holder, entry: M, place: string | number): M {
  if (!isModule(entry))
    throw new ArgumentError(
      `${holder.constructor.name}: entry ${show(place)} is ${show(entry)}; expected a Module.`,
    );
  return entry;
}

function checkParameter(holder: Holder, entry: Tensor, place: string | number): Tensor {
  if (!(entry instanceof Tensor))
    throw new ArgumentError(
      `${holder.constructor.name}: entry ${show(place)} is ${show(entry)}; expected a tensor.`,
    );
  return parameter(entry);
}

/** Modules in order, which computes nothing by itself. */
export class ModuleList<M extends Module = Module> extends List<M> {
  constructor(modules: Iterable<M> = []) {
    super();
    this.push(...modules);
  }

  protected override checked(entry: M, i: number): M {
    return checkModule(this, entry, i);
  }
}

/** Modules by name, which computes nothing by itself. */
export class ModuleDict<M extends Module = Module> extends Dict<M> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [key, module] of Object.entries(modules)) this.set(key, module);
  }

  protected override checked(entry: M, key: string): M {
    return checkModule(this, entry, key);
  }
}

/** Parameters in order; leaf tensors become parameters. */
export class ParameterList extends List<Tensor> {
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.push(...parameters);
  }

  protected override checked(entry: Tensor, i: number): Tensor {
    return checkParameter(this, entry, i);
  }
}

/** Parameters by name; leaf tensors become parameters. */
export class ParameterDict extends Dict<Tensor> {
  constructor(parameters: Readonly<Record<string, Tensor>> = {}) {
    super();
    for (const [key, p] of Object.entries(parameters)) this.set(key, p);
  }

  protected override checked(entry: Tensor, key: string): Tensor {
    return checkParameter(this, entry, key);
  }
}
