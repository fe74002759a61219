import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { affinity, parseCpuList, setAffinity, setFifo } from '../../src/linux/sched.js';
import { describeIf } from '../capability.js';

describe('parseCpuList()', () => {
  const good: [have: string, want: number[]][] = [
    ['0', [0]],
    ['0-1,3', [0, 1, 3]],
    ['3,1,0-1', [0, 1, 3]],
    ['7-7', [7]],
    ['8191', [8191]],
  ];
  test.each(good)('%s', (have, want) => expect(parseCpuList(have)).toEqual(want));

  const bad: [have: string, reason: string][] = [
    ['', 'not a list of CPUs'],
    ['0,', 'not a list of CPUs'],
    ['-1', 'not a list of CPUs'],
    ['0-', 'not a list of CPUs'],
    ['0x1', 'not a list of CPUs'],
    ['1.5', 'not a list of CPUs'],
    ['3-1', 'range is backwards'],
    ['8192', 'CPU 8192 is beyond 8191'],
    ['0-99999', 'CPU 99999 is beyond 8191'],
  ];
  test.each(bad)('%j is refused', (have, reason) =>
    expect(() => parseCpuList(have)).toThrow(`argument ${JSON.stringify(have)} is wrong: ${reason}`),
  );
});

describe('setAffinity()', () => {
  // The kernel's own words, of the thread that runs this test.
  const allowed = () =>
    /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))![1]!;

  test('binds the calling thread, and affinity() reads it back', () => {
    const before = affinity();
    expect(before).toEqual(parseCpuList(allowed()));
    try {
      setAffinity([before.at(-1)!]);
      expect(allowed()).toBe(String(before.at(-1)));
    } finally {
      setAffinity(before);
    }
    expect(parseCpuList(allowed())).toEqual(before);
  });

  test('changes nothing where a CPU is missing', () => {
    const before = affinity();
    for (const cpus of [[8191], [before[0]!, 8191], []])
      expect(() => setAffinity(cpus)).toThrow(expect.objectContaining({ code: 'EVL_CPU' }));
    expect(affinity()).toEqual(before);
  });
});

describeIf(['root'])('setFifo()', () => {
  test('refuses a priority that does not exist', () => {
    for (const priority of [0, 100, -1])
      expect(() => setFifo(priority)).toThrow(expect.objectContaining({ hint: 'priorities are 1 to 99' }));
  });
});
