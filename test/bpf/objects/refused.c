// Every program is refused by the verifier for a reason of its own.
#include "filter.h"

struct no_skb {
	__u32 fields[19], data, data_end;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

const volatile __u8 table[16] = { [3] = 1 };
static long (*bpf_skb_store_bytes)(void *, __u32, const void *, __u32, __u64) = (void *)9;

__noinline int first(__u8 *octets)
{
	return octets ? *octets : 0;
}

static __noinline int deep(struct __sk_buff *skb)
{
	__u8 octets[400];

	return bpf_skb_load_bytes(skb, 0, octets, 400) < 0 ? 0 : octets[skb->len & 63];
}

SEC("socket/null")
int null(struct __sk_buff *skb)
{
	__u32 slot = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &slot);

	*count += 1;
	return ACCEPT;
}

SEC("socket/number")
int number(struct __sk_buff *skb)
{
	return *(__u8 *)(long)skb->mark;
}

SEC("socket/data")
int data(struct no_skb *skb)
{
	return skb->data_end > 100 ? ACCEPT : DROP;
}

SEC("socket/write")
int write(struct __sk_buff *skb)
{
	skb->mark = 5;
	return ACCEPT;
}

SEC("socket/many")
int many(struct __sk_buff *skb)
{
	__u32 sum = 0;
	__u8 octet;

	for (__u32 at = 0; bpf_skb_load_bytes(skb, at, &octet, 1) == 0; at++)
		if ((sum += octet) == skb->hash)
			break;
	return sum & 3;
}

SEC("socket/endless")
int endless(struct __sk_buff *skb)
{
	volatile int length = skb->len;

	while (length)
		;
	return ACCEPT;
}

SEC("socket/forbidden")
int forbidden(struct __sk_buff *skb)
{
	__u8 octet = 1;

	bpf_skb_store_bytes(skb, 0, &octet, 1, 0);
	return ACCEPT;
}

SEC("socket/length")
int length(struct __sk_buff *skb)
{
	__u8 octets[64];

	return bpf_skb_load_bytes(skb, 0, octets, skb->len) < 0 ? SKIP : octets[3] & 3;
}

SEC("socket/slot")
int slot(struct __sk_buff *skb)
{
	return table[skb->len];
}

SEC("socket/value")
int value(struct __sk_buff *skb)
{
	__u32 slot = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &slot);

	return count ? ((__u8 *)count)[8] : SKIP;
}

SEC("socket/leak")
int leak(struct __sk_buff *skb)
{
	__u32 *record = bpf_ringbuf_reserve(&ring, 4, 0);

	if (record)
		*record = skb->len;
	return ACCEPT;
}

SEC("socket/argument")
int argument(struct __sk_buff *skb)
{
	return first((void *)skb);
}

SEC("socket/stack")
int stack(struct __sk_buff *skb)
{
	__u8 octets[300];

	if (bpf_skb_load_bytes(skb, 0, octets, 300) < 0)
		return SKIP;
	return deep(skb) + octets[skb->len & 63];
}

SEC("socket/print")
int print(struct __sk_buff *skb)
{
	static const char format[] = "frame\n";

	bpf_trace_printk(format, sizeof(format));
	return ACCEPT;
}

char _license[] SEC("license") = "Proprietary";
