import { describe, expect, test } from '@jest/globals';
import { Message, MessageFlag } from '../../src/memory/message-ring.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { ALL_TYPES, type PacketBinding, PacketEndpoint } from '../../src/stack/packet-endpoint.js';
import { PacketOutput } from '../../src/stack/packet-output.js';
import { PacketType } from '../../src/stack/packet-type.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { Host } from './host.js';
import { datagram } from './udp-datagram.js';

const IPV4 = 0x0800;
const ETHERCAT = 0x88a4;
const ANY = -1;

const page = (limit = 65_536): SocketPage => {
  const capacity = ringCapacity(limit);
  const memory = new ArrayBuffer(socketPageLength(capacity, capacity));
  return new SocketPage(memory, { receive: capacity, send: capacity, limit });
};
const bound = (ethertype: number, slot = ANY, limit?: number) =>
  new PacketEndpoint(page(limit), { ethertype, slot });
/** A host with ports for the device and for VLAN 42, and these sockets. */
const host = (...endpoints: PacketEndpoint[]) => {
  const h = new Host({}, { vid: 42, ownsArp: true });
  for (const e of endpoints) h.stack.packets.add(e);
  return h;
};
const count = (e: PacketEndpoint | UdpEndpoint, counter: number = SocketCounter.Received) =>
  e.page.counters[counter]!;
const taken = (e: PacketEndpoint) => {
  const { received } = e.page;
  const at = received.next();
  const from = received.payloadAt(at);
  const frame = received.octets.slice(from, from + received.payload(at));
  const of = (word: number) => received.get(at, word);
  received.release();
  return { frame, vid: of(Message.Vid), pcp: of(Message.Priority), type: of(Message.Flags) };
};
const ethercat = (vid?: number, pcp = 0) =>
  buildFrame({
    ...(vid === undefined ? {} : { tags: [{ vid, pcp }] }),
    ethertype: ETHERCAT,
    payload: 'datagram',
  });
const ping = buildFrame({ tags: [{ vid: 42 }], icmp: {} });

describe('a frame', () => {
  test('is cloned to every socket for all types; nobody else misses it', () => {
    const [one, two] = [bound(ALL_TYPES), bound(ALL_TYPES, 42)];
    const h = host(one, two);
    const socket = new UdpEndpoint(page(), {
      address: 0,
      udpPort: 5000,
      slot: -1,
      peerAddress: 0,
      peerPort: 0,
    });
    h.stack.sockets.add(socket);
    expect(h.send(ping).reply).toBeDefined();
    expect(h.send(datagram({ vid: 42 })).moved).toMatchObject({ UdpDatagrams: 1 });
    expect([one, two, socket].map((e) => count(e))).toEqual([2, 2, 1]);
  });

  test('goes to the newest socket for exactly its type, and to nobody else', () => {
    const [all, old, young] = [bound(ALL_TYPES), bound(IPV4), bound(IPV4)];
    const { moved, reply } = host(all, old, young).send(ping);
    expect(reply).toBeUndefined();
    expect(moved).toMatchObject({ PacketFrames: 1 });
    expect([all, old, young].map((e) => count(e))).toEqual([1, 0, 1]);
  });

  test('of another type than the socket has is not for it', () => {
    const e = bound(ETHERCAT);
    const { reply } = host(e).send(ping);
    expect([reply === undefined, count(e)]).toEqual([false, 0]);
  });

  test('of a type that only a socket wants is not dropped', () => {
    for (const ethertype of [ALL_TYPES, ETHERCAT]) {
      const e = bound(ethertype);
      const { drop, moved } = host(e).send(ethercat());
      expect([drop, moved.PacketFrames, count(e)]).toEqual([undefined, 1, 1]);
    }
    expect(host(bound(IPV4)).send(ethercat()).drop).toBe('not-ipv4');
  });

  test('comes whole, without its tags, beside VID, PCP and whom it is to', () => {
    const e = bound(ALL_TYPES);
    const h = host(e);
    h.send(ethercat());
    h.send(ethercat(42, 5));
    const body = { ethertype: ETHERCAT, payload: 'datagram' };
    h.send(
      buildFrame({
        ...body,
        tags: [
          { vid: 7, pcp: 7, tpid: 0x88a8 },
          { vid: 42, pcp: 3 },
        ],
      }),
    );
    const [broadcast, multicast, other] = ['ff:ff:ff:ff:ff:ff', '01:01:05:01:00:00', '02:fc:00:00:00:99'];
    for (const destination of [broadcast, multicast, other]) h.send(buildFrame({ ...body, destination }));
    const frame = ethercat();
    expect(taken(e)).toEqual({ frame, vid: 0, pcp: 0, type: PacketType.Host });
    expect(taken(e)).toEqual({ frame, vid: 42, pcp: 5, type: PacketType.Host });
    expect(taken(e)).toEqual({ frame, vid: 42, pcp: 3, type: PacketType.Host });
    expect([taken(e), taken(e), taken(e)].map(({ type }) => type)).toEqual([
      PacketType.Broadcast,
      PacketType.Multicast,
      PacketType.OtherHost,
    ]);
  });

  test.each<[string, number | undefined, number[]]>([
    ['without a tag', undefined, [1, 1, 0, 0]],
    ['of a VLAN with a port', 42, [1, 0, 1, 0]],
    ['of a VLAN without a port, as the device’s,', 77, [1, 1, 0, 0]],
  ])('%s reaches the sockets of its port and those of all', (_name, vid, want) => {
    const sockets = [ANY, 0, 42, 43].map((slot) => bound(ALL_TYPES, slot));
    host(...sockets).send(ethercat(vid));
    expect(sockets.map((e) => count(e))).toEqual(want);
  });

  test('without any port is for a socket of all, and otherwise dropped', () => {
    const e = bound(IPV4);
    const h = new Host({ vid: 43 });
    h.stack.packets.add(e);
    expect(h.send(ping).drop).toBeUndefined();
    h.stack.packets.remove(e);
    expect(h.send(ping).drop).toBe('no-port');
  });

  test('that finds no room goes to the next, and is counted for the socket', () => {
    const [next, full] = [bound(ETHERCAT), bound(ETHERCAT, ANY, 1)];
    const h = host(next, full);
    // One always fits.
    for (let i = 0; i < 2; i++) h.send(ethercat());
    expect([count(next), count(full), count(full, SocketCounter.Dropped)]).toEqual([1, 1, 1]);
    h.stack.packets.remove(next);
    expect(h.send(ethercat()).drop).toBe('socket-buffer-full');
    // IPv4 is everybody's: who has no room does not keep it from the responder.
    const h2 = host(bound(IPV4, ANY, 1), bound(ALL_TYPES, ANY, 1));
    expect(h2.send(ping).reply).toBeUndefined();
    expect(h2.send(ping).reply).toBeDefined();
  });

  test('is nobody’s before its socket is bound, and after it was removed', () => {
    const e = bound(0);
    const h = host(e);
    expect([h.stack.packets.count, h.stack.packets.ipv4Count]).toEqual([0, 0]);
    h.stack.packets.remove(e);
    e.binding = { ethertype: ETHERCAT, slot: ANY };
    h.stack.packets.add(e);
    // Echo requests keep their express way beside a socket for something else.
    expect([h.stack.packets.count, h.stack.packets.ipv4Count]).toEqual([1, 0]);
    h.stack.packets.remove(e);
    expect(h.send(ethercat()).drop).toBe('not-ipv4');
  });
});

