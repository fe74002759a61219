// Two hosts alike but for the stack that answers: one with Linux's own, untagged; one with evlnet on VLAN 42. Each has a cable of its own to the wire.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFrame, type FrameFields, ISSUER, RESPONDER, type TagFields } from '../build-frame.js';
import type { StatsRecord } from '../clients/stand.js';
import { command, output } from '../command.js';
import { tagged } from './question.js';

const EVLNET = join(import.meta.dirname, '../../bin/evlnet');
const ADDRESS = `${RESPONDER.address}/24`;

export type Stack = 'kernel' | 'evlnet';
export const VLAN_42: readonly TagFields[] = [{ vid: 42 }];

/** Addresses that answer from behind the router, so that Linux has a way back to each source of the tests. */
export const ROUTER = '10.10.10.1';
/** On the hosts, but on another interface. */
export const ELSEWHERE = '192.0.2.11';

/** Hosts in the subnet, whom Linux must know by their MAC address to answer: it would ask for them, and nobody is there. */
const NEIGHBORS = [ISSUER.address, ROUTER, '10.10.10.0', '10.10.10.254'];

const hasIpv6 = existsSync('/proc/net/if_inet6');
/** A broadcast ARP request on VLAN 42 in which the port tells of itself. */
const UNASKED = /^f{12}02fc000000018100002a08060001080006040001/;
/** Errors unlimited, nothing learnt from redirects. */
const SETTINGS = [
  // What is left of a reassembly must not answer while the tests go on.
  'net.ipv4.ipfrag_time=600',
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv4.icmp_ratemask=0',
  // Loose, as distributions have it: without it Linux does not look at sources at all.
  'net.ipv4.conf.all.rp_filter=2',
  'net.ipv4.conf.eth0.accept_redirects=0',
  'net.ipv4.conf.all.accept_redirects=0',
];

/** Runs lines of ip(8) in a namespace. */
const ip = (namespace: string, ...lines: string[]): string =>
  output('ip', ['-n', namespace, '-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') });

/** Brings an interface up without a link-local IPv6 address, whose announcements would be stray frames. */
const up = (dev: string): string[] => [
  ...(hasIpv6 ? [`link set dev ${dev} addrgenmode none`] : []),
  `link set dev ${dev} up`,
];

export class Hosts {
  readonly #prefix = `evlref-${process.pid}`;
  #folder = '';
  #worker: ChildProcess | undefined;
  said = '';
  /** evlnet's probe and announcements of its address, which come by time (RFC 5227). */
  readonly unasked: string[] = [];

  namespace(host: Stack | 'wire'): string {
    return `${this.#prefix}-${host}`;
  }

