// Object files with anything in them, as no compiler would make them.

export interface SectionFields {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly link?: number;
  readonly info?: number;
  readonly octets?: Uint8Array;
}

export interface SymbolFields {
  readonly name: string;
  /** 1 = OBJECT, 2 = FUNC. */
  readonly type: number;
  readonly isLocal?: boolean;
  readonly section: number;
  readonly value?: number;
  readonly size?: number;
}

const encoder = new TextEncoder();

class Strings {
  readonly parts: Uint8Array[] = [new Uint8Array(1)];
  length = 1;
  readonly #known = new Map<string, number>([['', 0]]);

  add(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.length;
    const octets = encoder.encode(`${text}\0`);
    this.parts.push(octets);
    this.length += octets.length;
    this.#known.set(text, at);
    return at;
  }

  get octets(): Uint8Array {
    return Buffer.concat(this.parts);
  }
}

/** Sections are numbered from 1 on as they are given; symbols, their names and those of the sections come behind them. */
export function buildObject(
  sections: readonly SectionFields[],
  symbols: readonly SymbolFields[],
): Uint8Array {
  const names = new Strings();
  const sectionNames = new Strings();
  const table = new Uint8Array((symbols.length + 1) * 24);
  const entries = new DataView(table.buffer);
  symbols.forEach((s, n) => {
    const at = (n + 1) * 24;
    entries.setUint32(at, names.add(s.name), true);
    entries.setUint8(at + 4, ((s.isLocal ? 0 : 1) << 4) | s.type);
    entries.setUint16(at + 6, s.section, true);
    entries.setBigUint64(at + 8, BigInt(s.value ?? 0), true);
    entries.setBigUint64(at + 16, BigInt(s.size ?? 0), true);
  });
  const all: SectionFields[] = [
    { name: '', type: 0 },
    ...sections,
    { name: '.symtab', type: 2, link: sections.length + 2, octets: table },
    { name: '.strtab', type: 3, octets: names.octets },
  ];
  const headers = [...all, { name: '.shstrtab', type: 3 }].map((s) => sectionNames.add(s.name));
  all.push({ name: '.shstrtab', type: 3, octets: sectionNames.octets });

  const start = 64 + all.length * 64;
  const length = all.reduce((sum, s) => sum + (s.octets?.length ?? 0), start);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 1, true);
  view.setUint16(18, 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, all.length, true);
  view.setUint16(62, all.length - 1, true);
  let offset = start;
  all.forEach((s, n) => {
    const at = 64 + n * 64;
    const octets = s.octets ?? new Uint8Array(0);
    view.setUint32(at, headers[n]!, true);
    view.setUint32(at + 4, s.type ?? 1, true);
    view.setBigUint64(at + 8, BigInt(s.flags ?? 0), true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(octets.length), true);
    view.setUint32(at + 40, s.link ?? 0, true);
    view.setUint32(at + 44, s.info ?? 0, true);
    file.set(octets, offset);
    offset += octets.length;
  });
  return file;
}

/** A section .BTF: `types` are words, `strings` as they lie there. */
export function buildBtf(types: readonly number[], strings: Uint8Array): Uint8Array {
  const octets = new Uint8Array(24 + types.length * 4 + strings.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  view.setUint32(4, 24, true);
  view.setUint32(12, types.length * 4, true);
  view.setUint32(16, types.length * 4, true);
  view.setUint32(20, strings.length, true);
  types.forEach((word, n) => {
    view.setUint32(24 + n * 4, word, true);
  });
  octets.set(strings, 24 + types.length * 4);
  return octets;
}

/** Instructions of 8 octets each, from hexadecimal. */
export const code = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

/** Entries of a section of type REL (16 octets each) or, with addends, RELA (24). */
export function buildRelocations(
  entries: readonly { offset: number; type: number; symbol: number; addend?: number }[],
): Uint8Array {
  const length = entries[0]?.addend === undefined ? 16 : 24;
  const octets = new Uint8Array(entries.length * length);
  const view = new DataView(octets.buffer);
  entries.forEach(({ offset, type, symbol, addend }, n) => {
    view.setBigUint64(n * length, BigInt(offset), true);
    view.setUint32(n * length + 8, type, true);
    view.setUint32(n * length + 12, symbol, true);
    if (addend !== undefined) view.setBigInt64(n * length + 16, BigInt(addend), true);
  });
  return octets;
}
