import { describe, expect, test } from '@jest/globals';
import { Drop } from '../../src/drop.js';
import { Trace } from '../../src/memory/trace-ring.js';
import { TraceLevel } from '../../src/stack/port.js';
import { buildFrame, type FrameFields } from '../build-frame.js';
import { Host } from './host.js';

const RECORDS = 1024;
const tags = [{ vid: 42 }];
const request = (fields: FrameFields = {}) =>
  buildFrame({ tags, icmp: { identifier: 0xabcd, sequence: 5 }, payload: 'ping', ...fields });
const foreign = buildFrame({ tags, icmp: { type: 0 }, payload: 'pong' });

interface Line {
  words: Record<string, number>;
  frame: Uint8Array;
  reply: Uint8Array;
}

function host(level: TraceLevel) {
  const h = new Host({ vid: 42, ownsArp: true });
  h.stack.port(42)!.trace = level;
  const lines = (): Line[] => {
    const all: Line[] = [];
    h.ring.drain((words, frame, reply) => {
      const named = Object.entries(Trace).map(([name, i]) => [name, words[i]!]);
      all.push({ words: Object.fromEntries(named), frame: frame.slice(), reply: reply.slice() });
    });
    return all;
  };
  return { h, lines };
}

test('silent: nothing is traced', () => {
  const { h, lines } = host(TraceLevel.Silent);
  h.send(request());
  h.send(foreign);
  expect(lines()).toEqual([]);
});

describe('lines:', () => {
  test('one record a reply, of the request as it came; none for what is dropped', () => {
    const { h, lines } = host(TraceLevel.Lines);
    h.send(foreign);
    h.send(request());
    h.send(request({ tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], destination: 'ff:ff:ff:ff:ff:ff' }));
    const [first, second, ...others] = lines();
    expect(others).toEqual([]);
    expect(first).toEqual({
      words: {
        Slot: 42,
        Drop: 0,
        Sequence: 0,
        Count: 32,
        Ethertype: 0x0800,
        PacketType: 0,
        MacHi: 0x02fc,
        MacLo: 0x00000002,
        Source: 0x0a0a0a0a,
        Destination: 0x0a0a0a0b,
        Identifier: 0xabcd,
        EchoSequence: 5,
        Vid: 42,
        ServiceNs: 0,
        FrameLength: 0,
        NetworkAt: 18,
        ReplyLength: 0,
      },
      frame: new Uint8Array(0),
      reply: new Uint8Array(0),
    });
    expect(second!.words).toMatchObject({ Sequence: 1, PacketType: 1, NetworkAt: 22, Vid: 42 });
  });

  test('a request that cannot be answered leaves no line', () => {
    const { h, lines } = host(TraceLevel.Lines);
    h.send(request({ source: '03:fc:00:00:00:02' }));
    expect(lines()).toEqual([]);
  });
});

