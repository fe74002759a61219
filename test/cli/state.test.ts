import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

const fill = async () => {
  await host.run('port enable eth0.42 address 10.10.10.11/24 pool 512');
  await host.run('vlans set 42');
  const state = host.state();
  state.services = { eth0: { services: [{ service: 'udp-echo', udpPort: 7 }], cpu: '1' } };
  writeFileSync(host.stateFile, JSON.stringify(state));
};

test('state show', async () => {
  await fill();
  expect(await host.ok('state')).toBe(`${host.stateFile}: schema 1 rev 2
    port eth0.42 link eth0 vid 42 address 10.10.10.11/24
    device eth0 pool 512
    vlans 42
    run eth0 cpu 1
        udp-echo udpPort 7
`);
  const [record] = JSON.parse(await host.ok('-j state'));
  expect(record).toEqual({ path: host.stateFile, ...host.state() });
});

test('state path: -state, then the environment', async () => {
  expect(await host.ok('state path')).toBe(`${host.stateFile}\n`);
  expect(await host.ok('-state /tmp/other.json state path')).toBe('/tmp/other.json\n');
  expect(await host.ok('-j state path')).toBe(`[{"path":"${host.stateFile}"}]\n`);
});

test('state export writes the document', async () => {
  await fill();
  const document = host.state();
  expect(JSON.parse(await host.ok('state export'))).toEqual(document);
  expect(JSON.parse(await host.ok('state export -'))).toEqual(document);
  const file = `${host.folder}/export.json`;
  expect(await host.ok(`state export ${file}`)).toBe('');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(document);
  expect(await host.run(`state export ${host.folder}/no/such`)).toEqual({
    code: 2,
    out: '',
    err: `Cannot write "${host.folder}/no/such": no such file or directory (ENOENT)\nHint: name another file\n`,
  });
});

test('state reset forgets everything, keeps it as backup, and tells the workers', async () => {
  await fill();
  const before = host.state();
  await host.ok('state reset');
  expect(host.state()).toMatchObject({ rev: 3, ports: {}, devices: {}, vlans: '', services: {} });
  expect(JSON.parse(readFileSync(`${host.stateFile}.bak`, 'utf8'))).toEqual(before);
  expect(host.revisions.at(-1)).toBe(3);
});

describe('a state file that cannot be used', () => {
  const commands = [
    'port',
    'vlans',
    'vlans set 7',
    'port enable eth0',
    'port disable all',
    'state',
    'stats',
    'icmp -i eth0',
    'run eth0',
  ];

  test.each(commands)('of a newer version: %s', async (line) => {
    const text = '{"schema":2,"rev":1}';
    writeFileSync(host.stateFile, text);
    const { code, out, err } = await host.run(line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Cannot .*\nHint: .*\n$/);
    expect(readFileSync(host.stateFile, 'utf8')).toBe(text);
    expect(JSON.parse((await host.run(`-j ${line}`)).out)).toMatchObject({
      error: { code: 'EVL_STATE_NEWER' },
    });
  });

  test.each(commands)('corrupt, without a backup: %s', async (line) => {
    writeFileSync(host.stateFile, '{"schema":1,');
    const { code, out, err } = await host.run(line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/Hint: .*\n$/);
    // Nothing is lost: the broken text is still there, under its name or aside.
    expect(readdirSync(host.folder).map((name) => readFileSync(`${host.folder}/${name}`, 'utf8'))).toContain(
      '{"schema":1,',
    );
  });

  test('corrupt, with a backup: a warning, and what was recorded', async () => {
    await host.run('vlans set 42');
    await host.run('vlans set 42-43');
    writeFileSync(host.stateFile, '');
    const { code, out, err } = await host.run('vlans');
    expect(code).toBe(0);
    expect(err).toMatch(/^Warning: State file .* corrupt/);
    expect(out).toBe('42\n');
  });

  test('wrong at a key: says which', async () => {
    writeFileSync(host.stateFile, '{"schema":1,"vlans":"1-5"}');
    expect(await host.run('vlans')).toMatchObject({ code: 2, err: expect.stringContaining('vlans') });
  });

  test('a folder in its place', async () => {
    mkdirSync(host.stateFile);
    const { code, err } = await host.run('vlans set 42');
    expect(code).toBe(2);
    expect(err).toMatch(/^Cannot .* not a regular file\nHint: .*\n$/);
  });

  test('nothing is written for a command that fails', async () => {
    await host.run('port enable nope');
    await host.run('vlans set 1');
    expect(existsSync(host.stateFile)).toBe(false);
  });
});
