/**
 * Moves vector constants of a WebAssembly module from its code to its data. V8 builds a constant in the loop that uses it, each time, by three instructions
 * through an integer register; a load that repeats one element to all lanes is one. The functions of `assembly/math` are half constants: exp takes two thirds
 * of the time. And a module has fewer bytes.
 */

const codeSection = 10;
const dataCountSection = 12;
const dataSection = 11;

/** Repeats elements of that many bytes: `v128.load32_splat`, `v128.load64_splat`. */
const splats = { 4: 0x09, 8: 0x0a } as const;

/** Reads numbers of the binary format, and copies what lies between. */
class Reader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes[this.at++];
  }

  /** An unsigned number of 32 bits; a signed one is skipped in the same way. */
  leb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  skip(count: number): void {
    this.at += count;
  }

  take(count: number): Uint8Array {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** The element that all lanes of a constant repeat, as hexadecimal digits; '' for a constant that stays where it is. */
function repeated(constant: Uint8Array): string {
  const hex = Buffer.from(constant).toString('hex');
  // All zeros and all ones are made by one instruction.
  if (/^(00)+$|^(ff)+$/.test(hex)) return '';
  for (const digits of [8, 16]) {
    const element = hex.slice(0, digits);
    if (element.repeat(32 / digits) === hex) return element;
  }
  return '';
}

/** Calls `visit` for every `v128.const` of a function body (its bytes after the locals), with where it begins; it is 18 bytes long. */
function eachConstant(body: Uint8Array, begin: number, visit: (at: number, value: Uint8Array) => void): void {
  const reader = new Reader(body);
  reader.at = begin;
  while (reader.at < body.length) {
    const start = reader.at;
    const opcode = reader.byte();
    if (opcode >= 0x02 && opcode <= 0x04) reader.leb();
    else if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) reader.leb();
    else if (opcode === 0x0e) for (let n = reader.leb() + 1; n > 0; n--) reader.leb();
    else if (opcode === 0x1c) reader.skip(reader.leb());
    else if (opcode >= 0x20 && opcode <= 0x24) reader.leb();
    else if (opcode >= 0x28 && opcode <= 0x3e) {
      reader.leb();
      reader.leb();
    } else if (opcode === 0x3f || opcode === 0x40) reader.skip(1);
    else if (opcode === 0x41 || opcode === 0x42) reader.leb();
    else if (opcode === 0x43) reader.skip(4);
    else if (opcode === 0x44) reader.skip(8);
    else if (opcode === 0xfc) {
      const sub = reader.leb();
      if (sub === 10) reader.skip(2);
      else if (sub === 11) reader.skip(1);
      else if (sub > 7) throw new Error(`constants: instruction fc ${sub} is unknown here`);
    } else if (opcode === 0xfd) {
      const sub = reader.leb();
      if (sub === 12) visit(start, reader.take(16));
      else if (sub === 13) reader.skip(16);
      else if (sub <= 11 || sub === 92 || sub === 93) {
        reader.leb();
        reader.leb();
      } else if (sub >= 84 && sub <= 91) {
        reader.leb();
        reader.leb();
        reader.skip(1);
      } else if (sub >= 21 && sub <= 34) reader.skip(1);
    } else if (
      !(
        opcode <= 0x01 ||
        [0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(opcode) ||
        (opcode >= 0x45 && opcode <= 0xc4)
      )
    )
      throw new Error(`constants: instruction ${opcode.toString(16)} is unknown here`);
  }
}

interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

function sectionsOf(module: Uint8Array): Section[] {
  const reader = new Reader(module);
  reader.skip(8);
  const sections: Section[] = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    sections.push({ id, content: reader.take(reader.leb()) });
  }
  return sections;
}

/** The bodies of the functions of a code section, each with where its instructions begin. */
function bodiesOf(content: Uint8Array): { readonly body: Uint8Array; readonly begin: number }[] {
  const reader = new Reader(content);
  return Array.from({ length: reader.leb() }, () => {
    const body = reader.take(reader.leb());
    const inner = new Reader(body);
    for (let groups = inner.leb(); groups > 0; groups--) {
      inner.leb();
      inner.skip(1);
    }
    return { body, begin: inner.at };
  });
}

/** Where each element of the tables of all modules goes: the longer ones first, so that all are aligned. */
export function placeConstants(
  modules: readonly Uint8Array[],
  base: number,
  limit: number,
): Map<string, number> {
  const found = new Set<string>();
  for (const module of modules)
    for (const { id, content } of sectionsOf(module)) {
      if (id !== codeSection) continue;
      for (const { body, begin } of bodiesOf(content))
        eachConstant(body, begin, (_, value) => {
          if (repeated(value) !== '') found.add(repeated(value));
        });
    }
  const places = new Map<string, number>();
  let at = base;
  for (const element of [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1))) {
    places.set(element, at);
    at += element.length / 2;
  }
  if (at > limit)
    throw new Error(`constants: they end at ${at}, and there is room up to ${limit}; make more.`);
  return places;
}

/** The module with loads from the places in place of constants, and a data segment that holds them. */
export function moveConstants(module: Uint8Array, places: ReadonlyMap<string, number>): Uint8Array {
  const out: number[] = [...module.subarray(0, 8)];
  const section = (id: number, content: readonly number[]): void => {
    out.push(id, ...leb(content.length));
    for (const byte of content) out.push(byte);
  };
  if (places.size === 0) return module;
  const [base] = places.values();
  const table = Buffer.from([...places.keys()].join(''), 'hex');
  const segment = [0, 0x41, ...signed(base), 0x0b, ...leb(table.length), ...table];
  let hasData = false;
  for (const { id, content } of sectionsOf(module)) {
    if (id === codeSection) section(id, moveInCode(content, places));
    else if (id === dataCountSection) section(id, leb(new Reader(content).leb() + 1));
    else if (id === dataSection) {
      hasData = true;
      const reader = new Reader(content);
      const count = reader.leb();
      section(id, [...leb(count + 1), ...content.subarray(reader.at), ...segment]);
    } else section(id, [...content]);
  }
  if (!hasData) throw new Error('constants: the module has no data section');
  return Uint8Array.from(out);
}

/** A small positive number as a signed one. */
function signed(value: number): number[] {
  const bytes = leb(value);
  return bytes[bytes.length - 1] < 64 ? bytes : [...bytes.slice(0, -1), bytes[bytes.length - 1] | 128, 0];
}

function moveInCode(content: Uint8Array, places: ReadonlyMap<string, number>): number[] {
  const bodies = bodiesOf(content);
  const out = leb(bodies.length);
  for (const { body, begin } of bodies) {
    const moved: number[] = [];
    let copied = 0;
    eachConstant(body, begin, (at, value) => {
      const place = places.get(repeated(value));
      if (place === undefined) return;
      moved.push(...body.subarray(copied, at));
      const bytes = (repeated(value).length / 2) as 4 | 8;
      moved.push(0x41, ...signed(place), 0xfd, splats[bytes], bytes === 4 ? 2 : 3, 0);
      copied = at + 18;
    });
    moved.push(...body.subarray(copied));
    out.push(...leb(moved.length), ...moved);
  }
  return out;
}