  /** Both hosts, cabled; `worker()` starts evlnet. */
  up(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'evlnet-reference-'));
    const wire = this.namespace('wire');
    for (const host of ['wire', 'kernel', 'evlnet'] as const)
      output('ip', ['netns', 'add', this.namespace(host)]);
    for (const host of ['kernel', 'evlnet'] as const) {
      const name = this.namespace(host);
      const cable = `link add name ${host} type veth peer name eth0 netns ${name} address ${RESPONDER.mac}`;
      ip(wire, cable, ...up(host));
      ip(name, ...up('lo'), ...up('eth0'));
    }
    ip(
      this.namespace('kernel'),
      `address add ${ADDRESS} dev eth0`,
      `address add ${ELSEWHERE}/32 dev lo`,
      ...NEIGHBORS.map((to) => `neigh replace ${to} lladdr ${ISSUER.mac} dev eth0 nud permanent`),
      `route add default via ${ROUTER}`,
    );
    ip(this.namespace('evlnet'), `address add ${ELSEWHERE}/24 dev eth0`);
    this.run('kernel', 'sysctl', '-q', '-w', ...SETTINGS);
    // Checksums complete, as on a wire.
    this.run('kernel', 'ethtool', '-K', 'eth0', 'tx', 'off');
  }

  /** evlnet for real, port eth0.42 with responder and UDP echo; resolves once it runs. */
  async worker(vlans = '42'): Promise<void> {
    this.evlnet('port', 'enable', 'eth0.42', 'address', ADDRESS);
    this.evlnet('vlans', 'set', vlans);
    const argv = [process.execPath, EVLNET, 'run', 'eth0', 'icmp-responder', 'udp-echo', '7'];
    const worker = spawn('ip', ['netns', 'exec', this.namespace('evlnet'), ...argv], { env: this.#env });
    this.#worker = worker;
    for (const stream of [worker.stdout, worker.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
      });
    const until = Date.now() + 20_000;
    while (!this.said.includes('running')) {
      if (worker.exitCode !== null || Date.now() > until)
        throw new Error(`evlnet does not run:\n${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** A VLAN device of the kernel's on evlnet's host; false where the kernel has no 802.1Q. */
  addVlanDevice(vid: number, address: string): boolean {
    const name = `eth0.${vid}`;
    try {
      ip(this.namespace('evlnet'), `link add link eth0 name ${name} type vlan id ${vid}`);
    } catch {
      return false;
    }
    ip(this.namespace('evlnet'), ...up(name), `address add ${address} dev ${name}`);
    return true;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker || worker.exitCode !== null) return;
    await new Promise((resolve) => {
      worker.on('close', resolve);
      worker.kill('SIGINT');
    });
  }

  async leave(): Promise<void> {
    await this.stop();
    // It may not be there.
    for (const host of ['wire', 'kernel', 'evlnet'] as const)
      command('ip', ['netns', 'del', this.namespace(host)]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  run(host: Stack | 'wire', ...argv: string[]): string {
    return output('ip', ['netns', 'exec', this.namespace(host), ...argv], { env: this.#env });
  }

  evlnet(...argv: string[]): string {
    return this.run('evlnet', process.execPath, EVLNET, ...argv);
  }

  stats(ifname: string): StatsRecord {
    const [record] = JSON.parse(this.evlnet('-j', 'stats', 'show', ifname)) as [StatsRecord];
    return record;
  }

  /** Sends frames to evlnet's host and returns those that its kernel saw, as it saw them. */
  inBand(frames: readonly Uint8Array[]): string[] {
    const wire = [this.namespace('wire'), 'evlnet'];
    const marker = 'd1ce'.repeat(8);
    const last = buildFrame({ ethertype: 0x88b5, payload: Buffer.from(marker, 'hex') });
    const order = {
      listen: [[this.namespace('evlnet'), 'eth0']],
      send: [...frames, last].map((frame) => [...wire, Buffer.from(frame).toString('hex')]),
      marker,
    };
    const printed = output('python3', [join(import.meta.dirname, '../lab/wire.py')], {
      input: JSON.stringify(order),
    });
    return (JSON.parse(printed) as [string[]])[0];
  }

  /** Puts the questions to a host, each frame with these tags, and returns what came back to each. `marker` must be answered. */
  ask(
    host: Stack,
    questions: readonly (readonly Uint8Array[])[],
    marker: FrameFields,
    tags: readonly TagFields[] = [],
  ): Uint8Array[][] {
    const hex = (frame: Uint8Array) => Buffer.from(tagged(frame, tags)).toString('hex');
    const token = 'd1ce'.repeat(8);
    const order = {
      wire: [this.namespace('wire'), host],
      echo: host === 'kernel' ? this.namespace('kernel') : null,
      questions: questions.map((frames) => frames.map(hex)),
      marker: hex(buildFrame({ ...marker, payload: Buffer.from(token, 'hex') })),
      token,
    };
    const printed = output('python3', [join(import.meta.dirname, 'exchange.py')], {
      input: JSON.stringify(order),
    });
    const isUnasked = (f: string) => UNASKED.test(f);
    return (JSON.parse(printed) as string[][]).map((frames) => {
      this.unasked.push(...frames.filter(isUnasked));
      return frames.filter((f) => !isUnasked(f)).map((f) => Buffer.from(f, 'hex'));
    });
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, EVLNET_STATE: join(this.#folder, 'state.json'), NODE_OPTIONS: '' };
  }
}
