/* Takes IPv4 of priority 5 and above (IEEE 802.1Q PCP), wherever the tag is: in the packet, or taken off by the hardware. */
#include "evlnet-filter.h"

#define PCP_SHIFT 13
#define URGENT 5

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct vlan_tag tag;
	__u16 tci;

	if (skb->vlan_present) {
		if (skb->vlan_proto != bpf_htons(ETH_P_8021Q) || skb->protocol != bpf_htons(ETH_P_IP))
			return EVL_RX_VLAN;
		tci = skb->vlan_tci;
	} else {
		if (skb->protocol != bpf_htons(ETH_P_8021Q))
			return EVL_RX_SKIP;
		if (bpf_skb_load_bytes(skb, 0, &tag, sizeof(tag)) < 0 || tag.ethertype != bpf_htons(ETH_P_IP))
			return EVL_RX_VLAN;
		tci = bpf_ntohs(tag.tci);
	}
	return tci >> PCP_SHIFT >= URGENT ? EVL_RX_ACCEPT : EVL_RX_VLAN;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
