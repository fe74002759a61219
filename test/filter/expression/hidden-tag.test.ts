// The kernel itself takes the tag out of a frame and puts it beside; a socket of packets, not frames, then runs a filter as EVL does:
// the data starts behind the MAC header. What the filter returns is how much of a packet the socket keeps, so that its length tells.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compileRules } from '../../../src/filter/rules.js';
import { createMap, loadProgram } from '../../../src/linux/bpf.js';
import { bind, close, must, poll, recv, sendto, setsockopt, socket } from '../../../src/linux/libc.js';
import { map } from '../../../src/linux/memory.js';
import { describeIf } from '../../capability.js';
import { enterNamespace, run } from '../../linux/namespace.js';
import { frames } from './frames.js';
import { oracle } from './libpcap.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_DGRAM = 2;
const ETH_P_ALL_BE = 0x0300;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
const POLLIN = 1;
const MSG_TRUNC = 0x20;

const EXPRESSIONS = [
  'vlan',
  'vlan 42',
  'vlan 42 and udp port 53',
  'vlan and host 10.0.0.1',
  'vlan and vlan 5',
  'vlan and port 53',
  'udp port 53',
  'ether[14:2] & 0xfff = 42',
  'ether[12:4] & 0xffff0fff = 0x8100002a',
  'ether[15:2] > 0x2a07',
  'ether[16:2] = 0x0800',
  'ether[ether[5] & 3 + 10:4] & 1 = 0',
  'len > 80',
  'vlan and less 70',
];

describeIf(['root', 'bpf', 'network namespaces'])('a tag that the kernel took out of the frame', () => {
  const memory = map(8192);
  // Frames whose outermost tag eth_type_vlan() knows, and whose headers the kernel will not find too short.
  const tagged = frames(1500, 77).filter(
    (frame) => frame[12] === 0x81 && frame[13] === 0 && frame.length > 60,
  );
  let namespace: ReturnType<typeof enterNamespace>;
  let sender: number;
  let index: number;

  beforeAll(() => {
    namespace = enterNamespace();
    run('ip', 'link', 'add', 'evlt0', 'type', 'veth', 'peer', 'name', 'evlt1');
    for (const name of ['evlt0', 'evlt1']) run('sysctl', '-qw', `net.ipv6.conf.${name}.disable_ipv6=1`);
    for (const name of ['evlt0', 'evlt1']) run('ip', 'link', 'set', name, 'up');
    const links = JSON.parse(run('ip', '-j', 'link')) as { ifindex: number; ifname: string }[];
    const indexOf = (name: string) => links.find(({ ifname }) => ifname === name)!.ifindex;
    sender = open(SOCK_RAW, indexOf('evlt0'));
    index = indexOf('evlt1');
  });
  afterAll(() => {
    close(sender);
    namespace.leave();
  });

  function open(type: number, ifindex: number, program?: number): number {
    const fd = must(socket(AF_PACKET, type, 0), 'open a packet socket');
    memory.view.setInt32(0, program ?? 0, true);
    if (program !== undefined)
      must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, memory.address, 4), 'attach a filter');
    memory.view.setUint16(0, AF_PACKET, true);
    memory.view.setUint16(2, program === undefined ? 0 : ETH_P_ALL_BE, true);
    memory.view.setInt32(4, ifindex, true);
    must(bind(fd, memory.address, 20), 'bind a packet socket');
    return fd;
  }

  /** What the filter returned for the frame. */
  function verdict(receiver: number, frame: Uint8Array): number {
    new Uint8Array(memory.buffer).set(frame, 4096);
    must(sendto(sender, memory.address + 4096, frame.length, 0, 0, 0), 'send');
    memory.view.setInt32(0, receiver, true);
    memory.view.setInt32(4, POLLIN, true);
    expect(poll(memory.address, 1, 1000)).toBe(1);
    return recv(receiver, memory.address + 4096, 2048, MSG_TRUNC);
  }

  test.each(EXPRESSIONS)('%s', (text) => {
    const expected = oracle(text);
    if (typeof expected === 'string') throw new Error(expected);
    // Both verdicts keep the packet, one octet or two of it.
    const object = compileRules({ rules: [{ match: text, verdict: 'accept' }], default: 'skip' });
    const maps = new Map([...object.maps].map(([name, spec]) => [name, createMap(spec)]));
    const program = loadProgram(object.programs[0]!, maps);
    const receiver = open(SOCK_DGRAM, index, program.fd);
    try {
      const wrong = tagged.filter((frame) => verdict(receiver, frame) !== (expected.matches(frame) ? 1 : 2));
      expect(wrong.map((frame) => Buffer.from(frame).toString('hex'))).toEqual([]);
      expect(tagged.length).toBeGreaterThan(100);
    } finally {
      close(receiver);
      program.close();
      for (const m of maps.values()) m.close();
      expected.close();
    }
  });
});
