#include "frame.h"

#include <err.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

#include "checksum.h"
#include "machine.h"

uint32_t transport_offset(const struct request *r)
{
	return ETH_HLEN + (r->vid ? 4 : 0) + sizeof(struct iphdr);
}

/* RFC 768: the sum of the pseudo header, the same for both directions. */
static uint16_t pseudo_sum(const struct request *r, uint16_t length)
{
	struct {
		uint32_t source, destination;
		uint8_t zero, protocol;
		uint16_t length;
	} pseudo = { htonl(r->source), htonl(r->destination), 0, IPPROTO_UDP, htons(length) };
	return ~checksum(&pseudo, sizeof pseudo);
}

static uint16_t udp_checksum(const struct request *r, const uint8_t *udp, uint16_t length)
{
	uint16_t check = ~fold((uint64_t)pseudo_sum(r, length) + (uint16_t)~checksum(udp, length));

	return check == 0 ? 0xffff : check;
}

void write_request(const struct request *r, uint8_t *frame)
{
	uint32_t l4 = transport_offset(r), ip_at = l4 - sizeof(struct iphdr);
	struct iphdr ip = {
		.version = 4, .ihl = 5, .tot_len = htons(r->length - ip_at), .ttl = 64,
		.protocol = r->udp ? IPPROTO_UDP : IPPROTO_ICMP,
		.saddr = htonl(r->source), .daddr = htonl(r->destination),
	};
	struct icmphdr icmp = { .type = ICMP_ECHO, .un.echo.id = htons(r->id) };
	struct udphdr udp = { .source = htons(r->id), .dest = htons(r->udp), .len = htons(r->length - l4) };
	uint16_t tag[2] = { htons(ETH_P_8021Q), htons(r->vid) }, ethertype = htons(ETH_P_IP);

	memcpy(frame, r->to, 6);
	memcpy(frame + 6, r->from, 6);
	if (r->vid)
		memcpy(frame + 12, tag, 4);
	memcpy(frame + ip_at - 2, &ethertype, 2);
	ip.check = checksum(&ip, sizeof ip);
	memcpy(frame + ip_at, &ip, sizeof ip);
	/* Both headers have the same length. */
	for (uint32_t i = l4 + sizeof icmp; i < r->length; i++)
		frame[i] = i;
	if (r->udp)
		memcpy(frame + l4, &udp, sizeof udp);
	else
		memcpy(frame + l4, &icmp, sizeof icmp);
	set_sequence(r, frame, 0);
}

void set_sequence(const struct request *r, uint8_t *frame, uint64_t sequence)
{
	uint8_t *l4 = frame + transport_offset(r);
	uint32_t length = r->length - transport_offset(r), check_at = r->udp ? 6 : 2;
	uint16_t low = htons(sequence), sum = 0;

	memcpy(l4 + check_at, &sum, 2);
	if (!r->udp)
		memcpy(l4 + 6, &low, 2);
	memcpy(l4 + 8, &sequence, 8);
	sum = r->udp ? udp_checksum(r, l4, length) : checksum(l4, length);
	memcpy(l4 + check_at, &sum, 2);
}

static const char *check_icmp(const uint8_t *request, const uint8_t *reply, uint32_t length)
{
	if (reply[0] != ICMP_ECHOREPLY || reply[1] != 0 || checksum(reply, length) != 0)
		return "bad ICMP header or checksum";
	if (memcmp(reply + 4, request + 4, length - 4) != 0)
		return "identifier, sequence number or payload is not the request's";
	return NULL;
}

static const char *check_udp(const struct request *r, const uint8_t *request, const uint8_t *reply, uint32_t length)
{
	uint8_t copy[MAX_REQUEST];
	uint16_t none = 0, check = 0;

	if (memcmp(reply, request + 2, 2) != 0 || memcmp(reply + 2, request, 2) != 0)
		return "UDP ports are not the request's, exchanged";
	if (memcmp(reply + 4, request + 4, 2) != 0 || memcmp(reply + 8, request + 8, length - 8) != 0)
		return "UDP length or payload is not the request's";
	memcpy(copy, reply, length);
	memcpy(copy + 6, &none, 2);
	memcpy(&check, reply + 6, 2);
	/* The kernel leaves it to the device, and a veth leaves it undone (CHECKSUM_PARTIAL). */
	if (check != udp_checksum(r, copy, length) && check != pseudo_sum(r, length))
		return "bad UDP checksum";
	return NULL;
}

const char *check_reply(const struct request *r, const uint8_t *request, const uint8_t *reply, uint32_t length)
{
	uint32_t at = transport_offset(r), l4_length = r->length - at;
	const uint8_t *l4 = reply + ETH_HLEN + sizeof(struct iphdr);
	struct iphdr ip;

	if (length < ETH_HLEN + sizeof ip + l4_length)
		return "too short";
	memcpy(&ip, reply + ETH_HLEN, sizeof ip);
	if (memcmp(reply, r->from, 6) != 0 || memcmp(reply + 6, r->to, 6) != 0)
		return "MAC addresses are not the request's, exchanged";
	if (ip.version != 4 || ip.ihl != 5 || checksum(&ip, sizeof ip) != 0)
		return "bad IPv4 header";
	if (ntohs(ip.tot_len) != sizeof ip + l4_length || ip.ttl != 64 ||
	    ip.protocol != (r->udp ? IPPROTO_UDP : IPPROTO_ICMP))
		return "IPv4 length, TTL or protocol is not the request's";
	if (ip.saddr != htonl(r->destination) || ip.daddr != htonl(r->source))
		return "IPv4 addresses are not the request's, exchanged";
	return r->udp ? check_udp(r, request + at, l4, l4_length) : check_icmp(request + at, l4, l4_length);
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
	case 'U': r->udp = number(value, 1, 65535, "--udp"); return 1;
	}
	return 0;
}
