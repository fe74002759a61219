#include "filter.h"

struct bpf_map_def {
	__u32 type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def SEC("maps") first = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 };
struct bpf_map_def SEC("maps") second = { BPF_MAP_TYPE_HASH, 2, 4, 100, BPF_F_NO_PREALLOC };

SEC("socket/legacy")
int legacy(struct __sk_buff *skb)
{
	__u16 port = skb->protocol;
	__u32 *verdict = bpf_map_lookup_elem(&second, &port), zero = 0;
	__u64 *count = bpf_map_lookup_elem(&first, &zero);

	if (count)
		*count += 1;
	return verdict ? *verdict : SKIP;
}

char _license[] SEC("license") = "Dual MIT/GPL";
