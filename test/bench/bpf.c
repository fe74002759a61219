#include "bpf.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "insn.h"

enum { MAX_LABELS = 32, MAX_INSNS = 256, LOG_SIZE = 65536, MAX_CPUS = 1024 };

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

int bpf_map(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries)
{
	union bpf_attr attr = { .map_type = type, .key_size = key, .value_size = value, .max_entries = entries };
	int fd = bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		err(2, "Cannot create BPF map of type %d", type);
	return fd;
}

void bpf_update(int map, uint32_t key, const void *value)
{
	union bpf_attr attr = { .map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)value };
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0)
		err(2, "Cannot write BPF map");
}

uint64_t bpf_counter(int map, uint32_t key)
{
	uint64_t sum = 0;
	static uint64_t values[MAX_CPUS];
	union bpf_attr attr = { .map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)values };
	memset(values, 0, sizeof values);
	if (bpf(BPF_MAP_LOOKUP_ELEM, &attr) < 0)
		err(2, "Cannot read BPF map");
	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		sum += values[cpu];
	return sum;
}

/* `out` gets `in` without its labels and with distances in its jumps; returns the number of words. */
static size_t resolve(const struct bpf_insn *in, size_t count, struct bpf_insn *out)
{
	size_t position[MAX_LABELS] = { 0 }, n = 0;

	if (count > MAX_INSNS)
		errx(2, "BPF program too long");
	for (size_t i = 0; i < count; i++)
		if (in[i].code == LABEL_CODE)
			position[in[i].imm] = n;
		else
			out[n++] = in[i];
	for (size_t i = 0; i < n; i++) {
		uint8_t op = BPF_OP(out[i].code);
		if (BPF_CLASS(out[i].code) == BPF_JMP && op != BPF_CALL && op != BPF_EXIT)
			out[i].off = position[out[i].off] - i - 1;
	}
	return n;
}

int bpf_program(enum bpf_prog_type type, const struct bpf_insn *insns, size_t count)
{
	static struct bpf_insn resolved[MAX_INSNS];
	static char log[LOG_SIZE];
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)resolved,
		.insn_cnt = resolve(insns, count, resolved),
		.license = (uintptr_t)"GPL",
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	int error = errno;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof log;
	attr.log_level = 1;
	bpf(BPF_PROG_LOAD, &attr);
	errx(2, "Cannot load BPF program: %s\n%s", strerror(error), log);
}

int bpf_attach(int program, int ifindex, uint32_t type, uint32_t flags)
{
	union bpf_attr attr = { .link_create = {
		.prog_fd = program,
		.target_ifindex = ifindex,
		.attach_type = type,
		.flags = flags,
	} };
	int fd = bpf(BPF_LINK_CREATE, &attr);
	return fd < 0 ? -errno : fd;
}
