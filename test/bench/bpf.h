/* bpf(2) without libbpf. Every call ends the program with a message when the kernel refuses. */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

int bpf_map(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries);
void bpf_update(int map, uint32_t key, const void *value);

/* The u64 at `key` of a PERCPU_ARRAY, summed over the CPUs. */
uint64_t bpf_counter(int map, uint32_t key);

/* Resolves labels (insn.h), loads; prints the verifier's log when it refuses. */
int bpf_program(enum bpf_prog_type type, const struct bpf_insn *insns, size_t count);

/* A link's file descriptor, or -errno: the caller may know another mode. */
int bpf_attach(int program, int ifindex, uint32_t type, uint32_t flags);

/* Not in the 6.1 headers. */
#define ATTACH_TCX_INGRESS 46

#endif
