// LD_ABS and LD_IND: octets of the packet, of the MAC header, before both, behind the end; also in a function.
#include "filter.h"

static __noinline int inner(struct __sk_buff *skb, __u32 at)
{
	return load_half(skb, at) == 0x0800 ? 4 : 1;
}

SEC("socket")
int absolute(struct __sk_buff *skb)
{
	if (load_half(skb, -0x200000 + 12) != 0x0800)
		return load_byte(skb, 0) & 3;
	if (load_byte(skb, 9) == 17)
		return load_word(skb, -0x100000 + 16) & 1 ? ACCEPT : VLAN;
	return load_byte(skb, 40) & 3;
}

SEC("socket")
int indexed(struct __sk_buff *skb)
{
	__u32 ihl = (load_byte(skb, 0) & 15) * 4;
	int behind = (int)load_byte(skb, ihl) - 128;

	if (load_byte(skb, ihl + 1) & 1)
		behind += -0x200000 + 128;
	else if (load_byte(skb, ihl + 1) & 2)
		behind += -0x100000 + 128;
	return load_half(skb, behind) & 3;
}

SEC("socket")
int in_function(struct __sk_buff *skb)
{
	return (inner(skb, 2) + inner(skb, load_byte(skb, 1))) & 3;
}

char _license[] SEC("license") = "GPL";
