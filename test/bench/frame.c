#include "frame.h"

#include <err.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "checksum.h"
#include "machine.h"

uint32_t icmp_offset(const struct request *r)
{
	return ETH_HLEN + (r->vid ? 4 : 0) + sizeof(struct iphdr);
}

void write_request(const struct request *r, uint8_t *frame)
{
	uint32_t icmp_at = icmp_offset(r), ip_at = icmp_at - sizeof(struct iphdr);
	struct iphdr ip = {
		.version = 4, .ihl = 5, .tot_len = htons(r->length - ip_at), .ttl = 64, .protocol = IPPROTO_ICMP,
		.saddr = htonl(r->source), .daddr = htonl(r->destination),
	};
	struct icmphdr icmp = { .type = ICMP_ECHO, .un.echo.id = htons(r->id) };
	uint16_t tag[2] = { htons(ETH_P_8021Q), htons(r->vid) }, ethertype = htons(ETH_P_IP);

	memcpy(frame, r->to, 6);
	memcpy(frame + 6, r->from, 6);
	if (r->vid)
		memcpy(frame + 12, tag, 4);
	memcpy(frame + ip_at - 2, &ethertype, 2);
	ip.check = checksum(&ip, sizeof ip);
	memcpy(frame + ip_at, &ip, sizeof ip);
	for (uint32_t i = icmp_at + sizeof icmp; i < r->length; i++)
		frame[i] = i;
	memcpy(frame + icmp_at, &icmp, sizeof icmp);
	set_sequence(r, frame, 0);
}

void set_sequence(const struct request *r, uint8_t *frame, uint64_t sequence)
{
	uint8_t *icmp = frame + icmp_offset(r);
	uint16_t low = htons(sequence), sum = 0;

	memcpy(icmp + 2, &sum, 2);
	memcpy(icmp + 6, &low, 2);
	memcpy(icmp + 8, &sequence, 8);
	sum = checksum(icmp, r->length - icmp_offset(r));
	memcpy(icmp + 2, &sum, 2);
}

const char *check_reply(const struct request *r, const uint8_t *request, const uint8_t *reply, uint32_t length)
{
	uint32_t icmp_at = icmp_offset(r), icmp_length = r->length - icmp_at;
	const uint8_t *icmp = reply + ETH_HLEN + sizeof(struct iphdr);
	struct iphdr ip;

	if (length < ETH_HLEN + sizeof ip + icmp_length)
		return "too short";
	memcpy(&ip, reply + ETH_HLEN, sizeof ip);
	if (memcmp(reply, r->from, 6) != 0 || memcmp(reply + 6, r->to, 6) != 0)
		return "MAC addresses are not the request's, exchanged";
	if (ip.version != 4 || ip.ihl != 5 || checksum(&ip, sizeof ip) != 0)
		return "bad IPv4 header";
	if (ntohs(ip.tot_len) != sizeof ip + icmp_length || ip.ttl != 64 || ip.protocol != IPPROTO_ICMP)
		return "IPv4 length, TTL or protocol is not the request's";
	if (ip.saddr != htonl(r->destination) || ip.daddr != htonl(r->source))
		return "IPv4 addresses are not the request's, exchanged";
	if (icmp[0] != ICMP_ECHOREPLY || icmp[1] != 0 || checksum(icmp, icmp_length) != 0)
		return "bad ICMP header or checksum";
	if (memcmp(icmp + 4, request + icmp_at + 4, icmp_length - 4) != 0)
		return "identifier, sequence number or payload is not the request's";
	return NULL;
}

static uint32_t address(const char *text)
{
	struct in_addr in;
	if (inet_pton(AF_INET, text, &in) != 1)
		errx(1, "argument \"%s\" is wrong: not an IPv4 address", text);
	return ntohl(in.s_addr);
}

int request_option(struct request *r, char name, const char *value)
{
	switch (name) {
	case 'T':
		if (!parse_lladdr(value, r->to))
			errx(1, "argument \"%s\" is wrong: not a MAC address", value);
		return 1;
	case 'S': r->source = address(value); return 1;
	case 'D': r->destination = address(value); return 1;
	case 'V': r->vid = number(value, 0, 4094, "--vid"); return 1;
	case 'L': r->length = number(value, MIN_REQUEST, MAX_REQUEST, "--size"); return 1;
	case 'I': r->id = number(value, 0, 65535, "--id"); return 1;
	}
	return 0;
}
