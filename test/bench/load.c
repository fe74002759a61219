/* Open load: echo requests, of ICMP or UDP, as fast as one CPU makes them, or at a fixed rate, whoever answers; replies counted.
 *
 * BPF_PROG_TEST_RUN with live frames sends them: the program returns XDP_TX, which the kernel turns into a transmission
 * on the issuer's device, as XDP frames, so its veth peer must run NAPI (an XDP program there, or GRO). The receive path
 * of the peer, up to the AF_XDP ring or through the kernel's whole stack, runs on this CPU, as a NIC's interrupt would.
 * Replies are counted by a TCX program that drops them. Both counters are read twice, after the warm-up and at the
 * end, so that setting up and coming to rest are not measured. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "bpf.h"
#include "frame.h"
#include "insn.h"
#include "machine.h"
#include "replies.h"

enum { MAX_BATCH = 256, DRAIN_US = 50000 };

static struct {
	const char *device;
	int cpu;
	uint32_t rate, milliseconds, warm_up, batch;
} option = { .cpu = -1, .milliseconds = 1000, .warm_up = 300, .batch = 64 };

static struct request request = { .length = MIN_REQUEST, .id = 0x10ad };
static int offered, replies;
static pthread_t sender;

struct sample {
	uint64_t at_ns, offered, replies;
};
static struct sample first, last;

enum label { SEND, DROP };

/* Whoever takes a frame into the kernel's stack leaves it without its tag (skb_vlan_untag), and its page comes back as it
 * is: addresses and tag, the first 16 octets, are written anew each time. R8 = the context. */
#define RESTORE(words) \
	LOAD(W, R1, R8, 0), LOAD(W, R2, R8, 4), MOV(R3, R1), ALU_IMM(ADD, R3, 16), IF(JGT, R3, R2, DROP), \
	STORE_IMM(W, R1, 0, (words)[0]), STORE_IMM(W, R1, 4, (words)[1]), \
	STORE_IMM(W, R1, 8, (words)[2]), STORE_IMM(W, R1, 12, (words)[3])

/* Offers every frame, or with a rate only as many as the time since the first one allows: the others are XDP_DROP,
 * which costs nothing but a turn of the loop that waits. */
static int generator(uint32_t rate, const int32_t *words)
{
	int start = bpf_map(BPF_MAP_TYPE_ARRAY, 4, 16, 1);
	const struct bpf_insn unlimited[] = {
		MOV(R8, R1), RESTORE(words),
		MOV_IMM(R1, 0), STORE(W, R10, -4, R1),
		MAP(R1, offered), MOV(R2, R10), ALU_IMM(ADD, R2, -4), CALL(map_lookup_elem),
		IF_IMM(JEQ, R0, 0, SEND),
		LOAD(DW, R1, R0, 0), ALU_IMM(ADD, R1, 1), STORE(DW, R0, 0, R1),
		LABEL(SEND), MOV_IMM(R0, XDP_TX), EXIT,
		LABEL(DROP), MOV_IMM(R0, XDP_DROP), EXIT,
	};
	enum { STARTED = DROP + 1 };
	const struct bpf_insn limited[] = {
		/* R6 = { u64 start, u64 sent }, R7 = ns since the start */
		MOV(R8, R1), RESTORE(words),
		CALL(ktime_get_ns), MOV(R7, R0),
		MAP_VALUE(R6, start), LOAD(DW, R1, R6, 0), IF_IMM(JNE, R1, 0, STARTED),
		STORE(DW, R6, 0, R7), MOV(R1, R7),
		LABEL(STARTED), ALU(SUB, R7, R1),
		/* Allowed so far: 10^-6 s is fine enough, and nothing overflows in a day. */
		ALU_IMM(DIV, R7, 1000), ALU_IMM(MUL, R7, rate), ALU_IMM(DIV, R7, 1000000),
		LOAD(DW, R1, R6, 8), IF(JGE, R1, R7, DROP),
		ALU_IMM(ADD, R1, 1), STORE(DW, R6, 8, R1),
		MOV_IMM(R1, 0), STORE(W, R10, -4, R1),
		MAP(R1, offered), MOV(R2, R10), ALU_IMM(ADD, R2, -4), CALL(map_lookup_elem),
		IF_IMM(JEQ, R0, 0, SEND),
		LOAD(DW, R1, R0, 0), ALU_IMM(ADD, R1, 1), STORE(DW, R0, 0, R1),
		LABEL(SEND), MOV_IMM(R0, XDP_TX), EXIT,
		LABEL(DROP), MOV_IMM(R0, XDP_DROP), EXIT,
	};
	return rate ? bpf_program(BPF_PROG_TYPE_XDP, limited, sizeof limited / sizeof *limited)
		    : bpf_program(BPF_PROG_TYPE_XDP, unlimited, sizeof unlimited / sizeof *unlimited);
}

