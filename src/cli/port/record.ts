import type { Stats64 } from '../../configuration/counters.js';
import type { RecordedPort } from '../../configuration/recorded-port.js';
import type { Address, Link } from '../../linux/link.js';
import { DEVICE_DEFAULTS, type DeviceState, deviceOptions, type StateDocument } from '../../state/schema.js';
import { dotted } from '../dotted.js';
import { filterName } from '../filter/text.js';
import type { Worker } from '../system.js';

/** DISABLED: not a port; ENABLED: no worker; DOWN: comes back with the link by itself; STALE: the worker died. */
export type PortStateName = 'DISABLED' | 'ENABLED' | 'RUNNING' | 'DOWN' | 'STALE';

/** One port as `-j` prints it, in ip(8)'s keys where it has them. */
export interface PortRecord {
  ifindex?: number;
  ifname: string;
  link?: string;
  flags: string[];
  mtu?: number;
  vid?: number;
  operstate: PortStateName;
  driver?: string;
  mode?: string;
  zerocopy?: boolean;
  queues?: number;
  /** Process id. */
  worker?: number;
  lladdr?: string;
  addr_info: { family: 'inet'; local: string; prefixlen: number }[];
  pool?: number;
  bufsz?: number;
  /** How the worker's out-of-band thread runs, where it is not the default: empty turns, CPUs, SCHED_FIFO. */
  spin?: number | 'always';
  cpu?: string;
  priority?: number;
  /** Of the base device: `ecat.o`, `rules`, `all accept`. */
  filter?: string;
  ethertype?: 'any';
  icmp_errors?: true;
  /** Why auto did not take a better driver or mode. */
  why?: string;
  /** What holds the XDP hook in our place. */
  xdp?: { mode: string; prog: { id: number; name?: string }; pids?: { pid: number; comm: string }[] };
  /** What the worker changed on the interface and will put back; with `-d`. */
  changed?: readonly string[];
  /** Of the worker's out-of-band thread since it runs; with `-d`. */
  page_faults?: { minor: number; major: number };
  /** What was asked for, where it is not the default or `-d` asks. */
  wants?: { driver?: string; mode?: string };
  stats64?: Stats64;
}

export interface PortSources {
  readonly state: StateDocument;
  readonly addresses: readonly Address[];
  readonly workers: readonly Worker[];
  readonly details: boolean;
}

/** The record of an enabled port. */
export function portRecord(port: RecordedPort, sources: PortSources): PortRecord {
  const { ifname, entry, baseName, base, kernel, vid } = port;
  const worker = sources.workers.find((w) => w.device === baseName);
  const { pool, bufsz, driver, mode } = deviceOptions(sources.state, baseName);
  const filter = sources.state.filters[baseName];
  const status = worker?.status;
  const operstate = stateOf(port, worker);
  const wants = wanted({ driver, mode }, sources.details || undefined);
  return {
    ...(kernel ? { ifindex: kernel.ifindex } : {}),
    ifname,
    ...(vid === undefined ? {} : { link: baseName }),
    flags: ['OOB', ...flagsOf(kernel ?? base)],
    ...(base ? { mtu: (kernel ?? base).mtu } : {}),
    ...(vid === undefined ? {} : { vid }),
    operstate,
    ...(status && {
      driver: status.driver,
      mode: status.mode,
      zerocopy: status.zeroCopy,
      queues: status.queues,
    }),
    ...(worker?.isAlive && { worker: worker.pid }),
    ...lladdrOf(kernel ?? base),
    addr_info: kernel ? addressesOf(kernel, sources.addresses) : ownAddress(entry.address),
    pool: status?.pool ?? pool,
    bufsz: status?.bufsz ?? bufsz,
    ...(status && urgencyOf(status)),
    ...(filter && { filter: filterName(filter) }),
    ...(entry.ethertype && { ethertype: entry.ethertype }),
    ...(entry.icmpErrors && { icmp_errors: true as const }),
    ...(status?.why === undefined ? {} : { why: status.why }),
    ...(sources.details && status?.changed?.length ? { changed: status.changed } : {}),
    ...(sources.details && status?.pageFaults ? { page_faults: status.pageFaults } : {}),
    ...(wants && { wants }),
  };
}

/** The record of a device that is not a port. */
export function deviceRecord(
  device: Link,
  base: Link | undefined,
  addresses: readonly Address[],
): PortRecord {
  const { ifindex, ifname, vlan, mtu, lladdr } = device;
  return {
    ifindex,
    ifname,
    ...(base && vlan ? { link: base.ifname } : {}),
    flags: flagsOf(device),
    mtu,
    ...(vlan ? { vid: vlan.id } : {}),
    operstate: 'DISABLED',
    ...(lladdr ? { lladdr } : {}),
    addr_info: addressesOf(device, addresses),
  };
}

function stateOf({ ifname, base, kernel }: RecordedPort, worker: Worker | undefined): PortStateName {
  if (worker === undefined) return 'ENABLED';
  if (!worker.isAlive) return 'STALE';
  const { status } = worker;
  const isUp = base?.lowerUp === true && kernel?.up !== false && status?.link !== 'down';
  if (!isUp) return 'DOWN';
  const runs = status?.ports.some((port) => port.ifname === ifname && port.running);
  return runs === false ? 'ENABLED' : 'RUNNING';
}

const urgencyOf = ({ spin, cpu, priority }: NonNullable<Worker['status']>): Partial<PortRecord> => ({
  ...(spin === undefined ? {} : { spin }),
  ...(cpu === undefined ? {} : { cpu }),
  ...(priority === undefined ? {} : { priority }),
});

const flagsOf = (link: Link | undefined): string[] => [
  ...(link?.up ? ['UP'] : []),
  ...(link?.lowerUp ? ['RUNNING'] : []),
];

const addressesOf = (link: Link, addresses: readonly Address[]): PortRecord['addr_info'] =>
  addresses
    .filter((a) => a.ifindex === link.ifindex)
    .map((a) => ({ family: 'inet', local: dotted(a.address), prefixlen: a.prefix }));

function ownAddress(text: string | undefined): PortRecord['addr_info'] {
  const [local, length] = text?.split('/') ?? [];
  return local === undefined ? [] : [{ family: 'inet', local, prefixlen: Number(length) }];
}

function wanted(options: DeviceState, always: true | undefined): PortRecord['wants'] {
  const driver = always || options.driver !== DEVICE_DEFAULTS.driver ? options.driver : undefined;
  const mode = always || options.mode !== DEVICE_DEFAULTS.mode ? options.mode : undefined;
  if (driver === undefined && mode === undefined) return undefined;
  return { ...(driver && { driver }), ...(mode && { mode }) };
}

const lladdrOf = (link: Link | undefined): { lladdr?: string } =>
  link?.lladdr ? { lladdr: link.lladdr } : {};
