/* What the programs need of the machine: a CPU of their own, a clock, an interface, an end. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

/* The calling thread only. */
void pin(int cpu);
/* SCHED_FIFO, for the calling thread. */
void real_time(int priority);
uint64_t now_ns(void);
int interface_index(const char *name);
/* MAC address of an interface of this network namespace. */
void interface_lladdr(const char *name, uint8_t lladdr[6]);
int parse_lladdr(const char *text, uint8_t lladdr[6]);
/* A number in [low, high], or the end of the program with `what` named. */
long number(const char *text, long low, long high, const char *what);

#endif
