#include "xsk.h"

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Linux 6.18; older kernels answer ENOPROTOOPT and send 32 frames a call. */
#define MAX_TX_SKB_BUDGET 9
#define DEFAULT_TX_BUDGET 32

/* The owner before us may still be on its way out: its queue is busy until then. */
enum { BIND_TRIES = 100, BIND_PAUSE_US = 10000 };

static void set(int fd, int option, const void *value, socklen_t length, const char *what)
{
	if (setsockopt(fd, SOL_XDP, option, value, length) < 0)
		err(2, "Cannot set %s", what);
}

static struct ring map_ring(int fd, off_t page, const struct xdp_ring_offset *o, uint32_t size, size_t entry)
{
	char *at = mmap(NULL, o->desc + size * entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
	if (at == MAP_FAILED)
		err(2, "Cannot map AF_XDP ring");
	return (struct ring){
		.producer = (uint32_t *)(at + o->producer),
		.consumer = (uint32_t *)(at + o->consumer),
		.flags = (uint32_t *)(at + o->flags),
		.entries = at + o->desc,
		.mask = size - 1,
	};
}

static void bind_queue(int fd, const struct xsk_options *o)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_USE_NEED_WAKEUP | o->bind_flags,
		.sxdp_ifindex = o->ifindex,
		.sxdp_queue_id = o->queue,
	};
	for (int i = 0; i < BIND_TRIES; i++) {
		if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
			return;
		if (errno != EBUSY)
			break;
		usleep(BIND_PAUSE_US);
	}
	err(2, "Cannot bind AF_XDP socket to queue %u", o->queue);
}

struct xsk xsk_open(const struct xsk_options *o)
{
	struct xsk x = { .chunk = o->chunk, .chunks = o->ring, .tx_budget = DEFAULT_TX_BUDGET };
	size_t length = (size_t)x.chunk * x.chunks;
	struct xdp_mmap_offsets offsets;
	struct xdp_options options = { 0 };
	socklen_t size = sizeof offsets, options_size = sizeof options;

	x.fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x.fd < 0)
		err(2, "Cannot open AF_XDP socket");
	x.umem = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (x.umem == MAP_FAILED)
		err(2, "Cannot map UMEM");
	struct xdp_umem_reg umem = { .addr = (uintptr_t)x.umem, .len = length, .chunk_size = x.chunk };
	set(x.fd, XDP_UMEM_REG, &umem, sizeof umem, "UMEM");
	set(x.fd, XDP_UMEM_FILL_RING, &o->ring, 4, "fill ring");
	set(x.fd, XDP_UMEM_COMPLETION_RING, &o->ring, 4, "completion ring");
	set(x.fd, XDP_RX_RING, &o->ring, 4, "receive ring");
	set(x.fd, XDP_TX_RING, &o->ring, 4, "transmit ring");
	if (getsockopt(x.fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) < 0)
		err(2, "Cannot read ring offsets");
	x.rx = map_ring(x.fd, XDP_PGOFF_RX_RING, &offsets.rx, o->ring, sizeof(struct xdp_desc));
	x.tx = map_ring(x.fd, XDP_PGOFF_TX_RING, &offsets.tx, o->ring, sizeof(struct xdp_desc));
	x.fill = map_ring(x.fd, XDP_UMEM_PGOFF_FILL_RING, &offsets.fr, o->ring, sizeof(uint64_t));
	x.completion = map_ring(x.fd, XDP_UMEM_PGOFF_COMPLETION_RING, &offsets.cr, o->ring, sizeof(uint64_t));
	for (uint32_t i = 0; i < x.chunks; i++)
		x.fill.addresses[i] = (uint64_t)i * x.chunk;
	x.fill.mine = x.chunks;
	release(x.fill.producer, x.fill.mine);
	if (o->tx_budget && setsockopt(x.fd, SOL_XDP, MAX_TX_SKB_BUDGET, &o->tx_budget, 4) == 0)
		x.tx_budget = o->tx_budget;
	bind_queue(x.fd, o);
	if (getsockopt(x.fd, SOL_XDP, XDP_OPTIONS, &options, &options_size) == 0)
		x.zero_copy = options.flags & XDP_OPTIONS_ZEROCOPY;
	return x;
}

struct xdp_statistics xsk_statistics(const struct xsk *x)
{
	struct xdp_statistics s = { 0 };
	socklen_t size = sizeof s;
	getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &s, &size);
	return s;
}
