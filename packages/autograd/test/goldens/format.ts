import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A number, or `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export type Entry = number | string;

export interface GoldenTensor {
  readonly dtype: 'float64' | 'int64' | 'bool';
  readonly shape: readonly number[];
  /** In C order, whatever `strides` say. */
  readonly data: readonly Entry[];
  /** The case was recorded with these strides, in elements. */
  readonly strides?: readonly number[];
}

/** By the number of the input; null: no dependence. */
export type ByInput = Readonly<Record<string, readonly Entry[] | null>>;

/** One call of an operator of PyTorch. */
export interface OpCase {
  readonly id: string;
  readonly op: string;
  readonly variant: string;
  /** The function under `torch.`; `Tensor.view` is a method. */
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly tensors: readonly (GoldenTensor & { readonly grad: boolean })[];
  readonly out_kind: 'tensor' | 'tuple';
  readonly outputs: readonly (GoldenTensor & { readonly grad: boolean })[];
  /** Cotangents; null for a case of values only. */
  readonly v: readonly (readonly Entry[] | null)[] | null;
  readonly grads: ByInput | null;
  readonly second: {
    readonly u: ByInput;
    readonly grads: ByInput;
    readonly jvp: readonly (readonly Entry[] | null)[];
  } | null;
  /** Inputs changed in place by the call. */
  readonly mutated?: ByInput;
  /** Relative tolerances where PyTorch is less precise than double. */
  readonly tol?: Readonly<Record<string, number>>;
}

/** A case of another kind; its runner knows the fields. */
export interface KindCase {
  readonly id: string;
  readonly kind: string;
}

export type Case = OpCase | KindCase;

export function isOpCase(c: Case): c is OpCase {
  return 'op' in c;
}

export function toNumber(entry: Entry): number {
  return typeof entry === 'number' ? entry : Number(entry);
}

/** The lines of a file of JSON lines, gzipped or not: one case each. */
export function readLines(file: string): string[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter(line => line.trim() !== '');
}

/** The cases of a file. */
export function readCases(file: string): Case[] {
  return readLines(file).map((line, i) => {
    try {
      return JSON.parse(line) as Case;
    } catch (error) {
      throw new Error(`${file}, case ${i + 1}, is no JSON.`, { cause: error });
    }
  });
}

/** The files of cases in a folder, in the order of their names. */
export function caseFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => /\.jsonl(\.gz)?$/.test(name))
    .sort()
    .map(name => join(folder, name));
}
