import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Assembler, r0, r1, r2 } from '../../src/bpf/asm.js';
import { type MapSpec, MapType, ProgramType } from '../../src/bpf/program.js';
import type { OpenFilter } from '../../src/filter/open.js';
import { RULE_HITS } from '../../src/filter/rule-hits.js';
import { Verdict } from '../../src/filter/verdict.js';
import { link } from '../../src/linux/link.js';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { addVeth, ENDS, judged, type VethWire, vethWire } from './veth.js';
import { drain, frames } from './wire.js';

const [P0] = ENDS;
/** As a filter made of rules counts, so that ruleHits() reads it. */
const HITS: MapSpec = { name: RULE_HITS, type: MapType.Array, keySize: 4, valueSize: 8, maxEntries: 1 };
const descriptors = () => readdirSync('/proc/self/fd').length;

/** A socket filter that counts the frame in its map and answers `verdict`. */
function filter(verdict: number, maps: ReadonlyMap<string, MapSpec> = newMaps()): OpenFilter {
  const counts = new Assembler('bpf_netrx', ProgramType.SocketFilter)
    .mapValue(r1, RULE_HITS)
    .mov(r2, 1)
    .atomicAdd('dw', r1, 0, r2)
    .mov(r0, verdict);
  return made(counts, maps);
}

const newMaps = () => new Map([[RULE_HITS, HITS]]);

function made(assembler: Assembler, maps: ReadonlyMap<string, MapSpec>): OpenFilter {
  const program = { ...assembler.exit().program(), section: 'socket' };
  const object = { name: 'f.o', license: 'GPL', programs: [program], maps, btf: undefined, notes: [] };
  return { object, program };
}

/** Reads memory that no verifier lets it read. */
const broken = () =>
  made(
    new Assembler('bpf_netrx', ProgramType.SocketFilter).mapValue(r1, RULE_HITS).load('dw', r0, r1, 4096),
    newMaps(),
  );

describeIf(['root', 'bpf', 'network namespaces'])('setFilter()', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let wire: VethWire;
  const arrive = async () => {
    await judged(wire.attachment, wire.peer, frames(5));
    return drain(wire.device);
  };
  const hits = () => wire.attachment.ruleHits()?.[0];

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
    await attachment.setFilter(filter(Verdict.Skip), false);
    expect([await arrive(), hits()]).toEqual([0, 5]);
    await attachment.setFilter(filter(Verdict.Accept), false);
    expect([await arrive(), hits()]).toEqual([5, 5]);
    await attachment.setFilter(undefined, false);
    expect([await arrive(), hits()]).toEqual([5, undefined]);
  });

  test('a filter that the verifier refuses leaves the old one, its maps, and no descriptor', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    await attachment.setFilter(filter(Verdict.Accept), false);
    await arrive();
    const before = descriptors();
    await expect(attachment.setFilter(broken(), false)).rejects.toThrow(
      /^Cannot load filter "bpf_netrx" at XDP: /,
    );
    expect(descriptors()).toBe(before);
    expect([await arrive(), hits()]).toEqual([5, 10]);
  });

  test('maps are made anew, but kept for another program of the same maps', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    const shared = newMaps();
    await attachment.setFilter(filter(Verdict.Accept, shared), false);
    await arrive();
    await attachment.setFilter(filter(Verdict.Skip, shared), false);
    expect([await arrive(), hits()]).toEqual([0, 10]);
    await attachment.setFilter(filter(Verdict.Skip), false);
    expect([await arrive(), hits()]).toEqual([0, 5]);
  });

  test('a filter that is set while paused decides from resume() on', async () => {
    wire = await vethWire();
    const { attachment } = wire;
    attachment.pause();
    await attachment.setFilter(filter(Verdict.Skip), false);
    expect(link(P0)!.xdp).toBeUndefined();
    attachment.resume();
    expect([await arrive(), hits()]).toEqual([0, 5]);
  });
});
