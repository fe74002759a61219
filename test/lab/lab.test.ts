import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { labDown, labExec, labStatus, labUp } from '../../src/lab/index.js';
import { folder, HOSTS, namespace } from '../../src/lab/name.js';
import { namespaces } from '../../src/lab/record.js';
import { systemPath, tool } from '../../src/lab/tool.js';
import { describeIf } from '../capability.js';
import { labOf, onHost, ping, removeLabs } from './host.js';

const able = ['root', 'network namespaces', 'bpf', { command: 'ping' }] as const;
const found = async (name: string) => (await labStatus()).find((lab) => lab.name === name);
const neighbours = (lab: string) =>
  JSON.parse(onHost(lab, 'issuer', 'ip', '-j', 'neighbour')) as { dst: string; lladdr: string }[];
const received = (lab: string, ifname: string) => {
  const [link] = JSON.parse(onHost(lab, 'responder', 'ip', '-s', '-j', 'link', 'show', 'dev', ifname));
  return link.stats64.rx.packets as number;
};

describeIf([...able])('a lab', () => {
  const lab = labOf('one');
  const kernelVlans = async () => (await found(lab))!.kernelVlans;
  beforeAll(() => labUp({ name: lab }));
  afterAll(() => removeLabs(lab));

  test('carries nothing but what its hosts send, and real ARP', () => {
    expect(received(lab, 'eth0')).toBe(0);
    expect(ping(lab, '192.0.2.11', 3)).toEqual({ transmitted: 3, received: 3 });
    expect(ping(lab, '10.10.43.11', 3)).toEqual({ transmitted: 3, received: 3 });
    // Two times one request and three pings.
    expect(received(lab, 'eth0')).toBe(8);
    expect(neighbours(lab)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dst: '192.0.2.11', dev: 'eno2', lladdr: '02:fc:00:00:00:01' }),
        expect.objectContaining({ dst: '10.10.43.11', dev: 'eno2.43', lladdr: '02:fc:00:00:00:01' }),
      ]),
    );
  });

  test('VLAN 42 belongs to the kernel where it has 802.1Q, else to nobody yet', async () => {
    const answered = (await kernelVlans()) ? 2 : 0;
    expect(ping(lab, '10.10.10.11', 2)).toEqual({ transmitted: 2, received: answered });
  });

  test('VLAN 43 in the responder is a device that has the MAC address of eth0', () => {
    const [base, vlan] = ['eth0', 'eth0.43'].map(
      (dev) => JSON.parse(onHost(lab, 'responder', 'ip', '-j', 'link', 'show', 'dev', dev))[0],
    );
    expect(vlan.address).toBe(base.address);
  });

  test('large datagrams cross with complete checksums', () => {
    expect(ping(lab, '10.10.43.11', 2, '-s', '8000')).toEqual({ transmitted: 2, received: 2 });
  });

  test('labUp() leaves a complete one alone', async () => {
    const before = onHost(lab, 'issuer', 'readlink', '/proc/self/ns/net');
    expect(await labUp({ name: lab })).toMatchObject({ name: lab, state: 'up', built: false });
    expect(onHost(lab, 'issuer', 'readlink', '/proc/self/ns/net')).toBe(before);
  });

  test('labStatus() tells hosts, interfaces and addresses', async () => {
    const status = await found(lab);
    expect(status).toMatchObject({ state: 'up', hosts: HOSTS.map((host) => ({ host })) });
    expect(status!.hosts[0]!.interfaces).toEqual([
      { ifname: 'eno2', operstate: 'UP', lladdr: '02:fc:00:00:00:02', addresses: ['192.0.2.10/24'] },
      { ifname: 'eno2.42', operstate: 'UP', lladdr: '02:fc:00:00:2a:02', addresses: ['10.10.10.10/24'] },
      { ifname: 'eno2.43', operstate: 'UP', lladdr: '02:fc:00:00:2b:02', addresses: ['10.10.43.10/24'] },
    ]);
  });

  test('labStatus() of one lab is of that one, which must be there', async () => {
    expect(await labStatus({ name: lab })).toMatchObject([{ name: lab }]);
    await expect(labStatus({ name: `${lab}-not` })).rejects.toThrow(`Cannot find lab "${lab}-not"`);
    await expect(labStatus({ name: 'a b' })).rejects.toThrow('argument "a b" is wrong: not a name for a lab');
  });

  test('labExec() answers the exit code, gives each host its own state file and this evlnet', async () => {
    const script = `test "$EVLNET_STATE" = ${folder(lab)}/responder/state.json && command -v evlnet > ${folder(lab)}/which; exit 7`;
    expect(await labExec({ name: lab }, 'responder', ['sh', '-c', script])).toBe(7);
    if (existsSync('bin/evlnet'))
      expect(readFileSync(`${folder(lab)}/which`, 'utf8').trim()).toMatch(/\/bin\/evlnet$/);
    expect(await labExec({ name: lab }, 'issuer', ['sh', '-c', 'kill -9 $$'])).toBe(128 + 9);
    expect(await labExec({ name: lab }, 'issuer', ['evlnet-not-there'])).toBe(127);
  });

  test('labUp() builds anew what is no longer complete', async () => {
    onHost(lab, 'issuer', 'ip', 'link', 'delete', 'dev', 'eno2.43');
    expect(await found(lab)).toMatchObject({ state: 'broken' });
    expect(await labUp({ name: lab })).toMatchObject({ state: 'up', built: true });
    expect(ping(lab, '10.10.43.11', 1)).toEqual({ transmitted: 1, received: 1 });
  });

  test('labDown() ends what runs there and leaves nothing', async () => {
    const { execa } = await import('execa');
    const sleeper = execa('ip', ['netns', 'exec', namespace(lab, 'issuer'), 'sleep', '600'], {
      reject: false,
    });
    while ((await found(lab))!.hosts[0]!.processes.length === 0) await new Promise(setImmediate);
    expect(await labDown({ name: lab })).toBe(true);
    expect((await sleeper).signal).toBe('SIGTERM');
    expect(await found(lab)).toBeUndefined();
    expect(namespaces().filter((name) => name.startsWith(`evlnet-${lab}-`))).toEqual([]);
    expect(existsSync(folder(lab))).toBe(false);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder(lab));
    expect(await labDown({ name: lab })).toBe(false);
  });
});

