import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import { ProgramType } from '../../src/bpf/program.js';
import { COUNTERS, HIDDEN, VLANS, xsks } from '../../src/filter/maps.js';
import { TAP, Tapped } from '../../src/filter/tap.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { Verdict } from '../../src/filter/verdict.js';
import { vlanRule } from '../../src/filter/xdp.js';
import {
  type BpfMap,
  createMap,
  loadProgram,
  type Program,
  possibleCpus,
  testRun,
} from '../../src/linux/bpf.js';
import { nowNs } from '../../src/linux/clock.js';
import { PerfRing } from '../../src/linux/perf-ring.js';
import { buildFrame } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { Loaded } from './kernel-oracle.js';
import { objectFiles } from './object-files.js';

interface Told {
  readonly timeNs: number;
  readonly length: number;
  readonly verdict: number;
  readonly frame: Buffer;
}

describeIf(['root', 'bpf'])('a tapped program in the kernel', () => {
  const maps = new Map<string, BpfMap>();
  const rings: PerfRing[] = [];
  let program: Program;
  const drain = () => {
    const told: Told[] = [];
    for (const ring of rings)
      ring.drain((octets, view) => {
        const length = view.getUint32(Tapped.length, true);
        told.push({
          timeNs: Number(view.getBigUint64(Tapped.time, true)),
          length,
          verdict: view.getUint32(Tapped.verdict, true),
          frame: Buffer.from(octets.slice(Tapped.frame, Tapped.frame + length)),
        });
      });
    return { told, lost: rings.reduce((sum, ring) => sum + ring.lost, 0) };
  };

  beforeAll(() => {
    for (const spec of [VLANS, COUNTERS, HIDDEN, TAP, xsks(1)]) maps.set(spec.name, createMap(spec));
    program = loadProgram(vlanRule({ mark: 0 }, true), maps);
    for (let cpu = 0; cpu < possibleCpus(); cpu++) {
      const ring = PerfRing.open(cpu);
      rings.push(ring);
      maps.get(TAP.name)!.update(cpu, new Uint8Array(Uint32Array.of(ring.fd).buffer));
    }
  });
  afterAll(() => {
    program?.close();
    for (const ring of rings) ring.close();
    for (const map of maps.values()) map.close();
  });

  test('tells of each frame what became of it, and when', () => {
    const frame = buildFrame({ tags: [{ vid: 42 }], icmp: { sequence: 1 } });
    const before = nowNs();
    expect(testRun(program, frame).result).toBe(testRun(loadProgram(vlanRule(), maps), frame).result);
    const { told, lost } = drain();
    expect([told.length, lost]).toEqual([1, 0]);
    expect(told[0]).toMatchObject({ length: frame.length, verdict: Verdict.Skip, frame: Buffer.from(frame) });
    expect(told[0]!.timeNs).toBeGreaterThanOrEqual(before);
    expect(told[0]!.timeNs).toBeLessThanOrEqual(nowNs());
  });

  test('round the end of the ring nothing is lost or changed', () => {
    // Of no length that the ring's is a multiple of; three times round.
    const frame = Buffer.from(buildFrame({ payload: 'x'.repeat(1301) }));
    let count = 0;
    for (let n = 0; n < 60; n++) {
      testRun(program, frame, { repeat: 150 });
      const { told, lost } = drain();
      expect(lost).toBe(0);
      count += told.length;
      expect(told.every((t) => t.frame.equals(frame))).toBe(true);
    }
    expect(count).toBe(9000);
  });

  test('what finds no room is counted', () => {
    const frame = buildFrame({ payload: 'x'.repeat(1400) });
    const sent = 6000;
    testRun(program, frame, { repeat: sent });
    const { told, lost } = drain();
    expect(told.length).toBeLessThan(sent);
    expect(told.length + lost).toBe(sent);
  });

  test('every filter that loads does so tapped', () => {
    const refused: string[] = [];
    let count = 0;
    for (const file of objectFiles) {
      const object = readObject(readFileSync(file), basename(file));
      for (const one of object.programs) {
        if (one.type !== ProgramType.SocketFilter) continue;
        const loads = (isTapped: boolean) => {
          try {
            new Loaded({ object, program: one }, toXdp(object, one, { isTapped })).close();
            return true;
          } catch (error) {
            return (error as Error).message;
          }
        };
        if (loads(false) !== true) continue;
        count++;
        const answer = loads(true);
        if (answer !== true) refused.push(`${object.name} ${one.name}: ${answer}`);
      }
    }
    expect(refused).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });
});
