import { refusal } from './refusal.js';

const decoder = new TextDecoder();
/** No name and no line that anyone would read is longer; the rest is left out. */
const LENGTH_LIMIT = 1024;

/**
 * NUL-terminated strings, known by the octet that they start at: ELF and BTF have the same. Strings may end in one another, so
 * that a small hostile table holds any number of long ones: there is an end to what is read from it.
 */
export class StringTable {
  readonly #known = new Map<number, string>([[0, '']]);
  #room: number;

  constructor(
    readonly octets: Uint8Array,
    readonly name: string,
  ) {
    this.#room = 4 * octets.length + 65536;
  }

  at(start: number): string {
    const known = this.#known.get(start);
    if (known !== undefined) return known;
    const { octets } = this;
    if (start >= octets.length) throw refusal(`a name is outside of ${this.name}`);
    const end = Math.min(octets.length, start + LENGTH_LIMIT);
    const nul = octets.subarray(start, end).indexOf(0);
    const text = decoder.decode(octets.subarray(start, nul < 0 ? end : start + nul));
    this.#room -= text.length;
    if (this.#room < 0) throw refusal(`${this.name} have more text than is in them`);
    this.#known.set(start, text);
    return text;
  }
}
