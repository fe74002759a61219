#include "echo.h"

#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>

#include "checksum.h"

const char *const drop_names[DROP_COUNT] = {
	"", "frame-malformed", "vlan-malformed", "other-host", "no-port", "not-ipv4", "arp-malformed",
	"arp-other-target", "ipv4-malformed", "ipv4-bad-version", "ipv4-bad-ihl", "ipv4-bad-length",
	"ipv4-bad-checksum", "ipv4-bad-source", "ipv4-not-local", "ipv4-bad-options", "ipv4-fragment",
	"ipv4-protocol", "icmp-malformed", "icmp-bad-checksum", "icmp-not-request", "icmp-broadcast",
	"source-unreachable",
};

enum { MIN_FRAME = 60, ARP_LENGTH = 28, IPV4_LENGTH = 20, ICMP_LENGTH = 8, TTL = 64 };
enum { ECHO_REPLY = 0, ECHO_REQUEST = 8 };

/* RFC 791 §3.1, RFC 792, RFC 826. An Ethernet header with its tags leaves them aligned to two octets only. */
struct ipv4 {
	uint8_t version_ihl, tos;
	uint16_t total, id, fragment;
	uint8_t ttl, protocol;
	uint16_t checksum;
	uint32_t source, destination;
} __attribute__((packed, aligned(2)));
struct icmp {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
} __attribute__((packed, aligned(2)));
struct arp {
	uint16_t hardware, protocol;
	uint8_t hardware_length, protocol_length;
	uint16_t operation;
	uint8_t sender_lladdr[6];
	uint32_t sender;
	uint8_t target_lladdr[6];
	uint32_t target;
} __attribute__((packed, aligned(2)));

void host_init(struct host *host)
{
	memset(host, 0, sizeof *host);
	memset(host->port_of_vid, NO_PORT, sizeof host->port_of_vid);
}

bool host_add(struct host *host, const struct port *port)
{
	if (host->port_count == MAX_PORTS)
		return false;
	host->port_of_vid[port->vid] = host->port_count;
	host->ports[host->port_count++] = *port;
	return true;
}

static uint16_t be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static bool is_group(const uint8_t *lladdr)
{
	return lladdr[0] & 1;
}

/* RFC 1122 §3.2.1.3: what may not be the source of a packet that gets an answer. */
static bool is_bad_source(const struct port *port, uint32_t source)
{
	uint32_t net = source >> 24;
	return net == 0 || net == 127 || net >= 224 || source == port->address ||
	       (port->mask < 0xfffffffe && (source & port->mask) == (port->address & port->mask) &&
		(source & ~port->mask) == ~port->mask);
}

static bool is_broadcast(const struct port *port, uint32_t destination)
{
	return destination >> 28 == 14 || destination == 0xffffffff ||
	       destination == (port->address | ~port->mask);
}

/* RFC 791 §3.1: well formed and without a source route (131, 137), which a host must not follow here. */
static bool are_options_good(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == 0)
			return true;
		if (*at == 1) {
			at++;
			continue;
		}
		if (*at == 131 || *at == 137 || end - at < 2 || at[1] < 2 || at[1] > end - at)
			return false;
		at += at[1];
	}
	return true;
}

static enum drop answer_arp(struct host *host, const struct port *port, uint8_t *at, uint32_t length)
{
	struct arp *arp = (struct arp *)at;
	uint32_t sender;

	if (length < ARP_LENGTH || arp->hardware != htons(1) || arp->protocol != htons(ETH_P_IP) ||
	    arp->hardware_length != 6 || arp->protocol_length != 4)
		return ARP_MALFORMED;
	if (arp->operation != htons(1) || arp->target != htonl(port->address))
		return ARP_OTHER_TARGET;
	sender = arp->sender;
	arp->operation = htons(2);
	memcpy(arp->target_lladdr, arp->sender_lladdr, 6);
	memcpy(arp->sender_lladdr, port->lladdr, 6);
	arp->sender = arp->target;
	arp->target = sender;
	host->arp_replies++;
	return DROP_NONE;
}

static enum drop check_ipv4(const struct port *port, const struct ipv4 *ip, uint32_t length)
{
	uint32_t header;

	if (length < IPV4_LENGTH)
		return IPV4_MALFORMED;
	if (ip->version_ihl >> 4 != 4)
		return IPV4_BAD_VERSION;
	header = (ip->version_ihl & 15) * 4;
	if (header < IPV4_LENGTH || header > length)
		return IPV4_BAD_IHL;
	if (ntohs(ip->total) < header || ntohs(ip->total) > length)
		return IPV4_BAD_LENGTH;
	if (checksum(ip, header) != 0)
		return IPV4_BAD_CHECKSUM;
	if (is_bad_source(port, ntohl(ip->source)))
		return IPV4_BAD_SOURCE;
	if (ip->destination != htonl(port->address))
		return is_broadcast(port, ntohl(ip->destination)) && ip->protocol == 1 ? ICMP_BROADCAST : IPV4_NOT_LOCAL;
	if (header > IPV4_LENGTH && !are_options_good((const uint8_t *)(ip + 1), (const uint8_t *)ip + header))
		return IPV4_BAD_OPTIONS;
	if (ip->fragment & htons(0x3fff))
		return IPV4_FRAGMENT;
	return ip->protocol == 1 ? DROP_NONE : IPV4_PROTOCOL;
}

