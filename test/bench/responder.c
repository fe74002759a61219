/* ICMP echo over AF_XDP in C: the opponent of evlnet's, doing the same work.
 *
 * Receive up to `batch` frames, answer in place, send them with one call (or two, where the kernel takes 32 a call),
 * give what was sent back to the fill ring; spin a counted number of empty turns, then poll(2) on the socket and an
 * eventfd, never for longer than 100 ms. One JSON line when it serves, one with its counters when it ends. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "bpf.h"
#include "classify.h"
#include "echo.h"
#include "machine.h"
#include "xsk.h"

enum { POLL_MS = 100, SPIN_DEFAULT_NS = 50000, SPIN_ALWAYS = -1, SPIN_DEFAULT = -2, MAX_BATCH = 512 };

static struct {
	const char *device, *mode;
	struct xsk_options socket;
	long spin;
	int cpu, priority, seconds;
	uint32_t batch;
} option = {
	.mode = "auto",
	.socket = { .chunk = 4096, .ring = 2048, .tx_budget = 64 },
	.spin = SPIN_DEFAULT,
	.cpu = -1,
	.batch = 64,
};

static struct host host;
static volatile sig_atomic_t stopped;
static int wake;
static uint64_t polls;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
	/* For the poll(2) that begins between the look at `stopped` and the signal. */
	eventfd_write(wake, 1);
}

/* Frames that were sent are free again: from the completion ring to the fill ring. */
static void reclaim(struct xsk *x)
{
	struct ring *done = &x->completion, *fill = &x->fill;
	uint32_t n = acquire(done->producer) - done->mine;

	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t address = done->addresses[done->mine++ & done->mask];
		fill->addresses[fill->mine++ & fill->mask] = address & ~(uint64_t)(x->chunk - 1);
	}
	release(done->consumer, done->mine);
	release(fill->producer, fill->mine);
}

/* In copy mode the kernel sends inside this call, `tx_budget` frames at most; EAGAIN says that more are left. */
static void transmit(struct xsk *x)
{
	while (acquire(x->tx.consumer) != x->tx.mine) {
		if (x->zero_copy && !needs_wakeup(&x->tx))
			return;
		if (sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN)
			return;
		if (x->zero_copy)
			return;
	}
}

/* Answers up to a batch; returns how many frames were received. */
static uint32_t turn(struct xsk *x)
{
	struct ring *rx = &x->rx, *tx = &x->tx, *fill = &x->fill;
	uint32_t n = acquire(rx->producer) - rx->mine, sent = tx->mine;

	if (n == 0)
		return 0;
	if (n > option.batch)
		n = option.batch;
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *request = &rx->descs[rx->mine++ & rx->mask];
		struct reply reply = answer(&host, x->umem + request->addr, request->len);
		/* Neither ring can be full: each has room for every chunk there is. */
		if (reply.length != 0)
			tx->descs[tx->mine++ & tx->mask] =
				(struct xdp_desc){ .addr = request->addr + reply.at, .len = reply.length };
		else
			fill->addresses[fill->mine++ & fill->mask] = request->addr & ~(uint64_t)(x->chunk - 1);
	}
	release(rx->consumer, rx->mine);
	if (tx->mine != sent)
		release(tx->producer, tx->mine);
	release(fill->producer, fill->mine);
	transmit(x);
	reclaim(x);
	return n;
}

static void sleep_until_frames(struct xsk *x)
{
	struct pollfd fds[] = { { .fd = x->fd, .events = POLLIN }, { .fd = wake, .events = POLLIN } };
	polls++;
	poll(fds, 2, POLL_MS);
}

