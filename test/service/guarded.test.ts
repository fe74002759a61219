import { describe, expect, test } from '@jest/globals';
import { payloadAt, payloadLength, replyWith, type UserService } from '../../src/service/define.js';
import { GuardedService } from '../../src/service/guarded.js';
import type { Packet } from '../../src/stack/packet.js';
import { Outcome, type UdpService } from '../../src/stack/service.js';
import { buildFrame, type FrameFields } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { Host } from '../stack/host.js';

const tags = [{ vid: 42 }];
const datagram = (fields: FrameFields = {}) =>
  buildFrame({ tags, udp: { destinationPort: 5000, sourcePort: 40001 }, payload: 'hello', ...fields });

/** A host whose port has the service, and what it failed with. */
function host(own: UserService) {
  const h = new Host({ vid: 42 });
  const errors: unknown[] = [];
  const guarded = new GuardedService(own, h.device.arena, (error) => errors.push(error));
  guarded.slots = [42];
  const port = h.stack.port(42)!;
  if ('datagram' in own) port.udp.push(guarded);
  if ('frame' in own) port.packet.push(guarded);
  if ('message' in own) h.stack.icmp.push(guarded);
  return { h, errors };
}
const udp = (answer: (p: Packet) => number): UdpService => ({
  name: 'own',
  udpPort: 5000,
  datagram: answer,
});

describe('replyWith()', () => {
  test.each([0, 1, 5, 1472])('%i octets go back, whatever came', (length) => {
    const { h } = host(
      udp((p) => {
        for (let i = 0; i < length; i++) p.view.setUint8(payloadAt(p) + i, 65);
        return replyWith(p, length);
      }),
    );
    expectFrame(h.send(datagram({ padTo: 1518 })).reply!)
      .vlan({ vid: 42 })
      .ipv4({})
      .udp({ sourcePort: 5000, destinationPort: 40001, length: 8 + length })
      .payload('A'.repeat(length));
  });

  test('payloadLength() is that of the datagram, not of the frame', () => {
    const lengths: number[] = [];
    const { h } = host(
      udp((p) => {
        lengths.push(payloadLength(p));
        return Outcome.Done;
      }),
    );
    h.send(datagram({ padTo: 64 }));
    expect(lengths).toEqual([5]);
  });
});

describe('a service that fails is stopped, and the frame goes back:', () => {
  test.each<[string, (p: Packet) => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
      /^RangeError: no$/,
    ],
    ['throws no error', () => nothing(), /nothing/],
    ['returns nothing', () => undefined, /returned undefined/],
    ['returns a number that is no outcome', () => 99, /returned 99/],
    ['returns a promise', async () => Outcome.Reply, /returned \[object Promise\]/],
    ['replies with less than nothing', (p) => replyWith(p, -1), /ends before its payload/],
    ['replies with no header', (p) => replyWith(p, -8), /ends before its payload/],
    ['replies beyond the MTU', (p) => replyWith(p, 1473), /does not fit/],
    [
      'replies without an end',
      (p) => Object.assign(p, { packetEnd: Number.NaN }) && Outcome.Reply,
      /does not fit/,
    ],
    ['moves the frame', (p) => Object.assign(p, { at: p.at - 4 }) && Outcome.Reply, /moved the headers/],
  ])('%s', (_name, answer, reason) => {
    const { h, errors } = host(udp(answer as (p: Packet) => number));
    expect(h.send(datagram({ padTo: 1518 })).drop).toBe('service-failed');
    expect(errors.map(String)).toEqual([expect.stringMatching(reason)]);
    // Later ones go their way as if it were not there.
    expect(h.send(datagram()).drop).toBe('udp-no-socket');
    expect(errors).toHaveLength(1);
  });

  const nothing = (): never => {
    throw 'nothing at all';
  };

  test('one for frames, whose frames the others get from then on', () => {
    let left = 1;
    const { h } = host({
      name: 'own',
      frame() {
        if (left-- > 0) return Outcome.Pass;
        throw new Error('enough');
      },
    });
    const ping = buildFrame({ tags, icmp: {}, payload: 'ping' });
    expect(h.send(ping).reply).toBeDefined();
    expect(h.send(ping).drop).toBe('service-failed');
    expect(h.send(ping).reply).toBeDefined();
  });

  test('one for ICMP messages of its ports', () => {
    let seen = 0;
    const { h } = host({ name: 'own', message: () => (seen++ === 0 ? Outcome.Done : Number.NaN) });
    const message = buildFrame({ tags, icmp: { type: 13, code: 0 }, payload: '0123456789ab' });
    expect(h.send(message)).toMatchObject({ drop: undefined, reply: undefined });
    expect(h.send(message).drop).toBe('service-failed');
    expect(h.send(message).reply).toBeDefined();
  });
});

test('what a service changed of a packet that it passes on is as it was', () => {
  const { h } = host(
    udp((p) => {
      p.at = 0;
      p.l4 = 7;
      p.packetEnd = 0;
      return Outcome.Pass;
    }),
  );
  expect(h.send(datagram()).drop).toBe('udp-no-socket');
});
