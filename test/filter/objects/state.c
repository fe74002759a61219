// What a filter remembers: counters, a table of flows, globals; and what it tells others.
#include "filter.h"

struct flow {
	__u32 source, destination;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} samples SEC(".maps");

const volatile __u32 limit = 5;
static volatile __u32 seen;
__u8 last[6] = {2, 0xfc};

SEC("socket")
int remembers(struct __sk_buff *skb)
{
	struct flow flow;
	__u64 one = 1, *count;
	__u8 protocol;
	__u32 key;

	seen++;
	if (skb->protocol != htons(0x0800) || bpf_skb_load_bytes(skb, 9, &protocol, 1) < 0)
		return seen & 1 ? SKIP : VLAN;
	key = protocol;
	count = bpf_map_lookup_elem(&protocols, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	if (bpf_skb_load_bytes(skb, 12, &flow, sizeof(flow)) < 0)
		return DROP;
	bpf_skb_load_bytes_relative(skb, 6, last, sizeof(last), BPF_HDR_START_MAC);
	count = bpf_map_lookup_elem(&flows, &flow);
	if (!count) {
		bpf_map_update_elem(&flows, &flow, &one, 0);
		return last[5] & 1 ? ACCEPT : SKIP;
	}
	__sync_fetch_and_add(count, 1);
	return *count > limit ? DROP : ACCEPT;
}

SEC("socket")
int tells(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	bpf_ringbuf_output(&events, &length, sizeof(length), 0);
	bpf_perf_event_output(skb, &samples, 0xffffffffULL, &length, sizeof(length));
	return length > 100 ? ACCEPT : SKIP;
}

char _license[] SEC("license") = "GPL";
