import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addresses, type Link, link, links, monitor, setLink } from '../../src/linux/link.js';
import { formatIpv4 } from '../../src/wire/address.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from './namespace.js';

type Json = Record<string, unknown>;
const ip = (...args: string[]) => JSON.parse(run('ip', '-j', '-d', ...args)) as Json[];
const expected = () => ip('link', 'show');

/** What `ip -j -d link` says of a link, from ours. */
function asIp(l: Link, all: readonly Link[]): Json {
  const name = (ifindex: number | undefined) => all.find((other) => other.ifindex === ifindex)?.ifname;
  return {
    ifindex: l.ifindex,
    ifname: l.ifname,
    flags: l.flags,
    mtu: l.mtu,
    operstate: l.operstate,
    link_type: { 1: 'ether', 772: 'loopback' }[l.type],
    address: l.lladdr,
    broadcast: l.broadcast,
    promiscuity: l.promiscuity,
    num_rx_queues: l.rxQueues,
    num_tx_queues: l.txQueues,
    link: l.linkNetnsid === undefined ? name(l.link) : undefined,
    link_index: l.linkNetnsid === undefined ? undefined : l.link,
    link_netnsid: l.linkNetnsid,
    master: name(l.master),
    info_kind: l.kind,
  };
}
const pick = (json: Json, like: Json): Json => {
  const flat: Json = { ...json, ...(json.linkinfo as Json | undefined) };
  return Object.fromEntries(Object.keys(like).map((key) => [key, flat[key]]));
};

/** Ours, and the same links as `ip` tells them, with the same keys. */
function both(): [Json[], Json[]] {
  const all = links();
  const ours = all.map((l) => asIp(l, all));
  return [ours, expected().map((json, i) => pick(json, ours[i] ?? {}))];
}

