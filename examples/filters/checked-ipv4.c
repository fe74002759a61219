/* Drops IPv4 whose header checksum is wrong (RFC 1122 §3.2.1.2), before it costs anything; the sum is a bpf_loop (Linux 5.17). */
#include "evlnet-filter.h"

struct sum {
	struct __sk_buff *skb;
	__u32 at;
	__u32 total;
	int is_short;
};

static long add_word(__u32 index, struct sum *sum)
{
	__be16 word;

	if (bpf_skb_load_bytes(sum->skb, sum->at + index * 2, &word, sizeof(word)) < 0) {
		sum->is_short = 1;
		return 1;
	}
	sum->total += word;
	return 0;
}

SEC("socket") int bpf_netrx(struct __sk_buff *skb)
{
	struct sum sum = { .skb = skb };
	__be16 ethertype;
	__u8 first;
	int at = peel_tags(skb, &ethertype);

	if (at < 0 || ethertype != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, at, &first, sizeof(first)) < 0)
		return EVL_RX_SKIP;
	sum.at = at;
	bpf_loop((first & 0xf) * 2, add_word, &sum, 0);
	if (sum.is_short)
		return EVL_RX_DROP;
	sum.total = (sum.total & 0xffff) + (sum.total >> 16);
	sum.total = (sum.total & 0xffff) + (sum.total >> 16);
	return sum.total == 0xffff ? EVL_RX_VLAN : EVL_RX_DROP;
}

SEC("license") const char _license[] = "Dual MIT/GPL";
