/** The value of a function, and the sum of the sizes of its terms, on which rounding depends. */
export interface Sample {
  readonly value: number;
  readonly scale: number;
}

export interface Slope {
  readonly value: number;
  /** Bound on what rounding did to `value`. */
  readonly noise: number;
  /** Whether the differences from both sides and for both steps agree. */
  readonly smooth: boolean;
  readonly left: number;
  readonly right: number;
  /** The step at which they agreed, or the last one tried. */
  readonly step: number;
}

/** Each step is this part of the one before. */
const refinement = 16;
const refinements = 4;
/** How far differences may be apart, relative to the slope, and still count as those of a smooth function. */
const agreement = 1e-4;

/**
 * The slope of a function at 0 by central differences with steps h and h/2, extrapolated (Richardson): its error is O(h**4).
 *
 * One-sided differences (three points each) and central ones with both steps must agree. Where they do not, the step is made smaller, which
 * leaves behind kinks nearby and strong curvature; where that does not help, the function has no slope at 0.
 */
export function slopeAtZero(f: (t: number) => Sample, atZero: Sample, step: number, floor: number): Slope {
  let h = step;
  for (let k = 1; ; k++) {
    const far = [f(-h), f(h)];
    const near = [f(-h / 2), f(h / 2)];
    const left = (3 * atZero.value - 4 * near[0].value + far[0].value) / h;
    const right = (-3 * atZero.value + 4 * near[1].value - far[1].value) / h;
    const wide = (far[1].value - far[0].value) / (2 * h);
    const narrow = (near[1].value - near[0].value) / h;
    const value = (4 * narrow - wide) / 3;
    const noise = (16 * Number.EPSILON * Math.max(atZero.scale, far[0].scale, far[1].scale)) / h;
    const size = Math.max(Math.abs(left), Math.abs(right), Math.abs(wide), Math.abs(narrow));
    const gap = Math.max(Math.abs(right - left), Math.abs(wide - narrow));
    const smooth = Number.isFinite(size) && gap <= agreement * size + floor + noise;
    if (smooth || k === refinements) return { value, noise, smooth, left, right, step: h };
    h /= refinement;
  }
}

/** A step in proportion to the size of x; a power of two, so that x + h loses nothing. */
export function stepFor(x: number): number {
  return 2 ** (Math.ceil(Math.log2(Math.max(1, Math.abs(x)))) - 11);
}
