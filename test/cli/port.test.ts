import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

describe('port disable', () => {
  test('forgets the port, and with the last one the options of its device', async () => {
    await host.run('port enable eth0.42 pool 512');
    await host.run('port enable eth0.43');
    await host.ok('port disable eth0.42');
    expect(host.state()).toMatchObject({ ports: { 'eth0.43': {} }, devices: { eth0: { pool: 512 } } });
    await host.ok('port disable dev eth0.43');
    expect(host.state()).toMatchObject({ ports: {}, devices: {} });
  });

  test('all', async () => {
    await host.run('port enable eth0.42');
    await host.run('port enable eth0');
    await host.ok('port disable all');
    expect(host.state().ports).toEqual({});
  });

  test('warns of what nobody takes any more', async () => {
    await host.run('vlans set 42-44');
    for (const ifname of ['eth0.42', 'eth0.43']) await host.run(`port enable ${ifname}`);
    expect(await host.run('port disable eth0.42')).toEqual({
      code: 0,
      out: '',
      err: 'Warning: No port has VLAN 42: its IPv4 is taken out-of-band and dropped as no-port\nHint: evlnet port enable eth0.42, or evlnet vlans del 42\n',
    });
    // No worker is left that could take it.
    await host.ok('port disable eth0.43');
  });

  test('is idempotent, but a name that could be no port is an error', async () => {
    await host.ok('port disable eth0');
    await host.ok('port disable eth0.42');
    expect(await host.run('port disable nope')).toMatchObject({
      code: 2,
      err: 'Cannot find device "nope"\nHint: "ip link" lists the devices\n',
    });
    expect(await host.run('port disable')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Hint: evlnet port disable { [ dev ] IFNAME | all }\n'),
    });
  });

  test('forgets a port whose device has gone', async () => {
    await host.run('port enable eth0.42 pool 64');
    host.links = [];
    await host.ok('port disable eth0.42');
    expect(host.state()).toMatchObject({ ports: {}, devices: {} });
  });
});

describe('port set', () => {
  test('changes address and options', async () => {
    await host.run('vlans set 42');
    await host.run('port enable eth0.42');
    await host.ok('port set eth0.42 address 10.10.10.11/24 driver xdp');
    expect(host.state()).toMatchObject({
      ports: { 'eth0.42': { link: 'eth0', vid: 42, address: '10.10.10.11/24' } },
      devices: { eth0: { driver: 'xdp' } },
    });
  });

  test('switches ICMP errors on and off, without touching the rest', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24 ethertype any icmp-errors on');
    const on = { link: 'eth0', vid: 42, address: '10.10.10.11/24', ethertype: 'any', icmpErrors: true };
    expect(host.state().ports).toEqual({ 'eth0.42': on });
    expect(await host.ok('port show eth0.42')).toContain(' ethertype any icmp-errors on\n');
    expect(JSON.parse(await host.ok('-j port show eth0.42'))).toMatchObject([{ icmp_errors: true }]);
    await host.run('port set eth0.42 address 10.10.10.12/24');
    await host.run('port enable eth0.42');
    expect(host.state().ports).toMatchObject({ 'eth0.42': { icmpErrors: true, address: '10.10.10.12/24' } });
    await host.run('port set eth0.42 icmp-errors off');
    const { icmpErrors: _, ...off } = on;
    expect(host.state().ports).toEqual({ 'eth0.42': { ...off, address: '10.10.10.12/24' } });
    expect(await host.ok('port show eth0.42')).not.toContain('icmp-errors');
  });

  const refused: [line: string, code: number, err: string][] = [
    [
      'port set eth0.42 pool 64',
      2,
      'Cannot find an enabled port "eth0.42"\nHint: evlnet port enable eth0.42\n',
    ],
    ['port set nope pool 64', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    [
      'port set eth0',
      1,
      'Command line is not complete. Try "help".\nHint: evlnet port set eth0 { pool N | bufsz BYTES | address A/PLEN | driver … | mode … | icmp-errors … }\n',
    ],
  ];
  test.each(refused)('%s', async (line, code, err) => {
    expect(await host.run(line)).toEqual({ code, out: '', err });
  });
});

describe('workers', () => {
  test('are told the new revision', async () => {
    await host.run('port enable eth0');
    await host.run('port set eth0 pool 64');
    await host.run('port disable eth0');
    expect(host.revisions).toEqual([1, 2, 3]);
  });

  test('one that does not follow is a warning and exit 2, and the change stays', async () => {
    const { EvlnetError } = await import('../../src/errors.js');
    host.reloaded = [
      { device: 'eth1', pid: 1 },
      {
        device: 'eth0',
        pid: 4711,
        error: new EvlnetError('EVL_WORKER_SILENT', 'no answer', { hint: 'end it' }),
      },
    ];
    expect(await host.run('port enable eth0')).toEqual({
      code: 2,
      out: '',
      err: 'Warning: The change is recorded, but the worker of "eth0" (pid 4711) does not follow: no answer\nHint: end it\n',
    });
    expect(host.state().ports).toEqual({ eth0: {} });
  });
});
