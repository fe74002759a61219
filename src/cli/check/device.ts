import type { Link } from '../../linux/link.js';
import type { Context } from '../context.js';
import type { Worker } from '../system.js';
import { type Finding, fail, ok, warn } from './finding.js';

// A frame must fit a page with headroom and struct skb_shared_info behind it: what native drivers accept at most.
const MAX_MTU = 3498;

/** What stands in the way on one base device. */
export async function deviceFindings(
  { system }: Context,
  device: Link,
  worker: Worker | undefined,
): Promise<Finding[]> {
  const { ifname } = device;
  const findings: Finding[] = [];
  if (!device.up) findings.push(fail(ifname, 'is down', `ip link set ${ifname} up`));
  else if (!device.lowerUp) findings.push(warn(ifname, 'has no carrier', 'check cable and peer'));
  else findings.push(ok(ifname, 'is up'));

  const { driverName, channels } = await import('../../linux/ethtool.js');
  const queues = channels(ifname);
  const count = queues ? queues.rx + queues.combined : device.rxQueues;
  findings.push(
    ok(
      ifname,
      `driver ${driverName(ifname)?.driver ?? 'unknown'}, ${count} receive queue${count === 1 ? '' : 's'}`,
    ),
  );
  findings.push(...(await offloadFindings(ifname, worker)));
  if (device.mtu > MAX_MTU)
    findings.push(
      warn(
        ifname,
        `MTU ${device.mtu} is too large for native XDP`,
        `ip link set ${ifname} mtu ${MAX_MTU}, or mode generic`,
      ),
    );
  findings.push(await hookFinding(system, device, worker), ...workerFindings(ifname, worker));
  return findings;
}

async function offloadFindings(ifname: string, worker: Worker | undefined): Promise<Finding[]> {
  const { offloads } = await import('../../linux/ethtool.js');
  const { rxvlan } = offloads(ifname);
  if (!rxvlan?.active) return [ok(ifname, 'VLAN tags stay in the frame (rxvlan off)')];
  if (rxvlan.fixed)
    return [
      fail(
        ifname,
        'rxvlan is on and fixed: XDP cannot see VLAN tags',
        `evlnet port set ${ifname} mode generic`,
      ),
    ];
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
  const { driver, mode, zeroCopy, why, filter } = worker.status;
  const how = `${driver} ${mode} ${zeroCopy ? 'zero-copy' : 'copy'}`;
  const failure = filter.failure?.message.split('\n')[0];
  return [
    ...(failure === undefined
      ? []
      : [warn(ifname, `worker ${worker.pid}: ${failure}`, filter.failure!.hint)]),
    ok(ifname, `worker ${worker.pid} runs, ${how}${why === undefined ? '' : ` (${why})`}`),
  ];
}