describe('verbose:', () => {
  test('a reply has its service time, from the start of the batch', () => {
    const { h, lines } = host(TraceLevel.Verbose);
    h.tracer.batchNs = 1e9;
    h.now = 1e9 + 4321;
    h.send(request());
    expect(lines().map((line) => line.words.ServiceNs)).toEqual([4321]);
  });

  test.each<[name: string, frame: Uint8Array, words: Record<string, number>]>([
    ['an echo reply', foreign, { Drop: Drop.IcmpNotRequest, Count: 32, Source: 0x0a0a0a0a }],
    [
      'a broadcast',
      request({ ipv4: { destination: '10.10.10.255' }, destination: 'ff:ff:ff:ff:ff:ff' }),
      { Drop: Drop.IcmpBroadcast, PacketType: 1, Destination: 0x0a0a0aff },
    ],
    [
      'a multicast',
      request({ ipv4: { destination: '224.0.0.1' }, destination: '01:00:5e:00:00:01' }),
      { Drop: Drop.IcmpBroadcast, PacketType: 2 },
    ],
    [
      'a request that cannot be answered, once',
      request({ source: '03:fc:00:00:00:02' }),
      { Drop: Drop.SourceUnreachable, MacHi: 0x03fc, Source: 0x0a0a0a0a },
    ],
    [
      'an ARP request for another host',
      buildFrame({ tags, arp: { targetAddress: '10.10.10.12' } }),
      { Drop: Drop.ArpOtherTarget, Ethertype: 0x0806, Count: 46, Source: 0, Destination: 0 },
    ],
    [
      'an IPv4 packet cut short',
      request().slice(0, 37),
      { Drop: Drop.Ipv4Malformed, Count: 37, Source: 0, Destination: 0 },
    ],
  ])('what is dropped is traced with its reason: %s', (_name, frame, words) => {
    const { h, lines } = host(TraceLevel.Verbose);
    h.send(frame);
    expect(lines()).toMatchObject([
      { words: { Slot: 42, ServiceNs: 0, Identifier: 0, EchoSequence: 0, ...words } },
    ]);
  });

  test('a frame without a port belongs to nobody and is not traced', () => {
    const { h, lines } = host(TraceLevel.Verbose);
    h.send(request({ tags: [{ vid: 99 }] }));
    expect(lines()).toEqual([]);
  });

  test('a drop does not show what an older reply left in its record', () => {
    const { h, lines } = host(TraceLevel.Verbose);
    h.now = 777;
    for (let i = 0; i < RECORDS; i++) {
      h.send(request());
      lines();
    }
    h.send(foreign);
    expect(lines()).toMatchObject([{ words: { ServiceNs: 0, Identifier: 0, EchoSequence: 0 } }]);
  });
});

describe('dump:', () => {
  test('the request as received and the reply as sent', () => {
    const { h, lines } = host(TraceLevel.Dump);
    const { reply } = h.send(request({ padTo: 64 }));
    expect(lines()).toMatchObject([{ frame: request({ padTo: 64 }), reply }]);
  });

  test('a reply whose options got shorter', () => {
    const { h, lines } = host(TraceLevel.Dump);
    const { reply } = h.send(request({ ipv4: { options: '94040000' } }));
    expect(lines()).toMatchObject([{ frame: request({ ipv4: { options: '94040000' } }), reply }]);
  });

  test('a drop has the frame alone, also after a reply in its place', () => {
    const { h, lines } = host(TraceLevel.Dump);
    for (let i = 0; i < RECORDS; i++) {
      h.send(request());
      lines();
    }
    h.send(foreign);
    expect(lines()).toMatchObject([{ frame: foreign, reply: new Uint8Array(0), words: { ReplyLength: 0 } }]);
  });

  test('a frame longer than a record can carry is cut, its lengths told', () => {
    const { h, lines } = host(TraceLevel.Dump);
    const long = request({ payload: new Uint8Array(1900).fill(7) });
    const { reply } = h.send(long);
    const [line] = lines();
    expect(line!.frame).toEqual(long.slice(0, 1600));
    expect(line!.reply).toEqual(reply!.slice(0, 1600));
  });
});

test('a line does not show what an older dump or drop left in its record', () => {
  const { h, lines } = host(TraceLevel.Dump);
  h.now = 777;
  for (let i = 0; i < RECORDS; i++) {
    h.send(i % 2 === 0 ? request() : foreign);
    lines();
  }
  h.stack.port(42)!.trace = TraceLevel.Lines;
  for (let i = 0; i < 2; i++) h.send(request());
  const clean = { Drop: 0, ServiceNs: 0, FrameLength: 0, ReplyLength: 0 };
  expect(lines()).toMatchObject([{ words: clean }, { words: clean }]);
});

test('a full ring loses lines, not replies, and counts what it lost by port', () => {
  const { h, lines } = host(TraceLevel.Verbose);
  for (let i = 0; i < RECORDS + 3; i++) expect(h.send(request()).reply).toBeDefined();
  expect(h.send(foreign).drop).toBe('icmp-not-request');
  expect(h.suppressed[42]).toBe(4);
  expect(h.suppressed.reduce((a, b) => a + b)).toBe(4);
  const kept = lines();
  expect(kept.map((line) => line.words.Sequence)).toEqual(Array.from({ length: RECORDS }, (_, i) => i));
  h.send(request());
  expect(lines()).toMatchObject([{ words: { Sequence: RECORDS + 3 } }]);
  expect(h.suppressed[42]).toBe(4);
});
