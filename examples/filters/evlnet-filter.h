/*
 * What an EVL receive filter needs, in one header: no kernel headers, no libbpf. See evlnet-filter(7).
 *
 *     clang -O2 -g -target bpf -c filter.c
 *
 * The names of the verdicts are EVL's (evl/net/bpf-abi.h), those of context and functions the kernel's (linux/bpf.h),
 * so that a filter moves between the three by changing its #include.
 */
#ifndef EVLNET_FILTER_H
#define EVLNET_FILTER_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;

/** What a filter returns; any other value is EVL_RX_SKIP. */
enum evl_net_rx_action {
	EVL_RX_DROP = 0,   /* freed, nobody sees it */
	EVL_RX_ACCEPT = 1, /* out-of-band */
	EVL_RX_SKIP = 2,   /* in-band */
	EVL_RX_VLAN = 3,   /* the set of out-of-band VLANs decides */
};

/** The fields of the context that a filter may read; cb[] may be written too. Octet 0 of the packet follows the MAC header. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol; /* ethertype, network order; a tag's TPID where the packet begins with its TCI */
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
};

/** pkt_type */
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3

#define ETH_P_IP 0x0800
#define ETH_P_ARP 0x0806
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define ETH_P_1588 0x88f7
#define ETH_P_ETHERCAT 0x88a4

#define IPPROTO_UDP 17

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x) ((__be16)__builtin_bswap16(x))
#define bpf_ntohs(x) ((__u16)__builtin_bswap16(x))
#define bpf_htonl(x) ((__be32)__builtin_bswap32(x))
#define bpf_ntohl(x) ((__u32)__builtin_bswap32(x))
#else
#define bpf_htons(x) ((__be16)(x))
#define bpf_ntohs(x) ((__u16)(x))
#define bpf_htonl(x) ((__be32)(x))
#define bpf_ntohl(x) ((__u32)(x))
#endif

#define SEC(name) __attribute__((section(name), used))
#define __noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))

/** Members of a map's definition in SEC(".maps"): what BTF tells the loader. */
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6

/** Functions of the kernel, by their number. */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static long (*bpf_trace_printk)(const char *format, __u32 size, ...) = (void *)6;
static long (*bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 length) = (void *)26;
static long (*bpf_loop)(__u32 count, void *callback, void *context, __u64 flags) = (void *)181;

/** To /sys/kernel/tracing/trace_pipe; the licence must be compatible with the GPL. */
#define bpf_printk(format, ...)                                            \
	({                                                                 \
		static const char text[] = format;                         \
		bpf_trace_printk(text, sizeof(text), ##__VA_ARGS__);       \
	})

/** RFC 791 §3.1 */
struct ipv4_header {
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 identification;
	__be16 fragment; /* 3 bits of flags, 13 of offset */
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

/** RFC 768 */
struct udp_header {
	__be16 source_port;
	__be16 destination_port;
	__be16 length;
	__be16 checksum;
};

/** IEEE 802.1Q §9.6, as the packet has it: TCI, then the ethertype of what follows. */
struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

/** Peels 802.1ad, then 802.1Q: the offset of what follows the tags, and its ethertype; negative where the packet ends before. */
static __always_inline int peel_tags(struct __sk_buff *skb, __be16 *ethertype)
{
	struct vlan_tag tag;
	int at = 0;

	*ethertype = skb->protocol;
	if (*ethertype == bpf_htons(ETH_P_8021AD)) {
		if (bpf_skb_load_bytes(skb, at, &tag, sizeof(tag)) < 0)
			return -1;
		*ethertype = tag.ethertype;
		at += sizeof(tag);
	}
	if (*ethertype == bpf_htons(ETH_P_8021Q)) {
		if (bpf_skb_load_bytes(skb, at, &tag, sizeof(tag)) < 0)
			return -1;
		*ethertype = tag.ethertype;
		at += sizeof(tag);
	}
	return at;
}

#endif