static enum drop answer_icmp(uint8_t *at, uint32_t length)
{
	struct icmp *icmp = (struct icmp *)at;

	if (length < ICMP_LENGTH)
		return ICMP_MALFORMED;
	if (checksum(icmp, length) != 0)
		return ICMP_BAD_CHECKSUM;
	/* As Linux: whatever the code, which the reply keeps. */
	if (icmp->type != ECHO_REQUEST)
		return ICMP_NOT_REQUEST;
	icmp->type = ECHO_REPLY;
	/* Verified over every octet above, so a changed type is an end-around addition (RFC 1141). RFC 1624's form
	 * would make a wrong 0 where all other octets are 0. */
	icmp->checksum = fold(icmp->checksum + (uint32_t)htons(ECHO_REQUEST << 8));
	return DROP_NONE;
}

/* The header of the reply: no options, TTL 64, TOS kept, an identification of our own. */
static void write_ipv4(struct host *host, struct ipv4 *ip, uint8_t tos, uint32_t total, uint32_t from, uint32_t to)
{
	*ip = (struct ipv4){
		.version_ihl = 0x45, .tos = tos, .total = htons(total), .id = htons(host->id++), .ttl = TTL,
		.protocol = 1, .source = from, .destination = to,
	};
	ip->checksum = checksum(ip, IPV4_LENGTH);
}

static struct reply dropped(struct host *host, enum drop reason)
{
	host->drops[reason]++;
	return (struct reply){ 0 };
}

/* Length of the Ethernet header with its one or two tags, 0 when cut short; `vid` is the inner one's. */
static uint32_t read_tags(const uint8_t *frame, uint32_t length, uint16_t *vid, uint16_t *ethertype)
{
	uint32_t l3 = ETH_HLEN;

	*vid = 0;
	*ethertype = be16(frame + 12);
	for (int tags = 0; tags < 2 && (*ethertype == ETH_P_8021Q || (*ethertype == ETH_P_8021AD && !tags)); tags++) {
		if (length < l3 + 4)
			return 0;
		*vid = be16(frame + l3) & 0xfff;
		*ethertype = be16(frame + l3 + 2);
		l3 += 4;
	}
	return l3;
}

struct reply answer(struct host *host, uint8_t *frame, uint32_t length)
{
	uint16_t vid, ethertype;
	struct reply reply = { 0 };
	enum drop reason;

	if (length < ETH_HLEN)
		return dropped(host, FRAME_MALFORMED);
	uint32_t l3 = read_tags(frame, length, &vid, &ethertype), l3_length = length - l3;
	if (l3 == 0)
		return dropped(host, VLAN_MALFORMED);
	if (host->port_of_vid[vid] == NO_PORT)
		return dropped(host, NO_SUCH_PORT);
	const struct port *port = &host->ports[host->port_of_vid[vid]];
	bool to_group = is_group(frame);
	if (!to_group && memcmp(frame, port->lladdr, 6) != 0)
		return dropped(host, OTHER_HOST);
	if (is_group(frame + 6))
		return dropped(host, SOURCE_UNREACHABLE);

	if (ethertype == ETH_P_ARP) {
		if ((reason = answer_arp(host, port, frame + l3, l3_length)) != DROP_NONE)
			return dropped(host, reason);
		reply.length = l3 + ARP_LENGTH;
	} else if (ethertype == ETH_P_IP) {
		struct ipv4 *ip = (struct ipv4 *)(frame + l3);
		if ((reason = check_ipv4(port, ip, l3_length)) != DROP_NONE)
			return dropped(host, reason);
		uint32_t header = (ip->version_ihl & 15) * 4, total = ntohs(ip->total);
		uint32_t from = ip->destination, to = ip->source;
		uint8_t tos = ip->tos;
		if (to_group)
			return dropped(host, ICMP_BROADCAST);
		if ((reason = answer_icmp((uint8_t *)ip + header, total - header)) != DROP_NONE)
			return dropped(host, reason);
		/* Options are left out: what stands before them moves up to the payload. */
		reply.at = header - IPV4_LENGTH;
		if (reply.at != 0)
			memmove(frame + reply.at, frame, l3);
		frame += reply.at;
		write_ipv4(host, (struct ipv4 *)(frame + l3), tos, total - reply.at, from, to);
		reply.length = l3 + total - reply.at;
		host->requests++;
		host->replies++;
	} else {
		return dropped(host, NOT_IPV4);
	}
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, port->lladdr, 6);
	/* The padding of a short request is the padding of its reply. */
	if (reply.length < MIN_FRAME)
		reply.length = length - reply.at < MIN_FRAME ? length - reply.at : MIN_FRAME;
	return reply;
}
