/* The responder's answers to frames of every kind; `make check` runs it. Nothing here needs root. */
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "checksum.h"
#include "echo.h"
#include "frame.h"

static struct host host;
static struct request request = {
	.to = { 2, 0xfc, 0, 0, 0, 1 }, .from = { 2, 0xfc, 0, 0, 0, 2 }, .destination = 0x0a0a0a0b,
	.source = 0x0a0a0a0a, .vid = 42, .id = 7, .length = 98,
};
static uint8_t frame[2048];
static int failures, checks;

static void expect(int holds, const char *what)
{
	checks++;
	if (!holds) {
		failures++;
		printf("FAIL: %s\n", what);
	}
}

static void expect_drop(enum drop reason)
{
	uint64_t before = host.drops[reason];
	struct reply reply = answer(&host, frame, request.length);
	expect(reply.length == 0 && host.drops[reason] == before + 1, drop_names[reason]);
	write_request(&request, frame);
}

/* One octet of the request changed; the IPv4 header's checksum made right again. */
static void with(uint32_t at, uint8_t value)
{
	uint16_t sum = 0;
	uint32_t header;
	frame[at] = value;
	header = (frame[18] & 15) * 4;
	memcpy(frame + 28, &sum, 2);
	if (header >= 20) {
		sum = checksum(frame + 18, header);
		memcpy(frame + 28, &sum, 2);
	}
}

/* Without its tags, as check_reply() wants it. */
static const char *check(const uint8_t *reply, uint32_t tags, uint32_t length)
{
	static uint8_t untagged[2048], sent[2048];
	memcpy(untagged, reply, 12);
	memcpy(untagged + 12, reply + 12 + tags * 4, length - 12 - tags * 4);
	write_request(&request, sent);
	return check_reply(&request, sent, untagged, length - tags * 4);
}

static void check_replies(void)
{
	struct reply reply = answer(&host, frame, request.length);
	expect(reply.at == 0 && reply.length == 98 && !check(frame, 1, reply.length), "98 octets with a tag");

	for (request.length = MIN_REQUEST; request.length <= 1518; request.length++) {
		write_request(&request, frame);
		with(19, 0xb8);
		frame[14] |= 0xa0;
		reply = answer(&host, frame, request.length);
		expect(reply.length == request.length && !check(frame, 1, reply.length), "any length");
		expect(frame[19] == 0xb8, "TOS is kept");
		expect(frame[14] >> 5 == 5 && frame[15] == 42, "PCP and VID are kept");
	}
	request.length = 98;
	write_request(&request, frame);

	memmove(frame + 16, frame + 12, request.length - 12);
	memcpy(frame + 12, "\x88\xa8\x40\x07", 4);
	reply = answer(&host, frame, request.length + 4);
	expect(reply.length == 102 && !check(frame, 2, 102), "QinQ: the inner tag decides");
	expect(!memcmp(frame + 12, "\x88\xa8\x40\x07\x81\x00\x00\x2a", 8), "QinQ: both tags are kept");
	write_request(&request, frame);

	/* Record route with room for two addresses, and one NOP. */
	memmove(frame + 50, frame + 38, request.length - 38);
	memcpy(frame + 38, "\x07\x0b\x04\0\0\0\0\0\0\0\0\x01", 12);
	frame[21] += 12;
	with(18, 0x48);
	reply = answer(&host, frame, request.length + 12);
	expect(reply.at == 12 && reply.length == 98 && !check(frame + 12, 1, 98), "options are left out of the reply");
	write_request(&request, frame);

	memcpy(frame, "\2\xfc\0\0\0\1\2\xfc\0\0\0\2\x81\0\0\x2a\x08\x06\0\1\x08\0\6\4\0\1\2\xfc\0\0\0\2\x0a\x0a\x0a\x0a"
		"\0\0\0\0\0\0\x0a\x0a\x0a\x0b", 46);
	memset(frame, 0xff, 6);
	reply = answer(&host, frame, 64);
	expect(reply.length == 60 && !memcmp(frame, "\2\xfc\0\0\0\2\2\xfc\0\0\0\1\x81\0\0\x2a\x08\x06\0\1\x08\0\6\4\0\2"
		"\2\xfc\0\0\0\1\x0a\x0a\x0a\x0b\2\xfc\0\0\0\2\x0a\x0a\x0a\x0a", 46), "ARP");
	write_request(&request, frame);
}

static void check_drops(void)
{
	frame[15] = 43, expect_drop(NO_SUCH_PORT);
	frame[5] = 9, expect_drop(OTHER_HOST);
	frame[6] = 3, expect_drop(SOURCE_UNREACHABLE);
	frame[17] = 1, expect_drop(NOT_IPV4);
	with(18, 0x65), expect_drop(IPV4_BAD_VERSION);
	with(18, 0x44), expect_drop(IPV4_BAD_IHL);
	with(20, 0xff), expect_drop(IPV4_BAD_LENGTH);
	frame[26]++, expect_drop(IPV4_BAD_CHECKSUM);
	with(30, 127), expect_drop(IPV4_BAD_SOURCE);
	with(30, 224), expect_drop(IPV4_BAD_SOURCE);
	with(30, 0), expect_drop(IPV4_BAD_SOURCE);
	with(33, 11), expect_drop(IPV4_BAD_SOURCE);
	with(33, 255), expect_drop(IPV4_BAD_SOURCE);
	with(37, 12), expect_drop(IPV4_NOT_LOCAL);
	with(37, 255), expect_drop(ICMP_BROADCAST);
	memset(frame, 0xff, 6), expect_drop(ICMP_BROADCAST);
	with(24, 0x20), expect_drop(IPV4_FRAGMENT);
	with(25, 1), expect_drop(IPV4_FRAGMENT);
	with(27, 17), expect_drop(IPV4_PROTOCOL);
	with(21, 27), expect_drop(ICMP_MALFORMED);
	frame[90]++, expect_drop(ICMP_BAD_CHECKSUM);
	/* Type 13 with the checksum of type 13. */
	frame[38] = 13, memset(frame + 40, 0, 2);
	uint16_t sum = checksum(frame + 38, 60);
	memcpy(frame + 40, &sum, 2), expect_drop(ICMP_NOT_REQUEST);
	/* A loose source route of three octets and an end of options, in front of a whole ICMP message. */
	memcpy(frame + 38, "\x83\x03\x04\x00", 4), with(18, 0x46), expect_drop(IPV4_BAD_OPTIONS);
	memcpy(frame + 38, "\x07\x09\x04\x00", 4), with(18, 0x46), expect_drop(IPV4_BAD_OPTIONS);
	for (request.length = 0; request.length < 46; request.length++)
		expect(answer(&host, frame, request.length).length == 0, "a frame cut short gets no reply");
	request.length = 98;
}

int main(void)
{
	struct port port = { .address = 0x0a0a0a0b, .mask = 0xffffff00, .vid = 42, .lladdr = { 2, 0xfc, 0, 0, 0, 1 } };
	host_init(&host);
	host_add(&host, &port);
	write_request(&request, frame);
	check_replies();
	check_drops();
	printf("%d checks, %d failed\n", checks, failures);
	return failures != 0;
}
