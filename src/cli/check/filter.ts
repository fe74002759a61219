import { wantedOn } from '../../configuration/filter-warnings.js';
import type { Tables } from '../../configuration/tables.js';
import { EvlnetError } from '../../errors.js';
import { openRecorded } from '../../filter/open.js';
import type { Wanted } from '../../filter/verify.js';
import type { FilterState, StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import { filterName, filterWords } from '../filter/text.js';
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
    findings.push(await filterFinding(context, device, filter, wantedOn(document, device, links)));
  }
  return findings;
}

async function filterFinding(
  { system }: Context,
  device: string,
  filter: FilterState,
  wanted: Wanted,
): Promise<Finding> {
  const name = `filter ${filterName(filter)}`;
  const again = `evlnet filter set ${device} ${filterWords(filter)}`;
  try {
    await system.verifyFilter(openRecorded(filter), wanted);
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
