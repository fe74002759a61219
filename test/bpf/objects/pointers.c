#include "filter.h"

static volatile const char first[] = "first", second[] = "second";
static volatile const char *const volatile names[] = { first, second };

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	return names[skb->len & 1] == first ? ACCEPT : SKIP;
}

char _license[] SEC("license") = "GPL";