static void empty_turn(struct xsk *x)
{
	if (acquire(x->tx.consumer) != x->tx.mine)
		transmit(x);
	reclaim(x);
	if (x->zero_copy && needs_wakeup(&x->fill))
		recvfrom(x->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static void serve(struct xsk *x)
{
	long idle = 0;
	while (!stopped) {
		if (turn(x) != 0) {
			idle = 0;
			continue;
		}
		empty_turn(x);
		if (option.spin != SPIN_ALWAYS && idle++ >= option.spin) {
			sleep_until_frames(x);
			idle = 0;
		}
	}
}

/* How many empty turns last about 50 µs on this machine: by the fastest of several tries, the others were disturbed. */
static long default_spin(struct xsk *x)
{
	enum { TRIES = 32, TURNS = 8192 };
	uint64_t best = UINT64_MAX;

	for (int try = 0; try < TRIES; try++) {
		uint64_t start = now_ns(), took;
		for (int i = 0; i < TURNS; i++) {
			turn(x);
			empty_turn(x);
		}
		took = now_ns() - start;
		if (took < best)
			best = took;
	}
	return (uint64_t)SPIN_DEFAULT_NS * TURNS / (best ? best : 1);
}

static const char *attach(int program, int ifindex)
{
	static const struct { const char *name; uint32_t flags; } modes[] = {
		{ "native", XDP_FLAGS_DRV_MODE }, { "generic", XDP_FLAGS_SKB_MODE },
	};
	int result = -EOPNOTSUPP;
	for (int i = 0; i < 2; i++) {
		if (strcmp(option.mode, "auto") != 0 && strcmp(option.mode, modes[i].name) != 0)
			continue;
		result = bpf_attach(program, ifindex, BPF_XDP, modes[i].flags);
		if (result >= 0)
			return modes[i].name;
	}
	errx(2, "Cannot attach XDP program to \"%s\": %s", option.device, strerror(-result));
}

static void print_counters(const char *mode, const struct xsk *x, const struct classifier *c)
{
	struct xdp_statistics s = xsk_statistics(x);

	printf("{\"requests\":%" PRIu64 ",\"replies\":%" PRIu64 ",\"arpReplies\":%" PRIu64 ",\"polls\":%" PRIu64
	       ",\"mode\":\"%s\",\"drops\":{", host.requests, host.replies, host.arp_replies, polls, mode);
	for (int i = 1; i < DROP_COUNT; i++)
		printf("\"%s\":%" PRIu64 ",", drop_names[i], host.drops[i]);
	printf("\"xsk-rx-dropped\":%llu,\"xsk-rx-ring-full\":%llu,\"xsk-fill-ring-empty\":%llu},\"hook\":{",
	       s.rx_dropped, s.rx_ring_full, s.rx_fill_ring_empty_descs);
	for (int i = 0; i < HOOK_COUNT; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", hook_names[i], bpf_counter(c->counters, i));
	printf("}}\n");
}

static void add_port(const char *text)
{
	struct port port = { 0 };
	char address[32];
	unsigned int length, vid;
	struct in_addr in;

	if (sscanf(text, "%u:%31[0-9.]/%u", &vid, address, &length) != 3 || vid < 1 || vid > 4094 || length < 1 ||
	    length > 32 || inet_pton(AF_INET, address, &in) != 1)
		errx(1, "argument \"%s\" is wrong: --port is VID:ADDRESS/PLEN", text);
	port.vid = vid;
	port.address = ntohl(in.s_addr);
	port.mask = 0xffffffffu << (32 - length);
	if (!host_add(&host, &port))
		errx(1, "argument \"%s\" is wrong: %d ports at most", text, MAX_PORTS);
}

static const char usage[] =
	"Usage: responder --device IF --port VID:ADDRESS/PLEN [--port ...]\n"
	"       [--mode auto|native|generic] [--spin default|always|TURNS] [--batch N] [--ring N] [--chunk 2048|4096]\n"
	"       [--tx-budget N] [--queue N] [--copy] [--cpu N] [--fifo PRIORITY] [--seconds N]\n";

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "device", 1, 0, 'd' }, { "port", 1, 0, 'p' }, { "mode", 1, 0, 'm' }, { "spin", 1, 0, 's' },
		{ "batch", 1, 0, 'b' }, { "ring", 1, 0, 'r' }, { "chunk", 1, 0, 'k' }, { "tx-budget", 1, 0, 't' },
		{ "queue", 1, 0, 'q' }, { "copy", 0, 0, 'y' }, { "cpu", 1, 0, 'c' }, { "fifo", 1, 0, 'f' },
		{ "seconds", 1, 0, 'w' }, { "help", 0, 0, 'h' }, { 0 },
	};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
		switch (c) {
		case 'd': option.device = optarg; break;
		case 'p': add_port(optarg); break;
		case 'm': option.mode = optarg; break;
		case 's':
			option.spin = !strcmp(optarg, "always") ? SPIN_ALWAYS : !strcmp(optarg, "default") ?
				SPIN_DEFAULT : number(optarg, 0, 1L << 40, "--spin");
			break;
		case 'b': option.batch = number(optarg, 1, MAX_BATCH, "--batch"); break;
		case 'r': option.socket.ring = number(optarg, 64, 32768, "--ring"); break;
		case 'k': option.socket.chunk = number(optarg, 2048, 4096, "--chunk"); break;
		case 't': option.socket.tx_budget = number(optarg, 0, 32768, "--tx-budget"); break;
		case 'q': option.socket.queue = number(optarg, 0, 1023, "--queue"); break;
		case 'y': option.socket.bind_flags = XDP_COPY; break;
		case 'c': option.cpu = number(optarg, 0, 1023, "--cpu"); break;
		case 'f': option.priority = number(optarg, 1, 99, "--fifo"); break;
		case 'w': option.seconds = number(optarg, 1, 86400, "--seconds"); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(1);
		}
	if (option.device == NULL || host.port_count == 0 || optind != argc) {
		fputs(usage, stderr);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	host_init(&host);
	read_options(argc, argv);
	option.socket.ifindex = interface_index(option.device);
	if (option.cpu >= 0)
		pin(option.cpu);
	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct sigaction action = { .sa_handler = stop };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);

	struct classifier c = classifier(option.socket.queue + 1);
	for (uint32_t i = 0; i < host.port_count; i++) {
		struct port *port = &host.ports[i];
		struct vlan entry = { .take = TAKE_IPV4 | TAKE_ARP };
		interface_lladdr(option.device, port->lladdr);
		memcpy(entry.lladdr, port->lladdr, 6);
		bpf_update(c.vlans, port->vid, &entry);
	}
	struct xsk x = xsk_open(&option.socket);
	bpf_update(c.xsks, option.socket.queue, &x.fd);
	const char *mode = attach(c.program, option.socket.ifindex);
	if (option.priority)
		real_time(option.priority);
	if (option.spin == SPIN_DEFAULT)
		option.spin = default_spin(&x);
	alarm(option.seconds);
	printf("{\"ready\":true,\"mode\":\"%s\",\"zeroCopy\":%s,\"txBudget\":%u,\"spin\":%ld}\n", mode,
	       x.zero_copy ? "true" : "false", x.tx_budget, option.spin);
	fflush(stdout);
	serve(&x);
	print_counters(mode, &x, &c);
	return 0;
}
