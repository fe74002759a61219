// Loaded by a thread that lacks CAP_PERFMON, as a service with few capabilities does.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import koffi from 'koffi';
import { readObject } from '../../src/bpf/object.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { toTcx } from '../../src/filter/to-skb.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { describeIf } from '../capability.js';
import type { Filter } from './assembled.js';
import { Loaded } from './kernel-oracle.js';
import { objectFiles } from './object-files.js';

const library = koffi.load(null);
const capget = library.func('int capget(void *, void *)');
const capset = library.func('int capset(void *, void *)');
/** _LINUX_CAPABILITY_VERSION_3, <linux/capability.h>; this thread. */
const HEADER = Uint32Array.of(0x20080522, 0);
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;

/** Effective, permitted, inheritable; twice 32 of each. */
function withoutPerfmon<T>(act: () => T): T {
  const before = new Uint32Array(6);
  if (capget(HEADER, before) !== 0) throw new Error('capget');
  const fewer = before.slice();
  fewer[0]! &= ~(1 << CAP_SYS_ADMIN);
  fewer[3]! &= ~(1 << (CAP_PERFMON - 32));
  if (capset(HEADER, fewer) !== 0) throw new Error('capset');
  try {
    return act();
  } finally {
    capset(HEADER, before);
  }
}

function loads(filter: Filter, program: ProgramSpec): true | string {
  try {
    withoutPerfmon(() => new Loaded(filter, program)).close();
    return true;
  } catch (error) {
    return (error as Error).message;
  }
}

describeIf(['root', 'bpf'])('translations without CAP_PERFMON', () => {
  test('every filter loads that loads untouched, and some need it so', () => {
    const refused: string[] = [];
    const loaded: string[] = [];
    let needed = 0;
    for (const file of objectFiles) {
      const object = readObject(readFileSync(file), basename(file));
      for (const program of object.programs) {
        const filter = { object, program };
        if (program.type !== ProgramType.SocketFilter || loads(filter, program) !== true) continue;
        const name = `${object.name} ${program.name}`;
        for (const [to, spec] of [
          ['XDP', toXdp(object, program, { withoutPerfmon: true })],
          ['XDP, tapped', toXdp(object, program, { withoutPerfmon: true, isTapped: true })],
          ['TCX', toTcx(object, program)],
        ] as const) {
          const answer = loads(filter, spec);
          if (answer === true) loaded.push(name);
          else refused.push(`${name} at ${to}: ${answer}`);
        }
        if (loads(filter, toXdp(object, program)) !== true) needed++;
      }
    }
    expect(refused).toEqual([]);
    expect(loaded.length).toBeGreaterThan(20);
    expect(needed).toBeGreaterThan(3);
  });
});
