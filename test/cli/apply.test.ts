import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EvlnetError } from '../../src/errors.js';
import { readObjectFile } from '../../src/filter/object-file.js';
import { updateState } from '../../src/state/file.js';
import { FakeHost, inet, link, runningWorker, vlan } from './fake.js';

let host: FakeHost;
let file: string;
beforeEach(() => {
  host = new FakeHost();
  file = join(host.folder, 'wanted.json');
});
afterEach(() => host.close());

type Plain = Record<string, unknown>;
const write = (document: unknown) => writeFileSync(file, JSON.stringify(document));
const apply = (document: unknown, ...words: string[]) => {
  write({ schema: 1, ...(document as Plain) });
  return host.run(['apply', file, ...words]);
};
const PORT = { link: 'eth0', vid: 42, address: '10.10.10.11/24' };
const text = () => readFileSync(host.stateFile, 'utf8');

/** What commands record, of every kind. */
async function fill(): Promise<void> {
  host.links.push(link(4, 'eth2'));
  const object = join(host.folder, 'ecat.o');
  copyFileSync('examples/filters/ethercat.o', object);
  for (const line of [
    'port enable eth0.42 address 10.10.10.11/24 pool 512 icmp-errors on',
    'port enable cell link eth0 vid 43 address 10.10.11.11/24 ethertype any',
    'port enable eth2',
    'vlans set 42-43,100',
    'neigh add 10.10.10.10 lladdr 02:fc:00:00:00:09 dev eth0.42',
    `filter set eth0 object ${object}`,
    'filter set eth2 all skip',
  ])
    await host.run(line);
  updateState(host.stateFile, (draft) => {
    // Without a port it is 7.
    draft.services.eth0 = {
      services: [{ service: 'udp-echo' }, { service: 'udp-echo', udpPort: 8 }],
      spin: 100,
      cpu: '1',
    };
  });
}

test('export, reset, apply, export: the same text but for rev; again: nothing, and rev stays', async () => {
  await fill();
  const exported = await host.ok('state export');
  writeFileSync(file, exported);
  await host.ok('state reset');
  const { code, out, err } = await host.run(`apply ${file}`);
  expect([code, err]).toEqual([0, expect.stringContaining('Warning: "eth2" has no IPv4 address')]);
  const { sha256 } = readObjectFile(join(host.folder, 'ecat.o'));
  expect(out).toBe(`+ port eth0.42 link eth0 vid 42 address 10.10.10.11/24 icmpErrors true
+ port eth0.42 neighbour 10.10.10.10 lladdr 02:fc:00:00:00:09
+ port cell link eth0 vid 43 address 10.10.11.11/24 ethertype any
+ port eth2
+ device eth0 pool 512
+ vlans 42-43,100
+ filter eth0 object ${host.folder}/ecat.o program bpf_netrx sha256 ${sha256}
+ filter eth2 all skip
+ run eth0 spin 100 cpu 1
+ run eth0 udp-echo
+ run eth0 udp-echo udpPort 8
`);
  const revless = (document: string) => document.replace(/"rev": \d+/, '');
  expect(revless(await host.ok('state export'))).toBe(revless(exported));
  const before = text();
  const revisions = host.revisions.length;
  expect(await host.ok(`apply ${file}`)).toBe('');
  expect(await host.ok(`-j apply ${file}`)).toBe('[]\n');
  expect(await host.ok(`apply ${file} --dry-run`)).toBe('');
  expect(text()).toBe(before);
  // A worker that has not followed before is told again.
  expect(host.revisions.length).toBe(revisions + 2);
});

