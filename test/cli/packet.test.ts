import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Arguments } from '../../src/cli/arguments.js';
import type { Context } from '../../src/cli/context.js';
import { readEthertype } from '../../src/cli/packet/ethertype.js';
import { frameDevice } from '../../src/cli/packet/place.js';
import type { Protocol } from '../../src/socket/packet-socket.js';
import { FakeHost } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

test.each<[string, Protocol]>([
  ['all', 'all'],
  ['ip', 0x0800],
  ['IPv4', 0x0800],
  ['ethercat', 0x88a4],
  ['0x88F7', 0x88f7],
  ['34958', 34958],
  ['0x600', 0x600],
])('proto %s', (text, want) => {
  expect(readEthertype(text)).toBe(want);
});

test.each(['', 'ethercats', '0x5ff', '65536', '0x', '-1', '88a4', '1e4'])('proto %s is none', (text) => {
  expect(() => readEthertype(text)).toThrow(/^argument ".*" is wrong: (not an|an) Ethernet type/);
});

test.each<[string, number, RegExp]>([
  ['packet recv', 1, /argument "-i" is required/],
  ['packet recv -i eth9', 2, /^Cannot find device "eth9"/],
  ['packet recv -i eth1', 2, /^Cannot find an enabled port "eth1"\nHint: evlnet port enable eth1/],
  ['packet recv -i eth0 proto nonsense', 1, /not an Ethernet type\nHint: proto 0x88a4, or one of all, ip/],
  ['packet send -i eth0', 1, /what to send is hex BYTES, or - for standard input/],
  ['packet send -i eth0 hex 123', 1, /half an octet is missing/],
  ['packet send -i eth0 hex 1234 -', 1, /cannot stand together/],
  ['packet send -i eth0 --pcp 8 hex 1234', 1, /"--pcp" is at most 7/],
])('%s', async (line, code, said) => {
  await host.ok('port enable eth0');
  const { code: got, err } = await host.run(line);
  expect(err).toMatch(said);
  expect(got).toBe(code);
});

describe('what will not come is a warning', () => {
  const warned = async (ifname: string, captures: Protocol | undefined) => {
    const warnings: string[] = [];
    const context = {
      arguments: new Arguments(new Map([['interface', ifname]])),
      state: { file: host.stateFile },
      stateOptions: {},
      system: {
        links: async () => host.links,
        addresses: async () => host.addresses,
        inherited: async () => undefined,
      },
      env: {},
      warn: (message: string, hint: string) => warnings.push(`${message}: ${hint}`),
    } as unknown as Context;
    await frameDevice(context, captures);
    return warnings;
  };

  test('by its VLAN, by its type where no port or no filter takes it', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    await host.run('port enable eth0');
    expect(await warned('eth0.42', 'all')).toEqual(['VLAN 42 is in-band: evlnet vlans add 42']);
    await host.run('vlans set 42');
    expect(await warned('eth0.42', 0x0800)).toEqual([]);
    expect(await warned('eth0', 0x88a4)).toEqual([
      'Ethernet type 0x88a4 is in-band: no port of "eth0" takes others than IPv4: evlnet port enable eth0 ethertype any',
    ]);
    await host.run('port enable eth0 ethertype any');
    expect(await warned('eth0', 0x88a4)).toEqual([
      'Ethernet type 0x88a4 is in-band: no filter of "eth0" accepts it: ' +
        "evlnet filter set eth0 match 'ether proto 0x88a4' accept default vlan",
    ]);
    await host.run('filter set eth0 all accept');
    expect(await warned('eth0', 0x88a4)).toEqual([]);
    expect(await warned('eth0', undefined)).toEqual([]);
  });
});
