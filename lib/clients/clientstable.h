/*
 * clientstable: find items of an array by a string of bytes in them.  Hashed
 * under a secret, so that nobody can choose strings that collide.
 */
#ifndef CLIENTSTABLE_H
#define CLIENTSTABLE_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

/* Return the string of the item `index' of `arg', with its length in *len. */
typedef const void *(*clients_table_cb)(const void *arg, uint32_t index,
	    size_t *len);

/*
 * Open addressing; at least a quarter and at most half of the slots are in use,
 * once there are eight.
 */
struct clients_table {
	unsigned char		 secret[crypto_shorthash_KEYBYTES];
	uint32_t		*slots;		/* index plus 1; 0: empty */
	size_t			 nslots;	/* 0 or a power of 2 */
	size_t			 n;
	clients_table_cb	 string;
	const void		*arg;
};

/* Initialise an empty table of the items of `arg'. */
void	 clients_table_init(struct clients_table *t, clients_table_cb string,
	    const void *arg);

/* Free what the table allocated, not the items. */
void	 clients_table_free(struct clients_table *t);

/*
 * Find the item with the `len' bytes at `p'.  Returns 1 with its index in
 * *index, or 0.
 */
int	 clients_table_find(const struct clients_table *t, const void *p,
	    size_t len, uint32_t *index);

/*
 * Add the item `index', whose string no other item in the table has.  Returns
 * 0, or -1 when memory runs out.
 */
int	 clients_table_add(struct clients_table *t, uint32_t index);

/* Bytes of memory that the table allocated. */
size_t	 clients_table_memory(const struct clients_table *t);

#endif