describeIf(['root', 'network namespaces', { command: 'ip' }])('links in a namespace of their own', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    run('ip', 'link', 'add', 'p0', 'numrxqueues', '3', 'type', 'veth', 'peer', 'name', 'p1');
    run('ip', 'link', 'add', 'br0', 'type', 'bridge');
    run('ip', 'link', 'set', 'p1', 'address', '02:fc:00:00:00:01', 'mtu', '1400', 'master', 'br0');
  });
  afterAll(() => namespace?.leave());

  test('links() agrees with ip -j -d link', () => {
    const [ours, theirs] = both();
    expect(ours.map((l) => l.ifname).sort()).toEqual(['br0', 'lo', 'p0', 'p1']);
    expect(ours).toEqual(theirs);
  });

  test('links() agrees with ip where one end is up, promiscuous, or elsewhere', () => {
    run('ip', 'link', 'set', 'p0', 'up', 'promisc', 'on');
    expect(link('p0')?.flags).toEqual(expect.arrayContaining(['NO-CARRIER', 'PROMISC', 'M-DOWN']));
    expect(both()[0]).toEqual(both()[1]);
    run('ip', 'link', 'set', 'p1', 'up');
    expect(link('p0')).toMatchObject({
      up: true,
      lowerUp: true,
      operstate: 'UP',
      promiscuity: 1,
      rxQueues: 3,
    });
    expect(both()[0]).toEqual(both()[1]);
  });

  test('links() agrees with ip where the peer is in another namespace', () => {
    const other = enterNamespace();
    try {
      run('ip', 'link', 'add', 'far', 'type', 'veth', 'peer', 'name', 'near', 'netns', namespace.name);
      expect(link('far')?.linkNetnsid).toBe(0);
      expect(both()[0]).toEqual(both()[1]);
    } finally {
      other.leave();
    }
  });

  test('link() finds by name, by alternative name and by index', () => {
    run('ip', 'link', 'property', 'add', 'dev', 'p1', 'altname', 'a-name-longer-than-fifteen-letters');
    run('ip', 'link', 'property', 'add', 'dev', 'p1', 'altname', 'short');
    const p1 = links().find((l) => l.ifname === 'p1')!;
    for (const which of ['p1', 'short', 'a-name-longer-than-fifteen-letters', p1.ifindex])
      expect(link(which)).toEqual(p1);
    expect(p1).toMatchObject({ lladdr: '02:fc:00:00:00:01', mtu: 1400, kind: 'veth' });
  });

  test('link() of what is not there is undefined', () => {
    for (const which of ['p9', '', 'p0\0', 'x'.repeat(16), 'é'.repeat(15), 'x'.repeat(9999), 4711, 0, -1])
      expect(link(which)).toBeUndefined();
  });

  test('setLink() takes down and up, and says what is wrong', () => {
    const { ifindex } = link('p1')!;
    setLink(ifindex, { up: false });
    expect(link('p1')?.up).toBe(false);
    setLink(ifindex, { up: true });
    expect(link('p1')?.up).toBe(true);
    expect(() => setLink(4711, { up: true })).toThrow(/^Cannot set link 4711 up: .+ \(ENODEV\)$/);
  });

  test('addresses() agrees with ip -j addr', () => {
    run('ip', 'addr', 'add', '10.10.10.11/24', 'brd', '+', 'dev', 'p0');
    run('ip', 'addr', 'add', '255.254.253.252/32', 'scope', 'link', 'dev', 'p0');
    run('ip', 'addr', 'add', '192.0.2.1', 'peer', '192.0.2.2/31', 'dev', 'p1');
    run('ip', 'addr', 'add', '2001:db8::1/64', 'dev', 'p0');
    const theirs = ip('-4', 'addr', 'show').flatMap((l) =>
      (l.addr_info as Json[]).map((a) => ({
        ifindex: l.ifindex,
        address: a.local,
        prefix: a.prefixlen,
        broadcast: a.broadcast,
        scope: a.scope,
      })),
    );
    const ours = addresses().map(({ ifindex, address, prefix, broadcast, scope }) => ({
      ifindex,
      address: formatIpv4(address),
      prefix,
      broadcast: broadcast === undefined ? undefined : formatIpv4(broadcast),
      scope,
    }));
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(theirs);
  });

  test('a dump of many pieces is whole', () => {
    const batch = Array.from({ length: 100 }, (_, i) => `link add m${i} type veth peer name n${i}`);
    batch.push(...Array.from({ length: 200 }, (_, i) => `addr add 10.1.${i}.1/24 dev m0`));
    execBatch(batch);
    const [ours, theirs] = both();
    expect(ours).toHaveLength(204);
    expect(ours).toEqual(theirs);
    expect(addresses().filter((a) => a.address >>> 16 === 0x0a01)).toHaveLength(200);
    execBatch(Array.from({ length: 100 }, (_, i) => `link del m${i}`));
  });

  test('monitor() tells changes of links and addresses once, and nothing else', () => {
    const m = monitor();
    try {
      expect(m.poll()).toBe(false);
      const told = (...args: string[]) => {
        run('ip', ...args);
        return [m.poll(), m.poll()];
      };
      expect(told('link', 'set', 'p0', 'mtu', '1300')).toEqual([true, false]);
      expect(told('addr', 'add', '10.2.0.1/24', 'dev', 'p0')).toEqual([true, false]);
      expect(told('addr', 'del', '10.2.0.1/24', 'dev', 'p0')).toEqual([true, false]);
      expect(told('-6', 'addr', 'add', '2001:db8::2/64', 'dev', 'p0')).toEqual([false, false]);
      expect(told('link', 'show')).toEqual([false, false]);
    } finally {
      m.close();
    }
    expect(m.poll()).toBe(false);
  });

  test('monitor() tells an overrun as a change', () => {
    const m = monitor();
    try {
      execBatch(Array.from({ length: 600 }, (_, i) => `link set p0 mtu ${1000 + (i % 2)}`));
      // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
      const sockets = readFileSync('/proc/thread-self/net/netlink', 'utf8').trim().split('\n').slice(1);
      expect(sockets.some((line) => Number(line.trim().split(/\s+/)[8]) > 0)).toBe(true);
      expect(m.poll()).toBe(true);
      expect(m.poll()).toBe(false);
      run('ip', 'link', 'set', 'p0', 'mtu', '1300');
      expect([m.poll(), m.poll()]).toEqual([true, false]);
    } finally {
      m.close();
    }
  });
});

/** One `ip -batch` of many commands. */
function execBatch(lines: readonly string[]): void {
  run('sh', '-c', `printf '%s\\n' "$@" | ip -batch -`, 'sh', ...lines);
}
