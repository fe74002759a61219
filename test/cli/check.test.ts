import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/cli/check/finding.js';
import { EvlnetError } from '../../src/errors.js';
import { link as interfaceNamed } from '../../src/linux/link.js';
import { describeIf } from '../capability.js';
import { addVeth } from '../device/veth.js';
import { enterNamespace } from '../linux/namespace.js';
import { FakeHost, inet, link, vlan } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

/** What is found about the configuration; the machine's own findings differ from machine to machine. */
const found = async (line = '-j check'): Promise<{ code: number; findings: Finding[] }> => {
  const { code, out } = await host.run(line);
  return { code, findings: JSON.parse(out) as Finding[] };
};
const about = (findings: Finding[], subject: string) => findings.filter((f) => f.subject === subject);

test('prints status, what and fix, a line each', async () => {
  const { out } = await host.run('-o check');
  for (const line of out.trimEnd().split('\n')) expect(line).toMatch(/^(ok {2}|warn|FAIL) {2}\S.*: \S/);
  expect(out).toMatch(/^ok {4}kernel: Linux \d/m);
  const table = await host.run('check');
  expect(table.out).toMatch(/^warn {2}ports +none is enabled — evlnet port enable eth0.42$/m);
});

test('exit 2 exactly when something is a FAIL', async () => {
  const { code, findings } = await found();
  expect(code).toBe(findings.some((f) => f.status === 'FAIL') ? 2 : 0);
  writeFileSync(host.stateFile, '{"schema":99}');
  const broken = await found();
  expect(broken.code).toBe(2);
  expect(about(broken.findings, 'state')).toMatchObject([{ status: 'FAIL', fix: expect.any(String) }]);
});

describe('configuration', () => {
  // The device is not of this machine, so that nothing is asked of its driver.
  beforeEach(() => {
    host.links = [link(1, 'lo', { type: 772 })];
    writeFileSync(
      host.stateFile,
      JSON.stringify({
        schema: 1,
        rev: 1,
        ports: {
          'evz0.42': { link: 'evz0', vid: 42, address: '10.10.10.11/24' },
          'evz0.43': { link: 'evz0', vid: 43 },
        },
        vlans: '42,44',
      }),
    );
  });

  test('names a missing base, a VLAN in-band, a missing address, VIDs without port', async () => {
    const { findings } = await found();
    const gone = { status: 'warn', what: 'its base device "evz0" is not there' };
    expect(about(findings, 'evz0.42')).toMatchObject([gone]);
    expect(about(findings, 'evz0.43')).toMatchObject([
      gone,
      { what: 'VLAN 43 is in-band', fix: 'evlnet vlans add 43' },
      { what: 'has no address', fix: 'evlnet port set evz0.43 address 10.10.10.11/24' },
    ]);
    expect(about(findings, 'vlans')).toMatchObject([
      { what: 'no port has VLAN 44: its IPv4 is dropped as no-port', fix: 'evlnet vlans del 44' },
    ]);
  });

  test('names who else has a port’s address', async () => {
    host.addresses = [inet(1, 10, 10, 10, 11, 32)];
    expect(about((await found()).findings, 'evz0.42')).toContainEqual({
      status: 'warn',
      subject: 'evz0.42',
      what: 'the kernel has 10.10.10.11 too, on "lo"',
      fix: 'ip addr del 10.10.10.11 dev lo',
    });
  });
});

test('filters: their files, and what the kernel says of them', async () => {
  const filters = {
    evz0: { all: 'accept' },
    evz1: { object: '/nope.o', sha256: 'ab'.repeat(32) },
  };
  writeFileSync(host.stateFile, JSON.stringify({ schema: 1, filters }));
  host.links = [link(1, 'lo', { type: 772 }), link(2, 'evz1')];
  const taken = await found();
  expect(about(taken.findings, 'evz0')).toEqual([
    {
      status: 'warn',
      subject: 'evz0',
      what: 'has a filter, but is not there',
      fix: 'evlnet filter unset evz0',
    },
    { status: 'ok', subject: 'evz0', what: 'filter all accept is one that the kernel takes' },
  ]);
  expect(about(taken.findings, 'evz1')).toMatchObject([
    {
      status: 'warn',
      what: expect.stringMatching(/^filter nope.o: .*no such file.*; the next worker falls back/),
      fix: 'evlnet filter set evz1 object /nope.o',
    },
  ]);
  host.verifyFilter = () => {
    throw new EvlnetError('EVL_VERIFIER', 'Cannot load it: no\n  --> f.c:3', { hint: 'do' });
  };
  expect(about((await found()).findings, 'evz0')[1]).toEqual({
    status: 'FAIL',
    subject: 'evz0',
    what: 'filter all accept: Cannot load it: no',
    fix: 'do',
  });
});

test('check DEVICE looks at that device, or at the one under it', async () => {
  host.links = [link(1, 'lo', { up: true, xdp: { mode: 'native', progId: 7 } }), vlan(2, 'lo.42', 1, 42)];
  const { code, findings } = await found('-j check lo.42');
  expect(code).toBe(2);
  expect(about(findings, 'lo')).toContainEqual({
    status: 'FAIL',
    subject: 'lo',
    what: 'the XDP hook is held by program 7 "xdp_main" of xdp-loader pid 333',
    fix: 'end that program',
  });
  expect(await host.run('check nope')).toEqual({
    code: 2,
    out: '',
    err: 'Cannot find device "nope"\nHint: "ip link" lists the devices\n',
  });
});

describeIf(['root', 'network namespaces', 'hardware times'])('a driver', () => {
  test('that XDP programs can ask for hardware times is one that check names', async () => {
    const namespace = enterNamespace();
    try {
      addVeth(1);
      host.links = [link(interfaceNamed('p0')!.ifindex, 'p0'), link(1, 'lo')];
      const what = async (name: string) =>
        about((await found(`-j check ${name}`)).findings, name).map((f) => f.what);
      expect(await what('p0')).toContain('driver veth, 1 receive queue, tells hardware times');
      expect((await what('lo')).join()).not.toMatch('hardware');
    } finally {
      namespace.leave();
    }
  });
});
