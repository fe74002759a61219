/* Echo round trips, of ICMP or UDP, one at a time: a packet socket that hears echo replies only, and spins while it waits, or sleeps. JSON out. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "frame.h"
#include "machine.h"
#include "replies.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* A second: whoever answers later than that was not kept from it by the scheduler. */
enum { MAX_COUNT = 10000000, LOST_NS = 1000000000, LOST_IN_A_ROW = 3 };

static struct {
	const char *device;
	int cpu, priority, sleeps;
	uint32_t count, warm_up, interval_us, seconds;
} option = { .cpu = -1, .count = 30000, .warm_up = 1000, .seconds = 60 };

static struct request request = { .length = 60, .id = 0x0e51 };
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Echo replies, or datagrams, with our id on our VLAN; the kernel has taken the tag out of the frame by then. */
static void attach_filter(int fd)
{
	/* Type and code of an echo reply, then its identifier; or source port, then ours. */
	const uint32_t id_at = request.udp ? 36 : 38;
	enum { ETHERTYPE_AT = 12, PROTOCOL_AT = 23, L4_AT = 34 };
	const struct sock_filter tagged[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, request.vid, 0, 9),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERTYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 7),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (request.udp ? IPPROTO_UDP : IPPROTO_ICMP), 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, L4_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, request.udp, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, id_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, request.id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = sizeof tagged / sizeof *tagged, .filter = (struct sock_filter *)tagged };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
		err(2, "Cannot attach socket filter");
}

static int open_socket(int ifindex)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex };
	const struct timeval lost = { .tv_sec = LOST_NS / 1000000000 };
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | (option.sleeps ? 0 : SOCK_NONBLOCK), 0);

	if (fd < 0)
		err(2, "Cannot open packet socket");
	attach_filter(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lost, sizeof lost) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
		err(2, "Cannot set packet socket options");
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
		err(2, "Cannot bind packet socket");
	return fd;
}

/* Round trip in ns, or 0 when no reply came. A late reply to an earlier request is passed over. */
static uint64_t round_trip(int fd, uint8_t *frame, uint64_t sequence)
{
	/* Without the tag. */
	enum { PAYLOAD_AT = 42 };
	uint8_t reply[MAX_REQUEST];
	uint64_t echoed, start;

	set_sequence(&request, frame, sequence);
	start = now_ns();
	if (send(fd, frame, request.length, 0) < 0)
		return errno == ENOBUFS ? 0 : (err(2, "Cannot send"), 0);
	for (;;) {
		ssize_t n = recv(fd, reply, sizeof reply, 0);
		uint64_t end = now_ns();
		if (n >= PAYLOAD_AT + 8) {
			memcpy(&echoed, reply + PAYLOAD_AT, 8);
			if (echoed == sequence) {
				/* The clock has stopped: looking at the whole reply costs the next round trip nothing. */
				const char *wrong = check_reply(&request, frame, reply, n);
				if (wrong != NULL)
					errx(2, "Wrong reply to request %" PRIu64 ": %s", sequence, wrong);
				return end - start;
			}
		}
		if (end - start > LOST_NS || stopped)
			return 0;
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* In µs, nearest rank. */
static double percentile(const uint32_t *sorted, uint32_t count, double p)
{
	uint32_t rank = count * p;
	return count == 0 ? 0 : sorted[rank < count ? rank : count - 1] / 1000.0;
}

static void print_result(uint32_t *times, uint32_t count, uint32_t sent)
{
	double sum = 0;
	uint32_t over_100us = 0, over_1ms = 0;

	qsort(times, count, sizeof *times, compare);
	for (uint32_t i = 0; i < count; i++) {
		sum += times[i];
		over_100us += times[i] > 100000;
		over_1ms += times[i] > 1000000;
	}
	printf("{\"sent\":%u,\"received\":%u,\"lost\":%u,\"unit\":\"us\",\"min\":%.2f,\"avg\":%.2f,\"p50\":%.2f,\"p90\":%.2f,"
	       "\"p99\":%.2f,\"p99.9\":%.2f,\"max\":%.2f,\"over100us\":%u,\"over1ms\":%u}\n",
	       sent, count, sent - count, percentile(times, count, 0), count ? sum / count / 1000 : 0,
	       percentile(times, count, 0.5), percentile(times, count, 0.9), percentile(times, count, 0.99),
	       percentile(times, count, 0.999), percentile(times, count, 1), over_100us, over_1ms);
}

static void measure(int fd)
{
	uint8_t frame[MAX_REQUEST];
	uint32_t *times = calloc(option.count, sizeof *times), received = 0, sent = 0, lost_in_a_row = 0;
	uint64_t next = now_ns(), sequence = 0;

	if (times == NULL)
		err(2, "Cannot allocate");
	memset(times, 0xff, (size_t)option.count * sizeof *times); /* page faults now, not while measuring */
	write_request(&request, frame);
	while (sent < option.count && !stopped) {
		uint64_t took;
		while (option.interval_us && now_ns() < next)
			;
		next += option.interval_us * 1000ull;
		took = round_trip(fd, frame, ++sequence);
		if (option.interval_us && now_ns() > next)
			next = now_ns();
		lost_in_a_row = took ? 0 : lost_in_a_row + 1;
		if (lost_in_a_row == LOST_IN_A_ROW)
			errx(2, "Cannot measure: %d requests in a row without a reply", LOST_IN_A_ROW);
		if (sequence <= option.warm_up || stopped)
			continue;
		sent++;
		if (took)
			times[received++] = took > UINT32_MAX ? UINT32_MAX : took;
	}
	print_result(times, received, sent);
	free(times);
}

static const char usage[] =
	"Usage: pinger --device IF --to MAC --source ADDRESS --destination ADDRESS [--vid N] [--size OCTETS] [--id N]\n"
	"       [--udp PORT] [--count N] [--warm-up N] [--interval MICROSECONDS] [--cpu N] [--fifo PRIORITY] [--seconds N] [--sleep]\n";

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {
		REQUEST_OPTIONS, { "count", 1, 0, 'c' }, { "warm-up", 1, 0, 'w' }, { "interval", 1, 0, 'i' },
		{ "cpu", 1, 0, 'p' }, { "fifo", 1, 0, 'f' }, { "seconds", 1, 0, 's' },
		{ "sleep", 0, 0, 'z' }, { "help", 0, 0, 'h' }, { 0 },
	};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (request_option(&request, c, optarg))
			continue;
		switch (c) {
		case 'd': option.device = optarg; break;
		case 'c': option.count = number(optarg, 1, MAX_COUNT, "--count"); break;
		case 'w': option.warm_up = number(optarg, 0, MAX_COUNT, "--warm-up"); break;
		case 'i': option.interval_us = number(optarg, 1, 1000000, "--interval"); break;
		case 'p': option.cpu = number(optarg, 0, 1023, "--cpu"); break;
		case 'f': option.priority = number(optarg, 1, 99, "--fifo"); break;
		case 's': option.seconds = number(optarg, 1, 86400, "--seconds"); break;
		case 'z': option.sleeps = 1; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(1);
		}
	}
	if (option.device == NULL || request.source == 0 || request.destination == 0 || optind != argc) {
		fputs(usage, stderr);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	int ifindex = interface_index(option.device);
	interface_lladdr(option.device, request.from);
	if (option.cpu >= 0)
		pin(option.cpu);
	if (option.priority)
		real_time(option.priority);
	struct sigaction action = { .sa_handler = stop };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	alarm(option.seconds);
	count_replies(ifindex, &request);
	measure(open_socket(ifindex));
	return 0;
}
