/** What a filter answers, and what became of a frame at the hook; EVL's `enum evl_net_rx_action`. */
export const Verdict = {
  /** Freed; nobody sees it. */
  Drop: 0,
  /** Taken out-of-band. */
  Accept: 1,
  /** Left in-band: by SKIP, or because the VLAN rule does not claim it. */
  Skip: 2,
  /** Taken out-of-band by the VLAN rule. */
  Vlan: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Names of the verdicts, by value. */
export const VERDICTS = ['drop', 'accept', 'skip', 'vlan'] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** Counters that the XDP program and the hidden-tag watch keep, one u64 a CPU each. The four verdicts add up to all frames seen. */
export const HookCounter = {
  ...Verdict,
  /** Of Skip: unicast of an out-of-band VID to another host's MAC address. */
  OtherHost: 4,
  /** Of Vlan: ARP for evlnet VLAN ports. */
  Arp: 5,
  /** Of Skip: claimed, but its receive queue has no socket. */
  NoSocket: 6,
  /** Seen by the watch: VLAN of the set, but XDP could not see the tag. */
  HiddenTag: 7,
} as const;

/** Names of the hook counters, by index. */
export const HOOK_COUNTERS = [...VERDICTS, 'other-host', 'arp', 'no-socket', 'hidden-tag'] as const;
export const HOOK_COUNT = HOOK_COUNTERS.length;
