import { describe, expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import { MapType, ProgramType } from '../../src/bpf/program.js';
import { compileObject } from '../../src/filter/compile.js';
import { compileRules } from '../../src/filter/rules.js';
import type { RulesSource } from '../../src/filter/source.js';
import { VERDICTS, type VerdictName } from '../../src/filter/verdict.js';
import { WasmFilter } from '../../src/filter/wasm/filter.js';
import { buildFrame } from '../build-frame.js';

const source = (otherwise: VerdictName, ...rules: [match: string, verdict: VerdictName][]): RulesSource => ({
  rules: rules.map(([match, verdict]) => ({ match, verdict })),
  default: otherwise,
});
const CHAIN = source(
  'vlan',
  ['udp port 5000 and src net 10.0.0.0/8', 'accept'],
  ['icmp', 'skip'],
  ['udp', 'drop'],
);
const FRAMES = {
  accept: buildFrame({ udp: { destinationPort: 5000 } }),
  skip: buildFrame({ icmp: {} }),
  drop: buildFrame({ udp: { destinationPort: 5001 } }),
  vlan: buildFrame({ arp: {} }),
} as const;

const run = (of: RulesSource) => {
  const object = compileRules(of);
  const filter = WasmFilter.create(object, object.programs[0]!);
  const judge = (frame: Uint8Array) =>
    VERDICTS[filter.judge(new DataView(frame.buffer, frame.byteOffset), 0, frame.length)];
  return { object, filter, judge };
};

describe('compileRules', () => {
  test('makes what EVL takes: one GPL socket filter of the name bpf_netrx', () => {
    const { license, programs, maps, notes } = compileRules(CHAIN);
    expect(programs.map((p) => [p.name, p.section, p.type])).toEqual([
      ['bpf_netrx', 'socket', ProgramType.SocketFilter],
    ]);
    expect([license, notes]).toEqual(['GPL', []]);
    expect([...maps.values()]).toEqual([
      { name: 'rule_hits', type: MapType.PercpuArray, keySize: 4, valueSize: 8, maxEntries: 4 },
    ]);
  });

  test('the first rule that matches decides, the default else, and each counts', () => {
    const { judge, filter } = run(CHAIN);
    const names = Object.keys(FRAMES) as VerdictName[];
    names.forEach((name, i) => {
      for (let times = 0; times <= i; times++) expect(judge(FRAMES[name])).toBe(name);
    });
    const hits = filter.maps.get('rule_hits')!;
    expect([0, 1, 2, 3].map((rule) => hits.lookup(Uint8Array.of(rule, 0, 0, 0))?.[0])).toEqual([1, 2, 3, 4]);
  });

  test('a frame too short for one rule goes on to the next', () => {
    const { judge } = run(
      source('vlan', ['ip[1000] = 0', 'drop'], ['not ip[1000] = 0', 'drop'], ['ip', 'accept']),
    );
    expect(judge(FRAMES.accept)).toBe('accept');
  });

  test('rules that no frame comes to are no code, which the kernel would refuse', () => {
    const always = source('vlan', ['1 = 1', 'accept'], ['udp', 'drop'], ['tcp', 'drop']);
    const { object, judge } = run(always);
    expect(judge(FRAMES.drop)).toBe('accept');
    expect(object.programs[0]!.instructions.length).toBeLessThan(25);
    expect(run(source('skip', ['1 = 2', 'accept'])).judge(FRAMES.drop)).toBe('skip');
    expect(run(source('drop')).judge(FRAMES.accept)).toBe('drop');
  });

  test('every instruction of a rule knows the words that it was made from', () => {
    const [program] = compileRules(CHAIN).programs;
    const places = new Map<string, string>();
    for (const { source: from, comment } of program!.instructions)
      if (from) places.set(`${from.file}:${from.line}:${from.column}`, `${comment} | ${from.text}`);
    const [first, second, third] = CHAIN.rules.map((rule) => rule.match);
    expect([...places]).toEqual([
      ['rule 1:1:1', `udp port 5000 | ${first}`],
      ['rule 1:1:19', `src net 10.0.0.0/8 | ${first}`],
      ['rule 2:1:1', `icmp | ${second}`],
      ['rule 3:1:1', `udp | ${third}`],
    ]);
  });

  test('written as an object file and read again, they decide the same', () => {
    const object = readObject(compileObject(CHAIN), 'rules.o');
    expect(object.notes).toEqual([]);
    const filter = WasmFilter.create(object, object.programs[0]!);
    for (const [name, frame] of Object.entries(FRAMES))
      expect(VERDICTS[filter.judge(new DataView(frame.buffer), 0, frame.length)]).toBe(name);
  });

  test('long lists are compiled, too long ones refused', () => {
    const hosts = (count: number) =>
      `ip host (${Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(' or ')})`;
    expect(run(source('vlan', [hosts(900), 'accept'])).judge(FRAMES.drop)).toBe('vlan');
    expect(run(source('vlan', [`${hosts(800)} or ip src 10.10.10.10`, 'accept'])).judge(FRAMES.drop)).toBe(
      'accept',
    );
    expect(() => compileRules(source('vlan', ['udp', 'drop'], [hosts(2000), 'accept']))).toThrow(
      'Cannot compile rules: up to rule 2 they are more than 4096 instructions',
    );
  });

  test('what was asked once is not asked again', () => {
    const count = (...matches: string[]) =>
      compileRules(source('vlan', ...matches.map((m) => [m, 'accept'] as [string, VerdictName]))).programs[0]!
        .instructions.length;
    const twice = count('udp port 5000') * 2;
    expect(count('udp port 5000', 'udp port 5000')).toBeLessThan(twice);
    // One ethertype, one protocol, one fragment offset, one header length: then each port is one comparison.
    expect(count('ip and udp dst port (1 or 2 or 3)') - count('ip and udp dst port (1 or 2)')).toBe(1);
  });
});
