import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VERSION } from '../../src/cli/version.js';
import { FakeHost } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

describe('objects and commands', () => {
  const same: [line: string, as: string][] = [
    ['vl', 'vlans show'],
    ['vlans', 'vlans show'],
    ['vlans sh', 'vlans show'],
    ['vlans list', 'vlans show'],
    ['vlans lst', 'vlans show'],
    ['--json vlans', '-j vlans'],
    ['-js vlans', '-j vlans'],
    ['vlans -j', '-j vlans'],
    ['vlans -j show', '-j vlans'],
    ['vlans show -json -pretty', '-j -p vlans'],
    ['sta path -state /x/y.json', '-state /x/y.json state path'],
    ['--state=/x/y.json state path', '-state /x/y.json state path'],
    ['port -br', '-br port show'],
    ['port dev eth0', 'port show eth0'],
    ['port show dev eth0 down', 'port show eth0'],
    ['stats dev eth0', 'stats show eth0'],
    ['stats dev eth0 -j', '-j stats show eth0'],
    ['help', '-h'],
    ['help port', 'port help'],
    ['port -h', 'port help'],
    ['-h port', 'port help'],
    ['port enable --help', 'port enable help'],
    ['port enable dev eth0 -h', 'port enable help'],
    ['icmp -h', 'icmp-responder help'],
    ['icmp -s -h', 'icmp-responder help'],
    ['-Version', '-V'],
    ['--version', '-V'],
    ['port show -V', '-V'],
  ];
  test.each(same)('%s is %s', async (line, as) => {
    await host.run('port enable eth0');
    const expected = await host.run(as.replace('sta ', 'state '));
    expect(expected.out).not.toBe('');
    expect(await host.run(line.replace('sta path', 'state path'))).toEqual(expected);
  });

  test('-V prints the version', async () => {
    expect(await host.run('-V')).toEqual({ code: 0, out: `evlnet ${VERSION}\n`, err: '' });
  });

  const wrong: [line: string, code: number, err: string, hint: string][] = [
    ['', 1, 'Command line is not complete. Try "help".', 'evlnet help lists the objects'],
    ['st', 1, 'Object "st" is ambiguous: state, stats.', 'write more of its name'],
    ['p', 1, 'Object "p" is ambiguous: packet, ping, port.', 'write more of its name'],
    ['prot', 1, 'Object "prot" is unknown, try "evlnet help".', 'did you mean "port"?'],
    ['xyzzy', 1, 'Object "xyzzy" is unknown, try "evlnet help".', '"evlnet help" lists the objects'],
    ['port s', 1, 'Command "s" is ambiguous: set, show.', 'write more of its name'],
    ['port enabel', 1, 'Command "enabel" is unknown, try "evlnet port help".', 'did you mean "enable"?'],
    [
      'port eth0',
      1,
      'Command "eth0" is unknown, try "evlnet port help".',
      'to see a device: evlnet port show dev eth0',
    ],
    [
      'vlans 42',
      1,
      'Command "42" is unknown, try "evlnet vlans help".',
      'evlnet vlans { show | set | add | del | clear }',
    ],
    ['completion', 1, 'Command line is not complete. Try "help".', 'evlnet completion bash'],
    ['udp', 1, 'Command line is not complete. Try "help".', 'evlnet udp { recv | send | echo }'],
    ['monitor nosuch', 1, 'Error: "nosuch" is a garbage', 'evlnet monitor help'],
    ['monitor port wroker', 1, 'Error: "wroker" is a garbage', 'did you mean "worker"?'],
    ['-x', 1, 'Option "-x" is unknown, try "evlnet help".', 'evlnet help lists the options'],
    ['--jsno', 1, 'Option "--jsno" is unknown, try "evlnet help".', 'did you mean "-json"?'],
    [
      'vlans show --jsno',
      1,
      'Option "--jsno" is unknown, try "evlnet vlans show help".',
      'did you mean "-json"?',
    ],
    [
      'icmp -i eth0 --cuont 1',
      1,
      'Option "--cuont" is unknown, try "evlnet icmp-responder help".',
      'did you mean "--count"?',
    ],
    [
      'icmp -sz -i eth0',
      1,
      'Option "-sz" is unknown, try "evlnet icmp-responder help".',
      'evlnet icmp-responder help lists the options',
    ],
    ['icmp -i eth0 --s', 1, 'Option "--s" is ambiguous: --silent, --spin.', 'write more of its name'],
    ['icmp --silent=yes -i eth0', 1, 'Option "--silent=yes" takes no value', '--silent'],
    ['-j=1 vlans', 1, 'Option "-j=1" takes no value', '-j[son]'],
    ['-n', 1, 'Command line is not complete. Try "help".', '-n NAME'],
    [
      '-c=red vlans',
      1,
      'Error: argument "red" is wrong: "color" is always, auto or never',
      '-c[olor][={always|auto|never}]',
    ],
    ['icmp', 1, 'Error: argument "-i" is required', 'evlnet icmp-responder -i IFNAME'],
    ['icmp -s', 1, 'Error: argument "-i" is required', 'evlnet icmp-responder -i IFNAME'],
    ['icmp -i', 1, 'Command line is not complete. Try "help".', 'after "-i" comes IFNAME'],
    ['icmp -i eth0 -c 0', 1, 'Error: argument "0" is wrong: "-c" is at least 1 (EINVAL)', 'a number from 1'],
    ['icmp -i eth0 -c=ten', 1, 'Error: argument "ten" is wrong: "-c" is a number', 'a number from 1'],
    [
      'icmp -i eth0 -w soon',
      1,
      'Error: argument "soon" is wrong: "-w" is a number of seconds',
      'write it as 10, 0.5 or 500ms',
    ],
    [
      'icmp -i eth0 --spin never',
      1,
      'Error: argument "never" is wrong: "--spin" is a number',
      'always or a number from 0 to 1000000000',
    ],
    [
      'icmp -i eth0 -P 100',
      1,
      'Error: argument "100" is wrong: "-P" is at most 99 (EINVAL)',
      'a number from 1 to 99',
    ],
    ['icmp eth0 -i eth0', 1, 'Error: "eth0" is a garbage', 'evlnet icmp-responder help'],
    ['run', 1, 'Command line is not complete. Try "help".', 'evlnet run [ dev ] DEVICE'],
    ['run eth0 udp-echo', 1, 'Command line is not complete. Try "help".', 'after "udp-echo" comes PORT'],
    [
      'run eth0 udp-echo 65536',
      1,
      'Error: argument "65536" is wrong: "udp-echo" is at most 65535 (EINVAL)',
      'a number from 1 to 65535',
    ],
    [
      'port show eth0 eth1',
      1,
      'Error: either "dev" is duplicate, or "eth1" is a garbage',
      'evlnet port show help',
    ],
    ['port show eth0 dev eth1', 1, 'Error: duplicate "dev": "eth1" is the second value', 'give it once'],
    ['port enable', 1, 'Command line is not complete. Try "help".', 'evlnet port enable [ dev ] IFNAME'],
    ['port enable dev', 1, 'Command line is not complete. Try "help".', 'after "dev" comes IFNAME'],
    [
      'lab exec issuer',
      1,
      'Command line is not complete. Try "help".',
      'evlnet lab exec [ name NAME ] HOST CMD...',
    ],
  ];
  test.each(wrong)('%s', async (line, code, message, hint) => {
    expect(await host.run(line)).toEqual({ code, out: '', err: `${message}\nHint: ${hint}\n` });
  });

  test.each(['state', 'netns', 'batch'])('-%s wants more than an empty word', async (name) => {
    const { code, err } = await host.run([`-${name}`, '', 'vlans', 'set', '42']);
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: argument "" is wrong: -\w+ wants (FILE|NAME)\nHint: /);
    expect(host.revisions).toEqual([]);
  });

  test('a name of an interface is never a keyword', async () => {
    host.links.push(
      { ...host.links[1]!, ifindex: 9, ifname: 'pool' },
      { ...host.links[1]!, ifindex: 10, ifname: 'dev' },
    );
    await host.run('port enable pool');
    await host.run('port enable dev dev');
    await host.run('port enable pool 64 dev eth0');
    expect(Object.keys(host.state().ports as object)).toEqual(['pool', 'dev', 'eth0']);
    expect(host.state().devices).toEqual({ eth0: { pool: 64 } });
  });

  test('after OBJECT the letter is the command’s if it owns it', async () => {
    // -s is --silent there, -state still the global option: this state file has no port.
    const { err } = await host.run(`icmp -s -i eth0.42 -state ${host.folder}/other.json -j`);
    expect(err).toBe('');
    const { out } = await host.run('-j icmp -sv -i eth0.42 -d');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'EVL_NO_PORT' } });
  });
});

