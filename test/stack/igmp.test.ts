import { describe, expect, test } from '@jest/globals';
import { Batch } from '../../src/memory/batch.js';
import { SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { Port } from '../../src/stack/port.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { buildFrame, RESPONDER } from '../build-frame.js';
import { portConfig } from './host.js';
import { type IgmpFields, igmpFrame } from './igmp-frame.js';
import { Neighbourhood, SECOND, VID } from './neighbourhood.js';

const [ONE, TWO, ALL_HOSTS] = ['239.1.2.3', '239.1.2.4', '224.0.0.1'].map(parseIpv4) as [
  number,
  number,
  number,
];
const TYPES: Record<number, string> = { 18: 'v1 report', 22: 'report', 23: 'leave' };

/** A port whose dice fall as told, the last one for ever. */
class Member extends Neighbourhood {
  constructor(dice = [0.5], fields = {}) {
    let n = 0;
    super(fields, [], () => dice[Math.min(n++, dice.length - 1)]!);
  }

  hears(fields: IgmpFields = {}): void {
    this.receive(igmpFrame({ vid: VID, ...fields }));
  }

  /** `report 239.1.2.3`, with the second in which it was sent, for what is sent within so many seconds. */
  within(seconds: number): string[] {
    const said: string[] = [];
    const begin = this.now;
    for (let ms = 0; ms <= seconds * 1000; ms += 100) {
      this.pass(begin + ms * 1e6 - this.now);
      for (const frame of this.frames())
        said.push(`${TYPES[frame[42]!]} ${[...frame.subarray(46, 50)].join('.')} ${ms / 1000}`);
    }
    return said;
  }

  count(counter: number): number {
    return this.counters.slots[VID * SLOT_STRIDE + counter]!;
  }
}

const joined = (...dice: number[]): Member => {
  const m = new Member(dice.length > 0 ? dice : undefined);
  m.stack.igmp.join(VID, ONE);
  m.within(10);
  return m;
};

describe('joining', () => {
  test('is told at once, and once more within 10 s', () => {
    const m = new Member([0.42]);
    m.stack.igmp.join(VID, ONE);
    expect(m.within(100)).toEqual(['report 239.1.2.3 0', 'report 239.1.2.3 4.2']);
    expect(m.count(SlotCounter.IgmpReportsSent)).toBe(2);
  });

  test('a second time tells nobody, nor does leaving once of twice', () => {
    const m = joined();
    m.stack.igmp.join(VID, ONE);
    m.stack.igmp.leave(VID, ONE, m.now);
    expect(m.within(20)).toEqual([]);
    expect(m.port.groups.has(ONE)).toBe(true);
  });

  test('224.0.0.1 is told to nobody, and every port is in it', () => {
    const m = new Member();
    expect(m.port.groups.has(ALL_HOSTS)).toBe(true);
    m.stack.igmp.join(VID, ALL_HOSTS);
    m.hears();
    m.stack.igmp.leave(VID, ALL_HOSTS, m.now);
    expect(m.within(20)).toEqual([]);
    expect(m.port.groups.has(ALL_HOSTS)).toBe(true);
  });

  test('a report is a packet of RFC 2236: TTL 1, router alert, to the group itself', () => {
    const m = new Member();
    m.stack.igmp.join(VID, parseIpv4('239.129.2.3'));
    m.pass(0);
    const [frame] = m.frames();
    const wanted = buildFrame({
      source: RESPONDER.mac,
      destination: '01:00:5e:01:02:03',
      tags: [{ vid: VID }],
      ipv4: {
        source: RESPONDER.address,
        destination: '239.129.2.3',
        protocol: 2,
        ttl: 1,
        tos: 0xc0,
        flags: 2,
        identification: 0,
        options: '94040000',
      },
      payload: Uint8Array.of(0x16, 0, 0xf8, 0x7a, 239, 129, 2, 3),
    });
    expect(Buffer.from(frame!).toString('hex')).toBe(Buffer.from(wanted).toString('hex'));
  });

  test('a port without an address reports from 0.0.0.0', () => {
    const m = new Member([0.5], { addresses: [] });
    m.stack.igmp.join(VID, ONE);
    m.pass(0);
    expect([...m.frames()[0]!.subarray(30, 34)]).toEqual([0, 0, 0, 0]);
  });

  test('a port that comes later, or comes back, tells of what was joined before', () => {
    const m = joined();
    m.stack.setPort(VID, undefined);
    m.stack.igmp.join(VID, TWO);
    expect(m.within(1)).toEqual([]);
    m.stack.setPort(VID, new Port(portConfig({ vid: VID, ownsArp: true })));
    expect(m.within(0)).toEqual(['report 239.1.2.3 0', 'report 239.1.2.4 0']);
    m.within(10);
    // The same port with another configuration is the same member.
    m.stack.setPort(VID, new Port(portConfig({ vid: VID, ownsArp: true, mtu: 1400 })));
    expect(m.within(10)).toEqual([]);
    expect(m.port.groups.has(TWO)).toBe(true);
  });
});

describe('a query', () => {
  test('is answered for every group, each at a random time within what it says', () => {
    const m = joined(0.5, 0.25, 0.75);
    m.stack.igmp.join(VID, TWO);
    m.within(20);
    m.hears({ response: 100 });
    expect(m.within(20)).toEqual(['report 239.1.2.3 7.5', 'report 239.1.2.4 7.5']);
    expect(m.count(SlotCounter.IgmpMessages)).toBe(1);
  });

  test('about one group is answered for that alone', () => {
    const m = joined();
    m.stack.igmp.join(VID, TWO);
    m.within(20);
    m.hears({ group: '239.1.2.4', response: 10, destination: '239.1.2.4' });
    expect(m.within(20)).toEqual(['report 239.1.2.4 0.5']);
  });

  test('sets a timer that runs anew only where it would take longer', () => {
    const m = joined(0.5, 0.5, 0.9, 0.1);
    m.hears({ response: 20 });
    // Longer than what is left of 1 s: nothing changes.
    m.hears({ response: 100 });
    expect(m.within(20)).toEqual(['report 239.1.2.3 1']);
    m.hears({ response: 100 });
    m.hears({ response: 10 });
    expect(m.within(20)).toEqual(['report 239.1.2.3 0.1']);
  });

  test('from nobody, as switches without an address ask, is one', () => {
    const m = joined();
    m.hears({ source: '0.0.0.0', response: 10 });
    expect(m.within(2)).toEqual(['report 239.1.2.3 0.5']);
    expect(m.drops()).toEqual({});
  });

  test('of IGMPv3 is answered as one of IGMPv2', () => {
    const m = joined();
    m.hears({ response: 10, more: [0x02, 0x7d, 0, 0] });
    expect(m.within(2)).toEqual(['report 239.1.2.3 0.5']);
    m.stack.igmp.leave(VID, ONE, m.now);
    expect(m.within(0)).toEqual(['leave 239.1.2.3 0']);
  });

  test('of IGMPv1 is answered within 10 s in its own words, and nobody is told of leaving; for 400 s', () => {
    const m = joined();
    m.hears({ response: 0 });
    expect(m.within(20)).toEqual(['v1 report 239.1.2.3 5']);
    m.stack.igmp.join(VID, TWO);
    expect(m.within(10)).toEqual(['v1 report 239.1.2.4 0', 'v1 report 239.1.2.4 5']);
    m.stack.igmp.leave(VID, TWO, m.now);
    expect(m.within(1)).toEqual([]);
    m.pass(400 * SECOND);
    m.stack.igmp.leave(VID, ONE, m.now);
    expect(m.within(0)).toEqual(['leave 239.1.2.3 0']);
  });

  test("on a kernel's device is answered too, while joining and leaving are the kernel's to tell", () => {
    const m = new Member([0.5], { ownsArp: false });
    m.stack.igmp.join(VID, ONE);
    expect(m.within(20)).toEqual([]);
    m.hears({ response: 10 });
    expect(m.within(2)).toEqual(['report 239.1.2.3 0.5']);
    m.stack.igmp.leave(VID, ONE, m.now);
    expect(m.within(1)).toEqual([]);
  });
});

describe('a report of another host', () => {
  const report = { type: 0x16, response: 0, group: '239.1.2.3', destination: '239.1.2.3' };

  test.each([
    ['IGMPv2', report],
    ['IGMPv1', { ...report, type: 0x12 }],
  ])('of %s spares ours, and leaving is then its to tell', (_name, heard) => {
    const m = joined();
    m.hears({ response: 100 });
    m.hears(heard);
    expect(m.within(20)).toEqual([]);
    m.stack.igmp.leave(VID, ONE, m.now);
    expect(m.within(1)).toEqual([]);
  });

  test('spares the second one of joining', () => {
    const m = new Member();
    m.stack.igmp.join(VID, ONE);
    m.pass(SECOND);
    m.frames();
    m.hears(report);
    expect(m.within(20)).toEqual([]);
  });

  test('that spares nothing is counted', () => {
    const m = joined();
    m.hears(report);
    expect(m.drops()).toEqual({ 'igmp-ignored': 1 });
  });
});

test('a host that ends leaves every group, on every port, once', () => {
  const m = joined();
  m.stack.igmp.join(VID, ONE);
  m.stack.igmp.join(VID, TWO);
  m.within(10);
  m.stack.igmp.leaveAll(m.now);
  m.stack.igmp.leaveAll(m.now);
  expect(m.within(20)).toEqual(['leave 239.1.2.3 0', 'leave 239.1.2.4 0']);
  expect(m.count(SlotCounter.IgmpLeavesSent)).toBe(2);
});

test('a port that goes leaves its groups, which are joined anew when it is back; who left meanwhile is told of once', () => {
  const m = joined();
  m.stack.igmp.join(VID, TWO);
  m.within(20);
  m.stack.igmp.leavePort(VID, m.now);
  m.stack.igmp.leavePort(VID, m.now);
  m.stack.setPort(VID, undefined);
  expect(m.within(20)).toEqual(['leave 239.1.2.3 0', 'leave 239.1.2.4 0']);
  expect(m.count(SlotCounter.IgmpLeavesSent)).toBe(2);
  m.stack.igmp.leave(VID, TWO, m.now);
  m.stack.setPort(VID, new Port(portConfig({ vid: VID, ownsArp: true })));
  expect(m.within(20)).toEqual(['report 239.1.2.3 0', 'report 239.1.2.3 5']);
});

test('a port that goes says nothing where the kernel reports, or to a router of IGMPv1', () => {
  const kernel = new Member([0.5], { ownsArp: false });
  kernel.stack.igmp.join(VID, ONE);
  const old = joined();
  old.hears({ response: 0 });
  for (const m of [kernel, old]) {
    m.within(20);
    m.stack.igmp.leavePort(VID, m.now);
    expect(m.within(1)).toEqual([]);
  }
});

test('leaving is told to all routers', () => {
  const m = joined();
  m.stack.igmp.leave(VID, ONE, m.now);
  const [frame] = m.frames();
  expect(Buffer.from(frame!.subarray(0, 6)).toString('hex')).toBe('01005e000002');
  expect([...frame!.subarray(34, 38)]).toEqual([224, 0, 0, 2]);
  expect([...frame!.subarray(42)]).toEqual([0x17, 0, 0xf7, 0xfa, 239, 1, 2, 3]);
  expect(m.count(SlotCounter.IgmpLeavesSent)).toBe(1);
  expect(m.port.groups.has(ONE)).toBe(false);
});

test('a report without a buffer is tried again', () => {
  const m = new Member();
  const all = new Batch(1024);
  m.device.reserve(all, 1024);
  m.stack.igmp.join(VID, ONE);
  m.pass(0);
  m.device.release(all);
  expect(m.within(0.1)).toEqual(['report 239.1.2.3 0.1']);
  expect(m.drops()).toEqual({ 'no-buffer': 1 });
});
