import { EvlnetError, Exit, usage } from '../errors.js';
import type { Link } from '../linux/link.js';
import { cannotFindDevice } from './not-found.js';

/** Where a port is: on a base device, as one of its VLANs where there is a VID. */
export interface Place {
  readonly ifname: string;
  readonly base: Link;
  readonly vid?: number;
  /** The kernel's own device; without one it is an evlnet VLAN port. */
  readonly kernel?: Link;
}

const ARPHRD_ETHER = 1;
// 802.1Q reserves 0 and 4095, EVL's set also refuses 1.
const LOWEST = 2;
const HIGHEST = 4094;

/** Finds the place that `ifname`, `link` and `vid` name; throws where there is none. */
export function findPlace(
  ifname: string,
  wanted: { link?: string | undefined; vid?: number | undefined },
  links: readonly Link[],
): Place {
  const kernel = links.find((l) => l.ifname === ifname);
  const place = kernel ? kernelPlace(kernel, links) : evlnetPlace(ifname, wanted, links);
  if (place.base.type !== ARPHRD_ETHER)
    throw new EvlnetError(
      'EVL_NOT_ETHERNET',
      `Cannot use "${ifname}" as a port: it is not an Ethernet device`,
      {
        exit: Exit.Unsupported,
        hint: 'name a device that "ip link" shows with link/ether',
      },
    );
  checkAgrees(place, wanted);
  return place;
}

function kernelPlace(kernel: Link, links: readonly Link[]): Place {
  const ifname = kernel.ifname;
  if (kernel.vlan === undefined) return { ifname, base: kernel, kernel };
  const base = below(kernel, links);
  if (base === undefined)
    throw new EvlnetError(
      'EVL_NO_BASE',
      `Cannot use "${ifname}" as a port: its base device is in another network namespace`,
      { hint: `enable it there: evlnet -n NAME port enable ${ifname}` },
    );
  return { ifname, base, vid: kernel.vlan.id, kernel };
}

/** The device that frames of `vlan` enter by; a VLAN on a VLAN enters by the lowest. */
export function below(vlan: Link, links: readonly Link[]): Link | undefined {
  let at: Link | undefined = vlan;
  while (at?.vlan !== undefined) {
    const next: number | undefined = at.linkNetnsid === undefined ? at.link : undefined;
    at = next === undefined ? undefined : links.find((l) => l.ifindex === next);
  }
  return at;
}

function evlnetPlace(
  ifname: string,
  wanted: { link?: string | undefined; vid?: number | undefined },
  links: readonly Link[],
): Place {
  const dot = ifname.lastIndexOf('.');
  if (!isIfname(ifname)) {
    const vid = vidOf(ifname.slice(dot + 1));
    const base = links.find((l) => l.ifname === ifname.slice(0, dot));
    throw usage(
      'EVL_ARGUMENT',
      `argument "${ifname}" is wrong: "dev" not a valid ifname`,
      base && vid
        ? `at most 15 characters: evlnet port enable v${vid} link ${base.ifname} vid ${vid}`
        : 'at most 15 characters, no space, no "/"',
    );
  }
  const baseName = wanted.link ?? (dot > 0 ? ifname.slice(0, dot) : undefined);
  if (baseName === undefined) throw cannotFindDevice(ifname, links);
  const base = links.find((l) => l.ifname === baseName);
  if (base === undefined) throw cannotFindDevice(baseName, links);
  const vid = wanted.vid ?? vidOf(ifname.slice(dot + 1));
  if (vid === undefined)
    throw usage(
      'EVL_REQUIRED',
      'argument "vid" is required',
      `evlnet port enable ${ifname} link ${baseName} vid 42`,
    );
  if (vid < LOWEST || vid > HIGHEST)
    throw usage(
      'EVL_VID',
      `argument "${vid}" is wrong: VLAN ${vid} ${reasonAgainst(vid)}`,
      'use a VID from 2 to 4094',
    );
  if (base.vlan !== undefined)
    throw usage(
      'EVL_BASE_IS_VLAN',
      `Cannot use "${ifname}" as a port: "${baseName}" is itself a VLAN device`,
      'name its base device with link, and the inner VID with vid',
    );
  return { ifname, base, vid };
}

function checkAgrees(place: Place, wanted: { link?: string | undefined; vid?: number | undefined }): void {
  const { ifname, kernel, base, vid } = place;
  if (kernel === undefined) return;
  const what = vid === undefined ? 'a base device' : `VLAN ${vid} of "${base.ifname}"`;
  if (wanted.link !== undefined && (vid === undefined || wanted.link !== base.ifname))
    throw usage(
      'EVL_ARGUMENT',
      `argument "${wanted.link}" is wrong: "${ifname}" is ${what}`,
      'leave link out',
    );
  if (wanted.vid !== undefined && wanted.vid !== vid)
    throw usage('EVL_ARGUMENT', `argument "${wanted.vid}" is wrong: "${ifname}" is ${what}`, 'leave vid out');
}

const reasonAgainst = (vid: number): string => {
  if (vid > HIGHEST + 1) return 'does not exist';
  if (vid === 1) return "is reserved: it is a switch's own VLAN";
  return vid === 0 ? 'is reserved: it marks a frame without a VLAN' : 'is reserved by 802.1Q';
};

const vidOf = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

// dev_valid_name() of the kernel.
const isIfname = (name: string): boolean => /^(?!\.{1,2}$)[^\s/:]{1,15}$/.test(name);