static struct sample sample(void)
{
	return (struct sample){ now_ns(), bpf_counter(offered, 0), replies_counted(replies) };
}

/* Reads the counters beside the sender, then ends it: a signal interrupts the run. */
static void *watch(void *unused)
{
	usleep(option.warm_up * 1000);
	first = sample();
	usleep(option.milliseconds * 1000);
	last = sample();
	pthread_kill(sender, SIGUSR1);
	return unused;
}

static void interrupted(int signal)
{
	(void)signal;
}

static void run(int program, int ifindex)
{
	uint8_t frame[MAX_REQUEST];
	struct xdp_md context = { .data_end = request.length, .ingress_ifindex = ifindex };
	union bpf_attr attr = { .test = {
		.prog_fd = program,
		.data_in = (uintptr_t)frame,
		.data_size_in = request.length,
		.ctx_in = (uintptr_t)&context,
		.ctx_size_in = sizeof context,
		.repeat = INT32_MAX,
		.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		.batch_size = option.batch,
	} };

	write_request(&request, frame);
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0 && errno != EINTR)
		err(2, "Cannot send live frames (Linux 5.18, and NAPI on the peer of \"%s\")", option.device);
}

static void print_result(void)
{
	double seconds = (last.at_ns - first.at_ns) / 1e9;
	uint64_t sent = last.offered - first.offered, answered = last.replies - first.replies;

	printf("{\"seconds\":%.3f,\"octets\":%u,\"vid\":%u,\"offered\":%" PRIu64 ",\"offeredPerSecond\":%.0f,"
	       "\"replies\":%" PRIu64 ",\"repliesPerSecond\":%.0f,\"totalOffered\":%" PRIu64 ",\"totalReplies\":%" PRIu64 "}\n",
	       seconds, request.length, request.vid, sent, sent / seconds, answered, answered / seconds,
	       bpf_counter(offered, 0), replies_counted(replies));
}

static const char usage[] =
	"Usage: load --device IF --to MAC --source ADDRESS --destination ADDRESS [--vid N] [--size OCTETS] [--id N]\n"
	"       [--udp PORT] [--rate PACKETS-PER-SECOND] [--milliseconds N] [--warm-up MILLISECONDS] [--batch N] [--cpu N]\n"
	"OCTETS do not count the FCS: 60, the default, is the 64-octet frame.\n";

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {
		REQUEST_OPTIONS, { "rate", 1, 0, 'r' }, { "milliseconds", 1, 0, 'm' }, { "warm-up", 1, 0, 'w' },
		{ "batch", 1, 0, 'b' }, { "cpu", 1, 0, 'p' }, { "help", 0, 0, 'h' }, { 0 },
	};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (request_option(&request, c, optarg))
			continue;
		switch (c) {
		case 'd': option.device = optarg; break;
		case 'r': option.rate = number(optarg, 1, 100000000, "--rate"); break;
		case 'm': option.milliseconds = number(optarg, 10, 60000, "--milliseconds"); break;
		case 'w': option.warm_up = number(optarg, 0, 10000, "--warm-up"); break;
		case 'b': option.batch = number(optarg, 1, MAX_BATCH, "--batch"); break;
		case 'p': option.cpu = number(optarg, 0, 1023, "--cpu"); break;
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
	pthread_t watcher;

	read_options(argc, argv);
	int ifindex = interface_index(option.device);
	interface_lladdr(option.device, request.from);
	if (option.cpu >= 0)
		pin(option.cpu);
	struct sigaction action = { .sa_handler = interrupted };
	sigaction(SIGUSR1, &action, NULL);
	offered = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1);
	replies = count_replies(ifindex, &request);
	int32_t words[MAX_REQUEST / 4];
	write_request(&request, (uint8_t *)words);
	int program = generator(option.rate, words);
	sender = pthread_self();
	if (pthread_create(&watcher, NULL, watch, NULL) != 0)
		errx(2, "Cannot start a thread");
	run(program, ifindex);
	pthread_join(watcher, NULL);
	usleep(DRAIN_US);
	print_result();
	return 0;
}
