/** A growing list of bytes in the notation of WebAssembly's binary format. */
export class Encoder {
  readonly bytes: number[] = [];

  byte(...values: readonly number[]): this {
    for (const value of values) this.bytes.push(value);
    return this;
  }

  /** LEB128, unsigned. */
  unsigned(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    this.bytes.push(rest);
    return this;
  }

  /** LEB128, signed 32-bit. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const signBit = (low & 64) !== 0;
      if ((rest === 0 && !signBit) || (rest === -1 && signBit)) {
        this.bytes.push(low);
        return this;
      }
      this.bytes.push(low | 128);
    }
  }

  text(value: string): this {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.bytes.push(value.charCodeAt(i));
    return this;
  }

  raw(bytes: readonly number[]): this {
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i]);
    return this;
  }

  /** Bytes with their number in front. */
  sized(inner: Encoder): this {
    return this.unsigned(inner.bytes.length).raw(inner.bytes);
  }

  section(id: number, inner: Encoder): this {
    return this.byte(id).sized(inner);
  }
}

export const ValueType = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** Instructions outside SIMD. */
export const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Shl: 0x74,
  f64Add: 0xa0,
  f32Convert: 0xb3,
  f32Demote: 0xb6,
  f64Convert: 0xb8,
} as const;
/** The type of a block without results. */
export const noResult = 0x40;

/** SIMD instructions whose lanes do not matter. */
export const V128 = {
  load: 0,
  load8Splat: 7,
  load16Splat: 8,
  load32Splat: 9,
  load64Splat: 10,
  store: 11,
  const: 12,
  shuffle: 13,
  not: 77,
  and: 78,
  andnot: 79,
  or: 80,
  xor: 81,
  bitselect: 82,
  load8Lane: 84,
  load32Lane: 86,
  store32Lane: 90,
  store64Lane: 91,
  load32Zero: 92,
  load64Zero: 93,
  promoteLow: 0x5f,
  extendLow8: 0x89,
  extendLow16: 0xa9,
  extendLow32: 0xc9,
} as const;

/** SIMD instructions of one dtype's lanes. */
export interface LaneOps {
  readonly type: 'f32' | 'f64';
  readonly suffix: 'f32x4' | 'f64x2';
  readonly lanes: number;
  readonly itemBytes: number;
  /** Of `itemBytes`, as a power of two. */
  readonly itemShift: number;
  readonly valueType: number;
  readonly splat: number;
  readonly loadSplat: number;
  readonly extract: number;
  /** Not a SIMD instruction. */
  readonly scalarMax: number;
  /** Negates integers of the lanes' width: makes a mask of 1. */
  readonly negateInteger: number;
  readonly eq: number;
  readonly ne: number;
  readonly lt: number;
  readonly gt: number;
  readonly le: number;
  readonly ge: number;
  readonly abs: number;
  readonly neg: number;
  readonly sqrt: number;
  readonly ceil: number;
  readonly floor: number;
  readonly trunc: number;
  readonly nearest: number;
  readonly add: number;
  readonly sub: number;
  readonly mul: number;
  readonly div: number;
  readonly min: number;
  readonly max: number;
}

export const laneOps: Readonly<Record<'float32' | 'float64', LaneOps>> = {
  float32: {
    type: 'f32',
    suffix: 'f32x4',
    lanes: 4,
    itemBytes: 4,
    itemShift: 2,
    valueType: ValueType.f32,
    splat: 19,
    loadSplat: V128.load32Splat,
    extract: 31,
    scalarMax: 0x97,
    negateInteger: 0xa1,
    eq: 0x41,
    ne: 0x42,
    lt: 0x43,
    gt: 0x44,
    le: 0x45,
    ge: 0x46,
    abs: 0xe0,
    neg: 0xe1,
    sqrt: 0xe3,
    ceil: 0x67,
    floor: 0x68,
    trunc: 0x69,
    nearest: 0x6a,
    add: 0xe4,
    sub: 0xe5,
    mul: 0xe6,
    div: 0xe7,
    min: 0xe8,
    max: 0xe9,
  },
  float64: {
    type: 'f64',
    suffix: 'f64x2',
    lanes: 2,
    itemBytes: 8,
    itemShift: 3,
    valueType: ValueType.f64,
    splat: 20,
    loadSplat: V128.load64Splat,
    extract: 33,
    scalarMax: 0xa5,
    negateInteger: 0xc1,
    eq: 0x47,
    ne: 0x48,
    lt: 0x49,
    gt: 0x4a,
    le: 0x4b,
    ge: 0x4c,
    abs: 0xec,
    neg: 0xed,
    sqrt: 0xef,
    ceil: 0x74,
    floor: 0x75,
    trunc: 0x7a,
    nearest: 0x94,
    add: 0xf0,
    sub: 0xf1,
    mul: 0xf2,
    div: 0xf3,
    min: 0xf4,
    max: 0xf5,
  },
};
