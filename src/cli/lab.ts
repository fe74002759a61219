import type { Lab, LabHost, LabOptions } from '../lab/index.js';
import type { Context } from './context.js';
import type { Style, View } from './print/printer.js';

export function labOptions({ arguments: given }: Context): LabOptions {
  const name = given.text('name');
  return name === undefined ? {} : { name };
}

/** Labs, a row a host. */
export const labView: View<Lab> = {
  text: (lab, { paint }) => [
    `${lab.name}: state ${lab.state} 802.1Q ${lab.kernelVlans ? 'kernel' : 'evlnet'}${lab.owner ? ` run by ${lab.owner}` : ''}`,
    ...lab.hosts.map(
      (host) => `    ${host.host} netns ${host.namespace} ${interfacesOf(host, paint).join(' ')}`,
    ),
  ],
  brief: (lab) => ({
    name: lab.name,
    state: lab.state,
    rest: lab.hosts.map((host) => host.namespace),
  }),
  async table(labs, style) {
    const { table } = await import('./print/table.js');
    return table(
      ['lab', 'state', 'host', 'namespace', 'interfaces', 'processes'],
      labs.flatMap((lab) => lab.hosts.map((host, i) => row(lab, host, i === 0, style))),
    );
  },
};

const row = (lab: Lab, host: LabHost, isFirst: boolean, { paint }: Style): string[] => [
  isFirst ? lab.name : '',
  isFirst ? (lab.state === 'up' ? paint.up : paint.down)(lab.state) : '',
  host.host,
  host.namespace,
  interfacesOf(host, paint).join('\n'),
  host.processes.join(' '),
];

const interfacesOf = (host: LabHost, paint: Style['paint']): string[] =>
  host.interfaces.map((i) =>
    [paint.ifname(i.ifname), i.operstate, ...i.addresses.map(paint.inet)].filter(Boolean).join(' '),
  );
