// The filters of examples/filters that scripts/bench measures, as one would write them for XDP alone: what a translation is compared
// with. They do what the hook owes to every frame too: innermost ethertype, redirection, a counter a verdict.
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#define __always_inline inline __attribute__((always_inline))
#define htons(x) ((__u16)__builtin_bswap16(x))

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_XSKMAP = 17 };
enum { XDP_DROP = 1, XDP_PASS = 2 };
enum { DROP, ACCEPT, SKIP, VLAN };

struct xdp_md {
	__u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index;
};

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} allowed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} refused SEC(".maps");

const volatile __u16 first_port = 5000;
const volatile __u16 last_port = 5015;
volatile __u32 longest = 512;
__u64 verdicts[4];

struct ethernet {
	__u8 destination[6], source[6];
	__u16 ethertype;
};

struct tag {
	__u16 tci, ethertype;
};

struct ipv4 {
	__u8 version_ihl, tos;
	__u16 total_length, identification, fragment;
	__u8 ttl, protocol;
	__u16 checksum;
	__u32 source, destination;
} __attribute__((packed, aligned(2)));

struct udp {
	__u16 source_port, destination_port, length, checksum;
};

/** The frame, and behind its tags the packet. */
struct frame {
	__u8 *data, *end, *packet;
	__u16 ethertype;
};

static __always_inline int parse(struct xdp_md *ctx, struct frame *frame)
{
	struct ethernet *ethernet;
	struct tag *tag;

	frame->data = (__u8 *)(long)ctx->data;
	frame->end = (__u8 *)(long)ctx->data_end;
	ethernet = (struct ethernet *)frame->data;
	if ((__u8 *)(ethernet + 1) > frame->end)
		return -1;
	frame->packet = (__u8 *)(ethernet + 1);
	frame->ethertype = ethernet->ethertype;
	if (frame->ethertype != htons(0x8100) && frame->ethertype != htons(0x88a8))
		return 0;
	tag = (struct tag *)frame->packet;
	if ((__u8 *)(tag + 1) > frame->end)
		return -1;
	frame->packet += 4;
	frame->ethertype = tag->ethertype;
	if (frame->ethertype != htons(0x8100))
		return 0;
	tag++;
	if ((__u8 *)(tag + 1) > frame->end)
		return -1;
	frame->packet += 4;
	frame->ethertype = tag->ethertype;
	return 0;
}

static __always_inline int finish(struct xdp_md *ctx, struct frame *frame, __u32 verdict, int any)
{
	int action = verdict == DROP ? XDP_DROP : XDP_PASS;
	__u64 *count;

	if (verdict == ACCEPT) {
		if (any || frame->ethertype == htons(0x0800))
			action = bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
		if (action == XDP_PASS)
			verdict = SKIP;
	}
	count = bpf_map_lookup_elem(&counters, &verdict);
	if (count)
		++*count;
	return action;
}

SEC("xdp") int accept_all(struct xdp_md *ctx)
{
	struct frame frame;

	if (parse(ctx, &frame) < 0)
		return XDP_PASS;
	return finish(ctx, &frame, ACCEPT, 0);
}

SEC("xdp") int ethercat(struct xdp_md *ctx)
{
	struct ethernet *ethernet = (struct ethernet *)(long)ctx->data;

	if ((long)(ethernet + 1) > ctx->data_end)
		return XDP_PASS;
	return finish(ctx, 0, ethernet->ethertype == htons(0x88a4) ? ACCEPT : SKIP, 1);
}

static __always_inline __u32 judge_udp_port(struct frame *frame)
{
	struct ipv4 *ip = (struct ipv4 *)frame->packet;
	struct udp *udp;

	if (frame->ethertype != htons(0x0800) || (__u8 *)(ip + 1) > frame->end)
		return SKIP;
	if (ip->version_ihl >> 4 != 4 || ip->protocol != 17 || ip->fragment & htons(0x1fff))
		return SKIP;
	udp = (struct udp *)(frame->packet + (ip->version_ihl & 15) * 4);
	if ((__u8 *)(udp + 1) > frame->end)
		return SKIP;
	return udp->destination_port == htons(42042) ? ACCEPT : SKIP;
}

SEC("xdp") int vlan_udp_port(struct xdp_md *ctx)
{
	struct frame frame;

	if (parse(ctx, &frame) < 0)
		return XDP_PASS;
	return finish(ctx, &frame, judge_udp_port(&frame), 0);
}

static __always_inline __u32 judge_port_range(struct frame *frame)
{
	struct ipv4 *ip = (struct ipv4 *)frame->packet;
	struct udp *udp;
	__u16 port;

	if (frame->ethertype != htons(0x0800))
		return SKIP;
	if ((__u8 *)(ip + 1) > frame->end || ip->protocol != 17)
		return VLAN;
	udp = (struct udp *)(frame->packet + (ip->version_ihl & 15) * 4);
	if ((__u8 *)(udp + 1) > frame->end)
		return SKIP;
	port = htons(udp->destination_port);
	if (port < first_port || port > last_port)
		return VLAN;
	return htons(udp->length) > longest ? DROP : ACCEPT;
}

SEC("xdp") int port_range(struct xdp_md *ctx)
{
	struct frame frame;
	__u32 verdict;

	if (parse(ctx, &frame) < 0)
		return XDP_PASS;
	verdict = judge_port_range(&frame);
	__sync_fetch_and_add(&verdicts[verdict & 3], 1);
	return finish(ctx, &frame, verdict, 0);
}

static __always_inline __u32 judge_allow_list(struct frame *frame)
{
	struct ipv4 *ip = (struct ipv4 *)frame->packet;
	__u32 source, first = 0;
	__u64 *count;

	if (frame->ethertype != htons(0x0800) || (__u8 *)(ip + 1) > frame->end)
		return SKIP;
	source = ip->source;
	count = bpf_map_lookup_elem(&allowed, &source);
	if (count) {
		__sync_fetch_and_add(count, 1);
		return ACCEPT;
	}
	count = bpf_map_lookup_elem(&refused, &first);
	if (count)
		__sync_fetch_and_add(count, 1);
	return DROP;
}

SEC("xdp") int allow_list(struct xdp_md *ctx)
{
	struct frame frame;

	if (parse(ctx, &frame) < 0)
		return XDP_PASS;
	return finish(ctx, &frame, judge_allow_list(&frame), 0);
}

SEC("license") const char _license[] = "GPL";
