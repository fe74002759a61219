/*
 * Takes IPv4 from the hosts in a list and counts what each of them sent; drops what comes from others. The list is
 * filled while the filter runs:
 *
 *     bpftool map update name allowed key 10 10 10 10 value 0 0 0 0 0 0 0 0
 */
#include "evlnet-filter.h"

/* IPv4 source, network order → packets. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, __u64);
} allowed SEC(".maps");

/* Packets refused, in entry 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} refused SEC(".maps");

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct ipv4_header ip;
	__be16 ethertype;
	__u32 first = 0;
	__u64 *count;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP))
		return EVL_RX_SKIP;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0)
		return EVL_RX_SKIP;
	count = bpf_map_lookup_elem(&allowed, &ip.source);
	if (count) {
		__sync_fetch_and_add(count, 1);
		return EVL_RX_ACCEPT;
	}
	count = bpf_map_lookup_elem(&refused, &first);
	if (count)
		__sync_fetch_and_add(count, 1);
	return EVL_RX_DROP;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
