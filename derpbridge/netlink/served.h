/*
 * served: which peers of an interface are the bridge's, by the settings.  The
 * others' endpoints are never pointed to the relay, whatever the worker wants.
 * Pure but for memory.
 */
#ifndef SERVED_H
#define SERVED_H

#include <stddef.h>
#include <stdint.h>

#include "dump.h"

/* All zero: all peers. */
struct wg_served {
	int		 listed;	/* those of the list alone */
	uint8_t		*keys;		/* WG_KEYLEN bytes each, sorted */
	size_t		 n;
};

/* Serve these `n' peers alone.  Returns 0, or -1 without memory. */
int	 wg_served_set(struct wg_served *s, const uint8_t *keys, size_t n);

/* Returns 1 when the peer with this key is served, else 0. */
int	 wg_served_has(const struct wg_served *s, const uint8_t key[WG_KEYLEN]);

/* Free the list; all peers are served again. */
void	 wg_served_free(struct wg_served *s);

#endif
