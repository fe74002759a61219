#include "classify.h"

#include <stddef.h>
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "bpf.h"
#include "insn.h"

const char *const hook_names[HOOK_COUNT] = { "skip", "vlan", "other-host", "arp", "no-socket" };

enum label { COUNT, TAGGED, INNERMOST, LOOKUP, TAKE, TAKEN, NO_SOCKET, PASS, COUNTED_HOST, COUNTED_ARP,
	     COUNTED_SOCKET, DONE };

/* counters[R8]++; goes on at `next`. */
#define COUNT_INTO(counters, next) \
	STORE(W, R10, -4, R8), MAP(R1, counters), MOV(R2, R10), ALU_IMM(ADD, R2, -4), CALL(map_lookup_elem), \
	IF_IMM(JEQ, R0, 0, next), LOAD(DW, R1, R0, 0), ALU_IMM(ADD, R1, 1), STORE(DW, R0, 0, R1), LABEL(next)

/* R6 context, R7 frame, R8 counter, R9 return code (until then: the flag that is wanted). */
static int load(const struct classifier *c)
{
	const struct bpf_insn insns[] = {
		/* Too short for a tag: in-band. */
		MOV(R6, R1), MOV_IMM(R8, HOOK_SKIP), MOV_IMM(R9, XDP_PASS),
		LOAD(W, R7, R6, offsetof(struct xdp_md, data)),
		LOAD(W, R5, R6, offsetof(struct xdp_md, data_end)),
		MOV(R2, R7), ALU_IMM(ADD, R2, 18), IF(JGT, R2, R5, COUNT),
		/* Outer tag: 802.1Q or 802.1ad. */
		LOAD(H, R2, R7, 12),
		IF_IMM(JEQ, R2, htons(ETH_P_8021Q), TAGGED),
		IF_IMM(JNE, R2, htons(ETH_P_8021AD), COUNT),
		LABEL(TAGGED),
		LOAD(H, R3, R7, 14), LOAD(H, R4, R7, 16),
		IF_IMM(JNE, R4, htons(ETH_P_8021Q), INNERMOST),
		/* QinQ: the inner tag decides. */
		MOV(R2, R7), ALU_IMM(ADD, R2, 22), IF(JGT, R2, R5, COUNT),
		LOAD(H, R3, R7, 18), LOAD(H, R4, R7, 20),
		LABEL(INNERMOST),
		MOV_IMM(R9, TAKE_IPV4), IF_IMM(JEQ, R4, htons(ETH_P_IP), LOOKUP),
		MOV_IMM(R9, TAKE_ARP), IF_IMM(JEQ, R4, htons(ETH_P_ARP), LOOKUP),
		GOTO(PASS),
		/* R1 = vlans[vid] */
		LABEL(LOOKUP),
		FROM_BE16(R3), ALU_IMM(AND, R3, 0xfff), STORE(W, R10, -4, R3),
		MAP(R1, c->vlans), MOV(R2, R10), ALU_IMM(ADD, R2, -4), CALL(map_lookup_elem),
		IF_IMM(JEQ, R0, 0, PASS),
		LOAD(DW, R1, R0, 0), MOV(R2, R1), ALU(AND, R2, R9), IF_IMM(JEQ, R2, 0, PASS),
		/* Group address, or ours? */
		LOAD(W, R2, R7, 0), MOV(R3, R2), ALU_IMM(AND, R3, 1), IF_IMM(JNE, R3, 0, TAKE),
		LOAD(H, R3, R7, 4), ALU_IMM(LSH, R3, 32), ALU(OR, R2, R3), ALU_IMM(RSH, R1, 16),
		IF(JEQ, R1, R2, TAKE),
		MOV_IMM(R8, HOOK_OTHER_HOST), COUNT_INTO(c->counters, COUNTED_HOST),
		MOV_IMM(R8, HOOK_SKIP), GOTO(PASS),
		/* To the socket of this queue. */
		LABEL(TAKE),
		MAP(R1, c->xsks), LOAD(W, R2, R6, offsetof(struct xdp_md, rx_queue_index)),
		MOV_IMM(R3, XDP_PASS), CALL(redirect_map),
		MOV_IMM(R8, HOOK_ARP), MOV(R7, R0), IF_IMM(JEQ, R7, XDP_PASS, NO_SOCKET),
		IF_IMM(JNE, R9, TAKE_ARP, TAKEN), COUNT_INTO(c->counters, COUNTED_ARP),
		LABEL(TAKEN), MOV_IMM(R8, HOOK_VLAN), MOV(R9, R7), GOTO(COUNT),
		LABEL(NO_SOCKET),
		MOV_IMM(R8, HOOK_NO_SOCKET), COUNT_INTO(c->counters, COUNTED_SOCKET), MOV_IMM(R8, HOOK_SKIP),
		LABEL(PASS), MOV_IMM(R9, XDP_PASS),
		LABEL(COUNT), COUNT_INTO(c->counters, DONE),
		MOV(R0, R9), EXIT,
	};
	return bpf_program(BPF_PROG_TYPE_XDP, insns, sizeof insns / sizeof *insns);
}

struct classifier classifier(uint32_t queues)
{
	struct classifier c = {
		.vlans = bpf_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct vlan), 4096),
		.counters = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, HOOK_COUNT),
		.xsks = bpf_map(BPF_MAP_TYPE_XSKMAP, 4, 4, queues),
	};
	c.program = load(&c);
	return c;
}
