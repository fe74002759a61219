import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost, inet, vlan } from './fake.js';

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  host.links.push(vlan(5, 'eth0.42', 2, 42));
  host.addresses.push(inet(5, 10, 0, 42, 1));
  await host.run('port enable eth0');
  host.env.SSH_CONNECTION = '192.0.2.9 50000 192.0.2.11 22';
});
afterEach(() => host.close());

const refusal = (what: string, ifname = 'eth0', frames = 'tcp port 22') =>
  `Cannot set the filter of "eth0": it would ${what} this SSH session, which comes in by "${ifname}"\n` +
  `Hint: let it skip '${frames}', or go on all the same: evlnet -force …\n`;
const set = (...words: string[]) => host.run(['filter', 'set', 'eth0', ...words]);

describe('a filter that would end the session is refused', () => {
  const refused: [words: string[], what: string][] = [
    [['all', 'accept'], 'take'],
    [['all', 'drop'], 'drop'],
    [['match', 'tcp port 22', 'accept'], 'take'],
    [['match', 'tcp', 'accept', 'default', 'skip'], 'take'],
    [['match', 'host 192.0.2.9', 'drop', 'default', 'vlan'], 'drop'],
    // A frame of the session that is long enough.
    [['match', 'greater 1000', 'drop', 'default', 'skip'], 'drop'],
  ];
  test.each(refused)('%j', async (words, what) => {
    expect(await set(...words)).toEqual({ code: 2, out: '', err: refusal(what) });
    expect(host.state().filters).toEqual({});
  });

  const harmless: string[][] = [
    ['all', 'skip'],
    ['all', 'vlan'],
    ['match', 'udp port 5000', 'accept'],
    ['match', 'tcp port 22', 'skip', 'default', 'drop'],
    ['match', 'tcp src port 22', 'drop', 'default', 'skip'],
    ['match', 'vlan 42', 'drop', 'default', 'skip'],
  ];
  test.each(harmless)('not: %j %j %j %j %j', async (...words) => {
    expect(await set(...words)).toEqual({ code: 0, out: '', err: '' });
  });

  test('an object is tried as well', async () => {
    const file = join(host.folder, 'f.o');
    copyFileSync('examples/filters/accept-all.o', file);
    expect((await set('object', file)).err).toBe(refusal('take'));
    copyFileSync('examples/filters/ethercat.o', file);
    expect((await set('object', file)).err).toBe('');
  });

  test('but -force goes on, with the warning that every diversion gives', async () => {
    expect(await host.run('-force filter set eth0 all accept')).toEqual({
      code: 0,
      out: '',
      err: 'Warning: This SSH session comes in by "eth0": it stops while a worker runs on "eth0"\nHint: evlnet filter unset eth0\n',
    });
    expect((await host.run('port enable eth0')).err).toContain('Warning: This SSH session');
  });

  test('a session in a VLAN carries its tag, and the VLAN set decides where the filter says so', async () => {
    host.env.SSH_CONNECTION = '10.0.42.9 50000 10.0.42.1 22';
    const frames = 'vlan 42 and tcp port 22';
    expect((await set('match', 'vlan 42', 'drop', 'default', 'skip')).err).toBe(
      refusal('drop', 'eth0.42', frames),
    );
    await host.run('vlans set 42');
    expect((await set('all', 'vlan')).err).toBe(refusal('take', 'eth0.42', frames));
    // A filter that keeps it in-band is a way to have the VLAN in the set all the same.
    expect((await set('match', frames, 'skip')).err).toBe('');
    expect((await host.run('vlans add 42')).err).toBe('');
    expect((await host.run('filter unset eth0')).err).toContain(
      'Warning: This SSH session comes in by "eth0.42"',
    );
  });

  test('one over IPv6 is found by ip(8): ACCEPT leaves it alone, DROP does not', async () => {
    host.env.SSH_CONNECTION = 'fe80::9%eth0 50000 fe80::1%eth0 22';
    host.answer = (command) => ({
      code: 0,
      stdout: command === 'ip -j -6 address show to fe80::1' ? '[{},{"ifname":"eth0"}]' : '',
    });
    expect((await set('all', 'accept')).err).toBe('');
    expect((await set('match', 'ip6', 'drop')).err).toBe(refusal('drop'));
  });

  test('one that comes in by another device, or where no worker can run, is no reason', async () => {
    host.env.SSH_CONNECTION = '198.51.100.9 50000 198.51.100.11 22';
    expect((await set('all', 'drop')).err).toBe('');
    host.env.SSH_CONNECTION = '192.0.2.9 50000 192.0.2.11 22';
    await host.run('port disable all');
    expect((await set('all', 'accept')).code).toBe(0);
    expect((await host.run('port enable eth0')).err).toContain('Warning: This SSH session');
  });
});

test('a filter that keeps ARP from an evlnet VLAN port', async () => {
  await host.run('port enable eth0.43 address 10.10.43.11/24');
  await host.run('vlans set 43');
  delete host.env.SSH_CONNECTION;
  const warning =
    'Warning: The filter keeps ARP from "eth0.43", and nobody else answers for it\n' +
    "Hint: let it return VLAN for ARP, as a rule does: match 'vlan and arp' vlan\n";
  expect((await set('all', 'skip')).err).toBe(warning);
  expect((await set('match', 'udp port 5000', 'accept', 'default', 'skip')).err).toBe(warning);
  expect((await set('match', 'udp port 5000', 'accept')).err).toBe('');
  expect((await set('match', 'vlan and arp', 'vlan', 'default', 'skip')).err).toBe('');
  expect((await set('all', 'accept')).err).toBe('');
});
