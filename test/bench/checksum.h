/* RFC 1071. */
#ifndef BENCH_CHECKSUM_H
#define BENCH_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The checksum of `length` octets, to be stored as it is; 0 over octets that hold a right one. */
static inline uint16_t checksum(const void *octets, size_t length)
{
	const uint8_t *at = octets;
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; length >= 4; length -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	if (length & 2) {
		memcpy(&half, at, 2);
		sum += half;
		at += 2;
	}
	if (length & 1) {
		half = 0;
		memcpy(&half, at, 1);
		sum += half;
	}
	return ~fold(sum);
}

#endif
