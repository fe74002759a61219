import { refusal } from './refusal.js';

const decoder = new TextDecoder();

/**
 * The string at `at` of a table of NUL-terminated strings (ELF and BTF have the same). A hostile table can make every
 * record point into one long string: no more than `limit` octets are ever looked at.
 */
export function stringAt(table: Uint8Array, at: number, limit: number, where: string): string {
  if (at >= table.length) {
    if (at === 0) return '';
    throw refusal(`${where} points outside of the strings`);
  }
  const end = Math.min(table.length, at + limit);
  const nul = table.subarray(at, end).indexOf(0);
  return decoder.decode(table.subarray(at, nul < 0 ? end : at + nul));
}
