import { readdirSync, readFileSync } from 'node:fs';
import { asIdentity, isAlive, type ProcessIdentity } from '../linux/process.js';
import {
  cannotFindLab,
  HOSTS,
  type Host,
  type LabOptions,
  labName,
  namespace,
  parseNamespace,
  recordFile,
  stateFile,
} from './name.js';
import { attempt } from './tool.js';
import { interfaces } from './topology.js';
import { mustBeRoot } from './turn.js';

/** What stands in the record file. */
export interface LabRecord {
  /** Whether the responder has real 802.1Q devices. */
  readonly kernelVlans: boolean;
  readonly builder: ProcessIdentity;
  /** The process that removes the lab when it ends (`lab run`). */
  readonly owner?: ProcessIdentity;
}

export interface LabInterface {
  readonly ifname: string;
  readonly operstate: string;
  readonly lladdr: string;
  /** IPv4 with prefix length. */
  readonly addresses: readonly string[];
}

export interface LabHost {
  readonly host: Host;
  readonly namespace: string;
  /** evlnet's state file of this host. */
  readonly state: string;
  /** Without `lo`. */
  readonly interfaces: readonly LabInterface[];
  /** Processes that run there. */
  readonly processes: readonly number[];
}

export interface Lab {
  readonly name: string;
  /** `broken`: left behind half-built or half-removed; `lab down` removes it, `lab up` builds it anew. */
  readonly state: 'up' | 'broken';
  readonly kernelVlans: boolean;
  /** Process that runs the demonstration in it. */
  readonly owner?: number;
  readonly hosts: readonly LabHost[];
}

/** Every lab of this machine, by name; with a name that one, which must be there. */
export async function labStatus(options: LabOptions = {}): Promise<Lab[]> {
  const wanted = options.name === undefined ? undefined : labName(options);
  const present = new Set(namespaces().flatMap((text) => parseNamespace(text)?.[0] ?? []));
  if (wanted !== undefined && !present.has(wanted)) throw cannotFindLab(options);
  if (present.size > 0) mustBeRoot('look into the labs');
  const names = wanted === undefined ? [...present].sort() : [wanted];
  const labs = await Promise.all(names.map(readLab));
  return labs.filter((lab) => lab !== undefined);
}

/** The lab as it is; nothing where there is none. */
export async function readLab(name: string): Promise<Lab | undefined> {
  const present = namespaces();
  const there = HOSTS.filter((host) => present.includes(namespace(name, host)));
  const hosts = await Promise.all(there.map((host) => readHost(name, host)));
  if (hosts.length === 0) return undefined;
  const record = readRecord(name);
  const isLeft = record?.owner !== undefined && !isAlive(record.owner);
  const kernelVlans = record?.kernelVlans ?? false;
  const isComplete =
    record !== undefined && hosts.length === HOSTS.length && hosts.every((h) => hasAll(h, kernelVlans));
  return {
    name,
    state: isComplete && !isLeft ? 'up' : 'broken',
    kernelVlans,
    ...(record?.owner && !isLeft ? { owner: record.owner.pid } : {}),
    hosts,
  };
}

/** Processes whose network namespace is this one. */
export async function processesIn(namespaceName: string): Promise<number[]> {
  const { stdout } = await attempt('ip', ['netns', 'pids', namespaceName]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

export function namespaces(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    return [];
  }
}

function hasAll({ host, interfaces: have }: LabHost, kernelVlans: boolean): boolean {
  return interfaces(host, kernelVlans).every((ifname) => have.some((i) => i.ifname === ifname));
}

function readRecord(name: string): LabRecord | undefined {
  try {
    const { kernelVlans, builder, owner } = JSON.parse(readFileSync(recordFile(name), 'utf8')) as LabRecord;
    const alive = asIdentity(owner);
    return { kernelVlans: kernelVlans === true, builder, ...(alive ? { owner: alive } : {}) };
  } catch {
    return undefined;
  }
}

interface AddressRecord {
  ifname: string;
  operstate: string;
  address: string;
  addr_info: { family: string; local: string; prefixlen: number }[];
}

async function readHost(name: string, host: Host): Promise<LabHost> {
  const where = namespace(name, host);
  // A namespace's file that nothing is mounted on any more, after a crash, cannot be entered: no interfaces.
  const { stdout, failed } = await attempt('ip', ['-n', where, '-j', 'address', 'show']);
  const records = failed ? [] : (JSON.parse(stdout || '[]') as AddressRecord[]);
  return {
    host,
    namespace: where,
    state: stateFile(name, host),
    processes: await processesIn(where),
    interfaces: records
      .filter((record) => record.ifname !== 'lo')
      .map((record) => ({
        ifname: record.ifname,
        operstate: record.operstate,
        lladdr: record.address,
        addresses: record.addr_info
          .filter((a) => a.family === 'inet')
          .map((a) => `${a.local}/${a.prefixlen}`),
      })),
  };
}
