// Every field of the context that a socket filter may read, whole and in parts; cb[] written and read; the packet handed on.
#include "filter.h"

struct handed {
	__u32 rounds;
	struct __sk_buff *skb;
};

static long add(__u32 round, void *context)
{
	struct handed *handed = context;

	handed->rounds += handed->skb->protocol + handed->skb->len;
	return 0;
}

static __noinline int deep(struct __sk_buff *skb)
{
	skb->cb[4] = skb->cb[0] + skb->protocol;
	return skb->cb[4];
}

__noinline int shared(struct __sk_buff *skb)
{
	return deep(skb) ^ skb->len;
}

SEC("socket")
int fields(struct __sk_buff *skb)
{
	__u32 hash = skb->len;

	hash = hash * 31 + skb->pkt_type;
	hash = hash * 31 + skb->mark;
	hash = hash * 31 + skb->protocol;
	hash = hash * 31 + skb->vlan_present;
	hash = hash * 31 + skb->vlan_tci;
	hash = hash * 31 + skb->vlan_proto;
	hash = hash * 31 + skb->priority;
	hash = hash * 31 + skb->tc_index;
	hash = hash * 31 + skb->hash;
	hash = hash * 31 + skb->napi_id;
	hash = hash * 31 + skb->gso_segs;
	hash = hash * 31 + skb->gso_size;
	for (int i = 0; i < 5; i++)
		hash = hash * 31 + skb->cb[i];
	return hash;
}

SEC("socket")
int narrow(struct __sk_buff *skb)
{
	volatile __u8 *octets = (__u8 *)skb;
	volatile __u16 *halves = (__u16 *)skb;

	return octets[0] + octets[1] * 3 + halves[8] * 5 + octets[17] * 7 + octets[4] * 11 + halves[1] * 13;
}

SEC("socket")
int scribbles(struct __sk_buff *skb)
{
	skb->cb[0] = skb->len;
	skb->cb[2] = skb->protocol;
	return (skb->cb[0] ^ skb->cb[2] ^ shared(skb) ^ skb->cb[4]) + skb->cb[3];
}

SEC("socket")
int loops(struct __sk_buff *skb)
{
	struct handed handed = {.skb = skb};

	bpf_loop(5, add, &handed, 0);
	return handed.rounds;
}

char _license[] SEC("license") = "GPL";
