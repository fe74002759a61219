/* Takes EtherCAT, leaves the rest in-band. The port must be enabled with "ethertype any": EVL itself accepts only IPv4. */
#include "evlnet-filter.h"

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_ETHERCAT) ? EVL_RX_ACCEPT : EVL_RX_SKIP;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
