import type { Tensor } from '@fluxion/autograd';

/** A point on the line: where, the loss and the gradient there, and the slope along the line. */
export interface LinePoint {
  readonly t: number;
  readonly loss: number;
  readonly grad: Tensor;
  readonly slope: number;
}

export interface LineSearchOptions {
  /** Sufficient decrease. Default 1e-4. */
  readonly c1?: number;
  /** Curvature. Default 0.9. */
  readonly c2?: number;
  /** Below this length of the bracket, in units of the largest element of the direction, the search ends. Default 1e-9. */
  readonly toleranceChange?: number;
  /** Evaluations at most, beside the first. Default 25. */
  readonly maxIterations?: number;
}

/** The minimum of the cubic through two points with their slopes, within bounds; the middle where there is none. */
export function cubicMinimum(
  a: Pick<LinePoint, 't' | 'loss' | 'slope'>,
  b: Pick<LinePoint, 't' | 'loss' | 'slope'>,
  [low, high]: readonly [number, number] = a.t <= b.t ? [a.t, b.t] : [b.t, a.t],
): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const minimum =
    right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return Math.min(Math.max(minimum, low), high);
}

/**
 * A point that satisfies the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6 with cubic interpolation), the way PyTorch goes: first
 * outwards until a bracket contains one, then inwards. `evaluations` counts the calls of `at`. If none is found, the best end of the bracket.
 */
export function strongWolfe(
  at: (t: number) => LinePoint,
  start: LinePoint,
  first: number,
  directionSize: number,
  { c1 = 1e-4, c2 = 0.9, toleranceChange = 1e-9, maxIterations = 25 }: LineSearchOptions = {},
): { readonly point: LinePoint; readonly evaluations: number } {
  const tooHigh = (p: LinePoint): boolean => p.loss > start.loss + c1 * p.t * start.slope;
  const flat = (p: LinePoint): boolean => Math.abs(p.slope) <= -c2 * start.slope;
  let point = at(first);
  let evaluations = 1;
  let previous = start;
  let iteration = 0;
  let bracket: [LinePoint, LinePoint] | null = null;
  while (iteration < maxIterations) {
    if (tooHigh(point) || (iteration > 1 && point.loss >= previous.loss)) bracket = [previous, point];
    else if (flat(point)) return { point, evaluations };
    else if (point.slope >= 0) bracket = [previous, point];
    if (bracket !== null) break;
    const { t } = point;
    const next = cubicMinimum(previous, point, [t + 0.01 * (t - previous.t), t * 10]);
    previous = point;
    point = at(next);
    evaluations++;
    iteration++;
  }
  bracket ??= [start, point];

  let stalled = false;
  let low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
  let done = false;
  while (!done && iteration < maxIterations) {
    const [a, b] = [bracket[0].t, bracket[1].t];
    if (Math.abs(b - a) * directionSize < toleranceChange) break;
    let t = cubicMinimum(bracket[0], bracket[1]);
    // A trial close to an end of the bracket, the second time or outside it, is moved a tenth of the bracket inwards.
    const [min, max] = [Math.min(a, b), Math.max(a, b)];
    const margin = 0.1 * (max - min);
    if (Math.min(max - t, t - min) < margin) {
      if (stalled || t >= max || t <= min) {
        t = Math.abs(t - max) < Math.abs(t - min) ? max - margin : min + margin;
        stalled = false;
      } else stalled = true;
    } else stalled = false;

    point = at(t);
    evaluations++;
    iteration++;
    const high = 1 - low;
    if (tooHigh(point) || point.loss >= bracket[low].loss) {
      bracket[high] = point;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
    } else {
      if (flat(point)) done = true;
      else if (point.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
      bracket[low] = point;
    }
  }
  return { point: bracket[low], evaluations };
}
