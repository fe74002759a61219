/* Keeps storms away from the out-of-band side: what is not sent to this host stays in-band, oversized packets are dropped. */
#include "evlnet-filter.h"

#define LONGEST 1500

/* cb[] is the filter's own: 20 octets that are zero at each packet. */
#define reason cb[0]
#define length cb[1]

static __noinline int judge(struct __sk_buff *skb)
{
	if (skb->length > LONGEST)
		return EVL_RX_DROP;
	return skb->reason == PACKET_HOST ? EVL_RX_VLAN : EVL_RX_SKIP;
}

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	skb->reason = skb->pkt_type;
	skb->length = skb->len;
	return judge(skb);
}

SEC("license") const char _license[] = "Dual MIT/GPL";
