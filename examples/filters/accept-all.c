/* Dedicates the device: every IPv4 packet is taken out-of-band, whatever its VLAN. */
#include "evlnet-filter.h"

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	return EVL_RX_ACCEPT;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
