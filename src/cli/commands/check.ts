import { cannotFindDevice } from '../../configuration/not-found.js';
import { below } from '../../configuration/place.js';
import { recordedPorts } from '../../configuration/recorded-port.js';
import { readTables } from '../../configuration/tables.js';
import { Exit } from '../../errors.js';
import { deviceOptions } from '../../state/schema.js';
import { configurationFindings, readConfiguration } from '../check/configuration.js';
import { deviceFindings } from '../check/device.js';
import { filterFindings } from '../check/filter.js';
import { type Finding, findingView } from '../check/finding.js';
import { machineFindings } from '../check/machine.js';
import type { Context } from '../context.js';

/** `evlnet check`: base devices of the ports, or the one named; exit 2 on a FAIL. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, system, state, print } = context;
  const [tables, workers] = await Promise.all([readTables(context), system.workers(state)]);
  const { document, findings: ofState } = readConfiguration(context);
  const findings: Finding[] = [...(await machineFindings()), ...ofState];
  if (document) {
    findings.push(...configurationFindings(document, tables));
    findings.push(...(await filterFindings(context, document, tables)));
  }

  const ifname = given.text('dev');
  const names = ifname
    ? [ifname]
    : document
      ? recordedPorts(document, tables.links).map((p) => p.baseName)
      : [];
  for (const name of new Set(names)) {
    const named = tables.links.find((l) => l.ifname === name);
    if (named === undefined && ifname !== undefined) throw cannotFindDevice(name, tables.links);
    const device = named && below(named, tables.links);
    if (device)
      findings.push(
        ...(await deviceFindings(
          context,
          device,
          workers.find((w) => w.device === device.ifname),
          document ? deviceOptions(document, device.ifname).driver : 'auto',
        )),
      );
  }
  await print.records(findingView, findings);
  return findings.some((finding) => finding.status === 'FAIL') ? Exit.Failure : Exit.Ok;
}
