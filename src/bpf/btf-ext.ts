// Section .BTF.ext, Documentation/bpf/btf.rst §4.2: what is known of single instructions.
import { type Btf, columnOf, lineOf } from './btf.js';
import type { SourceLine } from './instruction.js';
import { refusal } from './refusal.js';

/** What is known of the instructions of one section; keys are octets into it. */
export interface InstructionNotes {
  /** The FUNC that starts there. */
  readonly functions: Map<number, number>;
  /** The line that starts there and goes on until the next. */
  readonly lines: Map<number, SourceLine>;
  readonly relocations: Map<number, CoreRelocation>;
}

/** struct bpf_core_relo: an immediate that depends on the layout of the type in the running kernel. */
export interface CoreRelocation {
  readonly type: number;
  /** `0:1:2`: which member of which member. */
  readonly access: string;
  /** enum bpf_core_relo_kind. */
  readonly kind: number;
}

const HEADER = 24;
const RELOCATIONS_HEADER = 32;

/** By name of the section. */
export function readBtfExt(octets: Uint8Array, btf: Btf): Map<string, InstructionNotes> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const sections = new Map<string, InstructionNotes>();
  if (octets.length < HEADER) throw refusal(`its .BTF.ext is truncated: ${octets.length} octets`);
  const header = view.getUint32(4, true);
  const text = (at: number) => btf.string(at);
  const u32 = (at: number) => view.getUint32(at, true);
  /** Calls `take` for each record of the table that the header tells of at `field`. */
  const each = (field: number, least: number, take: (notes: InstructionNotes, at: number) => void) => {
    let at = header + u32(field);
    const end = at + u32(field + 4);
    if (end === at) return;
    if (header < HEADER || end > octets.length || end - at < 4) throw refusal('its .BTF.ext is truncated');
    const record = u32(at);
    if (record < least || record % 4 !== 0) throw refusal(`its .BTF.ext has records of ${record} octets`);
    for (at += 4; at < end; ) {
      if (at + 8 > end) throw refusal('its .BTF.ext is truncated');
      const name = text(u32(at));
      const count = u32(at + 4);
      at += 8;
      if (at + count * record > end) throw refusal('its .BTF.ext is truncated');
      const notes = sections.get(name) ?? { functions: new Map(), lines: new Map(), relocations: new Map() };
      sections.set(name, notes);
      for (let n = 0; n < count; n++, at += record) take(notes, at);
    }
  };
  each(8, 8, ({ functions }, at) => functions.set(u32(at), u32(at + 4)));
  each(16, 16, ({ lines }, at) => {
    const word = u32(at + 12);
    lines.set(u32(at), {
      file: text(u32(at + 4)),
      line: lineOf(word),
      column: columnOf(word),
      text: text(u32(at + 8)),
    });
  });
  if (header >= RELOCATIONS_HEADER && octets.length >= RELOCATIONS_HEADER)
    each(24, 16, ({ relocations }, at) =>
      relocations.set(u32(at), { type: u32(at + 4), access: text(u32(at + 8)), kind: u32(at + 12) }),
    );
  return sections;
}