describe('the difference', () => {
  beforeEach(fill);

  test('a line a change, and as JSON Patch', async () => {
    const document = host.state() as Record<string, Record<string, Plain>>;
    document.ports!['eth0.42']!.address = '10.10.10.12/24';
    document.ports!['eth0.42']!.neighbours = { '10.10.10.9': { lladdr: '02:fc:00:00:00:08' } };
    delete document.ports!['eth0.42']!.icmpErrors;
    delete document.ports!.cell;
    document.devices!.eth0 = { pool: 4096, mode: 'native' };
    document.filters!.eth2 = { rules: [{ match: 'udp', verdict: 'accept' }], default: 'vlan' };
    delete document.filters!.eth0;
    document.services!.eth0 = { services: [{ service: 'icmp-responder' }], spin: 100, cpu: '1' };
    const wanted = { ...document, rev: 0, vlans: '42,44-45' };
    const dry = await apply(wanted, '--dry-run');
    expect([dry.code, dry.err]).toEqual([4, '']);
    expect(dry.out.replace(/sha256 \w+/, 'sha256 …')).toBe(
      `- port cell link eth0 vid 43 address 10.10.11.11/24 ethertype any
- port eth0.42 icmpErrors true
~ port eth0.42 address 10.10.10.11/24 -> 10.10.10.12/24
- port eth0.42 neighbour 10.10.10.10 lladdr 02:fc:00:00:00:09
+ port eth0.42 neighbour 10.10.10.9 lladdr 02:fc:00:00:00:08
+ device eth0 mode native
~ device eth0 pool 512 -> 4096
- vlans 43,100
+ vlans 44-45
- filter eth0 object ${host.folder}/ecat.o program bpf_netrx sha256 …
~ filter eth2 all skip -> match 'udp' accept default vlan
~ run eth0 services udp-echo, udp-echo udpPort 8 -> icmp-responder
`,
    );
    const before = text();
    expect((await host.run(`-j apply --dry-run ${file}`)).code).toBe(4);
    expect(text()).toBe(before);
    const { code, out } = await host.run(`-j apply ${file}`);
    expect(code).toBe(0);
    const records = JSON.parse(out) as Plain[];
    expect(records).toContainEqual({
      op: 'replace',
      path: '/ports/eth0.42/address',
      old: '10.10.10.11/24',
      value: '10.10.10.12/24',
    });
    expect(records).toContainEqual({ op: 'replace', path: '/vlans', old: '42-43,100', value: '42,44-45' });
    expect(host.state()).toEqual({ ...wanted, rev: ((JSON.parse(before) as Plain).rev as number) + 1 });
  });

  test('in colours', async () => {
    write({ ...host.state(), vlans: '42,44', devices: { eth0: { pool: 7 } } });
    const { out } = await host.run(`-c apply ${file}`);
    expect(out).toBe(
      '\u001b[33m~ device eth0 pool 512 -> 7\u001b[39m\n' +
        '\u001b[31m- vlans 43,100\u001b[39m\n\u001b[32m+ vlans 44\u001b[39m\n',
    );
  });

  test('none for another order, or another way to write the set', async () => {
    const before: Plain = { ...host.state(), vlans: '100,42,43' };
    writeFileSync(host.stateFile, JSON.stringify(before));
    write({
      ...before,
      vlans: '42-43,43,100',
      ports: Object.fromEntries(Object.entries(before.ports as Plain).reverse()),
    });
    expect(await host.ok(`apply ${file}`)).toBe('');
    expect(host.state()).toEqual(before);
    expect((await apply({ ...before, vlans: '43,42' })).out).toBe('- vlans 100\n');
    expect(host.state().vlans).toBe('42-43');
  });

  test('what this version does not know, and others recorded, goes like all that is absent', async () => {
    const before = host.state();
    writeFileSync(host.stateFile, JSON.stringify({ ...before, later: { eth0: [1] } }));
    write(before);
    expect(await host.ok(`apply ${file}`)).toBe('- later eth0 [1]\n');
    expect(host.state()).toEqual({ ...before, rev: (before.rev as number) + 1 });
  });
});

