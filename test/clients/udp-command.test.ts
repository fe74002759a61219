// `evlnet udp` beside socat on the kernel's stack of another host, over VLAN 42.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from './stand.js';

const OWN = '10.10.10.11';

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'socat' }])('evlnet udp', () => {
  let stand: Stand;
  let worker: Started;
  const udp = (...argv: string[]) => stand.start('responder', {}, process.execPath, EVLNET, ...argv);
  /** Sends `text` from the kernel's stack of the issuer; what comes back meanwhile. */
  const socat = (text: string, to: string, seconds = '0') =>
    stand.get('issuer', 'sh', '-c', `printf "$1" | socat -t ${seconds} - "$2"`, 'sh', text, to);

  /** Nothing tells when it listens. */
  const untilSaid = (program: Started, act: () => void) =>
    until(
      () => {
        if (program.said.out === '') act();
        return program.said.out !== '';
      },
      20_000,
      'it said something',
    );

  beforeAll(async () => {
    stand = await Stand.up('udp-command');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('recv: the lines of oob-net-udp, a summary after -I datagrams', async () => {
    const recv = udp('udp', 'recv', '-a', OWN, '-I', '3');
    await recv.printed(/== bound to port/);
    socat('Mellow sword!\\0', `UDP4:${OWN}:42042`);
    // The text comes from anybody: it must not reach the terminal as it is.
    socat('\\033[2Jgone', `UDP4:${OWN}:42042`);
    stand.get(
      'issuer',
      'sh',
      '-c',
      `f=$(mktemp); head -c 16385 /dev/zero >$f; socat -b 65536 -u OPEN:$f UDP4:${OWN}:42042; rm $f`,
    );
    expect(await recv.ended).toBe(0);
    expect(recv.said).toEqual({
      out: [
        `== receiver mode (<= ${OWN}:42042)`,
        '== bound to port 42042',
        '= 14 bytes received: Mellow sword!',
        '= 8 bytes received: \\x1b[2Jgone',
        '= 16384 bytes received (TRUNCATED): ',
        `--- ${OWN}:42042 udp recv statistics ---`,
        '3 datagrams received, 16407 bytes, 0 dropped',
        '',
      ].join('\n'),
      err: '',
    });
  }, 60_000);

  test('recv: broadcasts, through one port, as JSON; Ctrl-C ends it with its summary', async () => {
    const recv = udp('-j', 'udp', 'recv', '-a', '0.0.0.0', '-i', 'eth0.42', '-p', '9', '-d', '--times');
    const records = () =>
      recv.said.out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as object);
    await untilSaid(recv, () => socat('ab', 'UDP4-DATAGRAM:10.10.10.255:9,broadcast'));
    expect(await recv.stop()).toBe(0);
    const summary = records().at(-1);
    expect(records()[0]).toEqual({
      from: '10.10.10.10',
      port: expect.any(Number),
      to: '10.10.10.255',
      vid: 42,
      broadcast: true,
      bytes: 2,
      text: 'ab',
      octets: '6162',
      timestamps: {
        driver: expect.any(Number),
        queue: expect.any(Number),
        application: expect.any(Number),
      },
    });
    const received = records().length - 1;
    expect(summary).toEqual({ address: '0.0.0.0', port: 9, received, bytes: 2 * received, dropped: 0 });
  }, 60_000);

  test('recv: -d says where from, -s nothing before the first datagram', async () => {
    const recv = udp('udp', 'recv', '-a', OWN, '-p', '10', '-d', '-I', '1');
    const silent = udp('udp', 'recv', '-s', '--times', '-a', OWN, '-p', '11', '-I', '1');
    await recv.printed(/== bound to port 10/);
    socat('x', `UDP4:${OWN}:10,sourceport=5000`);
    expect(await recv.ended).toBe(0);
    expect(recv.said.out).toContain(
      `= 1 bytes received: x\n  10.10.10.10:5000 > ${OWN}, vid 42\n  0000: 78\n`,
    );
    await untilSaid(silent, () => socat('x', `UDP4:${OWN}:11`));
    expect(await silent.ended).toBe(0);
    expect(silent.said.out).toMatch(
      /^= 1 bytes received: x\n {2}driver \d+\.\d{9}, queue \+[\d.]+ us, application \+[\d.]+ us\n---/,
    );
  }, 60_000);

  test('what cannot be is told, exit 2', async () => {
    const said = async (...argv: string[]) => {
      const program = udp('udp', ...argv);
      return [await program.ended, program.said.err];
    };
    const all = [
      said('recv', '-a', '10.10.10.77'),
      said('recv', '-a', OWN, '-i', 'eth9'),
      said('send', '-a', '10.99.0.1'),
    ];
    expect(await Promise.all(all)).toEqual([
      [
        2,
        'Cannot bind to 10.10.10.77:42042: no port has this address (EADDRNOTAVAIL)\nHint: evlnet port show\n',
      ],
      [2, 'Cannot find device "eth9"\nHint: did you mean "eth0"?\n'],
      [2, expect.stringMatching(/^Cannot send to 10\.99\.0\.1: network is unreachable\nHint: /)],
    ]);
  }, 60_000);

  test('send: solicits, sends text and NULs at its interval; socat receives them', async () => {
    const socatEnd = stand.start('issuer', {}, 'socat', '-u', 'UDP4-RECV:42042', '-');
    await until(
      () => stand.on('issuer', 'ss', '-Hlun', 'sport = :42042').stdout !== '',
      20_000,
      'socat receives',
    );
    const { status, stdout, stderr } = stand.evlnet(
      ...['udp', 'send', '-a', '10.10.10.10', '-m', 'ab', '-n', '2', '-I', '3', '--interval', '0.01'],
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      '== sender mode (=> 10.10.10.10:42042)\n--- 10.10.10.10:42042 udp send statistics ---\n3 datagrams sent, 18 bytes\n',
    );
    await socatEnd.printed(/^(abab\0\0){3}$/);
    const timed = stand.evlnet('udp', 'send', '--times', '-a', '10.10.10.10', '-I', '1').stdout;
    expect(timed).toMatch(/\n= 0: application \d+\.\d{9}, queue \+[\d.]+ us, driver \+[\d.]+ us\n---/);
    expect(stand.evlnet('-j', 'udp', 'send', '-a', 'broadcast', '-I', '1').stdout).toBe(
      '{"address":"broadcast","port":42042,"sent":1,"bytes":14}\n',
    );
    await socatEnd.printed(/Mellow sword!\0$/);
    await socatEnd.stop();
  }, 60_000);

  test('echo: every datagram comes back; counted; two on one port are refused', async () => {
    const echo = udp('udp', 'echo', '-i', 'eth0.42');
    await echo.printed(/listening to interface eth0.42, port 7\n/);
    expect(socat('hello', `UDP4:${OWN}:7`, '1')).toBe('hello');
    socat('whom?', `UDP4:${OWN}:7,sourceport=7`);
    const { status, stderr } = stand.evlnet('udp', 'echo', '-i', 'eth0.42');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Cannot start udp-echo on "eth0.42": /)]);
    expect(await echo.stop()).toBe(0);
    expect(echo.said.out).toMatch(
      /port 7\n--- eth0\.42 udp echo statistics ---\n1 replies, 1 dropped \(service-refused 1\)\nservice time /,
    );
  }, 60_000);

  test('echo: on a device of the kernel its port is in use there, and the other way about', async () => {
    const kernel = '192.0.2.11';
    stand.evlnet('port', 'enable', 'eth0');
    const holder = ['socat', '-u', `UDP4-RECV:9007,bind=${kernel}`, '-'];
    const isHeld = () => stand.on('responder', 'ss', '-Hlun', 'sport = :9007').stdout.includes(kernel);
    const echo = udp('udp', 'echo', '-i', 'eth0', '-p', '9007');
    await echo.printed(/listening to interface eth0, port 9007\n/);
    expect(stand.on('responder', ...holder).stderr).toMatch(/Address already in use/);
    expect(await echo.stop()).toBe(0);
    await until(() => !isHeld(), 20_000, 'the kernel has let it go');
    const other = stand.start('responder', {}, ...holder);
    await until(isHeld, 20_000, 'socat has it');
    const refused = udp('udp', 'echo', '-i', 'eth0', '-p', '9007');
    expect([await refused.ended, refused.said.err]).toEqual([
      2,
      `Cannot bind to ${kernel}:9007: the kernel's stack has it in use (EADDRINUSE)\nHint: who has it: ss -ulpn 'sport = 9007'\n`,
    ]);
    await other.stop('SIGTERM');
    stand.evlnet('port', 'disable', 'eth0');
  });
});
