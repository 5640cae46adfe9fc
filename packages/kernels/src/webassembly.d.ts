/**
 * The part of the WebAssembly JavaScript interface that this package uses. TypeScript keeps these types in the DOM library,
 * which the packages do without, since they run outside browsers as well.
 */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => Memory;

  // biome-ignore lint/suspicious/noEmptyInterface: an opaque handle
  interface Module {}
  const Module: new (bytes: Uint8Array | ArrayBuffer) => Module;

  type ExportValue = (...args: number[]) => number;
  type ImportValue = ((...args: number[]) => number | undefined) | Memory | number;

  interface Instance {
    readonly exports: Readonly<Record<string, ExportValue>>;
  }
  const Instance: new (module: Module, imports?: Record<string, Record<string, ImportValue>>) => Instance;

  const CompileError: new (message?: string) => Error;

  function validate(bytes: Uint8Array | ArrayBuffer): boolean;
}
