/* UDP echo through the kernel's sockets as C does it best: recvmmsg and sendmmsg of whole batches, blocking. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "machine.h"

enum { BATCH = 64, LONGEST = 2048 };

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int bound_socket(const char *address, uint32_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(2, "Cannot open socket");
	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		errx(1, "argument \"%s\" is wrong: not an IPv4 address", address);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
		err(2, "Cannot bind to %s:%u", address, port);
	return fd;
}

static void echo(int fd)
{
	static uint8_t octets[BATCH][LONGEST];
	static struct sockaddr_in peers[BATCH];
	static struct iovec vectors[BATCH];
	static struct mmsghdr messages[BATCH];

	while (!stopped) {
		for (int i = 0; i < BATCH; i++) {
			vectors[i] = (struct iovec){ octets[i], LONGEST };
			messages[i].msg_hdr = (struct msghdr){
				.msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &vectors[i], .msg_iovlen = 1,
			};
		}
		int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			err(2, "Cannot receive");
		}
		for (int i = 0; i < n; i++)
			vectors[i].iov_len = messages[i].msg_len;
		/* What finds no room is lost, as any datagram may be. */
		for (int sent = 0, m; sent < n; sent += m > 0 ? m : 1)
			m = sendmmsg(fd, messages + sent, n - sent, 0);
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "address", 1, 0, 'a' }, { "port", 1, 0, 'o' }, { "cpu", 1, 0, 'p' }, { 0 },
	};
	const char *address = NULL;
	uint32_t port = 7;

	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
		switch (c) {
		case 'a': address = optarg; break;
		case 'o': port = number(optarg, 1, 65535, "--port"); break;
		case 'p': pin(number(optarg, 0, 1023, "--cpu")); break;
		default: exit(1);
		}
	if (address == NULL || optind != argc) {
		fputs("Usage: datagrams --address ADDRESS [--port N] [--cpu N]\n", stderr);
		exit(1);
	}
	struct sigaction action = { .sa_handler = stop };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	int fd = bound_socket(address, port);
	puts("listening");
	fflush(stdout);
	echo(fd);
	return 0;
}