describe('what is wrong is refused with its key, and changes nothing', () => {
  const port = (entry: Plain, name = 'eth0.42') => ({ ports: { [name]: entry } });
  const refused: [document: Plain, message: string, exit?: number][] = [
    [{ schema: 2 }, ': it needs an evlnet that knows state schema 2, this one knows 1'],
    [{ schema: undefined }, ': schema is missing'],
    [{ schema: 0 }, ': schema is 0, expected 1'],
    [
      { port: {} },
      ': port is unknown, expected schema or rev or ports or devices or vlans or filters or services',
    ],
    [
      port({ ...PORT, pool: 4096 }),
      ': ports."eth0.42".pool is unknown, expected link or vid or address or ethertype or icmpErrors or neighbours',
    ],
    [port({ ...PORT, vid: '42' }), ': ports."eth0.42".vid is "42", expected an integer from 1 to 4094'],
    [
      { devices: { eth0: { pool: 32769 } } },
      ': devices.eth0.pool is 32769, expected an integer from 1 to 32768',
    ],
    [{ filters: { eth0: { all: 'skip', rules2: [] } } }, ': filters.eth0.rules2 is unknown, expected all'],
    [
      { services: { eth0: { services: [{ service: 'udp-echo', ttl: 1 }] } } },
      ': services.eth0.services[0].ttl is unknown, expected service or port or udpPort',
    ],
    [{ vlans: '1-5' }, ': vlans is "1-5", expected a list of VLAN IDs from 2 to 4094 such as "42-45,100"'],
    [port({ ...PORT, link: 'eth7' }), ': ports."eth0.42": Cannot find device "eth7"'],
    [
      port({ ...PORT, vid: 1 }),
      `: ports."eth0.42": argument "1" is wrong: VLAN 1 is reserved: it is a switch's own VLAN`,
    ],
    [port({}, 'lo'), ': ports.lo: Cannot use "lo" as a port: it is not an Ethernet device', 3],
    [
      port({ link: 'eth1', vid: 42 }, 'eth1.42'),
      ': ports."eth1.42": Cannot enable port on "eth1.42": Network is down (ENETDOWN)',
    ],
    [
      port({ ...PORT, address: '127.0.0.1/8' }),
      ': ports."eth0.42".address: argument "127.0.0.1/8" is wrong: no host can have that address',
    ],
    [
      port({ ...PORT, neighbours: { '224.0.0.1': { lladdr: '02:fc:00:00:00:09' } } }),
      ': ports."eth0.42".neighbours."224.0.0.1": argument "224.0.0.1" is wrong: no host can have that address',
    ],
    [{ ports: { 'eth0.42': PORT, cell: PORT } }, ': ports.cell.vid is 42, the VLAN of "eth0.42" on eth0'],
    [
      { ports: { 'eth0.42': PORT, 'eth0.042': {} } },
      ': ports."eth0.042": VLAN 42 of "eth0" is port "eth0.42"',
    ],
    [{ devices: { eth7: { pool: 7 } } }, ': devices.eth7: Cannot find device "eth7"'],
    [{ filters: { 'eth0.42': { all: 'skip' } } }, ': filters."eth0.42": it is VLAN 42 of "eth0"'],
    [
      { services: { eth0: { services: [], spin: 'always', priority: 1 } } },
      ': services.eth0.priority: Cannot use -P with --spin always: the kernel stops a SCHED_FIFO thread that never sleeps for 50 ms each second',
    ],
    [
      { services: { eth0: { services: [], cpu: '2-1' } } },
      ': services.eth0.cpu: argument "2-1" is wrong: range is backwards',
    ],
    [
      { services: { eth0: { services: [{ service: 'icmp-responder', udpPort: 9 }] } } },
      ': services.eth0.services[0]: icmp-responder has no "udpPort"',
    ],
    [
      { services: { eth0: { services: [{ service: 'icmp-responder', port: 'nope' }] } } },
      ': services.eth0.services[0]: "nope" is no port of "eth0" in it',
    ],
    [
      {
        services: {
          eth0: { services: [{ service: 'icmp-responder' }, { service: 'icmp-responder' }] },
        },
      },
      ': services.eth0.services[1]: it is there twice',
    ],
    [JSON.parse('{"ports":{"__proto__":{}}}'), ': ports.__proto__ is a name that cannot be recorded'],
    [port({}, 'constructor'), ': ports.constructor is a name that cannot be recorded'],
    [
      { filters: { eth0: { object: '/nope.o' } } },
      ': filters.eth0: Cannot read filter "/nope.o": no such file or directory (ENOENT)',
    ],
    [
      { filters: { eth0: { rules: [{ match: 'vlna', verdict: 'skip' }], default: 'vlan' } } },
      ': filters.eth0: ',
    ],
  ];
  test.each(refused)('%j', async (document, message, exit = 2) => {
    await fill();
    const before = text();
    const revisions = host.revisions.length;
    for (const words of [[], ['--dry-run']]) {
      const { code, out, err } = await apply(document, ...words);
      expect([code, out]).toEqual([exit, '']);
      expect(err).toContain(`Cannot apply "${file}"${message}`);
      expect(err).toMatch(/\nHint: .+\n$/);
    }
    expect(text()).toBe(before);
    expect(host.revisions.length).toBe(revisions);
  });

  test.each([
    ['', 'it is empty'],
    ['{"schema":1,', 'JSON'],
  ])('%j is not JSON', async (content, reason) => {
    writeFileSync(file, content);
    const { code, err } = await host.run(`apply ${file}`);
    expect(code).toBe(2);
    expect(err).toContain(`Cannot apply "${file}": the document is not JSON (`);
    expect(err).toContain(reason);
  });

  test('no such file, none named', async () => {
    expect(await host.run('apply /nope')).toMatchObject({
      code: 2,
      err: 'Cannot read "/nope": no such file or directory (ENOENT)\nHint: name another file\n',
    });
    expect(await host.run('apply')).toMatchObject({
      code: 1,
      err: expect.stringContaining('evlnet apply FILE'),
    });
  });

  test('with -j the code', async () => {
    write({ schema: 1, ports: { lo: {} } });
    const { code, out } = await host.run(`-j apply ${file}`);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'EVL_NOT_ETHERNET' } });
  });
});

