import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r3, r6 } from '../../src/bpf/asm.js';
import { type MapSpec, MapType, ProgramType } from '../../src/bpf/program.js';
import type { FilterProgram } from '../../src/filter/hook.js';
import { XSKS } from '../../src/filter/maps.js';
import { link } from '../../src/linux/link.js';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { addVeth, ENDS, type VethWire, vethWire } from './veth.js';
import { drain, frames, send } from './wire.js';

const [P0] = ENDS;
const RX_QUEUE = 16;
const HITS: MapSpec = { name: 'hits', type: MapType.Array, keySize: 4, valueSize: 8, maxEntries: 1 };
const maps = () => new Map([['hits', HITS]]);
const descriptors = () => readdirSync('/proc/self/fd').length;

/** Takes every frame, or passes every frame; counts it in its own map. */
function filter(takes: boolean, own: FilterProgram['maps'] = maps()): FilterProgram {
  const a = new Assembler(takes ? 'take' : 'pass', ProgramType.Xdp)
    .mov(r6, r1)
    .mapValue(r1, 'hits')
    .mov(r2, 1)
    .atomicAdd('dw', r1, 0, r2)
    .mov(r0, 2);
  if (takes) a.map(r1, XSKS).load('w', r2, r6, RX_QUEUE).mov(r3, 2).call(Call.redirectMap);
  return { program: a.exit().program(), maps: own };
}

/** Reads memory that no verifier lets it read. */
const broken = (): FilterProgram => ({
  program: new Assembler('broken', ProgramType.Xdp).load('dw', r0, r1, 4096).exit().program(),
  maps: maps(),
});

describeIf(['root', 'bpf', 'network namespaces'])('setFilter()', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let wire: VethWire;
  const arrive = async () => {
    await send(wire.peer, frames(5));
    return drain(wire.device);
  };
  const hits = () => Number(wire.attachment.filterMaps().get('hits')!.lookup(0)[0]);

  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
  });
  afterEach(() => wire?.close());
  afterAll(() => namespace?.leave());

  test('lets the filter decide, then another, then the VLAN rule again', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    expect(await arrive()).toBe(5);
    attachment.setFilter(filter(false));
    expect([await arrive(), hits()]).toEqual([0, 5]);
    attachment.setFilter(filter(true));
    expect([await arrive(), hits()]).toEqual([5, 5]);
    attachment.setFilter(undefined);
    expect([await arrive(), attachment.filterMaps().size]).toEqual([5, 0]);
  });

  test('a filter that the verifier refuses leaves the old one, its maps, and no descriptor', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    attachment.setFilter(filter(true));
    await arrive();
    const before = descriptors();
    expect(() => attachment.setFilter(broken())).toThrow(/^Cannot load BPF program "broken": /);
    expect(descriptors()).toBe(before);
    expect([await arrive(), hits()]).toEqual([5, 10]);
  });

  test('maps are made anew, but kept for another program of the same maps', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    const shared = maps();
    attachment.setFilter(filter(true, shared));
    await arrive();
    attachment.setFilter(filter(false, shared));
    expect([await arrive(), hits()]).toEqual([0, 10]);
    attachment.setFilter(filter(false));
    expect([await arrive(), hits()]).toEqual([0, 5]);
  });

  test('a filter that is set while paused decides from resume() on', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    attachment.pause();
    attachment.setFilter(filter(false));
    expect(link(P0)!.xdp).toBeUndefined();
    attachment.resume();
    expect([await arrive(), hits()]).toEqual([0, 5]);
  });
});
