// Global variables: .rodata, .data and .bss, each an array map with one entry that holds the whole section.
import { type Section, SectionType } from './elf.js';
import { type MapSpec, MapType } from './program.js';
import { refusal } from './refusal.js';

/** All together; the kernel's own limit for one value is of that order (KMALLOC_MAX_SIZE). */
const SIZE_LIMIT = 4 << 20;

/** Number of a section → its map. */
export function readDataSections(sections: readonly Section[]): Map<number, MapSpec> {
  const maps = new Map<number, MapSpec>();
  let total = 0;
  for (const { index, name, type, size, octets } of sections) {
    const [, kind] = /^\.(rodata|data|bss)(\.|$)/.exec(name) ?? [];
    if (kind === undefined || size === 0) continue;
    if (type !== SectionType.PROGBITS && type !== SectionType.NOBITS) continue;
    total += size;
    if (total > SIZE_LIMIT)
      throw refusal(`its global variables take ${total} octets, more than ${SIZE_LIMIT}`);
    maps.set(index, {
      name,
      type: MapType.Array,
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      contents: type === SectionType.NOBITS ? new Uint8Array(size) : octets.slice(),
      ...(kind === 'rodata' ? { isReadOnly: true } : {}),
    });
  }
  return maps;
}
