/* A TCX program on the issuer's device that counts echo replies, or datagrams from a UDP port, and keeps them from the issuer's own stack, so that
 * every responder's replies cost the issuer the same. Packet sockets of type ETH_P_ALL see them before it does. */
#ifndef BENCH_REPLIES_H
#define BENCH_REPLIES_H

#include <stdint.h>

#include "frame.h"

/* Returns the counters' map; the program stays attached until the process ends. */
int count_replies(int ifindex, const struct request *r);
uint64_t replies_counted(int map);

#endif
