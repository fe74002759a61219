import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { ProgramSpec } from '../bpf/program.js';
import { loadProgram, pin } from '../linux/bpf.js';
import { accessEgress, accessIngress, vlanEgress, vlanIngress } from './access-port.js';
import { folder, namespace } from './name.js';
import { attempt, batch, run } from './tool.js';
import { ACCESS, TRUNK, vlanName } from './topology.js';

/** A program and where tc is to put it. */
interface Attachment {
  dev: string;
  hook: 'ingress' | 'egress';
  program: ProgramSpec;
}

/** The access ports of the switch. */
export const attachSwitch = (name: string): Promise<void> =>
  attach(
    name,
    namespace(name, 'switch'),
    ACCESS.flatMap(({ port, vid }) => [
      { dev: port, hook: 'ingress', program: accessIngress(vid) },
      { dev: port, hook: 'egress', program: accessEgress(vid) },
    ]),
  );

/** What makes of a plain veth in the responder a VLAN device on eth0. */
export async function attachVlan(name: string, vid: number): Promise<void> {
  const responder = namespace(name, 'responder');
  const dev = vlanName(vid);
  const shown = await run(`build lab "${name}"`, 'ip', ['-n', responder, '-j', 'link', 'show']);
  const links = JSON.parse(shown) as { ifname: string; ifindex: number }[];
  const index = (ifname: string) => links.find((link) => link.ifname === ifname)!.ifindex;
  await attach(name, responder, [
    { dev: TRUNK.ifname, hook: 'ingress', program: vlanIngress(vid, index(dev)) },
    { dev, hook: 'egress', program: vlanEgress(vid, index(TRUNK.ifname)) },
  ]);
}

/** tc takes programs from a bpf file system only. It is ours and is gone before the lab is up: tc keeps the programs. */
async function attach(name: string, where: string, attachments: Attachment[]): Promise<void> {
  const act = `build lab "${name}"`;
  const pins = pinFolder(name);
  mkdirSync(pins, { recursive: true });
  await run(act, 'mount', ['-t', 'bpf', 'bpf', pins]);
  try {
    for (const { program } of attachments) {
      const loaded = loadProgram(program);
      pin(loaded.fd, `${pins}/${program.name}`);
      loaded.close();
    }
    await batch(act, 'tc', where, [
      ...new Set(attachments.map(({ dev }) => `qdisc add dev ${dev} clsact`)),
      ...attachments.map(
        ({ dev, hook, program }) =>
          `filter add dev ${dev} ${hook} bpf da object-pinned ${pins}/${program.name}`,
      ),
    ]);
  } finally {
    await unmountPins(name);
  }
}

/** Also what a killed builder left behind. */
export async function unmountPins(name: string): Promise<void> {
  const pins = pinFolder(name);
  if (!existsSync(pins)) return;
  await attempt('umount', ['-l', pins]);
  rmSync(pins, { recursive: true, force: true });
}

const pinFolder = (name: string) => `${folder(name)}/bpf`;
