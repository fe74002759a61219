import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Assembler, r0, r1, r2, r3, r4 } from '../../src/bpf/asm.js';
import { MapType, ProgramType } from '../../src/bpf/program.js';
import { labUp } from '../../src/lab/index.js';
import { folder } from '../../src/lab/name.js';
import { tool } from '../../src/lab/tool.js';
import { type BpfMap, createMap, loadProgram, pin } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';
import { labOf, onHost, ping, removeLabs } from './host.js';

const lab = labOf('trunk');
const DOT1Q_43 = 0x2b000081;

/** At XDP: `counts[0]` of frames that hold the tag of VLAN 43 in their octets, all passed on. */
function counter() {
  const a = new Assembler('count_tagged', ProgramType.Xdp);
  a.load('w', r2, r1, 0).load('w', r3, r1, 4).mov(r4, r2).alu('add', r4, 16).jump('>', r4, r3, 'pass');
  a.load('w', r3, r2, 12).jump32('!=', r3, DOT1Q_43, 'pass');
  a.mapValue(r4, 'counts').mov(r3, 1).atomicAdd('dw', r4, 0, r3);
  return a.label('pass').mov(r0, 2).exit().program();
}

describeIf(['root', 'network namespaces', 'bpf', { command: 'ping' }])('the trunk', () => {
  let counts: BpfMap;
  const tagged = () => Number(new DataView(counts.lookup(0).buffer).getBigUint64(0, true));

  beforeAll(async () => {
    await labUp({ name: lab });
    counts = createMap({ name: 'counts', type: MapType.Array, keySize: 4, valueSize: 8, maxEntries: 1 });
    const program = loadProgram(counter(), new Map([['counts', counts]]));
    const pins = `${folder(lab)}/bpf`;
    mkdirSync(pins);
    execFileSync(tool('mount'), ['-t', 'bpf', 'bpf', pins]);
    pin(program.fd, `${pins}/xdp`);
    onHost(lab, 'responder', 'ip', 'link', 'set', 'dev', 'eth0', 'xdp', 'pinned', `${pins}/xdp`);
  });
  afterAll(() => removeLabs(lab));

  test('carries the tag in the frame, where XDP sees it', () => {
    expect(ping(lab, '10.10.43.11', 2)).toEqual({ transmitted: 2, received: 2 });
    // One ARP request and two pings.
    expect(tagged()).toBe(3);
  });

  test('would not if the switch offloaded the tag: that is what labUp() switches off', () => {
    const before = tagged();
    onHost(lab, 'switch', 'ethtool', '-K', 'trunk', 'txvlan', 'on');
    expect(ping(lab, '10.10.43.11', 2)).toEqual({ transmitted: 2, received: 2 });
    expect(tagged()).toBe(before);
  });
});
