/*
 * wgkeys_asks: logins that wait for the private key of their interface.  Pure:
 * the caller brings the clock, in monotonic milliseconds.
 */
#ifndef WGKEYS_ASKS_H
#define WGKEYS_ASKS_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define WGKEYS_ASKS_MAX	64	/* that wait; the worker has fewer relays */
#define WGKEYS_ASKS_MS	5000	/* for netlink's answer */

struct wgkeys_ask {
	uint64_t	 cookie;	/* the worker's */
	uint64_t	 until;
	unsigned int	 iface;
	uint8_t		 own[IPC_KEYLEN];	/* the interface's, public */
	uint8_t		 server[IPC_KEYLEN];
};

/* All zero initially: none. */
struct wgkeys_asks {
	struct wgkeys_ask v[WGKEYS_ASKS_MAX];	/* the oldest first */
	size_t		 n;
};

/* Add a login at `now'.  Returns 0, or -1: too many wait. */
int	 wgkeys_asks_add(struct wgkeys_asks *a, uint64_t cookie,
	    unsigned int iface, const uint8_t own[IPC_KEYLEN],
	    const uint8_t server[IPC_KEYLEN], uint64_t now);

/* The number of logins that wait for this interface. */
size_t	 wgkeys_asks_of(const struct wgkeys_asks *a, unsigned int iface);

/*
 * Take the oldest login of this interface out.  Returns 1 with it in *ask, or
 * 0: there is none.
 */
int	 wgkeys_asks_take(struct wgkeys_asks *a, unsigned int iface,
	    struct wgkeys_ask *ask);

/* Take a login out whose time is over at `now'; as wgkeys_asks_take(). */
int	 wgkeys_asks_late(struct wgkeys_asks *a, uint64_t now,
	    struct wgkeys_ask *ask);

#endif
