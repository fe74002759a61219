/* The stack of the responder: Ethernet, 802.1Q, ARP, IPv4 and ICMP echo, answered in place. */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_PORTS = 64, NO_PORT = 0xff, VIDS = 4096 };

struct port {
	/* In host order. */
	uint32_t address, mask;
	uint16_t vid;
	uint8_t lladdr[6];
};

/* The names are those of src/drop.ts. */
enum drop {
	DROP_NONE, FRAME_MALFORMED, VLAN_MALFORMED, OTHER_HOST, NO_SUCH_PORT, NOT_IPV4, ARP_MALFORMED,
	ARP_OTHER_TARGET, IPV4_MALFORMED, IPV4_BAD_VERSION, IPV4_BAD_IHL, IPV4_BAD_LENGTH, IPV4_BAD_CHECKSUM,
	IPV4_BAD_SOURCE, IPV4_NOT_LOCAL, IPV4_BAD_OPTIONS, IPV4_FRAGMENT, IPV4_PROTOCOL, ICMP_MALFORMED,
	ICMP_BAD_CHECKSUM, ICMP_NOT_REQUEST, ICMP_BROADCAST, SOURCE_UNREACHABLE, DROP_COUNT
};
extern const char *const drop_names[DROP_COUNT];

struct host {
	struct port ports[MAX_PORTS];
	uint8_t port_of_vid[VIDS];
	uint32_t port_count;
	uint16_t id;
	uint64_t requests, replies, arp_replies, drops[DROP_COUNT];
};

void host_init(struct host *host);
/* False when there is no room for another port. */
bool host_add(struct host *host, const struct port *port);

struct reply {
	/* First octet, counted from the request's; not 0 only where IP options were left out. */
	uint32_t at;
	/* 0: no reply, the reason was counted. */
	uint32_t length;
};

/* Turns the request at `frame` into its reply. `host` counts what happened. */
struct reply answer(struct host *host, uint8_t *frame, uint32_t length);

#endif
