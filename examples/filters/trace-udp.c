/* Leaves the decision to the VLAN set and tells of each UDP datagram in /sys/kernel/tracing/trace_pipe: to watch, not to keep. */
#include "evlnet-filter.h"

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct ipv4_header ip;
	struct udp_header udp;
	__be16 ethertype;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP))
		return EVL_RX_VLAN;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_UDP)
		return EVL_RX_VLAN;
	at += (ip.version_ihl & 0xf) * 4;
	if (bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) < 0)
		return EVL_RX_VLAN;
	bpf_printk("udp %x > port %d, %d octets", bpf_ntohl(ip.source), bpf_ntohs(udp.destination_port),
		   bpf_ntohs(udp.length));
	return EVL_RX_VLAN;
}

/* bpf_printk is for programs that are compatible with the GPL. */
SEC("license") const char _license[] = "Dual MIT/GPL";
