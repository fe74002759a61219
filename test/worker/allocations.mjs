// What the out-of-band side allocates a frame: allocations.mjs DIST KIND, on stdout octets a frame. The whole side runs in this thread, on a
// device whose wire and applications are played here without allocating anything. It wants an engine that compiles when it is told to and
// collects nothing meanwhile (allocations.test.ts): then the number is the same each time.
import { openSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';

const [dist, kind] = process.argv.slice(2);
const [
  { Counters, PAGE_LENGTH },
  { TraceRing, TRACE_LENGTH },
  { EchoPage, ECHO_PAGE_LENGTH },
  { ServicePage, SERVICE_PAGE_LENGTH },
  { NeighbourState, NEIGHBOUR_PAGE_LENGTH },
  { Bell, BELL_LENGTH },
  { createArena },
  { FreeList },
  { TxMarks },
  { Message },
  { SocketPage, socketPageLength, ringCapacity },
  { map },
  { OutOfBand },
  { WORDS, Word },
] = await Promise.all(
  [
    'memory/counters',
    'memory/trace-ring',
    'memory/echo-page',
    'memory/service-page',
    'memory/neighbour-page',
    'memory/bell',
    'memory/arena',
    'memory/free-list',
    'memory/tx-marks',
    'memory/message-ring',
    'memory/socket-page',
    'linux/memory',
    'worker/out-of-band',
    'worker/shared',
  ].map((path) => import(`${dist}/${path}.js`)),
);
await import(`${dist}/worker/engine.js`);

const WARM_UP = 120_000;
const FRAMES = 40_000;
const CHUNK = 2048;
const BURST = 4;
const VID = 42;
/** Addresses with their highest bit set, which is where an engine's small integers end. */
const OWN = 0xc0a8_2a0b;
const PEER = 0xc0a8_2a0a;
const MAC = [0x02fc, 0x0000_0011];
const PEER_MAC = [0x02fc, 0xf000_0010];
const UDP_PORT = 5000;
/** ETH_P_ALL. */
const ALL_TYPES = 3;
const CAPACITY = ringCapacity(1 << 18);

const words = (...fields) => fields.flatMap((n) => [n >>> 8, n & 0xff]);
const long = (n) => words(n >>> 16, n & 0xffff);
const sum = (octets) => {
  let total = 0;
  for (let i = 0; i < octets.length; i += 2) total += octets[i] * 256 + (octets[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total ^ 0xffff;
};
const frame = (ethertype, payload, to = MAC) => [
  ...words(to[0]),
  ...long(to[1]),
  ...words(PEER_MAC[0]),
  ...long(PEER_MAC[1]),
  ...words(0x8100, VID, ethertype),
  ...payload,
];
const packet = (protocol, payload, flags = 0x4000) => {
  const header = (check) => [
    ...words(0x4500, 20 + payload.length, 1, flags, 0x4000 | protocol, check),
    ...long(PEER),
    ...long(OWN),
  ];
  return frame(0x0800, [...header(sum(header(0))), ...payload]);
};
const udp = (port) => packet(17, [...words(4000, port, 8 + 18, 0), ...Array(18).fill(7)]);
const icmp = (type, payload) => {
  const message = (check) => [...words(type << 8, check), ...payload];
  return message(sum(message(0)));
};
const echo = icmp(8, [...words(1, 1), ...Array(56).fill(7)]);
const who = [
  ...words(1, 0x0800, 0x0604, 1, ...PEER_MAC.map((n, i) => (i ? n >>> 16 : n)), PEER_MAC[1] & 0xffff),
];

/** What comes in, and which sockets there are. */
const KINDS = {
  echo: { frames: [packet(1, echo)] },
  'udp-service': { frames: [udp(7)] },
  'udp-socket': { frames: [udp(UDP_PORT)], datagrams: true },
  'packet-socket': { frames: [packet(1, echo)], packets: true },
  'closed-port': { frames: [udp(9)] },
  fragments: { frames: [packet(1, echo.slice(0, 32), 0x2000), packet(1, echo.slice(32), 4)] },
  arp: {
    frames: [
      frame(0x0806, [...who, ...long(PEER), ...Array(6).fill(0), ...long(OWN)], [0xffff, 0xffff_ffff]),
    ],
  },
  mix: { datagrams: true, packets: true },
};
KINDS.mix.frames = Object.values(KINDS).flatMap(({ frames }) => frames ?? []);

/** The wire, and the applications: what they got goes back, one for one. */
class Played {
  arena = createArena(512, CHUNK);
  capabilities = { maxFrame: CHUNK, queues: 1 };
  marks = new TxMarks(this.arena);
  refused = 0;
  stamp = 0;
  received = 0;
  /** The heap after the warm-up, and at the end. */
  heap = [];
  #free = new FreeList(this.arena);
  #next = 0;

  constructor(frames, sockets, bell, control) {
    this.frames = frames.map((octets) => Uint8Array.from(octets));
    this.sockets = sockets;
    this.bell = bell;
    this.control = control;
  }

  receive(batch) {
    batch.count = 0;
    if (this.received >= WARM_UP + this.heap.length * FRAMES) this.look();
    for (let i = 0; i < this.sockets.length; i++) this.answer(this.sockets[i]);
    while (batch.count < BURST && this.#free.count > 64) {
      const octets = this.frames[this.#next];
      this.#next = this.#next + 1 === this.frames.length ? 0 : this.#next + 1;
      const at = this.#free.take();
      const target = this.arena.octets;
      for (let i = 0; i < octets.length; i++) target[at + i] = octets[i];
      batch.push(at, octets.length, 0);
    }
    this.received += batch.count;
    return batch.count;
  }

  look() {
    this.heap.push(getHeapStatistics().used_heap_size);
    if (this.heap.length > 1) this.control[Word.Stop] = 1;
  }

  answer(page) {
    const { received, sent } = page;
    let n = 0;
    for (let at = received.next(); at >= 0; at = received.next()) {
      const length = received.payload(at);
      const to = sent.claim(length);
      if (to < 0) break;
      sent.set(to, Message.Payload, length);
      sent.set(to, Message.Address, received.get(at, Message.Address));
      sent.set(to, Message.Port, received.get(at, Message.Port));
      sent.set(to, Message.Vid, 0);
      sent.set(to, Message.Flags, 0);
      sent.publish();
      received.release();
      n++;
    }
    if (n === 0) return;
    page.waitToReceive();
    this.bell.ring();
  }

  reserve(batch, count) {
    let n = 0;
    for (; n < count && this.#free.count > 0 && batch.count < batch.capacity; n++)
      batch.push(this.#free.take(), CHUNK, 0);
    return n;
  }

  transmit(batch) {
    const { count } = batch;
    this.release(batch);
    return count;
  }

  release(batch) {
    for (let i = 0; i < batch.count; i++) this.#free.give(batch.at[i] & -CHUNK);
    batch.count = 0;
  }

  flush() {}
  wait() {}
}

function sideOf({ frames, datagrams, packets }) {
  const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const bell = new Bell(new ArrayBuffer(BELL_LENGTH));
  const commands = [{ kind: 'ports', ports: [PORT] }];
  const sockets = [];
  const open = (binding) => {
    const length = socketPageLength(CAPACITY, CAPACITY);
    const { address, buffer } = map(length);
    const capacities = { receive: CAPACITY, send: CAPACITY, limit: CAPACITY };
    sockets.push(new SocketPage(buffer, capacities));
    const place = { address, length, wakeFd: openSync('/dev/null', 'w') };
    commands.push({ kind: 'open-socket', id: sockets.length, binding, place });
  };
  if (datagrams) open({ address: 0, udpPort: UDP_PORT, slot: -1, peerAddress: 0, peerPort: 0 });
  if (packets) open({ ethertype: ALL_TYPES, slot: VID });
  const device = new Played(frames, sockets, bell, control);
  const side = new OutOfBand({
    device,
    words: control,
    counters: new Counters(new ArrayBuffer(PAGE_LENGTH)),
    trace: new TraceRing(new SharedArrayBuffer(TRACE_LENGTH)),
    suppressed: new Int32Array(new SharedArrayBuffer(4096 * 4)),
    echoes: new EchoPage(new SharedArrayBuffer(ECHO_PAGE_LENGTH)),
    neighbours: new Int32Array(new SharedArrayBuffer(NEIGHBOUR_PAGE_LENGTH)),
    services: new ServicePage(new SharedArrayBuffer(SERVICE_PAGE_LENGTH)),
    bell,
    spin: 'always',
    nextCommand: () => commands.shift(),
  });
  control[Word.Command] = 1;
  return { side, device };
}

const PORT = {
  ifname: 'eth0.42',
  vid: VID,
  ifindex: undefined,
  macHi: MAC[0],
  macLo: MAC[1],
  mtu: 1500,
  addresses: [{ address: OWN, prefix: 24 }],
  ownsArp: true,
  icmpErrors: true,
  routes: [{ network: 0xc0a8_2a00, prefix: 24, gateway: 0, source: OWN, metric: 0 }],
  neighbours: [{ address: PEER, state: NeighbourState.Permanent, macHi: PEER_MAC[0], macLo: PEER_MAC[1] }],
  trace: 0,
  responds: true,
  udpEcho: [7],
  modules: [],
};

const { side, device } = sideOf(KINDS[kind]);
await side.loop.run();
process.stdout.write(`${(device.heap[1] - device.heap[0]) / FRAMES}\n`);
