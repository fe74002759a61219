import { EvlnetError } from '../../errors.js';
import { readRecorded } from '../../filter/object-file.js';
import { openFilter } from '../../filter/open.js';
import type { FilterState, StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import { filterName, filterWords } from '../filter/text.js';
import { recordedPorts } from '../port/recorded.js';
import type { Tables } from '../port/warnings.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** The recorded filters: whether their files are those that were set, and whether the kernel takes them. */
export async function filterFindings(
  context: Context,
  document: StateDocument,
  { links }: Tables,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [device, filter] of Object.entries(document.filters)) {
    if (!links.some((l) => l.ifname === device))
      findings.push(warn(device, 'has a filter, but is not there', `evlnet filter unset ${device}`));
    const takesAny = recordedPorts(document, links).some(
      (port) => port.baseName === device && port.entry.ethertype === 'any',
    );
    findings.push(await filterFinding(context, device, filter, takesAny));
  }
  return findings;
}

async function filterFinding(
  { system }: Context,
  device: string,
  filter: FilterState,
  takesAny: boolean,
): Promise<Finding> {
  const name = `filter ${filterName(filter)}`;
  const again = `evlnet filter set ${device} ${filterWords(filter)}`;
  try {
    const opened = openFilter(filter, 'object' in filter ? readRecorded(filter).octets : undefined);
    await system.verifyFilter(opened, takesAny);
    return ok(device, `${name} is one that the kernel takes`);
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    if (error.code === 'EVL_PERMISSION') return ok(device, `${name}, which only root can verify`);
    const [reason] = error.message.split('\n');
    return error.code === 'EVL_FILTER_CHANGED' || error.code === 'EVL_FILE'
      ? warn(device, `${name}: ${reason}; the next worker falls back to the VLAN rule`, again)
      : fail(device, `${name}: ${reason}`, error.hint);
  }
}
