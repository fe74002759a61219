import { closeSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { COUNTERS, HIDDEN, VLANS, xsks } from '../../src/filter/maps.js';
import { vlanRule } from '../../src/filter/xdp.js';
import {
  AttachType,
  type BpfMap,
  createLink,
  createMap,
  loadProgram,
  XdpFlags,
} from '../../src/linux/bpf.js';
import { link } from '../../src/linux/link.js';
import { xdpHolder } from '../../src/linux/xdp-holder.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from './namespace.js';

describeIf(['root', 'bpf', 'network namespaces'])('the XDP hook', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  const maps = new Map<string, BpfMap>();
  beforeAll(() => {
    namespace = enterNamespace();
    run('ip', 'link', 'add', 'p0', 'type', 'veth', 'peer', 'name', 'p1');
    for (const spec of [VLANS, COUNTERS, HIDDEN, xsks(4)]) maps.set(spec.name, createMap(spec));
  });
  afterAll(() => {
    for (const m of maps.values()) m.close();
    namespace?.leave();
  });

  test.each([
    ['native', XdpFlags.Native],
    ['generic', XdpFlags.Generic],
  ])('link() tells mode %s, xdpHolder() the program and this process', (mode, flags) => {
    const spec = vlanRule();
    const program = loadProgram(spec, maps);
    const fd = createLink(program, link('p0')!.ifindex, AttachType.Xdp, flags);
    expect(fd).toBeGreaterThan(0);
    // The link alone holds it now.
    program.close();
    const { xdp } = link('p0')!;
    expect(xdp?.mode).toBe(mode);
    const holder = xdpHolder(xdp!.progId);
    expect(holder).toMatchObject({ id: xdp!.progId, name: spec.name.slice(0, 15) });
    expect(holder.pids.map((p) => p.pid)).toContain(process.pid);
    expect(holder.pids[0]!.comm).not.toBe('');
    closeSync(fd);
    expect(link('p0')?.xdp).toBeUndefined();
    expect(xdpHolder(xdp!.progId)).toEqual({ id: xdp!.progId, name: '', pids: [] });
  });
});
