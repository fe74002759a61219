/* The frames that pinger and load send: ICMP echo requests or datagrams to a UDP echo service, tagged inline or untagged. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdint.h>

struct request {
	uint8_t to[6], from[6];
	/* In host order. */
	uint32_t destination, source;
	/* 0: untagged. `id`: of the echo requests, or the source port. `udp`: the destination port; 0: ICMP. */
	uint16_t vid, id, udp;
	/* Octets without the FCS: 60 make the smallest Ethernet frame, "64 octets". */
	uint32_t length;
};

enum { MIN_REQUEST = 60, MAX_REQUEST = 1518 };

/* Offset of the ICMP or UDP header. */
uint32_t transport_offset(const struct request *r);
void write_request(const struct request *r, uint8_t *frame);
/* Sequence number (of ICMP) and the first eight octets of the payload; keeps the checksum right. */
void set_sequence(const struct request *r, uint8_t *frame, uint64_t sequence);
/* Null, or what is wrong with the reply to `request`: every octet from the IPv4 header on is looked at. `reply` starts
 * with an Ethernet header without a tag, as a packet socket delivers it. */
const char *check_reply(const struct request *r, const uint8_t *request, const uint8_t *reply, uint32_t length);
/* `--to MAC --source A --destination A --vid N --size N --id N --udp PORT` into `r`; 0 when `name` is none of them. */
int request_option(struct request *r, char name, const char *value);
#define REQUEST_OPTIONS \
	{ "device", 1, 0, 'd' }, { "to", 1, 0, 'T' }, { "source", 1, 0, 'S' }, { "destination", 1, 0, 'D' }, \
	{ "vid", 1, 0, 'V' }, { "size", 1, 0, 'L' }, { "id", 1, 0, 'I' }, { "udp", 1, 0, 'U' }

#endif
