import { Tensor } from '@fluxion/autograd';
import type { Module } from './module.js';

/** What a tensor on a module's field is: trained, or carried along (running statistics). */
export type Kind = 'parameter' | 'buffer';

/** A place that holds a tensor of a module: a field, or an entry of an array or plain object on a field. */
export interface Slot {
  /** From the module the walk started at: `blocks.0.fc.weight`. */
  readonly path: string;
  readonly kind: Kind;
  /** Whether it belongs into a state dict. */
  readonly persistent: boolean;
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly tensor: Tensor;
}

interface Member<T> {
  readonly path: string;
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly value: T;
}

interface Field {
  readonly kind: Kind;
  readonly persistent: boolean;
}

/** Every module; a brand rather than a class, so that this file need not import the class that uses it. */
const modules = new WeakSet<object>();
/** Tensors that are parameters also while frozen. */
const parameters = new WeakSet<Tensor>();
/**
 * Fields of modules that are known to hold a parameter or a buffer. They keep their meaning when another tensor takes the place, such
 * as the output of an op within `functionalCall`.
 */
const fields = new WeakMap<object, Map<string, Field>>();

/** What fields of modules are called in paths, where that is not their own name. */
const names = new WeakMap<object, Map<string, string>>();

export function brandModule(module: object): void {
  modules.add(module);
}

export function markParameter(t: Tensor): void {
  parameters.add(t);
}

export function declareField(module: object, key: string, field: Field): void {
  let own = fields.get(module);
  if (own === undefined) {
    own = new Map();
    fields.set(module, own);
  }
  own.set(key, field);
}

export function nameField(module: object, key: string, name: string): void {
  let own = names.get(module);
  if (own === undefined) {
    own = new Map();
    names.set(module, own);
  }
  own.set(key, name);
}

export function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && modules.has(value);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Tensors and modules on the fields of one module, also inside arrays and plain objects, in the order of the fields. */
function members(module: Module): { tensors: Member<Tensor>[]; children: Member<Module>[] } {
  const tensors: Member<Tensor>[] = [];
  const children: Member<Module>[] = [];
  const open = new Set<object>();
  const visit = (holder: Record<string, unknown>, prefix: string): void => {
    open.add(holder);
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      if (typeof value !== 'object' || value === null) continue;
      const path = prefix + (names.get(holder)?.get(key) ?? key);
      if (value instanceof Tensor) tensors.push({ path, holder, key, value });
      else if (isModule(value)) children.push({ path, holder, key, value });
      else if (isContainer(value) && !open.has(value)) visit(value, `${path}.`);
    }
    open.delete(holder);
  };
  visit(module as unknown as Record<string, unknown>, '');
  return { tensors, children };
}

/** What the tensor at a place is, or null for a tensor that is neither parameter nor buffer. */
function fieldOf({ holder, key, value }: Member<Tensor>): Field | null {
  const known = fields.get(holder)?.get(key);
  if (known !== undefined) return known;
  if (!parameters.has(value) && !(value.requiresGrad && value.isLeaf)) return null;
  const field: Field = { kind: 'parameter', persistent: true };
  parameters.add(value);
  if (isModule(holder)) declareField(holder, key, field);
  return field;
}

/**
 * All parameters and buffers below a module: its own first, then those of its children, as PyTorch orders them. A tensor or a module that
 * stands in several places is listed for each of them.
 */
export function slotsOf(module: Module): Slot[] {
  const slots: Slot[] = [];
  const open = new Set<Module>();
  const visit = (m: Module, prefix: string): void => {
    open.add(m);
    const { tensors, children } = members(m);
    for (const member of tensors) {
      const field = fieldOf(member);
      if (field === null) continue;
      const { path, holder, key, value } = member;
      slots.push({ ...field, path: prefix + path, holder, key, tensor: value });
    }
    // A child that points back to its parent is no child of itself.
    for (const child of children) if (!open.has(child.value)) visit(child.value, `${prefix + child.path}.`);
    open.delete(m);
  };
  visit(module, '');
  for (const { path, tensor } of slots) nameTensor(tensor, path);
  return slots;
}

/** The longest path wins: asking a layer by itself must not turn `fc1.weight` into `weight`, nor undo a name the user gave. */
function nameTensor(t: Tensor, path: string): void {
  if (t.name === '' || path.endsWith(`.${t.name}`)) t.name = path;
}

/** Direct children by their paths. */
export function childrenOf(module: Module): [path: string, child: Module][] {
  return members(module).children.map(({ path, value }) => [path, value]);
}
