/*
 * names: names of clients by their node keys, out of the lists that control
 * servers and clients print as JSON:
 *
 *   headscale nodes list -o json	an array of nodes, or null
 *   /api/v1/node of headscale		the same as `nodes' of an object
 *   tailscale status --json		an object with Self and Peer
 *
 * All of it is untrusted: a client chooses its name.  Pure.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "clientsline.h"

#define CLIENTS_MAX_LIST	(64 * 1024 * 1024)	/* bytes of a list */

struct clients_names;

/*
 * Return an empty set of names, to be freed by clients_names_free(), or NULL
 * when memory runs out.  libsodium must be initialised.
 */
struct clients_names *clients_names_new(void);

/* Free a set; NULL is allowed. */
void	 clients_names_free(struct clients_names *n);

/*
 * Add the names in the list of `len' bytes at `text', which need not outlive
 * the call.  A key that has a name keeps it; nodes without a key or without a
 * name are skipped.  Names are cleaned (clients_name_clean()).  `path' is for
 * messages.  Returns 0, or -1 with "path:line:column: ..." in `why' of
 * `whysize' bytes; then names may be missing.
 */
int	 clients_names_add(struct clients_names *n, const char *path,
	    const char *text, size_t len, char *why, size_t whysize);

/* The name of the client with this key, valid as long as the set; "": none. */
const char *clients_names_find(const struct clients_names *n,
	    const uint8_t key[CLIENTS_KEYLEN]);

/* Number of names. */
size_t	 clients_names_count(const struct clients_names *n);

/* Bytes of memory that the set takes. */
size_t	 clients_names_memory(const struct clients_names *n);

#endif
