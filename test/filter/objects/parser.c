// A filter as people write it: peels tags, walks IPv6 extension headers in a bounded loop, looks up a port with a switch.
#include "filter.h"

struct tag {
	__u16 tci, ethertype;
};

SEC("socket")
int walks(struct __sk_buff *skb)
{
	__u16 ethertype = skb->protocol, port;
	__u32 at = 0;
	__u8 next, length;

	for (int tags = 0; tags < 3 && (ethertype == htons(0x8100) || ethertype == htons(0x88a8)); tags++) {
		struct tag tag;

		if (bpf_skb_load_bytes(skb, at, &tag, sizeof(tag)) < 0)
			return DROP;
		ethertype = tag.ethertype;
		at += sizeof(tag);
	}
	if (ethertype == htons(0x0800)) {
		if (bpf_skb_load_bytes(skb, at, &length, 1) < 0 || bpf_skb_load_bytes(skb, at + 9, &next, 1) < 0)
			return DROP;
		at += (length & 15) * 4;
	} else if (ethertype == htons(0x86dd)) {
		if (bpf_skb_load_bytes(skb, at + 6, &next, 1) < 0)
			return DROP;
		at += 40;
		for (int headers = 0; headers < 6 && (next == 0 || next == 43 || next == 60); headers++) {
			__u8 option[2];

			if (bpf_skb_load_bytes(skb, at, option, 2) < 0)
				return DROP;
			next = option[0];
			at += (option[1] + 1) * 8;
		}
	} else
		return SKIP;
	if (next != 17 && next != 6)
		return VLAN;
	if (bpf_skb_load_bytes(skb, at + 2, &port, 2) < 0)
		return DROP;
	switch (htons(port)) {
	case 7:
	case 53:
		return SKIP;
	case 5000 ... 5010:
	case 42042:
		return ACCEPT;
	case 65535:
		return 77;
	default:
		return VLAN;
	}
}

char _license[] SEC("license") = "GPL";
