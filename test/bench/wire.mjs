// Two hosts in network namespaces and one veth pair between them, MTU 1500: the issuer sends, the responder answers.
// Each responder has a wire of its own, all alike, so that one can be measured right after the other.
import { existsSync } from 'node:fs';
import { run } from './process.mjs';

export const DEVICE = 'eth0';
export const VID = 42;
export const ISSUER = { address: '10.10.10.10', lladdr: '02:fc:00:00:00:10' };
export const RESPONDER = { address: '10.10.10.11', lladdr: '02:fc:00:00:00:11' };
const PREFIX = 'evlbench';

/** Nothing but what the bench sends may be on the wire, and the kernel's responder must not be throttled. */
const SYSCTLS = [
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv4.icmp_ratemask=0',
  'net.ipv4.icmp_echo_ignore_all=0',
];

/**
 * Before everything else on the machine, without SCHED_FIFO's stalls: a FIFO task that spins starves the kernel's own
 * threads. Where sessions are scheduled as groups, nice(1) counts only inside one, so the group (process.mjs makes one a
 * program) gets it too.
 */
const URGENT = [
  'nice',
  '-n',
  '-20',
  'sh',
  '-c',
  '{ echo -20 >/proc/self/autogroup; } 2>/dev/null; exec "$@"',
  'sh',
];

/** Both hosts, up. `close()` removes them. */
export async function openWire(name) {
  const issuer = `${PREFIX}-${process.pid}-${name}-i`;
  const responder = `${PREFIX}-${process.pid}-${name}-r`;
  const close = async () => {
    for (const host of [issuer, responder]) await run('ip', ['netns', 'del', host]).catch(() => {});
  };
  try {
    await lay(issuer, responder);
  } catch (error) {
    await close();
    throw error;
  }
  const on = (host) => (command, args) => ['ip', ['netns', 'exec', host, ...URGENT, command, ...args]];
  return { issuer, responder, onIssuer: on(issuer), onResponder: on(responder), close };
}

async function lay(issuer, responder) {
  for (const host of [issuer, responder]) {
    await run('ip', ['netns', 'add', host]);
    await run('ip', ['netns', 'exec', host, 'sysctl', '-qw', ...SYSCTLS]);
    await run('ip', ['-n', host, 'link', 'set', 'lo', 'up']);
  }
  const peer = ['peer', 'name', DEVICE, 'netns', responder, 'address', RESPONDER.lladdr, 'mtu', '1500'];
  await run(
    'ip',
    ['-n', issuer, 'link', 'add', DEVICE, 'address', ISSUER.lladdr, 'mtu', '1500', 'type', 'veth'].concat(
      peer,
    ),
  );
  for (const [host, me, other] of [
    [issuer, ISSUER, RESPONDER],
    [responder, RESPONDER, ISSUER],
  ]) {
    await run('ip', ['-n', host, 'addr', 'add', `${me.address}/24`, 'dev', DEVICE]);
    await run('ip', ['-n', host, 'link', 'set', DEVICE, 'up']);
    const entry = [other.address, 'lladdr', other.lladdr, 'dev', DEVICE, 'nud', 'permanent'];
    await run('ip', ['-n', host, 'neigh', 'replace', ...entry]);
  }
  await run('ip', ['netns', 'exec', issuer, 'ethtool', '-K', DEVICE, 'txvlan', 'off']);
  // Without an XDP program, only GRO gives a veth the NAPI that frames from the generator need.
  await run('ip', ['netns', 'exec', responder, 'ethtool', '-K', DEVICE, 'gro', 'on']);
}

/** Removes what a killed bench left behind: its hosts, and the programs in them, parked ones too. */
export async function removeStale() {
  const named = new RegExp(`^(${PREFIX}-(\\d+)-\\w+-[ir])\\b`, 'gm');
  for (const [, host, pid] of (await run('ip', ['netns', 'list'])).matchAll(named)) {
    if (existsSync(`/proc/${pid}`)) continue;
    for (const left of (await run('ip', ['netns', 'pids', host])).split('\n').filter(Boolean))
      process.kill(Number(left), 'SIGKILL');
    await run('ip', ['netns', 'del', host]);
  }
}

/** Gives the responder's kernel its own VLAN device where it has 802.1Q; false where it has not. */
export async function addKernelVlan(wire) {
  const { responder } = wire;
  const name = `${DEVICE}.${VID}`;
  try {
    await run('ip', [
      '-n',
      responder,
      'link',
      'add',
      'link',
      DEVICE,
      'name',
      name,
      'type',
      'vlan',
      'id',
      `${VID}`,
    ]);
  } catch {
    return false;
  }
  await run('ip', ['-n', responder, 'addr', 'flush', 'dev', DEVICE]);
  await run('ip', ['-n', responder, 'addr', 'add', `${RESPONDER.address}/24`, 'dev', name]);
  await run('ip', ['-n', responder, 'link', 'set', name, 'up']);
  const entry = [ISSUER.address, 'lladdr', ISSUER.lladdr, 'dev', name, 'nud', 'permanent'];
  await run('ip', ['-n', responder, 'neigh', 'replace', ...entry]);
  return true;
}
