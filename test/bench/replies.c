#include "replies.h"

#include <err.h>
#include <stddef.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "bpf.h"
#include "insn.h"

enum label { UNTAGGED, KEEP, COUNTED };

/* Offsets once the kernel has taken the tag out of the frame. */
enum { ETHERTYPE_AT = 12, IP_AT = 14, PROTOCOL_AT = IP_AT + 9, L4_AT = IP_AT + 20, END = L4_AT + 8 };

int count_replies(int ifindex, const struct request *r)
{
	/* Type and code of an echo reply are 0, its identifier comes third; a datagram has its source port first, then ours. */
	int protocol = r->udp ? 17 : 1, first = htons(r->udp), id_at = L4_AT + (r->udp ? 2 : 4);
	int map = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1);
	const struct bpf_insn insns[] = {
		LOAD(W, R2, R1, offsetof(struct __sk_buff, vlan_present)),
		LOAD(W, R3, R1, offsetof(struct __sk_buff, vlan_tci)),
		IF_IMM(JEQ, R2, 0, UNTAGGED),
		ALU_IMM(AND, R3, 0xfff), MOV(R2, R3),
		LABEL(UNTAGGED), IF_IMM(JNE, R2, r->vid, KEEP),
		LOAD(W, R4, R1, offsetof(struct __sk_buff, data)),
		LOAD(W, R5, R1, offsetof(struct __sk_buff, data_end)),
		MOV(R2, R4), ALU_IMM(ADD, R2, END), IF(JGT, R2, R5, KEEP),
		LOAD(H, R2, R4, ETHERTYPE_AT), IF_IMM(JNE, R2, htons(ETH_P_IP), KEEP),
		LOAD(B, R2, R4, PROTOCOL_AT), IF_IMM(JNE, R2, protocol, KEEP),
		LOAD(H, R2, R4, L4_AT), IF_IMM(JNE, R2, first, KEEP),
		LOAD(H, R2, R4, id_at), IF_IMM(JNE, R2, htons(r->id), KEEP),
		MOV_IMM(R2, 0), STORE(W, R10, -4, R2),
		MAP(R1, map), MOV(R2, R10), ALU_IMM(ADD, R2, -4), CALL(map_lookup_elem),
		IF_IMM(JEQ, R0, 0, COUNTED),
		LOAD(DW, R1, R0, 0), ALU_IMM(ADD, R1, 1), STORE(DW, R0, 0, R1),
		LABEL(COUNTED), MOV_IMM(R0, TC_ACT_SHOT), EXIT,
		LABEL(KEEP), MOV_IMM(R0, -1 /* TCX_NEXT */), EXIT,
	};
	int program = bpf_program(BPF_PROG_TYPE_SCHED_CLS, insns, sizeof insns / sizeof *insns);
	int link = bpf_attach(program, ifindex, ATTACH_TCX_INGRESS, 0);
	if (link < 0)
		errx(2, "Cannot attach TCX program (Linux 6.6): %s", strerror(-link));
	return map;
}

uint64_t replies_counted(int map)
{
	return bpf_counter(map, 0);
}
