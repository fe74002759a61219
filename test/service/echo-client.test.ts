import { expect, test } from '@jest/globals';
import { SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { ECHO_PAGE_LENGTH, EchoKind, EchoPage, EchoTotal, TRUNCATED } from '../../src/memory/echo-page.js';
import { EchoClient, type EchoSetup, TOO_LONG } from '../../src/service/echo-client.js';
import { EchoClients } from '../../src/service/echo-clients.js';
import { MessageOutput } from '../../src/stack/message-output.js';
import { Refusal } from '../../src/stack/path.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { buildFrame, type FrameFields, ISSUER, octets, RESPONDER } from '../build-frame.js';
import { Neighbourhood, SECOND, VID } from '../stack/neighbourhood.js';

const ID = 0x1234;
const packet = `packet 0 to ${ISSUER.mac}, vid 43 pcp 0`;

/** A client on a host whose peer is known, unless told otherwise. */
function asking(more: Partial<EchoSetup> = {}, knowsPeer = true) {
  const n = new Neighbourhood();
  if (knowsPeer) n.set(ISSUER.address, 0x80, ISSUER.mac);
  const page = new EchoPage(new ArrayBuffer(ECHO_PAGE_LENGTH));
  const clients = new EchoClients();
  n.stack.icmp.push(clients);
  n.stack.datagrams.push(clients);
  const setup = {
    client: 3,
    destination: parseIpv4(ISSUER.address),
    size: 56,
    count: undefined,
    intervalNs: SECOND,
    isFlood: false,
    identifier: ID,
    sequence: 1,
    ...more,
  };
  const client = new EchoClient(
    setup,
    new MessageOutput(n.stack.output, n.counters),
    page,
    () => n.now,
    () => n.port,
  );
  const started = clients.start(client, n.now);
  const total = (which: keyof typeof EchoTotal) => page.totals(setup.client)[EchoTotal[which]]!;
  const reply = (sequence: number, fields: FrameFields = {}) =>
    n.receive(
      buildFrame({
        tags: [{ vid: VID }],
        icmp: { type: 0, identifier: ID, sequence },
        payload: 'x'.repeat(56),
        ...fields,
      }),
    );
  const pass = (ns: number) => {
    const until = n.now + ns;
    for (; clients.dueNs <= until; clients.run(n.now)) n.now = Math.max(n.now, clients.dueNs);
    n.now = until;
  };
  return { n, page, clients, started, total, reply, pass };
}

test('behind time it keeps in step, and counts the intervals without a request', () => {
  const { n, clients, total, pass } = asking();
  const start = n.now;
  pass(SECOND);
  expect([total('Sent'), total('Overruns')]).toEqual([2, 0]);
  // Not before 3.7 intervals.
  n.now = start + 4.7 * SECOND;
  clients.run(n.now);
  expect([total('Sent'), total('Overruns'), clients.dueNs - start]).toEqual([3, 2, 5 * SECOND]);
  // Late, but before the next one: no overrun.
  n.now = start + 5.9 * SECOND;
  clients.run(n.now);
  expect([total('Sent'), total('Overruns'), clients.dueNs - start]).toEqual([4, 2, 6 * SECOND]);
});

test('a request now, another after each interval, a reply each with its time', () => {
  const { n, page, total, reply, pass } = asking();
  expect(n.sent()).toEqual([packet]);
  n.now += 40_000;
  reply(1);
  pass(SECOND);
  expect(n.sent()).toEqual([packet]);
  n.now += 60_000;
  reply(2);
  expect(page.drain()).toMatchObject([
    { client: 3, kind: EchoKind.Reply, sequence: 1, length: 64, ttl: 64, ns: 40_000 },
    { sequence: 2, ns: 100_000 },
  ]);
  expect([total('Sent'), total('Received'), total('Min'), total('Max')]).toEqual([2, 2, 40_000, 100_000]);
  expect(n.device.lent).toBe(0);
});

test('the request is an echo request with the payload of ping(8)', () => {
  const { n } = asking({ size: 3, sequence: 0xffff });
  const { view } = n.device.arena;
  expect(n.sent()).toHaveLength(1);
  // The frame has left; its octets still lie where they were built.
  const l4 = [...new Array(n.device.arena.chunks).keys()]
    .map((i) => i * n.device.arena.chunkSize + 38)
    .find((at) => view.getUint8(at) === 8 && view.getUint16(at + 4) === ID)!;
  expect([view.getUint16(l4 + 6), view.getUint32(l4 + 8) >>> 8]).toEqual([0xffff, 0x000102]);
  expect([view.getUint8(l4 - 12), view.getUint16(l4 - 14), view.getUint16(l4 - 18)]).toEqual([
    64, 0x4000, 31,
  ]);
});

test('beyond the MTU it leaves in fragments of one identification, another for each request', () => {
  const { n, pass } = asking({ size: 65_507, intervalNs: 1 });
  const first = n.sent();
  expect(first).toHaveLength(45);
  const [id] = first;
  expect(id).toMatch(new RegExp(`^packet [1-9]\\d* to ${ISSUER.mac}, vid 43 pcp 0$`));
  expect(new Set(first)).toEqual(new Set([id]));
  pass(1);
  expect(n.sent()).not.toContain(id);
  const { slots } = n.counters;
  expect(
    [SlotCounter.Fragmented, SlotCounter.FragmentsSent].map((c) => slots[VID * SLOT_STRIDE + c]),
  ).toEqual([2, 90]);
  expect(n.device.lent).toBe(0);
});

test.each([
  [1472, 1],
  [1473, 2],
  [2952, 2],
  [2953, 3],
])('of %d octets, %d packets', (size, packets) => {
  expect(asking({ size }).n.sent()).toHaveLength(packets);
});

test('COUNT requests and no more; sequence numbers begin anew after 65535', () => {
  const { n, clients, total, reply, pass } = asking({ count: 3, sequence: 0xffff });
  pass(10 * SECOND);
  expect(n.sent()).toHaveLength(3);
  expect(clients.dueNs).toBe(Number.POSITIVE_INFINITY);
  for (const sequence of [0xffff, 0, 1]) reply(sequence);
  expect(total('Received')).toBe(3);
});

test('enough: no more requests, while the replies to those under way still count', () => {
  for (const more of [{}, { isFlood: true }, { warmsUp: true }]) {
    const { n, clients, total, reply, pass } = asking({ ...more, intervalNs: SECOND });
    if ('warmsUp' in more) {
      reply(1);
      pass(0);
    }
    n.sent();
    clients.enough(3);
    expect(clients.dueNs).toBe(Number.POSITIVE_INFINITY);
    reply('warmsUp' in more ? 2 : 1);
    pass(10 * SECOND);
    expect([n.sent(), total('Sent'), total('Received')]).toEqual([[], 1, 1]);
  }
});

test('enough while it warms up: the reply begins nothing', () => {
  const { n, clients, total, reply, pass } = asking({ warmsUp: true });
  n.sent();
  clients.enough(3);
  reply(1);
  pass(10 * SECOND);
  expect([n.sent(), total('Sent')]).toEqual([[], 0]);
});

test('warming up: a first request in no numbers, COUNT of them from its reply on', () => {
  const { page, total, reply, pass, n } = asking({ warmsUp: true, count: 2, intervalNs: SECOND / 1000 });
  expect(n.sent()).toHaveLength(1);
  n.now += SECOND / 2;
  expect([total('Sent'), total('Received')]).toEqual([0, 0]);
  reply(1);
  pass(0);
  expect(n.sent()).toHaveLength(1);
  n.now += 30_000;
  reply(2);
  pass(SECOND);
  reply(3);
  // A second reply to the first is in no numbers either.
  reply(1);
  expect([total('Sent'), total('Received'), total('Duplicates'), total('Min')]).toEqual([2, 2, 0, 30_000]);
  expect(page.drain().map((e) => e.sequence)).toEqual([2, 3]);
});

test('warming up against nobody ends after three seconds', () => {
  const { total, pass, n } = asking({ warmsUp: true, count: 5, intervalNs: SECOND / 10 });
  pass(2.9 * SECOND);
  expect([n.sent().length, total('Sent')]).toEqual([3, 0]);
  pass(SECOND);
  expect(total('Sent')).toBe(5);
});

test('a flood: the next request with the reply, or after 10 ms', () => {
  const { n, page, clients, reply, pass } = asking({ isFlood: true });
  expect(n.sent()).toHaveLength(1);
  reply(1);
  expect(clients.dueNs).toBe(0);
  clients.run(n.now);
  expect(n.sent()).toHaveLength(1);
  pass(0.1 * SECOND);
  expect(n.sent()).toHaveLength(10);
  expect(page.drain()).toEqual([]);
});

test('a second reply is a duplicate; another identifier, host or sequence is none of ours', () => {
  const { page, total, reply } = asking();
  reply(1, { icmp: { type: 0, identifier: ID + 1, sequence: 1 } });
  reply(1, { ipv4: { source: '10.10.10.12' } });
  reply(9);
  expect(total('Received')).toBe(0);
  reply(1);
  reply(1);
  expect([total('Received'), total('Duplicates')]).toEqual([1, 1]);
  expect(page.drain().map((e) => e.kind)).toEqual([EchoKind.Reply, EchoKind.Duplicate]);
});

test('an ICMP error about a request of ours is told, one about another is not', () => {
  const about = (identifier: number, source = '0a0a0a0b') =>
    octets(
      `45000054 00004000 400100 00 ${source} 0a0a0a0a 0800 0000 ${identifier.toString(16)} 0001`.replaceAll(
        ' ',
        '',
      ),
    );
  const { page, total, reply } = asking();
  const icmp = { type: 3, code: 1, identifier: 0, sequence: 0 };
  reply(0, { icmp, ipv4: { source: '10.10.10.1' }, payload: about(ID + 1) });
  reply(0, { icmp, ipv4: { source: '10.10.10.1' }, payload: about(ID, '0a0a0a0c') });
  expect(total('Errors')).toBe(0);
  reply(0, { icmp, ipv4: { source: '10.10.10.1' }, payload: about(ID) });
  expect(total('Errors')).toBe(1);
  expect(page.drain()).toMatchObject([{ kind: EchoKind.Error, sequence: 1, detail: 0x301 }]);
});

test('a neighbour that does not answer is told once for every time it was given up', () => {
  const { n, page, pass } = asking({}, false);
  for (let i = 0; i < 9; i++) {
    n.pass(0);
    pass(SECOND / 2);
    n.pass(0);
    pass(SECOND / 2);
  }
  expect(page.drain().every((e) => e.kind === EchoKind.Unreachable)).toBe(true);
  expect(n.drops()['neighbour-failed']).toBeGreaterThan(0);
});

test.each<[string, Partial<EchoSetup>, number]>([
  ['no route', { destination: parseIpv4('203.0.113.7') }, Refusal.NoRoute],
  ['an address of our own', { destination: parseIpv4(RESPONDER.address) }, Refusal.NotOnLink],
  ['a packet that is longer than IPv4 carries', { size: 65_508 }, TOO_LONG],
])('does not start: %s', (_what, setup, refused) => {
  const { n, started, clients } = asking(setup);
  expect(started).toBe(refused);
  expect([n.sent(), clients.dueNs]).toEqual([[], Number.POSITIVE_INFINITY]);
});

test('what ends takes no replies any more', () => {
  const { clients, total, reply } = asking();
  clients.end(3);
  reply(1);
  expect([total('Received'), clients.dueNs]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test('by UDP: a datagram of the echo protocol, numbered, that comes back or that nobody wants', () => {
  const own = 40_000;
  const { n, page, total, pass } = asking({ udpPort: 7, identifier: own, sequence: 9, size: 4 });
  expect(n.sent()).toEqual([packet]);
  const back = (sequence: number, more: Partial<{ sourcePort: number; destinationPort: number }> = {}) =>
    n.receive(
      buildFrame({
        tags: [{ vid: VID }],
        ipv4: { protocol: 17 },
        udp: { sourcePort: 7, destinationPort: own, ...more },
        payload: Uint8Array.of(sequence >> 8, sequence, 2, 3),
      }),
    );
  n.now += 40_000;
  for (const more of [{ sourcePort: 8 }, { destinationPort: own + 1 }]) back(9, more);
  back(77);
  expect(total('Received')).toBe(0);
  back(9);
  expect([total('Received'), total('Max')]).toEqual([1, 40_000]);
  expect(n.counters.slots[VID * SLOT_STRIDE + SlotCounter.UdpDatagrams]).toBe(1);
  pass(SECOND);
  const quoted = buildFrame({
    ipv4: { protocol: 17, source: RESPONDER.address, destination: ISSUER.address },
    udp: { sourcePort: own, destinationPort: 7 },
    payload: Uint8Array.of(0, 10, 2, 3),
  }).subarray(14);
  n.receive(buildFrame({ tags: [{ vid: VID }], icmp: { type: 3, code: 3 }, payload: quoted }));
  expect(page.drain()).toMatchObject([
    { kind: EchoKind.Reply, sequence: 9 },
    { kind: EchoKind.Error, sequence: 10, detail: 0x0303 },
  ]);
  expect(n.device.lent).toBe(0);
});

test.each<[name: string, change: (payload: Uint8Array) => Uint8Array, detail: number]>([
  ['as it was sent', (payload) => payload, 0],
  ['longer', (payload) => Uint8Array.of(...payload, 1, 2), 0],
  ['shorter', (payload) => payload.subarray(0, 12), TRUNCATED],
  ['nothing', () => new Uint8Array(), TRUNCATED],
  ['changed', (payload) => payload.with(22, 0x58), 23 * 0x1_0000 + 0x16 * 256 + 0x58],
])('a payload that comes back %s', (_name, change, detail) => {
  const { page, reply, total } = asking();
  reply(1, { payload: change(Uint8Array.from({ length: 56 }, (_, i) => i)) });
  expect(page.drain()).toMatchObject([{ kind: EchoKind.Reply, detail }]);
  expect(total('Received')).toBe(1);
});