describe('filters', () => {
  let object: string;
  beforeEach(() => {
    object = join(host.folder, 'f.o');
    copyFileSync('examples/filters/ethercat.o', object);
  });

  test('are recorded as filter set does; another file of that name is set again, or refused where it is pinned', async () => {
    const wanted = { ports: { eth0: {} }, filters: { eth0: { object } } };
    expect((await apply(wanted)).code).toBe(0);
    const { sha256 } = readObjectFile(object);
    expect(host.state().filters).toEqual({ eth0: { object, program: 'bpf_netrx', sha256 } });
    expect(await apply(wanted)).toEqual({ code: 0, out: '', err: '' });
    copyFileSync('examples/filters/accept-all.o', object);
    const before = text();
    expect(await apply({ ...wanted, filters: { eth0: { object, sha256 } } })).toMatchObject({
      code: 2,
      err: expect.stringContaining(`filters.eth0: "${object}" is another file here`),
    });
    expect(text()).toBe(before);
    expect((await apply(wanted)).out).toMatch(/^~ filter eth0 object .* -> object .*\n$/);
  });

  test('what the kernel refuses changes nothing; it is asked of those alone that come', async () => {
    await host.ok('port enable eth0');
    await host.ok('filter set eth0 all skip');
    host.verifyFilter = () => {
      throw new EvlnetError('EVL_VERIFIER', 'Cannot load it', { hint: 'test the pointer' });
    };
    const before = text();
    write(host.state());
    expect(await host.ok(`apply ${file}`)).toBe('');
    expect(await apply({ ports: { eth0: {} }, filters: { eth0: { object } } })).toEqual({
      code: 2,
      out: '',
      err: `Cannot apply "${file}": filters.eth0: Cannot load it\nHint: test the pointer\n`,
    });
    expect(text()).toBe(before);
  });

  test('one that would end the SSH session wants -force', async () => {
    host.env.SSH_CONNECTION = '192.0.2.9 50000 192.0.2.11 22';
    const wanted = { ports: { eth0: {} }, filters: { eth0: { all: 'accept' } } };
    expect(await apply(wanted)).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'filters.eth0: Cannot set the filter of "eth0": it would take this SSH session',
      ),
    });
    expect(await host.run(`-force apply ${file}`)).toMatchObject({
      code: 0,
      err: expect.stringContaining('Warning: This SSH session comes in by "eth0"'),
    });
  });
});

