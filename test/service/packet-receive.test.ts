import { expect, test } from '@jest/globals';
import { packetReceive } from '../../src/service/packet-receive.js';
import { buildFrame } from '../build-frame.js';
import { Host } from '../stack/host.js';

const IPV4 = 0x0800;
const ETHERCAT = 0x88a4;
const tags = [{ vid: 42 }];
const ping = buildFrame({ tags, icmp: {}, payload: 'ping' });

/** A host whose port shows its frames to services bound to these types; what each saw. */
function host(...ethertypes: number[]) {
  const h = new Host({ vid: 42, ownsArp: true });
  const seen: Uint8Array[][] = ethertypes.map(() => []);
  h.stack
    .port(42)!
    .packet.push(
      ...ethertypes.map((ethertype, i) =>
        packetReceive(ethertype, (p) => void seen[i]!.push(p.octets.slice(p.at, p.end))),
      ),
    );
  return { h, seen };
}

test('bound to all types it sees every frame as received and takes none away', () => {
  const { h, seen } = host(0);
  const ethercat = buildFrame({ tags, ethertype: ETHERCAT, payload: 'x' });
  const broken = buildFrame({ tags, icmp: {}, ipv4: { checksum: 1 } });
  expect(h.send(ping).reply).toBeDefined();
  expect(h.send(ethercat).drop).toBe('not-ipv4');
  expect(h.send(broken).drop).toBe('ipv4-bad-checksum');
  expect(h.send(buildFrame({ tags, arp: {} })).reply).toBeDefined();
  expect(seen[0]!.slice(0, 3)).toEqual([ping, ethercat, broken]);
  expect(seen[0]).toHaveLength(4);
});

test('bound to one type it consumes that type and no other: no reply, no drop', () => {
  const { h, seen } = host(IPV4);
  expect(h.send(ping)).toMatchObject({ reply: undefined, drop: undefined });
  expect(h.send(buildFrame({ tags, arp: {} })).reply).toBeDefined();
  expect(seen).toEqual([[ping]]);
});

test('every listener to all types gets a frame, and the first of an exact type keeps it from those behind', () => {
  const { h, seen } = host(0, 0, IPV4, IPV4, 0);
  h.send(ping);
  expect(seen.map((frames) => frames.length)).toEqual([1, 1, 1, 0, 0]);
});

test('a frame that is not for the port is shown to nobody', () => {
  const { h, seen } = host(0);
  expect(h.send(buildFrame({ tags, icmp: {}, destination: '02:fc:00:00:00:ff' })).drop).toBe('other-host');
  expect(h.send(buildFrame({ tags: [{ vid: 43 }], icmp: {} })).drop).toBe('no-port');
  expect(seen).toEqual([[]]);
});

test('the type decides behind the tags', () => {
  const { h, seen } = host(0x8100, IPV4);
  h.send(ping);
  expect(seen.map((frames) => frames.length)).toEqual([0, 1]);
});

test('a service is told where the packet begins, how many tags it has, and which VID decides', () => {
  const h = new Host({}, { vid: 42 });
  const seen: number[][] = [];
  for (const slot of [0, 42])
    h.stack
      .port(slot)!
      .packet.push(
        packetReceive(IPV4, (p) => void seen.push([p.tags, p.vid, p.l3 - p.at, p.ethertype, p.port!.slot])),
      );
  for (const tags of [[], [{ vid: 42, pcp: 7 }], [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], [{ vid: 99 }]])
    h.send(buildFrame({ tags, icmp: {} }));
  expect(seen).toEqual([
    [0, 0, 14, IPV4, 0],
    [1, 42, 18, IPV4, 42],
    [2, 42, 22, IPV4, 42],
    [1, 99, 18, IPV4, 0],
  ]);
});
