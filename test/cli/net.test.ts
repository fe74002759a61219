import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readArguments } from '../../src/cli/arguments.js';
import { newGlobals } from '../../src/cli/globals.js';
import { net } from '../../src/cli/table/net.js';
import { toolName } from '../../src/cli/upstream/name.js';
import { netSteps } from '../../src/cli/upstream/net-steps.js';
import { toolCommand } from '../../src/cli/upstream/tool.js';
import { EvlnetError } from '../../src/errors.js';
import { FakeHost } from './fake.js';

const words = (line: string) => line.split(' ').filter(Boolean);

describe('the switches of evl net become command lines', () => {
  const cases: [switches: string, lines: string[]][] = [
    ['-ei eth0.42', ['port enable dev eth0.42']],
    ['-e -ieth0.42 -p 4096 -b0', ['port enable dev eth0.42 pool 4096 bufsz 0']],
    ['--enable-port --interface=eth0 --pool-size 7', ['port enable dev eth0 pool 7']],
    ['-di eth0.42', ['port disable dev eth0.42']],
    // `all` is a keyword of ours, and a name of theirs.
    ['-d -i all', ['port disable dev all']],
    ['-Q -i eth0', ['port query dev eth0']],
    ['-QRT -i eth0', ['port query dev eth0 RT']],
    ['--query-port=x --interface eth0', ['port query dev eth0 x']],
    ['-i eth0 --query', ['port query dev eth0']],
    ['-Ff.o -i eth0', ['filter set dev eth0 object f.o']],
    ['-F -i eth0', ['filter unset dev eth0']],
    ['--filter=/x/f.o -i eth0', ['filter set dev eth0 object /x/f.o']],
    ['-N42-45,100', ['vlans set 42-45,100']],
    ['-N', ['vlans clear']],
    ['--set-vlan-ids=7 -n', ['vlans set 7', 'vlans show']],
    ['--print-vlan-ids', ['vlans show']],
    ['-s plc7', ['neighbour solicit plc7']],
    ['-gs 10.10.10.10 -i eth0.42', ['neighbour solicit 10.10.10.10 dev eth0.42 gateway']],
    ['-S10.10.10.10', ['neighbour solicit 10.10.10.10 permanent']],
    // optstring: -S takes the rest of its word.
    ['-Si', ['neighbour solicit i permanent']],
    [
      '-QR -s h -n -N42 -F -e -d -i eth0',
      [
        'port disable dev eth0',
        'port enable dev eth0',
        'filter unset dev eth0',
        'vlans set 42',
        'vlans show',
        'neighbour solicit h dev eth0',
        'port query dev eth0 R',
      ],
    ],
  ];
  test.each(cases)('%s', async (switches, lines) => {
    const given = await readArguments(net.verbs[0]!, 'net', words(switches), 0, newGlobals());
    expect(netSteps(given).map((step) => step.words.join(' '))).toEqual(lines);
  });
});

describe('the switches of the tools become command lines', () => {
  const cases: [tool: 'evl-net' | 'oob-net-icmp' | 'oob-net-udp', argv: string, line: string][] = [
    ['evl-net', '-ei eth0', 'net -ei eth0'],
    ['oob-net-icmp', '-i eth0.42', 'icmp-responder --interface=eth0.42'],
    ['oob-net-icmp', '-di eth0.42', 'icmp-responder --interface=eth0.42 --dump'],
    ['oob-net-icmp', '-d -s -i eth0', 'icmp-responder --interface=eth0 --silent'],
    ['oob-net-icmp', '-sd -s -d -i eth0', 'icmp-responder --interface=eth0 --dump'],
    ['oob-net-udp', '-a 10.0.0.1', 'udp recv --address=10.0.0.1'],
    [
      'oob-net-udp',
      '-R -S -R -a broadcast -p7 -i 3 -s',
      'udp recv --address=broadcast --port=7 --iterations=3 --silent',
    ],
    ['oob-net-udp', '-a 10.0.0.1 -d -m x -n 2', 'udp recv --address=10.0.0.1 --dump'],
    [
      'oob-net-udp',
      '-Sa 10.0.0.1 -m a=b -n 2 -i 3 -p 7 -d',
      'udp send --address=10.0.0.1 --port=7 --message=a=b --repeat=2 --iterations=3',
    ],
    ['oob-net-udp', '-R -S -a 10.0.0.1 -s', 'udp send --address=10.0.0.1 --silent'],
  ];
  test.each(cases)('%s %s', (tool, argv, line) => {
    expect(toolCommand(tool, words(argv)).join(' ')).toBe(line);
  });

  test.each([
    ['/usr/local/bin/oob-net-icmp', 'oob-net-icmp'],
    ['evl-net', 'evl-net'],
    ['/oob-net-udp', 'oob-net-udp'],
    ['/x/oob-net-udp/evlnet', undefined],
    ['toString', undefined],
  ])('%s is %s', (path, name) => {
    expect(toolName(path)).toBe(name);
  });
});

