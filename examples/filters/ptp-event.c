/*
 * Takes the time-critical messages of PTP (IEEE 1588): event messages over UDP, port 319; over Ethernet it needs a port
 * enabled with "ethertype any". Written with the loads of classic BPF, which need no buffer; a load behind the end of
 * the packet would end the filter with EVL_RX_DROP, so lengths are compared first.
 */
#include "evlnet-filter.h"

__u64 load_byte(void *skb, __u64 at) asm("llvm.bpf.load.byte");
__u64 load_half(void *skb, __u64 at) asm("llvm.bpf.load.half");

#define PTP_EVENT_PORT 319
#define IP_FRAGMENT 6
#define IP_PROTOCOL 9
#define UDP_HEADER 8
#define UDP_DESTINATION_PORT 2
/* messageType, low half of the first octet: Sync, Delay_Req, Pdelay_Req, Pdelay_Resp are the event messages. */
#define LAST_EVENT 3

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	__u32 at;

	if (skb->protocol == bpf_htons(ETH_P_1588))
		return skb->len > 0 && (load_byte(skb, 0) & 0xf) <= LAST_EVENT ? EVL_RX_ACCEPT : EVL_RX_VLAN;
	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->len < sizeof(struct ipv4_header))
		return EVL_RX_VLAN;
	if (load_byte(skb, IP_PROTOCOL) != IPPROTO_UDP || (load_half(skb, IP_FRAGMENT) & 0x1fff))
		return EVL_RX_VLAN;
	at = (load_byte(skb, 0) & 0xf) * 4;
	if (skb->len < at + UDP_HEADER)
		return EVL_RX_VLAN;
	return load_half(skb, at + UDP_DESTINATION_PORT) == PTP_EVENT_PORT ? EVL_RX_ACCEPT : EVL_RX_VLAN;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
