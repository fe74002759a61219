/* BPF instructions as constants of an array; <linux/bpf.h> has the opcodes, not the words. */
#ifndef BENCH_INSN_H
#define BENCH_INSN_H

#include <linux/bpf.h>

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

#define MOV(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ALU(op, d, s) INSN(BPF_ALU64 | BPF_##op | BPF_X, d, s, 0, 0)
#define ALU_IMM(op, d, i) INSN(BPF_ALU64 | BPF_##op | BPF_K, d, 0, 0, i)
#define FROM_BE16(d) INSN(BPF_ALU | BPF_END | BPF_TO_BE, d, 0, 0, 16)

/* Sizes: B, H, W, DW. */
#define LOAD(size, d, s, off) INSN(BPF_LDX | BPF_MEM | BPF_##size, d, s, off, 0)
#define STORE(size, d, off, s) INSN(BPF_STX | BPF_MEM | BPF_##size, d, s, off, 0)

#define STORE_IMM(size, d, off, i) INSN(BPF_ST | BPF_MEM | BPF_##size, d, 0, off, i)

#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##helper)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Two words: the address of the map behind a file descriptor. */
#define MAP(d, fd) INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
/* Two words: the address of the value with key 0 of an ARRAY map. */
#define MAP_VALUE(d, fd) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_VALUE, 0, fd), INSN(0, 0, 0, 0, 0)

/* A jump names a label; bpf_program() turns it into a distance and takes the labels out. */
#define LABEL_CODE 0xff
#define LABEL(n) INSN(LABEL_CODE, 0, 0, 0, n)
#define GOTO(n) INSN(BPF_JMP | BPF_JA, 0, 0, n, 0)
#define IF(op, d, s, n) INSN(BPF_JMP | BPF_##op | BPF_X, d, s, n, 0)
#define IF_IMM(op, d, i, n) INSN(BPF_JMP | BPF_##op | BPF_K, d, 0, n, i)

#endif
