import { describe, expect, test } from '@jest/globals';
import { Batch } from '../../src/memory/batch.js';
import { NEIGHBOURS, NeighbourState } from '../../src/memory/neighbour-page.js';
import { parseIpv4, parseMac } from '../../src/wire/address.js';
import { ISSUER, RESPONDER } from '../build-frame.js';
import { Neighbourhood, SECOND } from './neighbourhood.js';

const PEER = ISSUER.address;
const OTHER = '02:fc:00:00:00:77';
const whoHas = `who-has ${PEER} to all from ${RESPONDER.address}`;
const probe = `who-has ${PEER} to ${ISSUER.mac} from ${RESPONDER.address}`;
const packet = (n: number, mac: string = ISSUER.mac) => `packet ${n} to ${mac}, vid 43 pcp 5`;
const entry = (state: string, mac: string = ISSUER.mac) => [`${PEER} ${state} ${mac}`];
const nobody = '00:00:00:00:00:00';

/** A neighbour that has answered. */
function known(): Neighbourhood {
  const n = new Neighbourhood();
  n.send(PEER, 0);
  n.answer();
  n.sent();
  return n;
}

describe('a neighbour that is not known', () => {
  test('is asked for; packets wait, and leave in order when it answers', () => {
    const n = new Neighbourhood();
    expect(n.send(PEER, 1, 2)).toBe(0);
    n.send(PEER, 3);
    expect(n.sent()).toEqual([whoHas]);
    expect(n.entries()).toEqual(entry('Incomplete', nobody));
    expect(n.device.lent).toBe(3);
    n.answer();
    expect(n.sent()).toEqual([packet(1), packet(2), packet(3)]);
    expect(n.entries()).toEqual(entry('Reachable'));
    n.send(PEER, 4);
    expect(n.sent()).toEqual([packet(4)]);
    expect(n.device.lent).toBe(0);
    expect(n.drops()).toEqual({});
  });

  test('is asked for three times, a second apart, then what waits is dropped', () => {
    const n = new Neighbourhood();
    n.send(PEER, 1, 2);
    n.pass(2.9 * SECOND);
    expect(n.sent()).toEqual([whoHas, whoHas, whoHas]);
    expect(n.drops()).toEqual({});
    n.pass(0.1 * SECOND);
    expect(n.sent()).toEqual([]);
    expect(n.drops()).toEqual({ 'neighbour-failed': 2 });
    expect(n.entries()).toEqual(entry('Failed', nobody));
    expect(n.device.lent).toBe(0);
    expect(n.stack.neighbours.dueNs).toBe(Number.POSITIVE_INFINITY);
  });

  test('is asked for once a second at most, however much is sent to it', () => {
    const n = new Neighbourhood();
    for (let ms = 0; ms < 9990; ms += 10) {
      n.send(PEER, ms);
      n.pass(SECOND / 100);
    }
    expect(n.sent().filter((line) => line === whoHas)).toHaveLength(10);
  });

  test('of the packets that wait the latest 144 are kept', () => {
    const n = new Neighbourhood();
    for (let i = 0; i < 150; i++) n.send(PEER, i);
    expect(n.drops()).toEqual({ 'neighbour-queue-full': 6 });
    n.sent();
    n.answer();
    expect(n.sent()).toEqual(Array.from({ length: 144 }, (_, i) => packet(i + 6)));
    expect(n.device.lent).toBe(0);
  });

  test('holds no more than 256 buffers together with all others', () => {
    const n = new Neighbourhood();
    for (let host = 1; host <= 4; host++) for (let i = 0; i < 80; i++) n.send(`10.10.10.${100 + host}`, i);
    expect(n.device.lent).toBe(256);
    expect(n.drops()).toEqual({ 'neighbour-queue-full': 64 });
    n.pass(4 * SECOND);
    expect(n.device.lent).toBe(0);
    expect(n.drops()).toEqual({ 'neighbour-queue-full': 64, 'neighbour-failed': 256 });
  });

  test('that asks for us is known by that, and probed when it is sent to', () => {
    const n = new Neighbourhood();
    n.hear({});
    expect(n.sent()).toEqual([`is-at ${RESPONDER.address}`]);
    expect(n.entries()).toEqual(entry('Stale'));
    n.send(PEER, 1);
    expect(n.sent()).toEqual([probe, packet(1)]);
    expect(n.entries()).toEqual(entry('Probe'));
    n.answer();
    expect(n.entries()).toEqual(entry('Reachable'));
  });

  test('that asks for us while packets wait gets them', () => {
    const n = new Neighbourhood();
    n.send(PEER, 1, 2);
    n.sent();
    n.hear({});
    expect(n.sent()).toEqual([probe, packet(1), packet(2), `is-at ${RESPONDER.address}`]);
    expect(n.device.lent).toBe(0);
  });

  test.each<[string, (n: Neighbourhood) => void]>([
    ['an announcement', (n) => n.hear({ targetAddress: PEER })],
    ['a question for another', (n) => n.hear({ targetAddress: '10.10.10.12' })],
    ['an answer that nobody asked for', (n) => n.answer()],
    ['a probe (RFC 5227)', (n) => n.hear({ senderAddress: '0.0.0.0' })],
    ['a sender whose MAC address is a group', (n) => n.hear({ sender: '03:fc:00:00:00:02' })],
    ['a sender that is no host', (n) => n.hear({ senderAddress: '10.10.10.255' })],
    ['a claim of our own address', (n) => n.hear({ senderAddress: RESPONDER.address })],
  ])('is not learnt from %s', (_what, say) => {
    const n = new Neighbourhood();
    say(n);
    expect(n.entries()).toEqual([]);
  });
});