describe('evlnet net', () => {
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost();
  });
  afterEach(() => host.close());

  test('does them one after the other, and prints what upstream prints', async () => {
    expect(await host.ok('net -n')).toBe('');
    expect(await host.ok('net -ei eth0 -N42-45,100 -n -QRs -b 8192')).toBe('42-45,100\n0 8192\n');
    expect(await host.ok('net -n')).toBe('42-45,100\n');
    expect(host.state()).toMatchObject({ ports: { eth0: {} }, vlans: '42-45,100' });
    await host.ok('filter set eth0 all skip');
    expect(await host.ok('net -F -i eth0 -N')).toBe('eBPF module removed from eth0\nVLAN filter cleared\n');
    expect(await host.ok('net -di eth0')).toBe('');
    expect(host.state()).toMatchObject({ ports: {}, vlans: '', filters: {} });
    expect((await host.ok('net -ei eth0 -Q')).split('\n')[0]).toBe('oob capability: no');
  });

  const wrong: [line: string, code: number, message: string][] = [
    ['net -i eth0', 1, 'no command given'],
    ['net -e', 1, 'a network interface must be specified'],
    ['net -n stray', 1, 'Error: "stray" is a garbage'],
    ['net -x', 1, 'Option "-x" is unknown, try "evlnet net help".'],
    ['net -ei eth0 -p x', 1, 'Error: argument "x" is wrong: "-p" is a number'],
    ['net -ei eth0 -p 32769', 1, 'Error: argument "32769" is wrong: "-p" is at most 32768 (EINVAL)'],
    ['net -N0', 1, 'Error: argument "0" is wrong: VLAN 0 is reserved: it marks a frame without a VLAN'],
    ['net -ei nope', 2, 'Cannot find device "nope"'],
    ['net -ei eth0 -QRz', 1, 'Error: argument "Rz" is wrong: there is no "z"'],
  ];
  test.each(wrong)('%s', async (line, code, message) => {
    const result = await host.run(line);
    expect([result.code, result.out]).toEqual([code, '']);
    expect(result.err.split('\n')[0]!.replace(/^Error: (?=no|a n)/, '')).toBe(message);
    expect(result.err).toMatch(/\nHint: .+\n$/);
  });

  test('what fails ends it; without switches it is usage on stderr, and no error', async () => {
    expect((await host.run('net -ei nope -N42')).code).toBe(2);
    const error = new EvlnetError('EVL_WORKER_SILENT', 'no answer');
    host.reloaded = [{ device: 'eth0', pid: 1, error }];
    expect((await host.run('net -ei eth0 -N42')).code).toBe(2);
    expect(host.state()).toMatchObject({ ports: { eth0: {} }, vlans: '' });
    const { code, out, err } = await host.run('net');
    expect([code, out]).toEqual([0, '']);
    expect(err).toBe(await host.ok('net help'));
  });

  test('in a batch the line is named', async () => {
    host.stdin = 'net -ei eth0\nnet -ei nope\n';
    expect((await host.run('-batch -')).err).toContain('Command failed -:2\n');
  });
});
