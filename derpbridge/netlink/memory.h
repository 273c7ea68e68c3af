/*
 * memory: what is remembered of the peers of all interfaces, so that each keeps
 * its loopback address and gets its direct endpoint back: after a restart, a
 * crash, and when another program has removed and added it.  Its text is the
 * bridge's state file, which the parent keeps.  Pure but for memory.
 *
 * The text is a line "derpbridge state 1" and a line for each peer, with the
 * interface, the public key, the loopback address, the direct endpoint or
 * "none", and the day since 1970 on which the peer was last seen:
 *
 *	wg0 BASE64 127.128.0.1 192.0.2.1:51820 20423
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "dump.h"
#include "genl.h"

#define WG_MEMORY_DAYS	30		/* a peer that is away is forgotten */
#define WG_MEMORY_MAX	32768		/* peers that are remembered */

/* The interface and key are the key of the table, which has no gaps. */
struct wg_memo_id {
	char		 name[WG_IFNAMSIZE];	/* filled with zeros */
	uint8_t		 key[WG_KEYLEN];
};

struct wg_memo {
	struct wg_memo_id id;
	uint32_t	 local;		/* loopback address, host order; 0: none
					   yet */
	struct wg_endpoint direct;
	uint32_t	 day;
	unsigned int	 users;		/* peers that are there and have it:
					   one, or two while numbers change */
	int		 dirty;		/* it is not in the last text */
	UT_hash_handle	 hh;
};

struct wg_memory {
	struct wg_memo	*table;
	int		 dirty;		/* the last text is not all */
};

/*
 * Read a text of wg_memory_text() into an empty memory; `day' is today.
 * Returns 0, or -1 when it is malformed or of another version: what stood
 * before the first bad line is remembered.
 */
int	 wg_memory_load(struct wg_memory *m, const char *p, size_t len,
	    uint32_t day);

/*
 * The memo of this peer, which is new, without addresses, if there was none.
 * NULL: no memory, or too many.
 */
struct wg_memo *wg_memory_get(struct wg_memory *m, const char *ifname,
	    const uint8_t key[WG_KEYLEN]);

/* Remember another address, or endpoint. */
void	 wg_memo_local(struct wg_memory *m, struct wg_memo *o, uint32_t local);
void	 wg_memo_direct(struct wg_memory *m, struct wg_memo *o,
	    const struct wg_endpoint *e);

/*
 * Write the text, of at most `size' bytes, into `dst', and clear `dirty'; peers
 * that are present come first.  `day' is today, the day of these.  Returns its
 * length; *left_out is set to the peers that did not fit.
 */
size_t	 wg_memory_text(struct wg_memory *m, char *dst, size_t size,
	    uint32_t day, size_t *left_out);

/* Forget all. */
void	 wg_memory_free(struct wg_memory *m);

#endif
