// What writeObject writes is what readObject reads, and libbpf (in bpftool) loads it as EVL's own `evl net -F` does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r10 } from '../../src/bpf/asm.js';
import { type ObjectSpec, readObject } from '../../src/bpf/object.js';
import { writeObject } from '../../src/bpf/object-writer.js';
import { encode, type MapSpec, MapType, ProgramType } from '../../src/bpf/program.js';
import { describeIf } from '../capability.js';

const hits: MapSpec = { name: 'hits', type: MapType.PercpuArray, keySize: 4, valueSize: 8, maxEntries: 3 };
const seen: MapSpec = { name: 'seen', type: MapType.Hash, keySize: 2, valueSize: 1, maxEntries: 9, flags: 1 };
const source = { file: 'rule 1', line: 1, column: 5, text: 'udp port 53' };

function program(name: string, verdict: number) {
  const a = new Assembler(name, ProgramType.SocketFilter);
  a.line('look up', source).store('dw', r10, -8, 0).map(r1, 'seen').mov(r2, r10).alu('add', r2, -8);
  a.call(Call.mapLookupElem).line('look up again').map(r1, 'hits').mov(r2, r10).alu('add', r2, -8);
  a.call(Call.mapLookupElem).jump('==', r0, 0, 'out').load('dw', r0, r0, 0).label('out');
  return { ...a.mov(r0, verdict).exit().program(), section: 'socket' };
}

const OBJECT: ObjectSpec = {
  name: 'f.o',
  license: 'Dual MIT/GPL',
  programs: [program('first', 1), program('second', 2)],
  maps: new Map([hits, seen].map((map) => [map.name, map])),
  btf: undefined,
  notes: [],
};

test('reads back as it was', () => {
  const back = readObject(writeObject(OBJECT), 'f.o');
  expect([back.license, [...back.maps]]).toEqual([OBJECT.license, [...OBJECT.maps]]);
  const fds = new Map([
    ['hits', 7],
    ['seen', 8],
  ]);
  expect(back.programs.map((p) => [p.name, p.section, p.type, encode(p, fds)])).toEqual(
    OBJECT.programs.map((p) => [p.name, p.section, p.type, encode(p, fds)]),
  );
  for (const { instructions } of back.programs) {
    expect(instructions[0]!.source).toEqual(source);
    expect(instructions.at(-1)!.source).toMatchObject({ text: 'look up again' });
  }
});

test('without maps', () => {
  const bare = new Assembler('f', ProgramType.SocketFilter).mov(r0, 1).exit().program();
  const back = readObject(
    writeObject({ ...OBJECT, maps: new Map(), programs: [{ ...bare, section: 'socket' }] }),
    'f.o',
  );
  expect([back.maps.size, back.programs[0]!.instructions.length]).toEqual([0, 2]);
});

test('what it cannot write is refused', () => {
  const maps = new Map([['.rodata', { ...hits, name: '.rodata', contents: new Uint8Array(8) }]]);
  expect(() => writeObject({ ...OBJECT, maps })).toThrow('map ".rodata" is more than its sizes');
});

describeIf(['root', 'bpf', { command: 'bpftool' }])('libbpf', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'evlnet-object-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('loads it with its maps and its lines', () => {
    const file = join(folder, 'f.o');
    writeFileSync(file, writeObject(OBJECT));
    // A file system of its own, in a mount namespace that ends with the command.
    const script = [
      'mount -t bpf bpf /mnt',
      `bpftool prog loadall ${file} /mnt/all type socket`,
      'bpftool prog dump xlated pinned /mnt/all/second linum',
      'bpftool -j prog show pinned /mnt/all/first',
    ].join(' && ');
    const said = execFileSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' });
    expect(said).toContain('; udp port 53 [file:rule 1 line_num:1 line_col:5]');
    const shown = JSON.parse(said.slice(said.lastIndexOf('{"id"'))) as Record<string, unknown>;
    expect(shown).toMatchObject({ type: 'socket_filter', name: 'first', gpl_compatible: true });
    expect(shown.map_ids).toHaveLength(2);
  });
});
