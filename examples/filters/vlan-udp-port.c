/* Takes UDP to one port, of any VLAN or none; IP options are stepped over, later fragments stay in-band. */
#include "evlnet-filter.h"

#define OOB_UDP_PORT 42042
#define FRAGMENT_OFFSET 0x1fff

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct ipv4_header ip;
	struct udp_header udp;
	__be16 ethertype;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP))
		return EVL_RX_SKIP;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0)
		return EVL_RX_SKIP;
	if (ip.version_ihl >> 4 != 4 || ip.protocol != IPPROTO_UDP)
		return EVL_RX_SKIP;
	if (ip.fragment & bpf_htons(FRAGMENT_OFFSET))
		return EVL_RX_SKIP;
	at += (ip.version_ihl & 0xf) * 4;
	if (bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) < 0)
		return EVL_RX_SKIP;
	return udp.destination_port == bpf_htons(OOB_UDP_PORT) ? EVL_RX_ACCEPT : EVL_RX_SKIP;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