describe('a neighbour that is known', () => {
  test('is reachable for 30 s; then the next packet leaves at once and has it probed', () => {
    const n = known();
    n.pass(30 * SECOND - 1);
    n.send(PEER, 1);
    expect(n.sent()).toEqual([packet(1)]);
    n.pass(1);
    expect(n.entries()).toEqual(entry('Stale'));
    n.pass(1000 * SECOND);
    expect(n.sent()).toEqual([]);
    n.send(PEER, 2);
    expect(n.sent()).toEqual([probe, packet(2)]);
    n.answer();
    n.pass(29 * SECOND);
    expect(n.entries()).toEqual(entry('Reachable'));
  });

  test('is given up after three probes, and packets to it leave until then', () => {
    const n = known();
    n.pass(31 * SECOND);
    for (let i = 0; i < 4; i++) {
      n.send(PEER, i);
      n.pass(SECOND);
    }
    expect(n.sent()).toEqual([probe, packet(0), probe, packet(1), probe, packet(2), whoHas, whoHas]);
    expect(n.entries()).toEqual(entry('Incomplete'));
    expect(n.device.lent).toBe(1);
  });

  test('that has another MAC address now is found there: by an announcement, by its question, by its answer', () => {
    const moves: ((n: Neighbourhood) => void)[] = [
      (n) => n.hear({ sender: OTHER, targetAddress: PEER }),
      (n) => n.hear({ sender: OTHER }),
      (n) => n.answer({ sender: OTHER }),
    ];
    for (const move of moves) {
      const n = known();
      n.pass(2 * SECOND);
      move(n);
      n.sent();
      n.send(PEER, 1);
      expect(n.sent()).toContain(packet(1, OTHER));
    }
  });

  test('keeps the first of several answers (a proxy answers later)', () => {
    const n = known();
    n.pass(0.5 * SECOND);
    n.answer({ sender: OTHER });
    n.send(PEER, 1);
    expect(n.sent()).toEqual([packet(1)]);
  });

  test('stays reachable when it asks for us', () => {
    const n = known();
    n.hear({});
    expect(n.entries()).toEqual(entry('Reachable'));
  });

  test('that is permanent is never asked for, and believed by nobody else', () => {
    const n = new Neighbourhood();
    expect(n.set(PEER, NeighbourState.Permanent, OTHER)).toBe(true);
    n.hear({});
    n.pass(100 * SECOND);
    n.answer();
    n.hear({ targetAddress: PEER });
    n.sent();
    n.send(PEER, 1);
    expect(n.sent()).toEqual([packet(1, OTHER)]);
    expect(n.entries()).toEqual(entry('Permanent', OTHER));
  });
});

describe('solicit()', () => {
  const solicit = (n: Neighbourhood) => n.stack.neighbours.solicit(n.port, parseIpv4(PEER), n.now);

  test('asks for one that is not known, once', () => {
    const n = new Neighbourhood();
    solicit(n);
    solicit(n);
    expect(n.sent()).toEqual([whoHas]);
    n.answer();
    expect(n.entries()).toEqual(entry('Reachable'));
    solicit(n);
    expect(n.sent()).toEqual([]);
  });

  test('probes one that may be wrong, and asks for one that failed', () => {
    const n = known();
    n.pass(40 * SECOND);
    solicit(n);
    expect(n.sent()).toEqual([probe]);
    n.pass(3 * SECOND);
    n.sent();
    expect(n.entries()).toEqual(entry('Failed'));
    solicit(n);
    expect(n.sent()).toEqual([whoHas]);
  });
});

test('a request for which there is no buffer counts, and is sent again', () => {
  const n = new Neighbourhood();
  const { neighbours } = n.stack;
  n.send(PEER, 1);
  n.sent();
  const held = new Batch(1024);
  n.device.reserve(held, held.capacity);
  n.pass(SECOND);
  expect(n.sent()).toEqual([]);
  expect(n.drops()).toEqual({ 'no-buffer': 1 });
  n.device.release(held);
  n.pass(SECOND);
  expect(n.sent()).toEqual([whoHas]);
  expect(neighbours.dueNs).toBe(n.now + SECOND);
});

