import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EvlnetError } from '../../src/errors.js';
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

test.each(['neigh add ::1 lladdr 02:fc:00:00:00:02 dev eth0.42', 'route get ::1', 'ping ::1'])(
  'an IPv6 address is no host: %s',
  async (line) => {
    expect(await host.run(line)).toMatchObject({
      code: 2,
      err: 'Cannot find host "::1": no IPv4 address is known\nHint: write its address, such as 10.10.10.10\n',
    });
  },
);

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

const asked = (cmd: string) =>
  host.asked.filter((a) => a.cmd === cmd).map(({ cmd: _, folder: __, ...rest }) => rest);
const mac = (address: string) =>
  host.neighbours.find((n) => n.address === parseIpv4(address) && n.ifindex === 4);

describe('neigh solicit', () => {
  const answers = (lladdr?: string) => {
    runs();
    host.answers.solicit = ({ ifname, address }) =>
      lladdr === undefined ? {} : { neighbour: { ifname, address, state: 2, lladdr, ageS: 0 } };
  };

  test('asks the worker, 5 s unless told, and says nothing', async () => {
    answers('02:fc:00:00:00:02');
    expect(await host.ok('neigh solicit 10.10.10.10')).toBe('');
    expect(await host.ok('neigh sol 10.10.10.10 dev eth0.42 -w 0.5')).toBe('');
    const request = { ifname: 'eth0.42', address: parseIpv4('10.10.10.10') };
    expect(asked('solicit')).toEqual([
      { ...request, timeoutMs: 5000 },
      { ...request, timeoutMs: 500 },
    ]);
  });

  test('permanent: what answered is recorded', async () => {
    answers('02:fc:00:00:00:02');
    await host.ok('neigh solicit 10.10.10.10 permanent');
    expect(host.state()).toMatchObject({
      ports: { 'eth0.42': { neighbours: { '10.10.10.10': { lladdr: '02:fc:00:00:00:02' } } } },
    });
  });

  test("on a device of the kernel's the kernel asks, and a permanent one is the kernel's", async () => {
    runs();
    await host.ok('neigh solicit 10.7.0.2');
    expect(mac('10.7.0.2')?.state).toBe(2);
    await host.ok('neigh solicit 10.7.0.2 permanent');
    expect(mac('10.7.0.2')).toMatchObject({ state: 0x80, lladdr: MAC });
    expect(asked('neighbours')).toHaveLength(3);
    expect(JSON.stringify(host.state())).not.toContain('neighbours');
  });

  test.each(['broadcast', '255.255.255.255', '10.10.10.255', '239.1.2.3 dev eth0.42'])(
    'of %s there is nobody to ask',
    async (who) => {
      await host.ok(`neigh solicit ${who}`);
    },
  );

  test.each<[words: string, code: number, message: string, hint: string]>([
    [
      '10.10.10.99',
      4,
      'Cannot solicit 10.10.10.99: it did not respond within 5 s (ETIMEDOUT)',
      'is it up, and on VLAN 42 of the wire of "eth0"?',
    ],
    [
      '10.7.0.3 -w 0.01',
      4,
      'Cannot solicit 10.7.0.3: it did not respond within 0.01 s (ETIMEDOUT)',
      '"ip neigh show dev eth0.7" tells what the kernel knows of it',
    ],
    [
      '192.0.2.7 gateway',
      4,
      'Cannot solicit 192.0.2.7: its gateway 10.7.0.254 did not respond within 5 s (ETIMEDOUT)',
      '"ip neigh show dev eth0.7" tells what the kernel knows of it',
    ],
    [
      '192.0.2.7',
      2,
      'Cannot solicit 192.0.2.7: it is not on the link, but behind 10.7.0.254 (ENETUNREACH)',
      'evlnet neigh solicit 192.0.2.7 gateway asks for the gateway',
    ],
    [
      '192.0.2.7 dev eth0.42 gateway',
      2,
      'Cannot solicit 192.0.2.7: network is unreachable',
      'no route through "eth0.42" leads there: evlnet route show dev eth0.42',
    ],
    ['10.7.0.2 dev eth2', 2, 'Cannot find an enabled port "eth2"', 'evlnet port enable eth2'],
    ['10.7.0.2 dev nope', 2, 'Cannot find device "nope"', '"ip link" lists the devices'],
    [
      '10.10.10.11',
      2,
      "Cannot solicit 10.10.10.11: the address is this host's own, or nobody's",
      '"evlnet port show" lists the addresses',
    ],
    [
      '10.10.10.10 -w 0',
      1,
      'Error: argument "0" is wrong: the time to wait is more than 0 s (EINVAL)',
      '-w 5',
    ],
  ])('%s', async (words, code, message, hint) => {
    answers();
    expect(await host.run(`neigh solicit ${words}`)).toEqual({
      code,
      out: '',
      err: `${message}\nHint: ${hint}\n`,
    });
  });

  test('a device that is no port is ENODEV, with its name', async () => {
    await host.run('port disable eth0.7');
    expect(await host.run('neigh solicit 10.99.0.2')).toEqual({
      code: 2,
      out: '',
      err: 'Cannot solicit 10.99.0.2: "eth2" is not an enabled port (ENODEV)\nHint: evlnet port enable eth2\n',
    });
  });

  test('warns where the reply would stay in-band', async () => {
    await host.run('vlans clear');
    answers('02:fc:00:00:00:02');
    expect((await host.run('neigh solicit 10.10.10.10')).err).toBe(
      'Warning: VLAN 42 is in-band: no reply will be seen\nHint: evlnet vlans add 42\n',
    );
  });
});

