// struct __sk_buff, <linux/bpf.h>: what a filter is told of a packet. Which of it a socket filter may read: sk_filter_is_valid_access(),
// net/core/filter.c.

/** Offset of every field that a socket filter may read; each is one word of 32 bits, `cb` five of them. */
export const Field = {
  len: 0,
  pkt_type: 4,
  mark: 8,
  queue_mapping: 12,
  protocol: 16,
  vlan_present: 20,
  vlan_tci: 24,
  vlan_proto: 28,
  priority: 32,
  ingress_ifindex: 36,
  ifindex: 40,
  tc_index: 44,
  cb: 48,
  hash: 68,
  napi_id: 84,
  gso_segs: 164,
  gso_size: 176,
} as const;

/** First octets behind `cb` and behind the last field. */
export const CB_END = 68;
export const CONTEXT_LENGTH = 180;

/** The socket, 64 bits: no packet has one yet where an EVL filter runs. */
export const SK = 168;

/** Octets of the MAC header, which lie before a filter's offset 0. */
export const MAC_HEADER = 14;
