import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseIpv4 } from '../../src/wire/address.js';
import { FakeHost, inet, link, runningWorker, vlan } from './fake.js';
import { expectGolden } from './golden.js';

const MAC = Uint8Array.of(2, 0xfc, 0, 0, 0, 2);
const entry = (ifname: string, address: string, state: number, lladdr?: string) => ({
  ifname,
  address: parseIpv4(address),
  state,
  ...(lladdr === undefined ? {} : { lladdr }),
  ageS: 8,
});

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  host.links = [...host.links, vlan(4, 'eth0.7', 2, 7), link(5, 'eth2')];
  host.addresses = [inet(4, 10, 7, 0, 1), inet(5, 10, 99, 0, 1)];
  host.routes = [
    { ifindex: 4, network: parseIpv4('10.7.0.0'), prefix: 24, metric: 0 },
    { ifindex: 4, network: 0, prefix: 0, gateway: parseIpv4('10.7.0.254'), metric: 100 },
    { ifindex: 5, network: parseIpv4('10.99.0.0'), prefix: 24, metric: 0 },
  ];
  host.neighbours = [
    { ifindex: 4, address: parseIpv4('10.7.0.2'), state: 2, lladdr: MAC },
    { ifindex: 4, address: parseIpv4('10.7.0.3'), state: 0x20 },
    { ifindex: 4, address: parseIpv4('224.0.0.22'), state: 0x40, lladdr: MAC },
    { ifindex: 5, address: parseIpv4('10.99.0.2'), state: 2, lladdr: MAC },
  ];
  await host.run('vlans set 7,42');
  await host.run('port enable eth0.42 address 10.10.10.11/24');
  await host.run('port enable eth0.7');
});
afterEach(() => host.close());

/** A worker with a table. */
const runs = () => {
  host.workers = [runningWorker('/run/eth0')];
  host.answers.neighbours = () => ({
    neighbours: [
      entry('eth0.42', '10.10.10.10', 2, '02:fc:00:00:00:02'),
      entry('eth0.42', '10.10.10.9', 0x80, '02:fc:00:00:00:09'),
      entry('eth0.42', '10.10.10.99', 0x20),
      entry('eth0.7', '10.7.0.254', 4, '02:fc:00:00:00:fe'),
    ],
  });
};

describe('neigh show', () => {
  const forms: [line: string, file: string][] = [
    ['neigh', 'neighbour-show.txt'],
    ['-s neigh', 'neighbour-show-statistics.txt'],
    ['-br neigh', 'neighbour-show-brief.txt'],
    ['-c=always neigh', 'neighbour-show-color.txt'],
    ['-j -p -s neigh', 'neighbour-show.json'],
  ];
  test.each(forms)('%s', async (line, file) => {
    runs();
    expectGolden(file, await host.ok(line));
    expect(host.asked).toEqual([{ folder: '/run/eth0', cmd: 'neighbours' }]);
  });

  test('of one port', async () => {
    runs();
    expect(await host.ok('neighbor show dev eth0.7')).toBe(
      '10.7.0.254 dev eth0.7 lladdr 02:fc:00:00:00:fe STALE\n',
    );
  });

  test("without a worker: the kernel's on its devices, but not those that are no ports", async () => {
    expect(await host.ok('neigh')).toBe(
      '10.7.0.2 dev eth0.7 lladdr 02:fc:00:00:00:02 REACHABLE\n10.7.0.3 dev eth0.7 FAILED\n',
    );
    expect(await host.ok('-a neigh')).toContain('224.0.0.22 dev eth0.7 lladdr 02:fc:00:00:00:02 NOARP\n');
    expect(await host.ok('-j neigh show eth0.42')).toBe('[]\n');
  });

  test.each([
    ['neigh show dev nope', 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    ['neigh show eth2', 'Cannot find an enabled port "eth2"\nHint: evlnet port enable eth2\n'],
  ])('%s', async (line, err) => {
    expect(await host.run(line)).toEqual({ code: 2, out: '', err });
  });
});

describe('route', () => {
  const forms: [line: string, file: string][] = [
    ['route', 'route-show.txt'],
    ['-j -p route', 'route-show.json'],
    ['-c=always route', 'route-show-color.txt'],
  ];
  test.each(forms)('%s', async (line, file) => {
    expectGolden(file, await host.ok(line));
  });

  test('of one port', async () => {
    expect(await host.ok('route show dev eth0.42')).toBe(
      '10.10.10.0/24 dev eth0.42 scope link src 10.10.10.11\n',
    );
  });

  test.each([
    [
      '10.10.10.10',
      '10.10.10.10 dev eth0.42 src 10.10.10.11\n    mtu 1500 neighbour 10.10.10.10 lladdr 02:fc:00:00:00:02 REACHABLE\n',
    ],
    ['10.10.10.99', '10.10.10.99 dev eth0.42 src 10.10.10.11\n    mtu 1500 neighbour 10.10.10.99 FAILED\n'],
    [
      '10.10.10.98',
      '10.10.10.98 dev eth0.42 src 10.10.10.11\n    mtu 1500 neighbour 10.10.10.98 not yet known\n',
    ],
    [
      '192.0.2.7',
      '192.0.2.7 via 10.7.0.254 dev eth0.7 src 10.7.0.1\n    mtu 1500 neighbour 10.7.0.254 lladdr 02:fc:00:00:00:fe STALE\n',
    ],
    // eth2 is no port: the default route of eth0.7 is what is left.
    ['10.99.0.2', expect.stringMatching(/^10\.99\.0\.2 via 10\.7\.0\.254 dev eth0\.7 /)],
    ['10.10.10.255', 'broadcast 10.10.10.255 dev eth0.42 src 10.10.10.11\n    mtu 1500\n'],
    ['239.1.2.3 dev eth0.42', 'multicast 239.1.2.3 dev eth0.42 src 10.10.10.11\n    mtu 1500\n'],
  ])('get %s', async (words, out) => {
    runs();
    expect(await host.ok(`route get ${words}`)).toEqual(out);
  });

  test('get -j', async () => {
    runs();
    expect(JSON.parse(await host.ok('-j route get 192.0.2.7'))).toEqual([
      {
        dst: '192.0.2.7',
        gateway: '10.7.0.254',
        dev: 'eth0.7',
        prefsrc: '10.7.0.1',
        mtu: 1500,
        neighbour: { dst: '10.7.0.254', lladdr: '02:fc:00:00:00:fe', state: ['STALE'] },
      },
    ]);
  });

  test.each([
    [
      'get 192.0.2.7 dev eth0.42',
      'Cannot find a route to 192.0.2.7: network is unreachable\n' +
        'Hint: no route through "eth0.42" leads there: evlnet route show dev eth0.42\n',
    ],
    [
      'get 10.10.10.11',
      "Cannot find a route to 10.10.10.11: the address is this host's own, or nobody's\n" +
        'Hint: "evlnet port show" lists the addresses\n',
    ],
    ['get 10.7.0.2 dev eth2', 'Cannot find an enabled port "eth2"\nHint: evlnet port enable eth2\n'],
  ])('%s', async (words, err) => {
    expect(await host.run(`route ${words}`)).toEqual({ code: 2, out: '', err });
  });

  test('get where no port leads', async () => {
    await host.run('port disable eth0.7');
    expect(await host.run('route get 10.7.0.2')).toEqual({
      code: 2,
      out: '',
      err:
        'Cannot find a route to 10.7.0.2: network is unreachable\n' +
        'Hint: no enabled port leads there: "evlnet route" lists what the ports lead to\n',
    });
  });
});
