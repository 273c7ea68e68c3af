/*
 * clientstext: memory for many short strings, which are freed together.
 */
#ifndef CLIENTSTEXT_H
#define CLIENTSTEXT_H

#include <stddef.h>

struct clients_block;

/* Zero-initialised: empty. */
struct clients_text {
	struct clients_block	*blocks;	/* the newest first */
	size_t			 memory;	/* bytes of all */
};

/*
 * Keep a copy of the `len' bytes at `s' with a NUL behind them.  Returns the
 * copy, "" for no bytes, or NULL when `len' is too much for a block (4000) or
 * memory runs out.
 */
const char *clients_text_keep(struct clients_text *t, const char *s,
	    size_t len);

/* Free all strings. */
void	 clients_text_free(struct clients_text *t);

#endif
