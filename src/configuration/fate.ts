import { classify, OUTCOMES, type Outcome, tableView } from '../filter/classify.js';
import { type OpenFilter, openRecorded } from '../filter/open.js';
import { Verdict } from '../filter/verdict.js';
import { WasmFilter } from '../filter/wasm/filter.js';
import type { StateDocument } from '../state/schema.js';
import { plan } from '../worker/plan.js';
import type { Tables } from './tables.js';

/** What becomes of frames that enter `device`, as the state has it; `filter` in place of the recorded one. In user space: no privilege, no worker. */
export function fates(
  state: StateDocument,
  device: string,
  tables: Tables,
  frames: readonly Uint8Array[],
  filter: OpenFilter | undefined = recorded(state, device),
): Outcome[] {
  const base = tables.links.find((l) => l.ifname === device);
  if (base === undefined) return [];
  const { table, anyEthertype } = plan(state, base, { ...tables, routes: [] }, []);
  const view = tableView(table);
  const engine =
    filter &&
    WasmFilter.create(filter.object, filter.program, {
      context: { ifindex: base.ifindex, ingressIfindex: base.ifindex, lladdr: table.subarray(2, 8) },
    });
  return frames.map((octets) => {
    const frame = new DataView(octets.buffer);
    const verdict = engine?.judge(frame, 0, octets.length) ?? Verdict.Vlan;
    return OUTCOMES[classify(frame, 0, octets.length, verdict, view, anyEthertype)]!;
  });
}

/** Nothing where it cannot be opened: a worker falls back to the VLAN rule then. */
function recorded(state: StateDocument, device: string): OpenFilter | undefined {
  const filter = state.filters[device];
  try {
    return filter && openRecorded(filter);
  } catch {
    return undefined;
  }
}