describe('-n NAME', () => {
  test('refuses a namespace that is not there', async () => {
    expect(await host.run('-n evlnet-no-such vlans')).toEqual({
      code: 2,
      out: '',
      err: 'Cannot open network namespace "evlnet-no-such": No such file or directory\nHint: ip netns add evlnet-no-such\n',
    });
  });

  test('runs the rest of the command line there', async () => {
    const { withoutNamespace } = await import('../../src/cli/netns.js');
    expect(withoutNamespace('blue', ['-j', '-n', 'blue', 'port'])).toEqual(['-j', 'port']);
    expect(withoutNamespace('blue', ['port', 'show', '--netns=blue', '-j'])).toEqual(['port', 'show', '-j']);
    expect(withoutNamespace('blue', ['-net', 'blue', 'lab', 'exec', 'h', 'x', '-n', 'blue'])).toEqual([
      'lab',
      'exec',
      'h',
      'x',
      '-n',
      'blue',
    ]);
  });
});

describe('-b FILE', () => {
  test('runs one command after the other', async () => {
    host.stdin = 'vlans set 42 \\\n  43 # two\n\n# nothing\nport enable eth0\nvlans\n-j vlans';
    const { code, out } = await host.run('-b -');
    expect(code).toBe(0);
    expect(out).toBe('42-43\n[{"vlans":[{"vlan":42,"vlanEnd":43}]}]\n');
  });

  test('stops at the first that fails and names its line', async () => {
    host.stdin = 'vlans add 42\n\nvlans add 1\nvlans clear\n';
    const { code, err } = await host.run('-b -');
    expect(code).toBe(1);
    expect(err).toContain('Hint: use VIDs from 2 to 4094\nCommand failed -:3\n');
    expect(host.state().vlans).toBe('42');
  });

  test('with -force goes on, and still says that something failed', async () => {
    host.stdin = "vlans add 1\nvlans set ''\nvlans add '7 8' \"9\"\n";
    const { code, out } = await host.run('-force -j -b -');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'EVL_VLAN_LIST', file: '-', line: 1 } });
    expect(host.state().vlans).toBe('7-9');
  });

  test('says which file cannot be read', async () => {
    const { code, err } = await host.run(`-b ${host.folder}/none`);
    expect(code).toBe(2);
    expect(err).toContain(
      `Cannot open file "${host.folder}/none" for reading: no such file or directory\nHint: `,
    );
  });

  test('says where a quote is open', async () => {
    host.stdin = 'vlans\nvlans set "42\n';
    const { code, err } = await host.run('-b -');
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot read the command: a quote is not closed\nHint: .*\nCommand failed -:2\n$/);
    expect(host.revisions).toEqual([]);
  });

  test('goes on behind an open quote with -force, and tells its line in JSON', async () => {
    host.stdin = 'vlans set "42\nvlans set 43\n';
    const { code, out } = await host.run('-force -j -b -');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'EVL_BATCH', file: '-', line: 1 } });
    expect(host.state().vlans).toBe('43');
  });
});

test('an internal error is one line, and with EVLNET_DEBUG=1 the stack', async () => {
  host.links = undefined as never;
  const plain = await host.run('port enable eth0');
  expect(plain.code).toBe(2);
  expect(plain.err).toMatch(/^Internal error: TypeError: .*\nHint: please report this, .*\n$/);
  host.env.EVLNET_DEBUG = '1';
  expect((await host.run('port enable eth0')).err).toMatch(/\n {4}at /);
});
