import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost, inet, vlan } from './fake.js';

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  for (const vid of [42, 43, 44, 45, 100, 107])
    await host.run(`port enable eth0.${vid} address 10.0.${vid}.1/24`);
});
afterEach(() => host.close());

test('vlans show prints what EVL’s sysfs file holds', async () => {
  expect(await host.ok('vlans')).toBe('\n');
  expect(await host.ok('-j vlans')).toBe('[{"vlans":[]}]\n');
  await host.run('vlans set 107,42-45,100');
  for (const line of ['vlans', 'vlans show', '-br vlans', '-o vlans'])
    expect(await host.ok(line)).toBe('42-45,100,107\n');
  expect(await host.ok('-j vlans')).toBe(
    '[{"vlans":[{"vlan":42,"vlanEnd":45},{"vlan":100},{"vlan":107}]}]\n',
  );
});

const changes: [before: string, words: readonly string[], after: string][] = [
  ['42', ['set', '43-45,100'], '43-45,100'],
  ['42', ['set', '43', '44'], '43-44'],
  ['42', ['set', '43, 45\t44'], '43-45'],
  ['42', ['set', '42-45:1/2'], '42,44'],
  ['42', ['set', ''], ''],
  ['42', ['add', '44-45'], '42,44-45'],
  ['42', ['add', '42'], '42'],
  ['42-45', ['del', '43,100'], '42,44-45'],
  ['42-45', ['delete', '42-45'], ''],
  ['42-45', ['clear'], ''],
];
test.each(changes)('%s: vlans %j is %s', async (before, words, after) => {
  await host.ok(['vlans', 'set', before]);
  expect(await host.ok(['vlans', ...words])).toBe('');
  expect(await host.ok('vlans')).toBe(`${after}\n`);
});

const refused: [list: string, code: number, err: string][] = [
  [
    '0',
    1,
    'Error: argument "0" is wrong: VLAN 0 is reserved: it marks a frame without a VLAN\nHint: use VIDs from 2 to 4094\n',
  ],
  [
    '1',
    1,
    'Error: argument "1" is wrong: VLAN 1 is reserved: it is a switch\'s own VLAN\nHint: use VIDs from 2 to 4094\n',
  ],
  [
    '4095',
    1,
    'Error: argument "4095" is wrong: VLAN 4095 is reserved by 802.1Q\nHint: use VIDs from 2 to 4094\n',
  ],
  ['N', 1, 'Error: argument "N" is wrong: VLAN 4095 is reserved by 802.1Q\nHint: use VIDs from 2 to 4094\n'],
  [
    'all',
    1,
    'Error: argument "all" is wrong: VLAN 0 is reserved: it marks a frame without a VLAN\nHint: use VIDs from 2 to 4094\n',
  ],
  ['5000', 1, 'Error: argument "5000" is wrong: VLAN 5000 does not exist\nHint: use VIDs from 2 to 4094\n'],
  ['42-41', 1, 'Error: argument "42-41" is wrong: range is backwards\nHint: write 41-42\n'],
  [
    '42,junk',
    1,
    'Error: argument "junk" is wrong: not a VLAN list\nHint: write it as 42-45,100 or 2-100:1/2\n',
  ],
];
for (const verb of ['set', 'add', 'del'])
  test.each(refused)(`vlans ${verb} %s leaves the old set`, async (list, code, err) => {
    await host.ok('vlans set 42');
    const before = host.state();
    expect(await host.run(['vlans', verb, list])).toEqual({ code, out: '', err });
    expect(host.state()).toEqual(before);
    const json = await host.run(['-j', 'vlans', verb, list]);
    expect(json).toMatchObject({ code, err: '' });
    const [, message, hint] = /^Error: (.*)\nHint: (.*)\n$/.exec(err)!;
    expect(JSON.parse(json.out)).toEqual({ error: { message, code: 'EVL_VLAN_LIST', hint } });
  });

test('vlans set without a list is not complete', async () => {
  expect(await host.run('vlans set')).toEqual({
    code: 1,
    out: '',
    err: 'Command line is not complete. Try "help".\nHint: evlnet vlans set LIST\n',
  });
});

test('workers are told each change, and one that does not follow is exit 2', async () => {
  const { EvlnetError } = await import('../../src/errors.js');
  const before = host.revisions.length;
  await host.ok('vlans set 42');
  await host.ok('vlans clear');
  expect(host.revisions.slice(before)).toEqual([7, 8]);
  host.reloaded = [{ device: 'eth0', pid: 1, error: new EvlnetError('EVL_WORKER_SILENT', 'no answer') }];
  expect(await host.run('vlans add 42')).toEqual({
    code: 2,
    out: '',
    err: 'Warning: The change is recorded, but the worker of "eth0" (pid 1) does not follow: no answer\nHint: "evlnet port show" tells what runs\n',
  });
  expect(host.state().vlans).toBe('42');
});

test('warns of VIDs that no port has', async () => {
  expect(await host.run('vlans add 42,46-47,200')).toEqual({
    code: 0,
    out: '',
    err: 'Warning: No port has VLAN 46-47,200: its IPv4 is taken out-of-band and dropped as no-port\nHint: evlnet port enable eth0.46, or evlnet vlans del 46-47,200\n',
  });
});

describe('the session’s own SSH connection', () => {
  const warning =
    'Warning: This SSH session comes in by "eth0.42": it stops while a worker runs on "eth0"\nHint: evlnet vlans del 42\n';
  beforeEach(() => {
    host.links.push(vlan(5, 'eth0.42', 2, 42));
    host.addresses.push(inet(5, 10, 0, 42, 1));
    host.env.SSH_CONNECTION = '10.0.42.9 50000 10.0.42.1 22';
  });

  test('vlans set and add warn', async () => {
    expect(await host.run('vlans set 42')).toEqual({ code: 0, out: '', err: warning });
    expect((await host.run('vlans add 43')).err).toBe(warning);
    expect((await host.run('vlans del 42')).err).toBe('');
  });

  test('port enable warns', async () => {
    await host.run('port disable all');
    // Nothing is taken from a device without ports.
    expect((await host.run('vlans set 42')).err).not.toContain('SSH');
    expect((await host.run('port enable eth0.42')).err).toBe(warning);
  });

  test('is also found where sudo dropped the variable', async () => {
    delete host.env.SSH_CONNECTION;
    host.inherited = '::ffff:10.0.42.9 50000 ::ffff:10.0.42.1 22';
    expect((await host.run('vlans set 42')).err).toBe(warning);
  });

  test('one that comes in elsewhere is no reason', async () => {
    host.env.SSH_CONNECTION = '192.0.2.9 50000 192.0.2.11 22';
    await host.ok('vlans set 42');
    host.env.SSH_CONNECTION = 'fe80::9 50000 fe80::1 22';
    await host.ok('vlans set 42');
  });
});
