import { noGrad, scope, Tensor } from '@fluxion/autograd';
import type { Module } from './module.js';

export interface SummaryRow {
  /** From the module that was asked: `blocks.0.fc`, and '' for itself. */
  readonly path: string;
  /** The name of the class. */
  readonly type: string;
  /** What `forward` returned when it was last called: `[64, 10]`; '' where it was not called. */
  readonly output: string;
  /** Numbers in the parameters of this module alone, without its children. */
  readonly parameters: number;
}

export interface Summary {
  readonly rows: readonly SummaryRow[];
  /** Numbers in all parameters, each counted once. */
  readonly parameters: number;
  /** Numbers in those that want a gradient. */
  readonly trainable: number;
  /** Numbers in the buffers. */
  readonly buffers: number;
  /** The table. */
  toString(): string;
}

/** The shapes in a result. */
function shapesOf(value: unknown): string {
  if (value instanceof Tensor) return `[${value.shape.join(', ')}]`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .map(shapesOf)
    .filter(text => text !== '')
    .join(', ');
}

const count = (tensors: readonly Tensor[]): number => tensors.reduce((n, t) => n + t.size, 0);

/** A forward pass in which every module notes what it returns. */
export function summarize(net: Module, inputs: readonly unknown[]): Summary {
  const modules = [...net.namedModules()];
  const outputs = new Map<Module, string>();
  const training = modules.map(([, module]) => module.training);
  const remove = modules.map(([, module]) =>
    module.registerForwardHook((_, __, output) => {
      outputs.set(module, shapesOf(output));
    }),
  );
  try {
    // In training the pass would move running statistics and draw random numbers.
    net.eval();
    noGrad(() => scope(() => void (net.forward as (...inputs: readonly unknown[]) => unknown)(...inputs)));
  } finally {
    modules.forEach(([, module], i) => {
      module.training = training[i];
      remove[i]();
    });
  }
  // A parameter in several places is counted where it is found first.
  const counted = new Set<Tensor>();
  const rows = modules.map(([path, module]): SummaryRow => {
    const below = new Set(module.children().flatMap(child => child.parameters()));
    const own = module.parameters().filter(p => !below.has(p) && !counted.has(p));
    for (const p of own) counted.add(p);
    return {
      path,
      type: module.constructor.name,
      output: outputs.get(module) ?? '',
      parameters: count(own),
    };
  });
  const all = net.parameters();
  const parameters = count(all);
  const trainable = count(all.filter(p => p.requiresGrad));
  const buffers = count(net.buffers());
  return {
    rows,
    parameters,
    trainable,
    buffers,
    toString: () => table(rows, parameters, trainable, buffers),
  };
}

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

function table(rows: readonly SummaryRow[], parameters: number, trainable: number, buffers: number): string {
  const cells = [
    ['', 'layer', 'output', 'parameters'],
    ...rows.map(row => [row.path, row.type, row.output, grouped(row.parameters)]),
  ];
  const widths = [0, 1, 2, 3].map(i => Math.max(...cells.map(line => line[i].length)));
  const lines = cells.map(([path, type, output, n]) =>
    [path.padEnd(widths[0]), type.padEnd(widths[1]), output.padEnd(widths[2]), n.padStart(widths[3])].join(
      '  ',
    ),
  );
  const total = `${grouped(parameters)} parameters, ${grouped(trainable)} of them trainable; ${grouped(buffers)} numbers in buffers`;
  return [...lines, total].join('\n');
}
