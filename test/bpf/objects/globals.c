#include "filter.h"

const volatile __u16 port = 5000;
const volatile __u8 table[16] = { [3] = 1, [7] = 2, [12] = 3 };
volatile __u32 seen;
static volatile __u64 octets[4];
volatile __u32 limit = 1000;
static volatile __u32 quota[3] SEC(".data.quota") = { 10, 20, 30 };

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	static const char format[] = "frame %d\n";
	__u16 got;

	seen += 1;
	octets[skb->len & 3] += skb->len;
	quota[2] -= 1;
	if (seen > limit || bpf_skb_load_bytes(skb, 22, &got, 2) < 0)
		return SKIP;
	if (got != htons(port))
		return table[got & 15];
	bpf_trace_printk(format, sizeof(format), seen);
	return ACCEPT;
}

char _license[] SEC("license") = "GPL";
