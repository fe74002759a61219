#include "filter.h"

int last(struct __sk_buff *skb);

struct ports {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct ports);
} by_kind SEC(".maps") = { .values = { [0] = &first, [2] = &second } };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(struct __sk_buff *));
} programs SEC(".maps") = { .values = { [1] = last } };

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	__u32 kind = skb->len & 1 ? 0 : 2, slot = 1, *port;
	void *ports = bpf_map_lookup_elem(&by_kind, &kind);

	if (!ports)
		return SKIP;
	port = bpf_map_lookup_elem(ports, &slot);
	if (port && *port)
		return VLAN;
	bpf_tail_call(skb, &programs, 1);
	return DROP;
}

SEC("socket/last")
int last(struct __sk_buff *skb)
{
	return ACCEPT;
}

char _license[] SEC("license") = "GPL";
