/*
 * wgkeys_asks: see wgkeys_asks.h.  Called by wgkeys.c.
 */
#include <string.h>

#include "wgkeys_asks.h"

int
wgkeys_asks_add(struct wgkeys_asks *a, uint64_t cookie, unsigned int iface,
    const uint8_t own[IPC_KEYLEN], const uint8_t server[IPC_KEYLEN],
    uint64_t now)
{
	struct wgkeys_ask *k;

	if (a->n == WGKEYS_ASKS_MAX)
		return (-1);
	k = &a->v[a->n++];
	k->cookie = cookie;
	k->iface = iface;
	k->until = now + WGKEYS_ASKS_MS;
	memcpy(k->own, own, sizeof(k->own));
	memcpy(k->server, server, sizeof(k->server));
	return (0);
}

size_t
wgkeys_asks_of(const struct wgkeys_asks *a, unsigned int iface)
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++)
		n += a->v[i].iface == iface;
	return (n);
}

/* Take number `i' out. */
static int
take(struct wgkeys_asks *a, size_t i, struct wgkeys_ask *ask)
{
	*ask = a->v[i];
	a->n--;
	memmove(&a->v[i], &a->v[i + 1], (a->n - i) * sizeof(a->v[0]));
	return (1);
}

int
wgkeys_asks_take(struct wgkeys_asks *a, unsigned int iface,
    struct wgkeys_ask *ask)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->v[i].iface == iface)
			return (take(a, i, ask));
	return (0);
}

int
wgkeys_asks_late(struct wgkeys_asks *a, uint64_t now, struct wgkeys_ask *ask)
{
	return (a->n > 0 && a->v[0].until <= now ? take(a, 0, ask) : 0);
}
