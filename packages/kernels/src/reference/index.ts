import type { CompiledExpression, Finish, Kernels } from '../interface.js';
import * as convolution from './convolution.js';
import * as copying from './copy.js';
import * as elementwise from './elementwise.js';
import { type CompiledReference, compileExpression, runExpression } from './expression.js';
import { gather, scatter } from './gather.js';
import { type FinishView, finish, gemm } from './gemm.js';
import { OutsideMemory, resolveOutside } from './memory.js';
import { maxPool, sparseAlong } from './pool.js';
import { random } from './random.js';
import { reduce } from './reduce.js';
import { recurrence, scan } from './scan.js';
import { sort } from './sort.js';
import { type Resolve, viewOf } from './view.js';

export type { Resolve } from './view.js';

/** The kernels proper: everything but the management of memory. */
export type KernelFunctions = Omit<Kernels, 'name' | 'allocate' | 'free' | 'tenure' | 'memory'>;

/**
 * Every kernel in plain TypeScript over whatever memory `resolve` finds. A faster tier uses them over its own memory
 * for what it has no code for.
 */
export function referenceKernels(resolve: Resolve): KernelFunctions {
  const view = viewOf.bind(null, resolve);
  const cache = new Map<string, CompiledReference>();
  const compile = (expression: CompiledExpression['expression']): CompiledReference => {
    const key = JSON.stringify(expression, keepSpecialNumbers);
    let compiled = cache.get(key);
    if (compiled === undefined) {
      compiled = compileExpression(expression);
      cache.set(key, compiled);
    }
    return compiled;
  };
  const finishView = ({ bias, relu }: Finish): FinishView => ({ bias: bias && view(bias), relu });
  return {
    read: a => copying.read(view(a)),
    write: (out, values) => copying.write(view(out), values),
    fill: (out, value) => copying.fill(view(out), value),
    copy: (a, out) => copying.copy(view(a), view(out)),
    unary: (op, a, out) => elementwise.unary(op, view(a), view(out)),
    binary: (op, a, b, out) =>
      elementwise.binary(
        op,
        typeof a === 'number' ? a : view(a),
        typeof b === 'number' ? b : view(b),
        view(out),
      ),
    logicalNot: (a, out) => elementwise.logicalNot(view(a), view(out)),
    where: (condition, a, b, out) => {
      const left = typeof a === 'number' ? a : view(a);
      const right = typeof b === 'number' ? b : view(b);
      elementwise.where(view(condition), left, right, view(out));
    },
    reduce: (op, a, axes, out) => reduce(op, view(a), axes, view(out)),
    scan: (op, a, dim, reverse, out, indices) =>
      scan(op, view(a), dim, reverse, view(out), indices === null ? null : view(indices)),
    recurrence: (a, b, dim, direction, out) => recurrence(view(a), view(b), dim, direction, view(out)),
    gemm: (a, b, out, end) => gemm(view(a), view(b), view(out), end && finishView(end)),
    gather: (a, dim, index, out) => gather(view(a), dim, view(index), view(out)),
    scatter: (mode, out, dim, index, source, fresh) =>
      scatter(mode, view(out), dim, view(index), view(source), fresh),
    sort: (a, dim, descending, values, indices) =>
      sort(view(a), dim, descending, values === null ? null : view(values), view(indices)),
    convolution: (x, weight, out, geometry, end) => {
      convolution.forward(view(x), view(weight), view(out), geometry);
      if (end !== undefined) finish(view(out), 1, finishView(end));
    },
    convolutionInputGrad: (gradOutput, weight, out, geometry) =>
      convolution.inputGrad(view(gradOutput), view(weight), view(out), geometry),
    convolutionWeightGrad: (x, gradOutput, out, geometry) =>
      convolution.weightGrad(view(x), view(gradOutput), view(out), geometry),
    unfold: (x, out, geometry) => convolution.unfold(view(x), view(out), geometry),
    fold: (columns, out, geometry) => convolution.fold(view(columns), view(out), geometry),
    maxPool: (a, windows, out, indices) => maxPool(view(a), windows, view(out), view(indices)),
    sparseAlong: (a, dim, matrix, out) => sparseAlong(view(a), dim, matrix, view(out)),
    random: (kind, key0, key1, counter, out) => random(kind, key0, key1, counter, view(out)),
    compile,
    run: (compiled, inputs, outputs) => {
      // A compiled expression of another tier has the expression all the same.
      const own = 'steps' in compiled ? (compiled as CompiledReference) : compile(compiled.expression);
      const sources = inputs.map(input => (typeof input === 'number' ? input : view(input)));
      runExpression(own, sources, outputs.map(view));
    },
  };
}

/** JSON has one `null` for NaN and both infinities, and no -0: expressions that differ in these must not share a key. */
function keepSpecialNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;
}

/** The plain TypeScript tier: the definition of every kernel, and the fallback where WebAssembly SIMD is missing. */
export function createReference(): Kernels {
  const memory = new OutsideMemory();
  return {
    name: 'reference',
    allocate: (dtype, length) => memory.allocate(dtype, length),
    free: (storage, by) => memory.free(storage, by),
    tenure: () => {},
    memory: () => memory.stats(),
    ...referenceKernels(resolveOutside),
  };
}
