#include "filter.h"

extern unsigned LINUX_KERNEL_VERSION __kconfig;

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	return LINUX_KERNEL_VERSION > 0x60000 ? ACCEPT : SKIP;
}

char _license[] SEC("license") = "GPL";
