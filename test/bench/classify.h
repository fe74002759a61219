/* The VLAN rule at XDP: what src/filter/xdp.ts does, instruction for instruction where it matters. */
#ifndef BENCH_CLASSIFY_H
#define BENCH_CLASSIFY_H

#include <stdint.h>

/* An entry of the 4096-entry VLAN map. */
struct vlan {
	uint8_t take;
	uint8_t zero;
	uint8_t lladdr[6];
};
enum { TAKE_IPV4 = 1, TAKE_ARP = 2 };

/* Counters, one u64 a CPU each. SKIP and VLAN add up to all frames seen. */
enum hook { HOOK_SKIP, HOOK_VLAN, HOOK_OTHER_HOST, HOOK_ARP, HOOK_NO_SOCKET, HOOK_COUNT };
extern const char *const hook_names[HOOK_COUNT];

struct classifier {
	int vlans, counters, xsks, program;
};
struct classifier classifier(uint32_t queues);

#endif
