import { ArgumentError, type DType, DTypeError, keep, show, Tensor } from '@fluxion/autograd';
import { addForwardHook, addPreHook, type ForwardHook, type ForwardPreHook } from './hooks.js';
import {
  type LoadableState,
  type LoadOptions,
  type LoadReport,
  loadState,
  type StateDict,
  saveState,
} from './stateDict.js';
import { type Summary, summarize } from './summary.js';
import {
  brandModule,
  childrenOf,
  declareField,
  markParameter,
  nameField,
  type Slot,
  slotsOf,
} from './traverse.js';

/**
 * The base of all layers and models. What stands on its fields belongs to it: leaf tensors that require a gradient are its parameters, modules
 * are its children, and arrays and plain objects of either are looked into. Names are dotted paths as in PyTorch: `blocks.0.fc.weight`.
 * Private `#fields` cannot be seen and therefore hold nothing that is trained.
 *
 * A class whose `forward` keeps neither its inputs nor what it returns may say so: `static readonly forgets = true`. Between such layers `Sequential`
 * gives memory back at once. It counts for the class that defines `forward`; nothing is inherited by a class that overrides it. A function as a layer may have
 * such a property too; those of the library do.
 *
 * ```ts
 * class Net extends Module {
 *   fc1 = new Linear(784, 128);
 *   fc2 = new Linear(128, 10);
 *   forward(x: Tensor<[number, 784]>) {
 *     return this.fc2.forward(relu(this.fc1.forward(x)));
 *   }
 * }
 * ```
 */
export abstract class Module {
  /** Whether layers that differ between training and use (dropout) behave as in training. Set by `train` and `eval`. */
  training = true;

  constructor() {
    brandModule(this);
  }

  /** What the module computes. */
  abstract forward(...inputs: never[]): unknown;

  /** Parameters of this module and all below it, each once: its own first, then its children's, in the order of the fields. */
  parameters(): Tensor[] {
    return Object.values(this.namedParameters());
  }

  /**
   * Parameters by their dotted names, each once, under the first of its names. A plain object, so that it is a tree for `valueAndGrad`, update
   * rules and `functionalCall`. Sets the `name` of each tensor, which errors and drawings of the graph show.
   */
  namedParameters(): Record<string, Tensor> {
    return this.namedTensors('parameter');
  }

  /** Buffers: tensors that are saved and converted with the module and not trained. */
  buffers(): Tensor[] {
    return Object.values(this.namedBuffers());
  }

  /** Buffers by their dotted names, each once. */
  namedBuffers(): Record<string, Tensor> {
    return this.namedTensors('buffer');
  }

  private namedTensors(kind: Slot['kind']): Record<string, Tensor> {
    const seen = new Set<Tensor>();
    const named: Record<string, Tensor> = {};
    for (const slot of slotsOf(this)) {
      if (slot.kind !== kind || seen.has(slot.tensor)) continue;
      seen.add(slot.tensor);
      named[slot.path] = slot.tensor;
    }
    return named;
  }

  /**
   * Puts a tensor that is not trained on field `name` (declare the field: `declare runningMean: Tensor`).
   *
   * @param options `persistent: false` keeps it out of the state dict
   */
  registerBuffer(name: string, buffer: Tensor, options: { readonly persistent?: boolean } = {}): void {
    if (!(buffer instanceof Tensor))
      throw new ArgumentError(`registerBuffer: expected a tensor for '${name}', got ${show(buffer)}.`);
    if (typeof name !== 'string' || name === '' || name.includes('.'))
      throw new ArgumentError(
        `registerBuffer: ${show(name)} is no name of a field: expected text without a dot.`,
      );
    if (name in this && (this as unknown as Record<string, unknown>)[name] !== undefined)
      throw new ArgumentError(
        `registerBuffer: ${this.constructor.name} already has a field '${name}'. Choose another name.`,
      );
    declareField(this, name, { kind: 'buffer', persistent: options.persistent !== false });
    // It outlives the scope that the module may be made in.
    (this as unknown as Record<string, unknown>)[name] = keep(buffer);
  }

  /**
   * Calls a field something else in paths, and so in state dicts: `this.nameField('runningMean', 'running_mean')` in the constructor, so that
   * a state dict of PyTorch fits.
   */
  nameField(field: string, name: string): void {
    if (typeof name !== 'string' || name === '' || name.includes('.'))
      throw new ArgumentError(`nameField: ${show(name)} is no name: expected text without a dot.`);
    nameField(this, field, name);
  }

  /** Direct children, each once. */
  children(): Module[] {
    return [...new Set(childrenOf(this).map(([, child]) => child))];
  }

  /** This module (under the name '') and all below it, each once. A map, for objects would put names such as '0' first. */
  namedModules(): Map<string, Module> {
    const seen = new Set<Module>();
    const named = new Map<string, Module>();
    const visit = (module: Module, path: string): void => {
      if (seen.has(module)) return;
      seen.add(module);
      named.set(path, module);
      for (const [name, child] of childrenOf(module)) visit(child, path === '' ? name : `${path}.${name}`);
    };
    visit(this, '');
    return named;
  }

