import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bashCompletion } from '../../src/cli/completion.js';
import { GLOBALS } from '../../src/cli/globals.js';
import { synopsis } from '../../src/cli/help.js';
import type { ObjectSpec, VerbSpec } from '../../src/cli/spec.js';
import { OBJECTS } from '../../src/cli/table/index.js';
import { FakeHost } from './fake.js';
import { expectGolden } from './golden.js';

const verbs: [name: string, object: ObjectSpec, verb: VerbSpec][] = OBJECTS.flatMap((object) =>
  object.verbs.map(
    (verb) => [`${object.name} ${verb.name}`.trim(), object, verb] as [string, ObjectSpec, VerbSpec],
  ),
);

test('knows all objects of the grammar', () => {
  expect(OBJECTS.map((o) => o.name).sort()).toEqual(
    'apply check completion dump filter icmp-responder lab latency monitor neighbour net packet ping port route run state stats udp vlans'.split(
      ' ',
    ),
  );
});

describe.each(verbs)('%s', (name, object, verb) => {
  test('the synopsis has every argument and option, and nothing else', () => {
    const text = ` ${synopsis(object, verb).replaceAll(/[[\]{}|]/g, ' ')} `;
    for (const word of verb.words ?? [])
      expect(text).toContain(
        ` ${word.position === 'only' ? word.value : word.name === 'LIST' || word.name === 'CMD' ? word.value : word.name} `,
      );
    for (const option of verb.options ?? [])
      expect(text).toMatch(new RegExp(` -{1,2}(${option.letter ?? option.name}|${option.name}) `));
    const known = new Set([
      'evlnet',
      object.name,
      verb.name,
      ...(verb.aliases ?? []),
      ...(verb.words ?? []).flatMap((w) => [
        w.name,
        ...(w.value ?? '').split(' '),
        ...(w.type?.choices ?? []),
      ]),
      ...(verb.options ?? []).flatMap((o) => [
        `-${o.letter}`,
        `--${o.name}`,
        `-${o.name}`,
        ...(o.value ?? '').split(' '),
        ...(o.type?.choices ?? []),
      ]),
      'up',
      'down',
      '',
    ]);
    const others = text
      .split(' ')
      .filter((word) => !known.has(word) && !known.has(word.replace(/\.\.\.$/, '')));
    expect(others.filter((word) => word !== 'DEVICE')).toEqual([]);
  });

  test('help', async () => {
    const host = new FakeHost();
    expectGolden(`help/${name.replace(' ', '-')}.txt`, await host.ok(`${name} help`));
    host.close();
  });

  test('its module has a run', async () => {
    expect(typeof (await verb.load()).run).toBe('function');
  });

  test('examples begin with the command, or a prefix of it', () => {
    for (const { command } of verb.examples ?? []) expect(command).toMatch(/^evlnet (-\S+ )*\S/);
  });
});

test.each(OBJECTS.map((o) => o.name))('%s help', async (name) => {
  const host = new FakeHost();
  expectGolden(`help/${name}.txt`, await host.ok(`${name} help`));
  host.close();
});

test('help', async () => {
  const host = new FakeHost();
  const text = await host.ok('help');
  expectGolden('help/evlnet.txt', text);
  for (const global of GLOBALS) expect(text).toContain(global.synopsis);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  host.close();
});

describe('bash completion', () => {
  test('the committed script is the generated one', () => {
    const file = 'completions/evlnet.bash';
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, bashCompletion());
    expect(readFileSync(file, 'utf8')).toBe(bashCompletion());
  });

  const cases: [line: string, words: string[]][] = [
    ['po', ['port']],
    ['port e', ['enable']],
    ['port enable eth0 m', ['mode']],
    ['port enable eth0 mode ', ['auto', 'native', 'generic']],
    ['-j -n blue vlans c', ['clear']],
    ['icmp -i lo --c', ['--count', '--cpu']],
    ['icmp -i l', ['lo']],
    ['port show dev l', ['lo']],
    ['filter set eth0 object package-', ['package-lock.json']],
    ['filter check package-', ['package-lock.json']],
    ['apply package-', ['package-lock.json']],
    ['apply --d', ['--dry-run']],
    ['apply test/golden/cl', ['test/golden/cli']],
    ['net -i l', ['lo']],
    ['net --pr', ['--print-vlan-ids']],
    ['filter test object x pcap package-', ['package-lock.json']],
    ['filter test object x expect a', ['accept']],
    ['completion ', ['bash', 'help']],
    ['neigh s', ['show', 'solicit']],
    ['neigh show l', ['lo']],
    ['-js', ['-json']],
  ];
  test('a name with a space is one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'evlnet completion '));
    const script = `source completions/evlnet.bash
COMP_WORDS=(evlnet apply '${folder.slice(0, -3)}'); COMP_CWORD=2; _evlnet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(`${folder}\n`);
    rmSync(folder, { recursive: true });
  });

  test.each(cases)('%s', (line, words) => {
    const typed = ['evlnet', ...line.split(' ')];
    const script = `source completions/evlnet.bash
COMP_WORDS=(${typed.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${typed.length - 1}; _evlnet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean)).toEqual(
      words,
    );
  });
});

describe('JSON keys', () => {
  const lines = [
    'port show',
    'port show eth1',
    'port query eth0.42',
    'vlans show',
    'filter show',
    'stats show',
    'route show',
    'route get 10.10.10.10',
    'state show',
    'state path',
    'check',
  ];
  test.each(lines)('%s prints none that the table does not list', async (line) => {
    const host = new FakeHost();
    await host.run('port enable eth0.42 address 10.10.10.11/24 mode native ethertype any');
    await host.run('vlans set 42');
    await host.run('filter set eth0 all accept');
    const [objectName, verbName = ''] = line.split(' ');
    const object = OBJECTS.find((o) => o.name === objectName)!;
    const verb = object.verbs.find((v) => v.name === (object.verbs[0]!.name === '' ? '' : verbName))!;
    const records = JSON.parse((await host.run(`-j -d -s ${line}`)).out) as object[];
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) for (const key of Object.keys(record)) expect(verb.json).toContain(key);
    host.close();
  });
});
