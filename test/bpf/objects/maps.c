#include "filter.h"

struct key {
	__u32 address;
	__u16 port;
	__u8 protocol;
	__u8 zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct key);
	__type(value, __u64);
} allowed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 16);
	__uint(pinning, 1);
} totals SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u8[24]);
} hidden SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	__u8 ip[20];
	struct key key = {};
	__u32 slot = 1;
	__u64 *hits, *total;
	__u8 *first;

	if (skb->protocol != htons(0x0800) || bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)) < 0)
		return SKIP;
	key.address = *(__u32 *)(ip + 12);
	key.protocol = ip[9];
	total = bpf_map_lookup_elem(&totals, &slot);
	if (total)
		__sync_fetch_and_add(total, skb->len);
	first = bpf_map_lookup_elem(&hidden, &slot);
	if (first && first[23] != 0)
		return DROP;
	hits = bpf_map_lookup_elem(&allowed, &key);
	if (!hits)
		return VLAN;
	*hits += 1;
	return ACCEPT;
}

char _license[] SEC("license") = "GPL";