  /** This module and all below it. */
  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  /** Sets `training` here and below. */
  train(training = true): this {
    if (typeof training !== 'boolean')
      throw new ArgumentError(`train: expected true or false, got ${show(training)}.`);
    for (const module of this.modules()) module.training = training;
    return this;
  }

  /** Switches to use: `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Calls `fn` with every module below this one, children before parents, and with this one last: to initialise, to count. */
  apply(fn: (module: Module) => void): this {
    const seen = new Set<Module>();
    const visit = (module: Module): void => {
      if (seen.has(module)) return;
      seen.add(module);
      for (const child of module.children()) visit(child);
      fn(module);
    };
    visit(this);
    return this;
  }

  /**
   * Calls `fn` before every `forward`, with its inputs. An array that it returns takes their place.
   *
   * @returns a function that removes the hook
   */
  registerForwardPreHook(fn: ForwardPreHook): () => void {
    return addPreHook(this, fn);
  }

  /**
   * Calls `fn` after every `forward`, with its inputs and output. What it returns, unless undefined, takes the place of the output.
   *
   * @returns a function that removes the hook
   */
  registerForwardHook(fn: ForwardHook): () => void {
    return addForwardHook(this, fn);
  }

  /**
   * What stands below this module, the shape of what each part returns for these inputs, and how many numbers it has: a table as text
   * (`console.log(String(net.summary(x)))`), and its rows. Calls `forward` in `eval` mode and without recording; the module stays as it was.
   */
  summary(...inputs: readonly unknown[]): Summary {
    return summarize(this, inputs);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const p of this.parameters()) p.grad = null;
  }

  /** Whether the parameters want gradients; `requiresGrad_(false)` freezes them, and they remain parameters. */
  requiresGrad_(wanted = true): this {
    for (const p of this.parameters()) p.requiresGrad_(wanted);
    return this;
  }

  /**
   * Makes parameters want no gradient, so that optimizers leave them as they are: all of them, or those of the given names and below modules of
   * the given names (`net.freeze('encoder', 'head.bias')`). They remain parameters.
   */
  freeze(...names: readonly string[]): this {
    return this.thaw('freeze', names, false);
  }

  /** Undoes `freeze`. */
  unfreeze(...names: readonly string[]): this {
    return this.thaw('unfreeze', names, true);
  }

  private thaw(op: string, names: readonly string[], wanted: boolean): this {
    const slots = slotsOf(this).filter(slot => slot.kind === 'parameter');
    const below = (name: string) => (slot: Slot) => slot.path === name || slot.path.startsWith(`${name}.`);
    const unknown = names.filter(name => !slots.some(below(name)));
    if (unknown.length > 0)
      throw new ArgumentError(
        `${op}: there is no parameter called ${unknown.map(show).join(', ')}, nor below a module of that name; there are ` +
          `${slots.map(slot => show(slot.path)).join(', ')}.`,
      );
    for (const slot of slots)
      if (names.length === 0 || names.some(name => below(name)(slot))) slot.tensor.requiresGrad_(wanted);
    return this;
  }

  /**
   * Converts floating point parameters, their gradients and buffers. A tensor cannot change its dtype, so the fields get new ones: create the
   * optimizer afterwards. Tensors that already have the dtype stay, and what was shared stays shared.
   */
  to(dtype: DType): this {
    if (dtype !== 'float32' && dtype !== 'float64')
      throw new DTypeError(
        `Module.to: expected float32 or float64, got ${show(dtype)}: parameters are floating point tensors.`,
      );
    const converted = new Map<Tensor, Tensor>();
    for (const { holder, key, kind, tensor: t } of slotsOf(this)) {
      if (t.dtype === dtype || (t.dtype !== 'float32' && t.dtype !== 'float64')) continue;
      let other = converted.get(t);
      if (other === undefined) {
        other = t.detach().to(dtype);
        other.cut = '';
        other.name = t.name;
        keep(other);
        if (kind === 'parameter') {
          markParameter(other);
          if (t.requiresGrad) other.requiresGrad_();
          other.grad = t.grad?.to(dtype) ?? null;
        }
        converted.set(t, other);
      }
      holder[key] = other;
    }
    return this;
  }

  /** Copies of all parameters and buffers as plain data, by name; what is shared appears under each of its names. */
  stateDict(): StateDict {
    return saveState(slotsOf(this));
  }

  /**
   * Copies the entries into parameters and buffers, which stay the same tensors.
   *
   * @throws DataError that lists every missing, unexpected and unfitting entry; then nothing has changed. With `strict: false` missing and
   * unexpected names are returned instead.
   */
  loadStateDict(state: LoadableState, options: LoadOptions = {}): LoadReport {
    return loadState(slotsOf(this), state, options);
  }

  /** For `toString`: what stands in the parentheses after the name of the class. */
  describe(): string {
    return '';
  }

  /** The module and its children as an indented outline, as PyTorch prints them. */
  toString(): string {
    const children = childrenOf(this).map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    );
    const name = this.constructor.name;
    return children.length === 0 ? `${name}(${this.describe()})` : `${name}(\n${children.join('\n')}\n)`;
  }
}
