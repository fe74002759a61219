#define _GNU_SOURCE
#include "machine.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		err(2, "Cannot run on CPU %d", cpu);
}

void real_time(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		err(2, "Cannot set SCHED_FIFO priority %d", priority);
}

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int interface_index(const char *name)
{
	unsigned int index = if_nametoindex(name);
	if (index == 0)
		errx(2, "Cannot find device \"%s\"", name);
	return index;
}

void interface_lladdr(const char *name, uint8_t lladdr[6])
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		err(2, "Cannot read the MAC address of \"%s\"", name);
	memcpy(lladdr, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

int parse_lladdr(const char *text, uint8_t lladdr[6])
{
	char rest;
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &lladdr[0], &lladdr[1], &lladdr[2], &lladdr[3],
		      &lladdr[4], &lladdr[5], &rest) == 6;
}

long number(const char *text, long low, long high, const char *what)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || *text == 0 || *end != 0 || n < low || n > high)
		errx(1, "argument \"%s\" is wrong: %s is %ld to %ld", text, what, low, high);
	return n;
}