test('warns as the commands do', async () => {
  host.links.push(vlan(5, 'eth0.42', 2, 42));
  host.addresses.push(inet(5, 10, 0, 42, 1));
  host.env.SSH_CONNECTION = '10.0.42.9 50000 10.0.42.1 22';
  host.workers = [runningWorker(host.folder)];
  const wanted = {
    ports: { 'eth0.42': { link: 'eth0', vid: 42 }, 'eth0.43': { link: 'eth0', vid: 43 } },
    devices: { eth0: { pool: 512 } },
    vlans: '42,100',
    services: { eth0: { services: [{ service: 'icmp-responder' }] } },
  };
  const { code, err } = await apply(wanted);
  expect(code).toBe(0);
  expect(err.split('\n').filter((line) => line.startsWith('Warning'))).toEqual([
    'Warning: Port "eth0.43" has no address',
    'Warning: VLAN 43 is in-band',
    'Warning: No port has VLAN 100: its IPv4 is taken out-of-band and dropped as no-port',
    'Warning: The worker of "eth0" (pid 4711) goes on with the driver, mode and buffers that it has',
    'Warning: The worker of "eth0" (pid 4711) goes on with the services and options that it has',
    'Warning: This SSH session comes in by "eth0.42": it stops while a worker runs on "eth0"',
  ]);
  expect(await apply(wanted)).toEqual({ code: 0, out: '', err: '' });
});

test('a worker that does not follow, or does not run its filter, is exit 2 each time; what was asked stays', async () => {
  const silent = { device: 'eth0', pid: 1, error: new EvlnetError('EVL_WORKER_SILENT', 'no answer') };
  const unfiltered = { device: 'eth2', pid: 2, filterError: new EvlnetError('EVL_VERIFIER', 'too long') };
  host.links.push(link(4, 'eth2'));
  host.reloaded = [silent, unfiltered];
  const wanted = { ports: { eth2: {} }, vlans: '42', filters: { eth2: { all: 'vlan' } } };
  for (const out of ['+ port eth2\n+ vlans 42\n+ filter eth2 all vlan\n', '']) {
    const result = await apply(wanted);
    expect([result.code, result.out]).toEqual([2, out]);
    expect(result.err).toContain('the worker of "eth0" (pid 1) does not follow: no answer');
    expect(result.err).toContain('the worker of "eth2" (pid 2) does not run it: too long');
  }
  expect(host.state()).toMatchObject({ rev: 1, vlans: '42' });
});

test('reads the state once more: what another command changed meanwhile stays, and is told', async () => {
  await host.ok('port enable eth0');
  // While the workers are waited for.
  Object.defineProperty(host, 'reloaded', {
    get: () => {
      updateState(host.stateFile, (draft) => {
        draft.vlans = '99';
      });
      return [];
    },
  });
  const { code, out, err } = await apply({ ports: { eth0: {} }, vlans: '42' });
  expect([code, out]).toEqual([2, '+ vlans 42\n']);
  expect(err).toContain(
    `"${host.stateFile}" is not what "${file}" says any more: something else changed /vlans`,
  );
  expect(host.state().vlans).toBe('99');
});

test('from standard input, in a batch, with -state', async () => {
  host.stdin = JSON.stringify({ schema: 1, ports: { eth0: {} } });
  expect(await host.ok('apply -')).toBe('+ port eth0\n');
  write({ schema: 1, vlans: '' });
  const batch = join(host.folder, 'batch');
  writeFileSync(batch, `apply ${file} --dry-run\nport disable all\n`);
  expect(await host.run(`-batch ${batch}`)).toMatchObject({ code: 4, out: '- port eth0\n' });
  expect(host.state().ports).toEqual({ eth0: {} });
  writeFileSync(batch, `apply ${file}\napply ${file}\nvlans\n`);
  expect(await host.ok(`-batch ${batch}`)).toBe('- port eth0\n\n');
  const other = join(host.folder, 'other.json');
  host.stdin = JSON.stringify({ schema: 1, ports: { eth0: {} } });
  expect(await host.ok(`-state ${other} apply -`)).toBe('+ port eth0\n');
  expect(host.state().ports).toEqual({});
});
