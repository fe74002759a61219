/*
 * Takes UDP to a range of ports, drops what is too long to be handled in time, and counts its verdicts. The range is
 * constant once loaded (.rodata), the longest length can be changed while the filter runs (.data), the counts are in .bss.
 */
#include "evlnet-filter.h"

const volatile __u16 first_port = 5000;
const volatile __u16 last_port = 5015;
volatile __u32 longest = 512;
__u64 verdicts[4];

static __always_inline int judge(struct __sk_buff *skb)
{
	struct ipv4_header ip;
	struct udp_header udp;
	__be16 ethertype;
	__u16 port;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP))
		return EVL_RX_SKIP;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_UDP)
		return EVL_RX_VLAN;
	at += (ip.version_ihl & 0xf) * 4;
	if (bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) < 0)
		return EVL_RX_SKIP;
	port = bpf_ntohs(udp.destination_port);
	if (port < first_port || port > last_port)
		return EVL_RX_VLAN;
	return bpf_ntohs(udp.length) > longest ? EVL_RX_DROP : EVL_RX_ACCEPT;
}

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	int verdict = judge(skb);

	__sync_fetch_and_add(&verdicts[verdict & 3], 1);
	return verdict;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