describe('sending', () => {
  const sender = (binding: Partial<PacketBinding> = {}) => {
    const h = host();
    const e = new PacketEndpoint(page(), { ethertype: 0, slot: 42, ...binding });
    const output = new PacketOutput(h.device, h.stack, h.counters);
    /** Errno, or 0 and what is on the wire. */
    const send = (frame: Uint8Array, words: Partial<Record<keyof typeof Message, number>> = {}) => {
      const { sent } = e.page;
      const at = sent.claim(frame.length);
      sent.set(at, Message.Payload, frame.length);
      for (const word of ['Vid', 'Flags', 'Priority'] as const) sent.set(at, Message[word], words[word] ?? 0);
      sent.octets.set(frame, sent.payloadAt(at));
      sent.publish();
      output.drain(e, h.stack.port(e.binding.slot), 0);
      h.device.flush();
      let errno = 0;
      e.page.takeFailures((_position, n) => {
        errno = n;
      });
      return [errno, ...h.pass(0)];
    };
    return { h, e, send };
  };

  test('puts the tag of its port in, with the PCP of the frame or of the socket', () => {
    const { e, h, send } = sender();
    expect(send(ethercat())).toEqual([0, ethercat(42)]);
    e.page.priority = 6;
    expect(send(ethercat())).toEqual([0, ethercat(42, 6)]);
    expect(send(ethercat(), { Priority: 1 })).toEqual([0, ethercat(42, 0)]);
    expect(send(ethercat(), { Priority: 8, Vid: 43 })).toEqual([0, ethercat(42, 7)]);
    expect([h.device.lent, count(e, SocketCounter.Sent)]).toEqual([0, 4]);
  });

  test('leaves the frame as it is on the device’s own port, with a tag of the application’s too', () => {
    const { send } = sender({ slot: 0 });
    expect(send(ethercat())).toEqual([0, ethercat()]);
    expect(send(ethercat(9, 2))).toEqual([0, ethercat(9, 2)]);
  });

  test('writes the port’s address where the application leaves it to it', () => {
    const { send } = sender({ slot: 0 });
    const frame = (source: string) => buildFrame({ destination: ISSUER.mac, source, ethertype: ETHERCAT });
    expect(send(frame('00:00:00:00:00:00'), { Flags: MessageFlag.OwnSource })).toEqual([
      0,
      frame(RESPONDER.mac),
    ]);
  });

  test.each<[string, Uint8Array, number, number | undefined]>([
    ['no port: ENXIO', ethercat(), 6, 44],
    ['less than a header: EINVAL', ethercat().subarray(0, 13), 22, undefined],
    ['more than the MTU: EMSGSIZE', new Uint8Array(14 + 1501), 90, undefined],
  ])('%s', (_name, frame, errno, word) => {
    const { e, send } = sender();
    expect(send(frame, word === undefined ? {} : { Vid: word })).toEqual([errno]);
    expect(count(e, SocketCounter.Failed)).toBe(1);
  });

  test('as much as the MTU goes', () => {
    const { send } = sender();
    expect((send(new Uint8Array(14 + 1500))[1] as Uint8Array).length).toBe(1518);
  });
});
