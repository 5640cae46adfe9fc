/** Where the fields of a plan stand, each an i32: the same as in assembly/convolution.ts, which says what they are. */
export const Field = {
  depth: 0,
  outputs: 1,
  positions: 2,
  groups: 3,
  rows: 4,
  origins: 5,
  inPlace: 6,
  frameBytes: 7,
  channels: 8,
  /** Of three dims. */
  sizes: 9,
  xImage: 12,
  xChannel: 13,
  /** Of three dims. */
  xStrides: 14,
  frameChannel: 17,
  framePlane: 18,
  frameRow: 19,
  interior: 20,
  block: 21,
  pointwise: 22,
  leads: 23,
  direct: 24,
  depthOfAll: 25,
} as const;

export const fieldCount = 26;

/** By name; several numbers are fields in a row. */
export function planOf(fields: Readonly<Record<keyof typeof Field, number | readonly number[]>>): Int32Array {
  const plan = new Int32Array(fieldCount);
  for (const name of Object.keys(Field) as (keyof typeof Field)[]) {
    const value = fields[name];
    if (typeof value === 'number') plan[Field[name]] = value;
    else plan.set(value, Field[name]);
  }
  return plan;
}
