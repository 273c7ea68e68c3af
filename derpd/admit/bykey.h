/*
 * bykey: a table of clients' keys whose entries have an order, by default that
 * of their arrival.  Keys are hashed with a secret, so that nobody can choose
 * some that collide.  Touches memory alone.
 *
 *	struct thing {
 *		struct admit_entry entry;	(the first member)
 *		...
 *	};
 */
#ifndef BYKEY_H
#define BYKEY_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

struct admit_entry {
	uint8_t		 key[IPC_KEYLEN];
	struct admit_entry *chain;	/* the next one with this hash */
	TAILQ_ENTRY(admit_entry) order;
	uint32_t	 hash;
};

struct admit_bykey;

/*
 * Make an empty table with entries of `size' bytes, at most `max' of them.
 * Returns NULL without memory.
 */
struct admit_bykey *admit_bykey_new(size_t size, size_t max);

/* Free a table and its entries; NULL is allowed. */
void	 admit_bykey_free(struct admit_bykey *t);

/* Number of entries. */
size_t	 admit_bykey_count(const struct admit_bykey *t);

/* Find the entry of a key; NULL when there is none. */
void	*admit_bykey_find(const struct admit_bykey *t,
	    const uint8_t key[IPC_KEYLEN]);

/*
 * Add an entry, zeroed but for its key, behind all others; the table must not
 * have that key.  Returns NULL when the table is full, or without memory.
 */
void	*admit_bykey_add(struct admit_bykey *t, const uint8_t key[IPC_KEYLEN]);

/*
 * The same when the table is full: the first entry is freed for the new one.
 */
void	*admit_bykey_push(struct admit_bykey *t,
	    const uint8_t key[IPC_KEYLEN]);

/* Remove an entry of the table and free it. */
void	 admit_bykey_remove(struct admit_bykey *t, void *entry);

/* Move an entry behind all others, or before them. */
void	 admit_bykey_last(struct admit_bykey *t, void *entry);
void	 admit_bykey_first(struct admit_bykey *t, void *entry);

/* The first entry, and the one behind `entry'; NULL when there is none. */
void	*admit_bykey_head(const struct admit_bykey *t);
void	*admit_bykey_next(const void *entry);

#endif
