/*
 * loopback: see loopback.h.  Called by iface.c and ifaceset.c.  Touches its
 * arguments alone.
 */
#include "bigendian.h"
#include "fnv1a.h"
#include "loopback.h"

void
wg_loopback_init(struct wg_loopback *l, const uint8_t addr[4],
    unsigned int bits)
{
	l->size = UINT32_C(1) << (32 - bits);
	l->net = base_get32(addr) & ~(l->size - 1);
}

int
wg_loopback_has(const struct wg_loopback *l, uint32_t addr)
{
	const uint32_t n = addr - l->net;	/* wraps below the network */

	/* 127.0.0.1 is where WireGuard's own packets come from. */
	return (n > 0 && n < l->size - 1 && addr != UINT32_C(0x7f000001));
}

uint32_t
wg_loopback_next(const struct wg_loopback *l, uint32_t addr)
{
	if (!wg_loopback_has(l, addr) && addr != UINT32_C(0x7f000001))
		addr = l->net;
	do {
		if (++addr >= l->net + l->size - 1)
			addr = l->net + 1;
	} while (!wg_loopback_has(l, addr));
	return (addr);
}

uint32_t
wg_loopback_for(const struct wg_loopback *l, const uint8_t *key, size_t len)
{
	const uint32_t h = base_fnv1a(BASE_FNV1A, key, len);

	return (wg_loopback_next(l, l->net + h % (l->size - 1)));
}
