import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import { pairs } from '../print/pairs.js';
import type { View } from '../print/printer.js';
import { filterText, serviceText } from '../state/words.js';

type StateRecord = { readonly path: string } & StateDocument;

/** Each line after the first begins with the object that changes it. */
const view: View<StateRecord> = {
  text: ({ path, schema, rev, ports, devices, vlans, filters, services }) => [
    `${path}: schema ${schema} rev ${rev}`,
    ...Object.entries(ports).flatMap(([ifname, { neighbours = {}, ...port }]) => [
      `    port ${ifname}${pairs(port)}`,
      ...Object.entries(neighbours).map(([dst, entry]) => `        neighbour ${dst}${pairs(entry)}`),
    ]),
    ...Object.entries(devices).map(([device, options]) => `    device ${device}${pairs(options)}`),
    ...(vlans === '' ? [] : [`    vlans ${vlans}`]),
    ...Object.entries(filters).map(([device, filter]) => `    filter ${device} ${filterText(filter)}`),
    ...Object.entries(services).flatMap(([device, { services, ...options }]) => [
      `    run ${device}${pairs(options)}`,
      ...services.map((service) => `        ${serviceText(service)}`),
    ]),
  ],
};

/** `evlnet state show` */
export async function run({ print, state, stateOptions }: Context): Promise<number> {
  const document = readState(state.file, stateOptions);
  await print.records(view, [{ path: state.file, ...document }]);
  return 0;
}
