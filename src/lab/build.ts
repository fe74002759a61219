import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ownIdentity, type ProcessIdentity } from '../linux/process.js';
import { HOSTS, type LabOptions, labName, namespace, recordFile, stateFile } from './name.js';
import { attachSwitch, attachVlan } from './programs.js';
import { type Lab, type LabRecord, readLab } from './record.js';
import { tearDown } from './teardown.js';
import { attempt, batch, run, tool } from './tool.js';
import {
  ACCESS,
  addresses,
  BRIDGE,
  cables,
  emulatedDevice,
  interfaces,
  TRUNK,
  up,
  VLANS,
  vlanDevice,
} from './topology.js';
import { exclusively } from './turn.js';

export interface LabUp extends Lab {
  /** False when it was up already. */
  readonly built: boolean;
}

/** Builds the lab, or leaves it as it is when it stands complete; one that was left half-built is built anew. */
export async function labUp(options: LabOptions = {}): Promise<LabUp> {
  const name = labName(options);
  return exclusively(`build lab "${name}"`, name, async () => {
    const before = await readLab(name);
    if (before?.state === 'up') return { ...before, built: false };
    return buildLab(name);
  });
}

/** Builds it anew. `owner`: the process that will remove it; when that one dies, the lab counts as left behind. */
export async function buildLab(name: string, owner?: ProcessIdentity): Promise<LabUp> {
  // Everything that could be missing is asked for before anything is made.
  for (const wanted of ['ip', 'tc', 'ethtool', 'mount', 'umount'] as const) tool(wanted);
  await tearDown(name);
  try {
    await build(name, owner);
    const lab = await readLab(name);
    return { ...lab!, built: true };
  } catch (error) {
    await tearDown(name);
    throw error;
  }
}

async function build(name: string, owner: ProcessIdentity | undefined): Promise<void> {
  const act = `build lab "${name}"`;
  const hasIpv6 = existsSync('/proc/net/if_inet6');
  const [issuer, access, responder] = HOSTS.map((host) => namespace(name, host)) as [string, string, string];
  for (const host of HOSTS) mkdirSync(dirname(stateFile(name, host)), { recursive: true });
  await run(
    act,
    'ip',
    ['-batch', '-'],
    [issuer, access, responder].map((ns) => `netns add ${ns}\n`).join(''),
  );
  await batch(act, 'ip', access, cables(name));
  const kernelVlans = await makeVlanDevices(act, name);

  // XDP at the trunk is to see the tag in the frame, as on a wire, and checksums that are complete.
  await ethtool(act, access, TRUNK.port, 'txvlan');
  for (const { ifname } of ACCESS) await ethtool(act, issuer, ifname, 'tx');
  await attachSwitch(name);

  const ports = interfaces('switch', kernelVlans);
  await batch(act, 'ip', access, up(['lo', ...ports], hasIpv6));
  for (const host of ['issuer', 'responder'] as const) {
    const lines = up(['lo', ...interfaces(host, kernelVlans)], hasIpv6);
    await batch(act, 'ip', namespace(name, host), [...lines, ...addresses(host, kernelVlans)]);
  }
  await forwarding(act, access);
  const record: LabRecord = { kernelVlans, builder: ownIdentity(), ...(owner ? { owner } : {}) };
  writeFileSync(recordFile(name), `${JSON.stringify(record)}\n`);
}

/** The responder's VLAN devices. False where its kernel has no 802.1Q: then eth0.42 is left to evlnet. */
async function makeVlanDevices(act: string, name: string): Promise<boolean> {
  const responder = namespace(name, 'responder');
  const [first, ...others] = VLANS;
  const { failed } = await attempt('ip', ['-n', responder, ...vlanDevice(first).split(' ')]);
  if (!failed) {
    await batch(act, 'ip', responder, others.map(vlanDevice));
    return true;
  }
  for (const vid of others) {
    await batch(act, 'ip', namespace(name, 'switch'), [emulatedDevice(name, vid)]);
    await attachVlan(name, vid);
  }
  return false;
}

const ethtool = (act: string, where: string, dev: string, feature: string) =>
  run(act, 'ip', ['netns', 'exec', where, tool('ethtool'), '-K', dev, feature, 'off']);

const DEADLINE_MS = 5000;

/** A bridge port forwards some time after its carrier came; before that, the first frames would be lost. */
async function forwarding(act: string, access: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const shown = await run(act, 'ip', ['-n', access, '-d', '-j', 'link', 'show', 'master', BRIDGE]);
    const ports = JSON.parse(shown) as { linkinfo: { info_slave_data: { state: string } } }[];
    if (ports.every((port) => port.linkinfo.info_slave_data.state === 'forwarding')) return;
    if (performance.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
