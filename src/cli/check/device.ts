import type { Link } from '../../linux/link.js';
import type { DriverChoice } from '../../state/schema.js';
import type { Context } from '../context.js';
import type { Worker } from '../system.js';
import { type Finding, fail, ok, warn } from './finding.js';

// A frame must fit a page with headroom and struct skb_shared_info behind it: what native drivers accept at most.
const MAX_MTU = 3498;

const SHARED =
  'the kernel sees what is taken too: where it has the address, both answer, and ping shows (DUP!)';
const SHARED_FIX = 'Linux 6.6 with CAP_NET_ADMIN and CAP_BPF, or delete the VLAN device: evlnet needs none';

/** What stands in the way on one base device. */
export async function deviceFindings(
  { system }: Context,
  device: Link,
  worker: Worker | undefined,
  choice: DriverChoice,
): Promise<Finding[]> {
  const { ifname } = device;
  const driver = worker?.status?.driver ?? choice;
  const findings: Finding[] = [];
  if (!device.up) findings.push(fail(ifname, 'is down', `ip link set ${ifname} up`));
  else if (!device.lowerUp) findings.push(warn(ifname, 'has no carrier', 'check cable and peer'));
  else findings.push(ok(ifname, 'is up'));

  const { driverName, channels } = await import('../../linux/ethtool.js');
  const { tellsHardwareTime } = await import('../../linux/rx-metadata.js');
  const queues = channels(ifname);
  const count = queues ? queues.rx + queues.combined : device.rxQueues;
  const has = [
    `driver ${driverName(ifname)?.driver ?? 'unknown'}`,
    `${count} receive queue${count === 1 ? '' : 's'}`,
    ...(driver !== 'pcap' && tellsHardwareTime(device.ifindex) ? ['tells hardware times'] : []),
  ];
  findings.push(ok(ifname, has.join(', ')));
  if (driver !== 'pcap') {
    findings.push(...(await offloadFindings(ifname, worker, choice)));
    if (device.mtu > MAX_MTU)
      findings.push(
        warn(
          ifname,
          `MTU ${device.mtu} is too large for native XDP`,
          `ip link set ${ifname} mtu ${MAX_MTU}, or mode generic`,
        ),
      );
    findings.push(await hookFinding(system, device, worker));
  }
  return [...findings, ...workerFindings(ifname, worker)];
}

async function offloadFindings(
  ifname: string,
  worker: Worker | undefined,
  choice: DriverChoice,
): Promise<Finding[]> {
  const { offloads } = await import('../../linux/ethtool.js');
  const { rxvlan } = offloads(ifname);
  if (!rxvlan?.active) return [ok(ifname, 'VLAN tags stay in the frame (rxvlan off)')];
  const hidden = 'rxvlan is on and fixed: XDP cannot see VLAN tags';
  if (rxvlan.fixed)
    return choice === 'auto'
      ? [warn(ifname, `${hidden}, auto takes the driver pcap`)]
      : [fail(ifname, hidden, `evlnet port set ${ifname} driver pcap`)];
  if (worker?.isAlive)
    return [warn(ifname, 'rxvlan is on while a worker runs', `ethtool -K ${ifname} rxvlan off`)];
  return [ok(ifname, 'rxvlan is on; a worker turns it off and on again')];
}

async function hookFinding(
  system: Context['system'],
  { ifname, xdp }: Link,
  worker: Worker | undefined,
): Promise<Finding> {
  if (xdp === undefined) return ok(ifname, 'the XDP hook is free');
  if (worker?.isAlive) return ok(ifname, `the XDP hook is ours (${xdp.mode}, worker ${worker.pid})`);
  const { id, name, pids } = await system.xdpHolder(xdp.progId);
  const owners = pids.map(({ pid, comm }) => `${comm} pid ${pid}`).join(', ');
  return fail(
    ifname,
    `the XDP hook is held by program ${id}${name && ` "${name}"`}${owners && ` of ${owners}`}`,
    owners ? 'end that program' : `ip link set ${ifname} xdp off`,
  );
}

function workerFindings(ifname: string, worker: Worker | undefined): Finding[] {
  if (worker === undefined) return [];
  if (!worker.isAlive)
    return [
      warn(ifname, `worker ${worker.pid} died and left its traces`, `evlnet run ${ifname} cleans them up`),
    ];
  if (worker.status === undefined) return [warn(ifname, `worker ${worker.pid} does not answer`)];
  const { driver, mode, zeroCopy, why, filter, spin, cpu, priority, pageFaults } = worker.status;
  const how = [
    `${driver} ${mode} ${zeroCopy ? 'zero-copy' : 'copy'}`,
    ...(spin === undefined ? [] : [spin === 'always' ? 'spins always' : `spins ${spin} turns`]),
    ...(cpu === undefined ? [] : [`CPU ${cpu}`]),
    ...(priority === undefined ? [] : [`SCHED_FIFO ${priority}`]),
    ...(pageFaults === undefined
      ? []
      : [`${pageFaults.minor} minor and ${pageFaults.major} major page faults out-of-band`]),
  ].join(', ');
  const failure = filter.failure?.message.split('\n')[0];
  const isShared = driver === 'pcap' && mode === 'shared';
  return [
    ...(isShared ? [warn(ifname, SHARED, SHARED_FIX)] : []),
    ...(failure === undefined
      ? []
      : [warn(ifname, `worker ${worker.pid}: ${failure}`, filter.failure!.hint)]),
    ok(ifname, `worker ${worker.pid} runs, ${how}${why === undefined ? '' : ` (${why})`}`),
  ];
}
