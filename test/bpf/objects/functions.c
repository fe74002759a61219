#include "filter.h"

struct sum {
	__u32 value;
	struct __sk_buff *skb;
};

static __noinline int octet(struct __sk_buff *skb, __u32 at)
{
	__u8 value;

	return bpf_skb_load_bytes(skb, at, &value, 1) < 0 ? -1 : value;
}

__noinline int protocol(struct __sk_buff *skb)
{
	return octet(skb, 9);
}

__weak __noinline int version(struct __sk_buff *skb)
{
	return octet(skb, 0) >> 4;
}

__hidden __noinline int length(struct __sk_buff *skb)
{
	return skb->len > 1500 ? 1500 : skb->len;
}

static int add(__u32 round, void *context)
{
	struct sum *sum = context;

	sum->value += octet(sum->skb, round) & 0xff;
	return sum->value > 1000;
}

SEC("socket")
int by_protocol(struct __sk_buff *skb)
{
	if (version(skb) != 4)
		return SKIP;
	return protocol(skb) == 17 ? ACCEPT : VLAN;
}

SEC("socket")
int by_sum(struct __sk_buff *skb)
{
	struct sum sum = { .skb = skb };

	bpf_loop(20, add, &sum, 0);
	return sum.value & 3;
}

SEC("socket/length")
static __noinline int tail(struct __sk_buff *skb)
{
	return octet(skb, length(skb) - 1);
}

SEC("socket/length")
int by_length(struct __sk_buff *skb)
{
	return tail(skb) == 0 ? DROP : ACCEPT;
}

__noinline int any(void *context __ctx)
{
	return octet(context, 0) >> 4;
}

SEC("socket/any")
int by_any(struct __sk_buff *skb)
{
	return any(skb) == 4 ? ACCEPT : SKIP;
}

SEC("xdp")
int all(struct xdp_md *context)
{
	return context->data_end - context->data > 100 ? 1 : 2;
}

char _license[] SEC("license") = "GPL";
