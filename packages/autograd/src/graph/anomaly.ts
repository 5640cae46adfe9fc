import { kernels } from '@fluxion/kernels';
import { GraphError, showShape } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { withMode } from './modes.js';
import type { Input, Node } from './node.js';

/**
 * Runs `fn` and throws at the first op, forward or backward, whose result holds a NaN or an infinity: the message names the op, the
 * statistics of its inputs and, for a derivative, where the op was called. Reads every result, so it is slow: for debugging.
 */
export function detectAnomaly<R>(fn: () => R): R {
  return withMode('detectAnomaly', 'anomaly', true, fn);
}

/** Throws when an output holds a NaN or an infinity. */
export function checkFinite(op: string, inputs: readonly Input[], outputs: readonly Tensor[]): void {
  for (const out of outputs) {
    const found = firstBad(out);
    if (found === null) continue;
    const given = inputs
      .map((x, i) => `  input ${i}: ${typeof x === 'number' ? `the number ${x}` : statistics(x)}`)
      .join('\n');
    throw new GraphError(
      `detectAnomaly: ${op} returned ${found.value} at position ${found.position} of an output of shape ${showShape(out.shape)}.\n${given}\n` +
        'Look at the first input that is extreme or not finite.',
    );
  }
}

/** Throws when a gradient that a rule returned holds a NaN or an infinity. */
export function checkGradient(node: Node, i: number, grad: Tensor, gradOutput: Tensor): void {
  const found = firstBad(grad);
  if (found === null) return;
  throw new GraphError(
    `detectAnomaly: the derivative of ${node.op.name} returned ${found.value} at position ${found.position} of the gradient of input ${i}, ` +
      `shape ${showShape(grad.shape)}.\n  gradient that came in: ${statistics(gradOutput)}\n${savedValues(node)}` +
      (node.stack === '' ? '' : `The op was called at:\n${node.stack.split('\n').slice(2).join('\n')}`),
  );
}

/** The values that the rule reads. */
function savedValues(node: Node): string {
  let lines = '';
  node.inputShapes.forEach((_, i) => {
    const x = node.savedInput(i);
    if (x !== null && typeof x !== 'number') lines += `  input ${i}: ${statistics(x)}\n`;
  });
  if (node.op.savesOutput === true) lines += `  output: ${statistics(node.output())}\n`;
  return lines;
}

function firstBad(t: Tensor): { position: number; value: number } | null {
  if (t.dtype !== 'float32' && t.dtype !== 'float64') return null;
  const values = kernels().read(t);
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) return { position: i, value: values[i] };
  return null;
}

function statistics(t: Tensor): string {
  const values = kernels().read(t);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let bad = 0;
  for (const v of values) {
    if (!Number.isFinite(v)) {
      bad++;
      continue;
    }
    min = Math.min(min, v);
    max = Math.max(max, v);
    sum += v;
  }
  const finite = values.length - bad;
  const range = finite === 0 ? 'no finite entry' : `min ${min}, max ${max}, mean ${sum / finite}`;
  return `${t.dtype} ${showShape(t.shape)}, ${range}, ${bad} not finite`;
}
