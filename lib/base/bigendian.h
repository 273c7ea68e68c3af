/*
 * bigendian: numbers in network byte order, at any address.
 */
#ifndef BIGENDIAN_H
#define BIGENDIAN_H

#include <stdint.h>

/* Read the 2 bytes at `p'. */
static inline uint16_t
base_get16(const uint8_t *p)
{
	return ((uint16_t)(p[0] << 8 | p[1]));
}

/* Read the 4 bytes at `p'. */
static inline uint32_t
base_get32(const uint8_t *p)
{
	return ((uint32_t)base_get16(p) << 16 | base_get16(p + 2));
}

/* Write the low 16 bits of `v' to the 2 bytes at `p'. */
static inline void
base_put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Write `v' to the 4 bytes at `p'. */
static inline void
base_put32(uint8_t *p, uint32_t v)
{
	base_put16(p, v >> 16);
	base_put16(p + 2, v & 0xffff);
}

#endif