describeIf([...able])('labs side by side', () => {
  const labs = [labOf('left'), labOf('right')] as const;
  afterAll(() => removeLabs(...labs));

  test('have the same addresses and do not meet', async () => {
    await Promise.all(labs.map((name) => labUp({ name })));
    for (const lab of labs) expect(ping(lab, '10.10.43.11', 2)).toEqual({ transmitted: 2, received: 2 });
    // One request and two pings each: nothing of the neighbour's.
    for (const lab of labs) expect(received(lab, 'eth0')).toBe(3);
    await labDown({ name: labs[0] });
    expect(ping(labs[1], '10.10.43.11', 2)).toEqual({ transmitted: 2, received: 2 });
  });
});

describe('what cannot be', () => {
  test.each(['', '../x', 'a b', '-n', 'x'.repeat(33)])('labUp() refuses the name "%s"', async (name) => {
    await expect(labUp({ name })).rejects.toMatchObject({ code: 'EVL_LAB_NAME', exit: 1 });
  });

  test('labExec() names the hosts, and the way to a lab', async () => {
    const name = labOf('none');
    await expect(labExec({ name }, 'isuer', ['true'])).rejects.toMatchObject({
      message: 'Cannot find host "isuer"',
      hint: 'the hosts of a lab are issuer, switch, responder',
      exit: 1,
    });
    await expect(labExec({ name }, 'issuer', [])).rejects.toMatchObject({ code: 'EVL_INCOMPLETE', exit: 1 });
    await expect(labExec({ name }, 'issuer', ['true'])).rejects.toMatchObject({
      message: `Cannot find lab "${name}"`,
      hint: `evlnet lab up name ${name}`,
      exit: 2,
    });
  });

  test('tool() names the package of a program that is missing', () => {
    expect(() => tool('tc', '/nonexistent')).toThrow(
      expect.objectContaining({ message: 'Cannot find program "tc"', hint: 'apt-get install iproute2' }),
    );
    expect(systemPath().split(':')).toContain('/usr/sbin');
  });
});
