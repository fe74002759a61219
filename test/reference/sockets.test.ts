// What a socket may be bound to, whom it sends to and as whom, and what it gets: the kernel's sockets are asked, and the stack in memory.
// The combinations are those of packetimpact's udp_send_recv_dgram (google/gvisor).
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EvlnetError } from '../../src/errors.js';
import { formatIpv4, parseIpv4 } from '../../src/wire/address.js';
import type { PortSetup } from '../../src/worker/shared.js';
import { bindingOf } from '../../src/worker/socket-bind.js';
import { ISSUER, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { output } from '../command.js';
import { portConfig } from '../stack/host.js';
import { datagram, SocketHost, UDP_PORT, VID } from '../stack/sockets.js';
import { Hosts } from './hosts.js';

interface Case {
  readonly bind: string | null;
  readonly device: boolean;
  readonly to: string;
  readonly broadcast?: boolean;
}

const [ALL, SUBNET, GROUP, OWN, PEER] = [
  '255.255.255.255',
  '10.10.10.255',
  '239.1.2.3',
  RESPONDER.address,
  ISSUER.address,
];
const both = [false, true];
const SENDS: Case[] = [null, '0.0.0.0', ALL, SUBNET, OWN, '10.10.10.12'].flatMap((bind) =>
  [ALL, SUBNET, GROUP, PEER].flatMap((to) =>
    both.flatMap((device) => both.map((broadcast) => ({ bind, device, to, broadcast }))),
  ),
);
const RECEIVES: Case[] = ['0.0.0.0', ALL, SUBNET, OWN].flatMap((bind) =>
  [OWN, SUBNET, ALL].flatMap((to) => both.map((device) => ({ bind, device, to }))),
);
const ENETUNREACH = 101;
const ETHERNET = 4;

const nameOf = ({ bind, device, to, broadcast }: Case) =>
  `${bind ?? 'unbound'}${device ? ', by device' : ''}, to ${to}${broadcast ? ', SO_BROADCAST' : ''}`;

/** As bind(2) and SO_BINDTODEVICE do it. */
function bound({ bind, device }: Case) {
  const ports = [{ ...portConfig({ vid: VID }), udpEcho: [], routes: [] }] as unknown as PortSetup[];
  const ifname = device ? `eth0.${VID}` : undefined;
  return bindingOf(
    { address: parseIpv4(bind ?? '0.0.0.0'), udpPort: UDP_PORT, ifname, reusesAddress: false },
    ports,
    [],
  );
}

/** `[errno of bind, errno of send, MAC address and source of the frame]` */
function sent(c: Case): [number, number, [string, string] | null] {
  try {
    const socket = new SocketHost().socket(bound(c));
    socket.page.mayBroadcast = c.broadcast === true;
    const { errno, frames } = socket.send(Uint8Array.of(120), c.to);
    const [frame] = frames;
    if (frame === undefined) return [0, errno, null];
    const mac = Buffer.from(frame.subarray(0, 6)).toString('hex').match(/../g)!.join(':');
    return [0, errno, [mac, formatIpv4(new DataView(frame.buffer).getUint32(14 + ETHERNET + 12))]];
  } catch (error) {
    return [(error as EvlnetError).errno ?? -1, 0, null];
  }
}

function arrives(c: Case): boolean {
  const host = new SocketHost();
  const socket = host.socket(bound(c));
  const destination = c.to === OWN ? {} : { destination: 'ff:ff:ff:ff:ff:ff' };
  host.send(datagram('x', { ipv4: { destination: c.to }, ...destination }));
  return socket.count === 1;
}

describeIf(['root', 'network namespaces', { command: 'python3' }, { command: 'ethtool' }])(
  'a UDP socket, as the kernel has it:',
  () => {
    const hosts = new Hosts();
    let kernel: { sends: unknown[]; receives: boolean[] };
    beforeAll(() => {
      hosts.up();
      // The routes of an evlnet VLAN port: its network and no other.
      hosts.run('kernel', 'ip', 'route', 'del', 'default');
      const order = {
        wire: [hosts.namespace('wire'), 'kernel'],
        host: [hosts.namespace('kernel'), 'eth0', RESPONDER.mac, OWN],
        sends: SENDS,
        receives: RECEIVES,
      };
      kernel = JSON.parse(
        output('python3', [join(import.meta.dirname, 'sockets.py')], { input: JSON.stringify(order) }),
      ) as typeof kernel;
    }, 90_000);
    afterAll(() => hosts.leave(), 30_000);

    test.each(SENDS.map((c, i) => [nameOf(c), i] as const))('sends: %s', (_name, i) => {
      const c = SENDS[i]!;
      const want = kernel.sends[i] as ReturnType<typeof sent>;
      // Where there is one port only nobody needs a route to know it (src/stack/path.ts).
      if (want[1] === ENETUNREACH && (c.to === ALL || c.to === GROUP)) expect(sent(c)[0]).toBe(0);
      else expect(sent(c)).toEqual(want);
    });

    test.each(RECEIVES.map((c, i) => [nameOf(c), i] as const))('receives: %s', (_name, i) => {
      expect(arrives(RECEIVES[i]!)).toBe(kernel.receives[i]);
    });
  },
);
