/* Takes OPC UA PubSub: UDP to port 4840, to a multicast group; written as a static and a global function. */
#include "evlnet-filter.h"

#define PUBSUB_PORT 4840
#define NONE (-1)

/* Verified with its caller: knows that `ip` is a header on the stack. */
static __noinline int is_group(const struct ipv4_header *ip)
{
	return (ip->destination & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000);
}

/* Verified on its own, for any offset: the destination port of the UDP header at `at`, or NONE. */
__noinline int udp_port(struct __sk_buff *skb, int at)
{
	struct udp_header udp;

	if (at < 0 || at > 0xffff || bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) < 0)
		return NONE;
	return bpf_ntohs(udp.destination_port);
}

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct ipv4_header ip;
	__be16 ethertype;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP))
		return EVL_RX_SKIP;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_UDP)
		return EVL_RX_SKIP;
	if (!is_group(&ip))
		return EVL_RX_SKIP;
	at += (ip.version_ihl & 0xf) * 4;
	return udp_port(skb, at) == PUBSUB_PORT ? EVL_RX_ACCEPT : EVL_RX_VLAN;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
