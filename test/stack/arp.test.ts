import { describe, expect, test } from '@jest/globals';
import { SlotCounter } from '../../src/memory/counters.js';
import { type ArpFields, buildFrame, type FrameFields, ISSUER, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { Host, type PortFields } from './host.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const tags = [{ vid: 43, pcp: 6 }];
const port: PortFields = { vid: 43, ownsArp: true };
const ask = (arp: ArpFields = {}, rest: FrameFields = {}) =>
  buildFrame({ tags, arp, destination: BROADCAST, padTo: 60, ...rest });

test.each<[name: string, frame: Uint8Array]>([
  ['a broadcast request', ask()],
  ['a unicast request, as a cache is refreshed', ask({}, { destination: RESPONDER.mac })],
  ['a request whose target hardware address is junk', ask({ target: '12:34:56:78:9a:bc' })],
  ['a request that is not padded', ask({}, { padTo: 0 })],
])('%s is answered', (_name, frame) => {
  const { reply, moved } = new Host(port).send(frame);
  expectFrame(reply!)
    .ethernet({ destination: ISSUER.mac, source: RESPONDER.mac, length: 14 + 4 + 28 })
    .vlan({ vid: 43, pcp: 6 })
    .arp({
      operation: 2,
      sender: RESPONDER.mac,
      senderAddress: RESPONDER.address,
      target: ISSUER.mac,
      targetAddress: ISSUER.address,
    });
  expect(moved.ArpReplies).toBe(1);
});

test('a probe is answered, with the address zero that it asked from (RFC 5227 §2.1.1)', () => {
  const { reply } = new Host(port).send(ask({ senderAddress: '0.0.0.0' }));
  expectFrame(reply!).vlan({}).arp({
    operation: 2,
    senderAddress: RESPONDER.address,
    target: ISSUER.mac,
    targetAddress: '0.0.0.0',
  });
});

test('the reply goes to the hardware address in the packet, not to the source of the frame (RFC 826)', () => {
  const { reply } = new Host(port).send(ask({ sender: '02:fc:00:00:00:77' }));
  expectFrame(reply!)
    .ethernet({ destination: '02:fc:00:00:00:77' })
    .vlan({})
    .arp({ target: '02:fc:00:00:00:77' });
});

test('a request from outside the subnet is answered', () => {
  const { reply } = new Host(port).send(ask({ senderAddress: '192.0.2.1' }));
  expectFrame(reply!).vlan({}).arp({ targetAddress: '192.0.2.1' });
});

test('every address of the port is told as the port has it', () => {
  const host = new Host({ ...port, addresses: ['10.10.10.11/24', '192.168.7.1/30'] });
  for (const targetAddress of ['10.10.10.11', '192.168.7.1'])
    expectFrame(host.send(ask({ targetAddress })).reply!)
      .vlan({})
      .arp({ senderAddress: targetAddress });
});

test('QinQ: both tags come back', () => {
  const { reply } = new Host(port).send(
    ask({}, { tags: [{ vid: 7, tpid: 0x88a8, dei: true }, { vid: 43 }] }),
  );
  expectFrame(reply!).vlan({ vid: 7, tpid: 0x88a8, dei: true }).vlan({ vid: 43 }).arp({ operation: 2 });
});

describe('not answered:', () => {
  const own = RESPONDER.address;
  test.each<[name: string, arp: ArpFields, drop: string]>([
    ['an announcement of another', { targetAddress: ISSUER.address }, 'arp-other-target'],
    ['an announcement of our address', { senderAddress: own, targetAddress: own }, 'arp-conflict'],
    ['an announcement of it as a reply', { operation: 2, senderAddress: own }, 'arp-conflict'],
    ['a reply to us', { operation: 2 }, 'arp-other-target'],
    ['a reply to another', { operation: 2, targetAddress: '10.10.10.12' }, 'arp-other-target'],
    ...['127.0.0.1', '224.0.0.1', '255.255.255.255', '10.10.10.255'].map(
      (senderAddress): [string, ArpFields, string] => [
        `a request from ${senderAddress}, which is no host`,
        { senderAddress },
        'ipv4-bad-source',
      ],
    ),
    ['our own probe', { sender: RESPONDER.mac, senderAddress: '0.0.0.0' }, 'arp-other-target'],
  ])('%s', (_name, arp, drop) => {
    const { moved, ...answer } = new Host(port).send(ask(arp));
    expect(answer).toEqual({ reply: undefined, drop });
    expect(moved.ArpReplies).toBeUndefined();
  });

  test("anything on a port of the kernel's, which answers ARP itself", () => {
    const host = new Host({ vid: 43, ownsArp: false });
    for (const arp of [{}, { senderAddress: '0.0.0.0' }, { senderAddress: own }])
      expect(host.send(ask(arp)).drop).toBe('not-ipv4');
    expect(host.count(43, SlotCounter.ArpReplies)).toBe(0);
  });
});
