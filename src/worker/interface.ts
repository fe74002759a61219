// What a worker changes on its interface, with a record beside it, so that it is put back even after kill -9: the record is written before
// the change, and the next worker of the device keeps the values in it as the original ones.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Offloads, offloads, setOffloads } from '../linux/ethtool.js';
import { link } from '../linux/link.js';
import { holdPromiscuous } from '../linux/promiscuous.js';

/** The record: the state of the switches before evlnet touched them. */
interface Changes {
  readonly ifindex: number;
  readonly rxvlan?: boolean;
  readonly txvlan?: boolean;
}

const CARRIER_TRIES = 100;
const CARRIER_PAUSE_MS = 50;

const read = (file: string): Changes | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Changes;
  } catch {
    return undefined;
  }
};

export interface PreparedInterface {
  /** Says what was changed, for `port show`. */
  readonly changed: readonly string[];
  /** Puts everything back and removes the record. Twice is once. */
  restore(): void;
}

/** For a driver that sees tags wherever they are. libpcap makes the interface promiscuous by itself. */
export const UNTOUCHED: PreparedInterface = { changed: ['promisc'], restore() {} };

/** Puts back what a worker that was killed has left. */
export function recoverInterface(ifname: string, ifindex: number, folder: string): void {
  const file = join(folder, 'changes.json');
  const stale = read(file);
  if (stale?.ifindex === ifindex) putBack(ifname, stale);
  rmSync(file, { force: true });
}

/** Makes VLAN tags visible in frames of `ifname`: tag offloads off, promiscuous mode (NICs filter by VID otherwise). */
export async function prepareInterface(
  ifname: string,
  ifindex: number,
  folder: string,
): Promise<PreparedInterface> {
  const file = join(folder, 'changes.json');
  const now = offloads(ifname);
  const stale = read(file);
  const before: Changes = {
    ifindex,
    ...original('rxvlan', now, stale?.ifindex === ifindex ? stale : undefined),
    ...original('txvlan', now, stale?.ifindex === ifindex ? stale : undefined),
  };
  writeFileSync(file, JSON.stringify(before));
  const hadCarrier = link(ifname)?.lowerUp === true;
  const promiscuous = holdPromiscuous(ifindex);
  let isRestored = false;
  try {
    if (now.rxvlan?.active && !now.rxvlan.fixed) {
      setOffloads(ifname, { rxvlan: false });
      if (hadCarrier) await carrier(ifname);
    }
  } catch (error) {
    promiscuous.close();
    throw error;
  }
  const changed = [
    before.rxvlan ? 'rxvlan off' : '',
    before.txvlan && !offloads(ifname).txvlan?.active ? 'txvlan off' : '',
    'promisc',
  ];
  return {
    changed: changed.filter((c) => c !== ''),
    restore() {
      if (isRestored) return;
      isRestored = true;
      promiscuous.close();
      // The device may have gone, or come back under another index: nothing of ours is left on it then.
      if (link(ifname)?.ifindex === ifindex) putBack(ifname, before);
      rmSync(file, { force: true });
    },
  };
}

function putBack(ifname: string, before: Changes): void {
  const after = offloads(ifname);
  const back = { ...differs('rxvlan', before, after), ...differs('txvlan', before, after) };
  if (Object.keys(back).length > 0) setOffloads(ifname, back);
}

type Switch = 'rxvlan' | 'txvlan';

const original = (name: Switch, now: Offloads, stale: Changes | undefined) => {
  const value = stale?.[name] ?? (now[name] && !now[name].fixed ? now[name].active : undefined);
  return value === undefined ? {} : { [name]: value };
};

const differs = (name: Switch, before: Changes, after: Offloads) =>
  before[name] !== undefined && after[name] && after[name].active !== before[name]
    ? { [name]: before[name] }
    : {};

/** Some drivers reset the link when an offload changes (e1000e about 2 s): what is sent meanwhile is lost, so wait. */
export async function carrier(ifname: string): Promise<boolean> {
  for (let i = 0; i < CARRIER_TRIES; i++) {
    const l = link(ifname);
    if (l === undefined || !l.flags.includes('UP')) return false;
    if (l.flags.includes('LOWER_UP')) return true;
    await sleep(CARRIER_PAUSE_MS);
  }
  return false;
}
