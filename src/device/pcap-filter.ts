// A filter on its way to the pcap device, and there: as WebAssembly in front of the VLAN rule.
import { deserialize, serialize } from 'node:v8';
import { classify, OUTCOMES, type Outcome } from '../filter/classify.js';
import type { OpenFilter } from '../filter/open.js';
import { RULE_HITS } from '../filter/rule-hits.js';
import { Verdict } from '../filter/verdict.js';
import { WasmFilter } from '../filter/wasm/filter.js';
import type { Link } from '../linux/link.js';

/** What is to decide from now on. */
export interface FilterChange {
  /** packFilter() of one, the VLAN rule alone, or what decides already. */
  readonly packed: string | 'none' | 'same';
  readonly anyEthertype: boolean;
}

/** A filter as it goes to another process. */
export const packFilter = ({ object, program }: OpenFilter): string =>
  serialize({ object: { ...object, programs: [program], btf: undefined }, program }).toString('base64');

const unpackFilter = (packed: string): OpenFilter => deserialize(Buffer.from(packed, 'base64')) as OpenFilter;

/** What decides about each frame. */
export class Judge {
  #filter: WasmFilter | undefined;
  #anyEthertype = false;
  #base: Link | undefined;

  /** By VID, vlan-table.ts. */
  constructor(readonly table: DataView) {}

  setFilter({ packed, anyEthertype }: FilterChange): void {
    this.#anyEthertype = anyEthertype;
    if (packed === 'same') return;
    const filter = packed === 'none' ? undefined : unpackFilter(packed);
    this.#filter = filter && WasmFilter.create(filter.object, filter.program);
    if (this.#base) this.setBase(this.#base);
  }

  /** What the filter is told of the interface. */
  setBase(base: Link): void {
    this.#base = base;
    const { ifindex, lladdr = '00:00:00:00:00:00' } = base;
    const octets = Uint8Array.from(lladdr.split(':'), (octet) => Number.parseInt(octet, 16));
    this.#filter?.setContext({ lladdr: octets, ifindex, ingressIfindex: ifindex });
  }

  judge(v: DataView, at: number, length: number): Outcome {
    const verdict = this.#filter === undefined ? Verdict.Vlan : this.#filter.judge(v, at, length);
    return OUTCOMES[classify(v, at, at + length, verdict, this.table, this.#anyEthertype)]!;
  }

  /** Hits of each rule of a filter that is made of them. */
  copyHits(to: Float64Array): void {
    const map = this.#filter?.maps.get(RULE_HITS);
    if (map === undefined) return;
    for (let rule = 0; rule < Math.min(map.spec.maxEntries, to.length); rule++) {
      const value = map.lookup(new Uint8Array(Uint32Array.of(rule).buffer))!;
      to[rule] = Number(new DataView(value.buffer).getBigUint64(0, true));
    }
  }
}