test('a full table gives up what failed, then what is stale, then what was used longest ago; never what is permanent', () => {
  const n = new Neighbourhood({ addresses: ['10.0.0.1/8'] });
  const address = (i: number) => `10.1.${i >> 8}.${i & 255}`;
  for (let i = 0; i < NEIGHBOURS; i++)
    n.set(
      address(i),
      i < 2 ? NeighbourState.Permanent : i === 7 ? NeighbourState.Stale : NeighbourState.Reachable,
      OTHER,
    );
  n.set(address(9), NeighbourState.Failed, nobody);
  const there = (i: number) => n.stack.neighbours.table.find(43, parseIpv4(address(i))) >= 0;
  for (const gone of [9, 7]) {
    n.send(`10.2.0.${gone}`, 1);
    expect([there(9), there(7)]).toEqual([false, gone !== 7]);
    // That one is not to be the next to go.
    n.set(`10.2.0.${gone}`, NeighbourState.Permanent, OTHER);
  }
  for (let i = NEIGHBOURS - 1; i >= 2; i--) {
    n.now += 1000;
    if (there(i)) n.send(address(i), 1);
  }
  n.sent();
  n.set('10.3.0.1', NeighbourState.Permanent, OTHER);
  expect([there(0), there(1), there(NEIGHBOURS - 1), there(NEIGHBOURS - 2)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

test('a table of permanent ones takes no other', () => {
  const n = new Neighbourhood({ addresses: ['10.0.0.1/8'] });
  for (let i = 0; i < NEIGHBOURS; i++)
    expect(n.set(`10.1.${i >> 8}.${i & 255}`, NeighbourState.Permanent, OTHER)).toBe(true);
  expect(n.set('10.2.0.1', NeighbourState.Permanent, OTHER)).toBe(false);
  n.send('10.2.0.1', 1);
  expect(n.drops()).toEqual({ 'neighbour-failed': 1 });
  expect(n.device.lent).toBe(0);
});

describe('permanent neighbours', () => {
  const permanent = (address: string, mac = OTHER) => {
    const { hi, lo } = parseMac(mac);
    return { address: parseIpv4(address), state: NeighbourState.Permanent, macHi: hi, macLo: lo };
  };

  test('are those of the last call; what was asked for has its answer, what is learned stays', () => {
    const n = known();
    n.send('10.10.10.99', 1);
    n.sent();
    n.stack.neighbours.setPermanent(43, [permanent('10.10.10.99'), permanent('10.10.10.98')], n.now);
    expect(n.sent()).toEqual([packet(1, OTHER)]);
    n.stack.neighbours.setPermanent(43, [permanent('10.10.10.98', ISSUER.mac)], n.now);
    expect(n.entries().sort()).toEqual([
      `${PEER} Reachable ${ISSUER.mac}`,
      `10.10.10.98 Permanent ${ISSUER.mac}`,
    ]);
    expect(n.device.lent).toBe(0);
  });

  test('are not asked for, not learned anew, and not forgotten with the others', () => {
    const n = known();
    n.stack.neighbours.setPermanent(43, [permanent('10.10.10.98')], n.now);
    n.stack.neighbours.solicit(n.port, parseIpv4('10.10.10.98'), n.now);
    n.hear({ operation: 2, senderAddress: '10.10.10.98', sender: ISSUER.mac });
    n.stack.neighbours.forget(43, parseIpv4('10.10.10.98'));
    expect(n.sent()).toEqual([]);
    expect(n.entries()).toHaveLength(2);
    n.stack.neighbours.forget(43, undefined);
    expect(n.entries()).toEqual([`10.10.10.98 Permanent ${OTHER}`]);
  });
});

test('a port that goes takes its neighbours along, and what waits for them', () => {
  const n = known();
  n.send('10.10.10.99', 1);
  n.stack.setPort(43, undefined);
  expect(n.entries()).toEqual([]);
  expect(n.device.lent).toBe(0);
  n.pass(10 * SECOND);
});

test('any order of packets, answers and time leaves every buffer ended', () => {
  const n = new Neighbourhood();
  let seed = 0x2545f491;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let i = 0; i < 5000; i++) {
    const peer = `10.10.10.${20 + random(8)}`;
    const act = random(6);
    if (act < 2) n.send(peer, ...Array.from({ length: 1 + random(8) }, () => i));
    else if (act === 2) n.answer({ senderAddress: peer });
    else if (act === 3) n.hear({ senderAddress: peer, sender: OTHER });
    else if (act === 4) n.pass(random(3) * SECOND);
    else n.stack.neighbours.forget(43, parseIpv4(peer));
    n.sent();
  }
  n.pass(10 * SECOND);
  expect(n.device.lent).toBe(0);
});
