// bpf_skb_load_bytes() in every way that code calls it: errors ignored, the buffer looked at after a failure, into maps, at negative
// offsets, with lengths and offsets that only the frame knows.
#include "filter.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[300]);
} scratch SEC(".maps");

static int sum(const __u8 *octets, int count)
{
	int total = 0;

	for (int i = 0; i < count; i++)
		total += octets[i];
	return total & 3;
}

static __noinline int octet(struct __sk_buff *skb, __u32 at, __u8 *to)
{
	return bpf_skb_load_bytes(skb, at, to, 3);
}

SEC("socket")
int ignored(struct __sk_buff *skb)
{
	__u8 header[20] = {1, 2, 3};
	__u8 odd[7];

	bpf_skb_load_bytes(skb, 0, header, sizeof(header));
	bpf_skb_load_bytes(skb, 33, odd, sizeof(odd));
	return (sum(header, sizeof(header)) + sum(odd, sizeof(odd))) & 3;
}

SEC("socket")
int negative(struct __sk_buff *skb)
{
	__u8 mac[14];
	int before = bpf_skb_load_bytes(skb, -14, mac, sizeof(mac)) == 0;
	int far = bpf_skb_load_bytes(skb, 0x7fffffff, mac, 1) == -14;
	int variable = bpf_skb_load_bytes(skb, -(skb->len & 15), mac, 2) == 0;

	return before * 2 + far + variable * 4 + sum(mac, sizeof(mac)) * 8;
}

SEC("socket")
int variable(struct __sk_buff *skb)
{
	__u8 first, octets[40] = {};
	__u32 length;

	if (bpf_skb_load_bytes(skb, 0, &first, 1) < 0)
		return SKIP;
	length = first & 31;
	if (bpf_skb_load_bytes(skb, first * 2, octets, length + 1) < 0)
		return sum(octets, sizeof(octets)) ? 7 : 6;
	return sum(octets, sizeof(octets));
}

SEC("socket")
int large(struct __sk_buff *skb)
{
	__u8 octets[256];
	__u32 at = skb->len & 255;
	long result = bpf_skb_load_bytes(skb, 3, octets, sizeof(octets));

	return (octets[at] & 3) + (result < 0) * 4;
}

SEC("socket")
int into_map(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u8 *to = bpf_map_lookup_elem(&scratch, &key);
	__u8 three[3];

	if (!to)
		return SKIP;
	bpf_skb_load_bytes(skb, 8, to + 1, 5);
	bpf_skb_load_bytes(skb, 4, to + 6, 200);
	if (octet(skb, skb->len - 3, three) || octet(skb, 60, three))
		return sum(three, 3) | 4;
	return sum(to, 206) ^ sum(three, 3);
}

SEC("socket")
int relative(struct __sk_buff *skb)
{
	__u8 mac[14], net[4];
	__u32 start = skb->len & 3;
	long a = bpf_skb_load_bytes_relative(skb, 0, mac, sizeof(mac), BPF_HDR_START_MAC);
	long b = bpf_skb_load_bytes_relative(skb, skb->len >> 1, net, sizeof(net), start);
	int result = sum(mac, sizeof(mac)) ^ sum(net, sizeof(net));

	if (bpf_skb_load_bytes_relative(skb, 65530, net, sizeof(net), BPF_HDR_START_NET) == 0)
		return 9;
	if (bpf_skb_load_bytes_relative(skb, 16, net, sizeof(net), BPF_HDR_START_NET) < 0)
		result ^= sum(net, sizeof(net)) + 1;
	return result + (a < 0) * 4 + (b < 0) * 8;
}

char _license[] SEC("license") = "GPL";
