/* Drops IPv4 that asks to be routed by its sender (RFC 791 §3.1, options LSRR and SSRR); the VLAN set decides of the rest. */
#include "evlnet-filter.h"

#define END 0
#define NO_OPERATION 1
#define LOOSE_SOURCE_ROUTE 131
#define STRICT_SOURCE_ROUTE 137
#define LONGEST 40

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	__u8 options[LONGEST + 1] = { 0 };
	__u32 length, next = 0;
	__be16 ethertype;
	__u8 first;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, at, &first, sizeof(first)) < 0)
		return EVL_RX_SKIP;
	length = (first & 0xf) * 4 - sizeof(struct ipv4_header);
	if (length == 0 || length > LONGEST)
		return EVL_RX_VLAN;
	if (bpf_skb_load_bytes(skb, at + sizeof(struct ipv4_header), options, length) < 0)
		return EVL_RX_SKIP;
	/* Every octet once, with a counter that the verifier can follow; `next` is where an option begins. */
	for (__u32 i = 0; i < LONGEST; i++) {
		if (i != next)
			continue;
		if (options[i] == LOOSE_SOURCE_ROUTE || options[i] == STRICT_SOURCE_ROUTE)
			return EVL_RX_DROP;
		if (options[i] == END)
			break;
		next += options[i] == NO_OPERATION ? 1 : options[i + 1];
	}
	return EVL_RX_VLAN;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