describe('neigh add, del', () => {
  const recorded = () =>
    (host.state().ports as Record<string, { neighbours?: object }>)['eth0.42']!.neighbours;

  test('records, shows without a worker, forgets', async () => {
    await host.ok('neigh add 10.10.10.10 lladdr 02:FC:00:00:00:02 dev eth0.42');
    await host.ok('neigh add 10.10.10.9 lladdr 02:fc:00:00:00:09 dev eth0.42');
    const rev = host.revisions.at(-1);
    await host.ok('neigh add 10.10.10.9 lladdr 02:fc:00:00:00:09 dev eth0.42');
    expect(host.state().rev).toBe(rev);
    expect(await host.ok('neigh show eth0.42')).toBe(
      '10.10.10.9 dev eth0.42 lladdr 02:fc:00:00:00:09 PERMANENT\n' +
        '10.10.10.10 dev eth0.42 lladdr 02:fc:00:00:00:02 PERMANENT\n',
    );
    expect(await host.ok('state')).toContain(
      '    port eth0.42 link eth0 vid 42 address 10.10.10.11/24\n' +
        '        neighbour 10.10.10.10 lladdr 02:fc:00:00:00:02\n',
    );
    await host.ok('neigh del 10.10.10.10 dev eth0.42');
    expect(recorded()).toEqual({ '10.10.10.9': { lladdr: '02:fc:00:00:00:09' } });
    await host.ok('neigh delete 10.10.10.9 dev eth0.42');
    expect(recorded()).toBeUndefined();
  });

  test('an entry that no packet will use is recorded, with a warning', async () => {
    const { code, err } = await host.run('neigh add 10.0.0.9 lladdr 02:fc:00:00:00:09 dev eth0.42');
    expect([code, err]).toEqual([
      0,
      'Warning: 10.0.0.9 is not on the link of "eth0.42": nothing will be sent there\n' +
        'Hint: evlnet route show dev eth0.42\n',
    ]);
  });

  test('one that was recorded before the kernel had the device is forgotten too', async () => {
    await host.ok('neigh add 10.10.10.10 lladdr 02:fc:00:00:00:02 dev eth0.42');
    host.links = [...host.links, vlan(6, 'eth0.42', 2, 42)];
    expect(await host.ok('neigh show eth0.42')).toBe('');
    await host.ok('neigh del 10.10.10.10 dev eth0.42');
    expect(recorded()).toBeUndefined();
  });

  test('stays with the port when that is changed, and keys of later versions with it', async () => {
    await host.ok('neigh add 10.10.10.10 lladdr 02:fc:00:00:00:02 dev eth0.42');
    const state = host.state() as { ports: Record<string, { neighbours: Record<string, object> }> };
    Object.assign(state.ports['eth0.42']!.neighbours['10.10.10.10']!, { since: 3 });
    writeFileSync(host.stateFile, JSON.stringify(state));
    await host.run('port set eth0.42 icmp-errors on');
    await host.run('port enable eth0.42 address 10.10.10.12/24');
    await host.ok('neigh add 10.10.10.10 lladdr 02:fc:00:00:00:03 dev eth0.42');
    expect(recorded()).toEqual({ '10.10.10.10': { lladdr: '02:fc:00:00:00:03', since: 3 } });
  });

  test("on a device of the kernel's both are the kernel's, and the worker follows", async () => {
    runs();
    await host.ok('neigh add 10.7.0.9 lladdr 02:fc:00:00:00:02 dev eth0.7');
    expect(mac('10.7.0.9')).toMatchObject({ state: 0x80, lladdr: MAC });
    await host.ok('neigh del 10.7.0.9 dev eth0.7');
    expect(mac('10.7.0.9')).toBeUndefined();
    expect(host.asked.map((a) => a.cmd)).toEqual(['neighbours', 'neighbours']);
    expect(JSON.stringify(host.state())).not.toContain('10.7.0.9');
  });

  test('a worker that ends meanwhile need not follow', async () => {
    runs();
    host.answers.neighbours = host.answers.forget = () => {
      throw new EvlnetError('EVL_WORKER_GONE', 'it ended the connection');
    };
    await host.ok('neigh add 10.7.0.9 lladdr 02:fc:00:00:00:02 dev eth0.7');
    await host.ok('neigh flush');
    host.answers.neighbours = () => {
      throw new EvlnetError('EVL_WORKER_SILENT', 'no answer');
    };
    const { code, err } = await host.run('neigh del 10.7.0.9 dev eth0.7');
    expect([code, err]).toEqual([2, expect.stringContaining('no answer')]);
  });

  test('del of one that was learned asks the worker', async () => {
    runs();
    host.answers.forget = () => ({ forgotten: 1 });
    await host.ok('neigh del 10.10.10.10 dev eth0.42');
    expect(asked('forget')).toEqual([{ ifname: 'eth0.42', address: parseIpv4('10.10.10.10') }]);
  });

  test.each<[words: string, code: number, message: string, hint: string]>([
    [
      'del 10.10.10.10 dev eth0.42',
      2,
      'Cannot find neighbour 10.10.10.10 on "eth0.42": no such entry (ENOENT)',
      'evlnet neigh show dev eth0.42',
    ],
    [
      'del 10.7.0.77 dev eth0.7',
      2,
      'Cannot find neighbour 10.7.0.77 on "eth0.7": no such entry (ENOENT)',
      'evlnet neigh show dev eth0.7',
    ],
    [
      'add 10.10.10.10 lladdr 2:fc dev eth0.42',
      1,
      'Error: argument "2:fc" is wrong: not a MAC address',
      'write it as 02:fc:00:00:00:01',
    ],
    [
      'add 239.1.2.3 lladdr 02:fc:00:00:00:02 dev eth0.42',
      1,
      'Error: argument "239.1.2.3" is wrong: no host can have that address',
      'write it as 10.10.10.10',
    ],
    [
      'add 10.10.10.10 lladdr 02:fc:00:00:00:02 dev eth2',
      2,
      'Cannot find an enabled port "eth2"',
      'evlnet port enable eth2',
    ],
    [
      'add 10.10.10.10 lladdr 02:fc:00:00:00:02',
      1,
      'Command line is not complete. Try "help".',
      'evlnet neighbour add HOST lladdr MAC dev IFNAME',
    ],
  ])('%s', async (words, code, message, hint) => {
    expect(await host.run(`neigh ${words}`)).toEqual({ code, out: '', err: `${message}\nHint: ${hint}\n` });
  });
});

describe('flush', () => {
  test('neigh flush: of all ports, but no permanent ones and none of other devices', async () => {
    runs();
    host.answers.forget = () => ({ forgotten: 3 });
    await host.ok('neigh add 10.7.0.9 lladdr 02:fc:00:00:00:02 dev eth0.7');
    await host.ok('neigh flush');
    expect(host.neighbours.map(({ ifindex, state }) => [ifindex, state])).toEqual([
      [4, 0x40],
      [5, 2],
      [4, 0x80],
    ]);
    expect(asked('forget')).toEqual([{ ifname: 'eth0.42' }]);
  });

  test('neigh flush dev: of that one', async () => {
    await host.ok('neigh flush dev eth0.42');
    expect(host.neighbours).toHaveLength(4);
    expect(host.asked).toEqual([]);
  });

  test('route flush has the workers forget paths and read everything anew', async () => {
    runs();
    const { rev } = host.state();
    await host.ok('route flush');
    expect([host.revisions.at(-1), host.state().rev]).toEqual([rev, rev]);
    expect(asked('flush-paths')).toEqual([{}]);
  });
});
