/** The element types. A `bool` takes one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool';

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export type TypedArrayOf<D extends DType> = D extends 'float32'
  ? Float32Array
  : D extends 'float64'
    ? Float64Array
    : D extends 'int32'
      ? Int32Array
      : Uint8Array;

/** Bytes an element takes. */
export const itemSize: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4, bool: 1 };

export const arrayType: {
  readonly [D in DType]: new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => TypedArrayOf<D>;
} & {
  readonly [D in DType]: new (
    length: number,
  ) => TypedArrayOf<D>;
} = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };

/**
 * Where the bytes of a storage are, and who answers for them:
 * young    in WebAssembly memory, allocated or come back since the last evacuation
 * old      in WebAssembly memory, long-lived: tenured by request, or come back twice
 * outside  in an ordinary typed array, owned by the JavaScript collector
 * freed    given back; any further use is an error
 */
export const Generation = { young: 0, old: 1, outside: 2, freed: 3 } as const;
export type Generation = (typeof Generation)[keyof typeof Generation];

/**
 * A run of elements of one dtype. Tensors and their views share it; only kernels look inside.
 * One class serves every tier, so that code which handles storages stays monomorphic.
 */
export class Storage {
  readonly dtype: DType;
  readonly length: number;
  /** When it was last changed in place, on the clock of the owner above; 0 for never. */
  version: number;
  /** The op that did so. */
  changedBy: string;
  generation: Generation;
  /** Byte address in WebAssembly memory; 0 while the bytes are outside. */
  address: number;
  /** The bytes while outside: `data` may be a page that several small storages share. */
  data: Uint8Array | null;
  /** Index in the heap's list of its generation; outside, where its bytes begin in `data`. */
  slot: number;
  /** How often its bytes came back after an evacuation. */
  returns: number;
  /** How often the engine above holds it: saved by a graph node, or a cotangent on its way. */
  holds: number;
  /** Set by the engine above while nobody else can reach it: it is freed when `holds` returns to 0. */
  engineOwned: boolean;
  /** Set by the engine above for what outlives the region or scope it was made in. */
  escaped: boolean;
  /** The op or scope that freed it, for the error message. */
  freedBy: string;

  constructor(
    dtype: DType,
    length: number,
    generation: Generation,
    address: number,
    data: Uint8Array | null,
  ) {
    this.dtype = dtype;
    this.length = length;
    this.version = 0;
    this.changedBy = '';
    this.generation = generation;
    this.address = address;
    this.data = data;
    this.slot = -1;
    this.returns = 0;
    this.holds = 0;
    this.engineOwned = false;
    this.escaped = false;
    this.freedBy = '';
  }
}
