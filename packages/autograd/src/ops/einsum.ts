import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import { numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './binary.js';
import { composite, requireFloating } from './define.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { permute, reshapeTo, slice } from './shape.js';
import { clone } from './unary.js';

/** A tensor whose dims have labels; a label stands once in it. */
interface Term {
  readonly tensor: Tensor;
  readonly labels: readonly number[];
}

/** The expression with a caret under one of its characters. */
function grammarError(expression: string, at: number, what: string): ArgumentError {
  return new ArgumentError(`einsum: ${what}\n  ${expression}\n  ${' '.repeat(at)}^`);
}

/** Labels of letters, and -1 for the ellipsis, with where in the expression they stand. */
interface Subscripts {
  readonly labels: readonly number[];
  readonly at: readonly number[];
  readonly start: number;
}

const ellipsis = -1;

/** Upper case before lower case: the alphabetical order of an output that is not given. */
function labelOf(c: string): number | null {
  if (c >= 'A' && c <= 'Z') return c.charCodeAt(0) - 65;
  return c >= 'a' && c <= 'z' ? c.charCodeAt(0) - 97 + 26 : null;
}

function parse(expression: string): {
  readonly inputs: readonly Subscripts[];
  readonly output: Subscripts | null;
} {
  const groups: { labels: number[]; at: number[]; start: number }[] = [{ labels: [], at: [], start: 0 }];
  let arrow = -1;
  for (let i = 0; i < expression.length; i++) {
    const c = expression[i];
    const group = groups[groups.length - 1];
    const label = labelOf(c);
    if (c === ' ') continue;
    if (label !== null) {
      group.labels.push(label);
      group.at.push(i);
    } else if (c === '.') {
      if (expression.slice(i, i + 3) !== '...')
        throw grammarError(expression, i, "found '.' that is not part of an ellipsis: write '...'.");
      if (group.labels.includes(ellipsis))
        throw grammarError(expression, i, 'found a second ellipsis in one operand; expected one at most.');
      group.labels.push(ellipsis);
      group.at.push(i);
      i += 2;
    } else if (c === ',') {
      if (arrow >= 0)
        throw grammarError(expression, i, "found ',' after '->'; expected the subscripts of one output.");
      groups.push({ labels: [], at: [], start: i + 1 });
    } else if (c === '-') {
      if (expression[i + 1] !== '>')
        throw grammarError(expression, i, "found '-' without '>': write '->' before the output.");
      if (arrow >= 0) throw grammarError(expression, i, "found a second '->'; expected one at most.");
      arrow = i;
      groups.push({ labels: [], at: [], start: i + 2 });
      i++;
    } else
      throw grammarError(
        expression,
        i,
        `found ${show(c)}; expected letters (a to z, A to Z), '...', ',' or '->'.`,
      );
  }
  const output = arrow < 0 ? null : (groups.pop() as Subscripts);
  return { inputs: groups, output };
}

/** The diagonal of two dims of equal size, which becomes the last dim; shares memory where the dims lie that way. */
function diagonal(x: Tensor, i: number, j: number): Tensor {
  const n = x.shape[i];
  const rest = x.shape.map((_, d) => d).filter(d => d !== i && d !== j);
  const shape = rest.map(d => x.shape[d]);
  const flat = reshapeTo(permute(x, [...rest, i, j]) as Tensor, [...shape, n * n]);
  return slice(flat, -1, { step: n + 1 }) as Tensor;
}

function without(list: readonly number[], i: number): number[] {
  return list.filter((_, k) => k !== i);
}

/** Repeated labels taken along the diagonal, and dims of size 1 that broadcast against a larger size taken away. */
function simplify(tensor: Tensor, given: readonly number[], sizes: ReadonlyMap<number, number>): Term {
  let t = tensor;
  let labels = [...given];
  for (let i = labels.length - 1; i >= 0; i--)
    if (t.shape[i] === 1 && (sizes.get(labels[i]) !== 1 || labels.indexOf(labels[i]) !== i)) {
      t = reshapeTo(t, without(t.shape, i));
      labels = without(labels, i);
    }
  for (let j = labels.length - 1; j > 0; j--) {
    const i = labels.indexOf(labels[j]);
    if (i === j) continue;
    const label = labels[j];
    t = diagonal(t, i, j);
    labels = [...without(without(labels, j), i), label];
    j = labels.length;
  }
  return { tensor: t, labels };
}

/** Sums over the labels that nobody needs any more. */
function reduceTo({ tensor, labels }: Term, needed: ReadonlySet<number>): Term {
  const dims = labels.flatMap((l, d) => (needed.has(l) ? [] : [d]));
  if (dims.length === 0) return { tensor, labels };
  return { tensor: sum(tensor, dims) as Tensor, labels: labels.filter(l => needed.has(l)) };
}

/** The tensor with its labels in an order; labels it does not have become dims of size 1. */
function aligned({ tensor, labels }: Term, order: readonly number[]): Tensor {
  const present = order.filter(l => labels.includes(l));
  const places = present.map(l => labels.indexOf(l));
  const turned = places.every((p, i) => p === i) ? tensor : (permute(tensor, places) as Tensor);
  return reshapeTo(
    turned,
    order.map(l => (labels.includes(l) ? tensor.shape[labels.indexOf(l)] : 1)),
  );
}

/** Multiplies two terms and sums over what is not needed: a batched matrix product, or an elementwise one where nothing is summed. */
function multiply(a: Term, b: Term, needed: ReadonlySet<number>, sizes: ReadonlyMap<number, number>): Term {
  const left = reduceTo(a, new Set([...needed, ...b.labels]));
  const right = reduceTo(b, new Set([...needed, ...left.labels]));
  const shared = left.labels.filter(l => right.labels.includes(l));
  const batch = shared.filter(l => needed.has(l));
  const summed = shared.filter(l => !needed.has(l));
  const rows = left.labels.filter(l => !shared.includes(l));
  const columns = right.labels.filter(l => !shared.includes(l));
  const labels = [...batch, ...rows, ...columns];
  if (summed.length === 0)
    return { tensor: mul(aligned(left, labels), aligned(right, labels)) as Tensor, labels };
  if (batch.length > 0 && rows.length === 0 && columns.length === 0) {
    const order = [...batch, ...summed];
    const product = mul(aligned(left, order), aligned(right, order)) as Tensor;
    return reduceTo({ tensor: product, labels: order }, new Set(batch));
  }
  const size = (list: readonly number[]): number => numel(list.map(l => sizes.get(l) as number));
  const [p, m, k, n] = [batch, rows, summed, columns].map(size);
  const lead = batch.length === 0 ? [] : [p];
  const product = matmul(
    reshapeTo(aligned(left, [...batch, ...rows, ...summed]), [...lead, m, k]),
    reshapeTo(aligned(right, [...batch, ...summed, ...columns]), [...lead, k, n]) as Tensor,
  ) as Tensor;
  return {
    tensor: reshapeTo(
      product,
      labels.map(l => sizes.get(l) as number),
    ),
    labels,
  };
}

/** What is left of two terms, and the multiplications that take it there. */
function pairOf(
  a: readonly number[],
  b: readonly number[],
  needed: ReadonlySet<number>,
  sizes: ReadonlyMap<number, number>,
): { readonly labels: readonly number[]; readonly cost: number } {
  const all = [...new Set([...a, ...b])];
  const cost = all.reduce((n, l) => n * (sizes.get(l) as number), 1);
  return { labels: all.filter(l => needed.has(l)), cost };
}

/** Up to this many terms every order of contractions is looked at; beyond, the cheapest pair is taken each time. */
const exhaustive = 5;

/** The pair to contract first: of the cheapest order as counted in multiplications, or the cheapest pair. */
function nextPair(
  terms: readonly (readonly number[])[],
  output: readonly number[],
  sizes: ReadonlyMap<number, number>,
): { readonly pair: readonly [number, number]; readonly cost: number } {
  let best: { pair: readonly [number, number]; cost: number; size: number } | null = null;
  for (let i = 0; i < terms.length; i++)
    for (let j = i + 1; j < terms.length; j++) {
      const others = terms.filter((_, k) => k !== i && k !== j);
      const { labels, cost } = pairOf(terms[i], terms[j], new Set([...output, ...others.flat()]), sizes);
      const size = labels.reduce((n, l) => n * (sizes.get(l) as number), 1);
      const later =
        terms.length > 2 && terms.length <= exhaustive
          ? nextPair([...others, labels], output, sizes).cost
          : 0;
      if (best === null || cost + later < best.cost || (cost + later === best.cost && size < best.size))
        best = { pair: [i, j], cost: cost + later, size };
    }
  return best as { pair: readonly [number, number]; cost: number };
}

/**
 * The sum of products over labelled dims: labels that are not in `output` are summed over, repeated ones in a tensor mean its diagonal.
 * Sizes of one label must be equal or 1; that is for the caller to check. Pairs are contracted in the order that costs least.
 */
export function contract(
  tensors: readonly Tensor[],
  labels: readonly (readonly number[])[],
  output: readonly number[],
): Tensor {
  const sizes = new Map<number, number>();
  labels.forEach((list, t) => {
    list.forEach((l, d) => {
      const size = tensors[t].shape[d];
      if ((sizes.get(l) ?? 1) === 1) sizes.set(l, size);
    });
  });
  let terms = tensors.map((t, i) => simplify(t, labels[i], sizes));
  while (terms.length > 1) {
    const { pair } = nextPair(
      terms.map(t => t.labels),
      output,
      sizes,
    );
    const others = terms.filter((_, k) => !pair.includes(k));
    const needed = new Set([...output, ...others.flatMap(t => t.labels)]);
    terms = [...others, multiply(terms[pair[0]], terms[pair[1]], needed, sizes)];
  }
  return aligned(reduceTo(terms[0], new Set(output)), output);
}

/**
 * Einstein's summation: `einsum('bij,bjk->bik', a, b)`. Subscripts are letters, one for each dim of an operand; a letter that stands twice in an
 * operand takes the diagonal; letters that the output does not have are summed over. `...` stands for any number of dims, which broadcast.
 * Without `->` the output has the ellipsis, then the letters that stand once, in alphabetical order with upper case first. Spaces
 * do not count. Sizes of 1 broadcast. Any number of operands, as arguments or in a list; pairs are contracted in the order that costs least.
 */
export const einsum: (expression: string, ...operands: readonly (Tensor | readonly Tensor[])[]) => Tensor =
  composite('einsum', (expression: string, ...given: readonly unknown[]) => {
    if (typeof expression !== 'string')
      throw new ArgumentError(
        `einsum: expected an expression such as 'ij,jk->ik' first, got ${show(expression)}.`,
      );
    const operands = (
      given.length === 1 && Array.isArray(given[0]) ? given[0] : given.filter(x => x !== undefined)
    ) as readonly Tensor[];
    const { inputs, output } = parse(expression);
    if (operands.length === 0)
      throw new ArgumentError('einsum: got no operands; expected one for each part between commas.');
    if (operands.length !== inputs.length) {
      const at =
        operands.length < inputs.length ? inputs[operands.length].start : inputs[inputs.length - 1].start;
      throw grammarError(
        expression,
        at,
        `the expression has subscripts for ${inputs.length} operand${inputs.length === 1 ? '' : 's'}, but ${operands.length} ` +
          `${operands.length === 1 ? 'was' : 'were'} given. Separate operands with ','.`,
      );
    }
    for (const t of operands) {
      requireFloating('einsum', t);
      if (t.dtype !== operands[0].dtype)
        throw new DTypeError(
          `einsum: operands have dtypes ${operands[0].dtype} and ${t.dtype}; they must be the same. Convert one with to().`,
        );
    }

    // The dims of the ellipsis are labelled 52 and on, counted from the last, so that they align as in broadcasting.
    let hidden = 0;
    const labels = inputs.map(({ labels: list, at, start }, k) => {
      const { shape } = operands[k];
      const dots = list.indexOf(ellipsis);
      const named = list.length - (dots < 0 ? 0 : 1);
      if (dots < 0 ? named !== shape.length : named > shape.length)
        throw grammarError(
          expression,
          at[Math.min(shape.length, at.length - 1)] ?? start,
          `operand ${k} has shape ${showShape(shape)}, that is ${shape.length} dim${shape.length === 1 ? '' : 's'}, but ${named} subscript` +
            `${named === 1 ? '' : 's'}. Name every dim once, or use '...'.`,
        );
      const extra = shape.length - named;
      hidden = Math.max(hidden, dots < 0 ? 0 : extra);
      return list.flatMap(l =>
        l === ellipsis ? Array.from({ length: extra }, (_, i) => 51 + extra - i) : [l],
      );
    });
    const sizes = new Map<number, { readonly size: number; readonly operand: number }>();
    labels.forEach((list, k) => {
      list.forEach((l, d) => {
        const size = operands[k].shape[d];
        const known = sizes.get(l);
        if (known === undefined || known.size === 1) sizes.set(l, { size, operand: k });
        else if (size !== 1 && size !== known.size) {
          const { at, labels: own } = inputs[k];
          const dots = own.indexOf(ellipsis);
          const extra = list.length - own.length + 1;
          const place = dots >= 0 && d >= dots ? (d < dots + extra ? dots : d - extra + 1) : d;
          throw new ShapeError(
            grammarError(
              expression,
              at[place],
              `this dim of operand ${k} has size ${size}, and that of operand ${known.operand} with the same subscript ${known.size}. Sizes must be ` +
                'equal, or one of them 1.',
            ).message,
          );
        }
      });
    });

    const dims = Array.from({ length: hidden }, (_, i) => 51 + hidden - i);
    let wanted: number[];
    if (output === null) {
      const flat = labels.flat().filter(l => l < 52);
      wanted = [...dims, ...flat.filter(l => flat.indexOf(l) === flat.lastIndexOf(l)).sort((a, b) => a - b)];
    } else {
      output.labels.forEach((l, i) => {
        const at = output.at[i];
        if (l === ellipsis) return;
        if (output.labels.indexOf(l) !== i)
          throw grammarError(
            expression,
            at,
            `'${expression[at]}' stands twice in the output; expected each subscript once there.`,
          );
        if (!sizes.has(l))
          throw grammarError(
            expression,
            at,
            `'${expression[at]}' of the output is in no operand: its size is unknown.`,
          );
      });
      wanted = output.labels.flatMap(l => (l === ellipsis ? dims : [l]));
    }
    const result = contract(operands, labels, wanted);
    // An op's output is a tensor of its own, which its node is written to.
    return operands.includes(result) ? (clone(result) as Tensor) : result;
  }) as never;
