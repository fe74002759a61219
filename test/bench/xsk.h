/* One AF_XDP socket with its own UMEM: Documentation/networking/af_xdp.rst. */
#ifndef BENCH_XSK_H
#define BENCH_XSK_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/if_xdp.h>

struct ring {
	uint32_t *producer, *consumer, *flags;
	union {
		struct xdp_desc *descs;
		uint64_t *addresses;
		void *entries;
	};
	uint32_t mask;
	/* Our own index: the producer's of FILL and TX, the consumer's of RX and COMPLETION. */
	uint32_t mine;
};

struct xsk {
	int fd;
	uint8_t *umem;
	uint32_t chunk, chunks;
	struct ring fill, completion, rx, tx;
	bool zero_copy;
	/* Frames a call of send may take: 32 unless XDP_MAX_TX_SKB_BUDGET was accepted. */
	uint32_t tx_budget;
};

struct xsk_options {
	int ifindex;
	uint32_t queue, chunk, ring, tx_budget;
	/* XDP_COPY, XDP_ZEROCOPY or 0: let the kernel choose. */
	uint16_t bind_flags;
};

/* Ends the program where the kernel refuses; all chunks are in the fill ring on return. */
struct xsk xsk_open(const struct xsk_options *options);
struct xdp_statistics xsk_statistics(const struct xsk *x);

static inline uint32_t acquire(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static inline void release(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

static inline bool needs_wakeup(const struct ring *r)
{
	return __atomic_load_n(r->flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP;
}

#endif
