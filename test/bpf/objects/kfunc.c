#include "filter.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

SEC("socket")
int bpf_netrx(struct __sk_buff *skb)
{
	int verdict;

	bpf_rcu_read_lock();
	verdict = skb->len > 100 ? ACCEPT : SKIP;
	bpf_rcu_read_unlock();
	return verdict;
}

char _license[] SEC("license") = "GPL";
