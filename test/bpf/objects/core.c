#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#include "filter.h"

struct iphdr {
	__u8 ihl : 4, version : 4;
	__u8 tos;
	__u16 tot_len, id, frag_off;
	__u8 ttl, protocol;
};

struct sk_buff {
	void *next;
	__u32 hash;
};
#pragma clang attribute pop

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	struct iphdr ip;

	if (!__builtin_preserve_field_info(((struct sk_buff *)0)->hash, 2))
		return DROP;
	if (skb->protocol != htons(0x0800) || bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) < 0)
		return SKIP;
	return ip.protocol == 17 ? ACCEPT : VLAN;
}

char _license[] SEC("license") = "GPL";
