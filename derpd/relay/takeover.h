/*
 * takeover: a connection that another process hands over: its descriptor, the
 * state of its TLS records, and what came behind the login.  That process may
 * be hostile: none of it is trusted.
 */
#ifndef TAKEOVER_H
#define TAKEOVER_H

#include <stddef.h>

struct conn;
struct net_record;
struct net_record_cache;

/* What the message says; the bytes are the message's. */
struct relay_takeover {
	int		 fd;
	int		 proxied;	/* `fd' is one end of a pair */
	const void	*record;	/* of net_record_save(); no bytes:
					   none */
	size_t		 record_len;
	const void	*plain;		/* bytes behind the login, decrypted */
	size_t		 plain_len;
	const void	*cipher;	/* and not yet decrypted */
	size_t		 cipher_len;
};

/*
 * Check the descriptor, which must be a stream of the kind that was announced
 * and not listen, and the sizes.  Return NULL, or what is wrong, a static text.
 */
const char *relay_takeover_check(const struct relay_takeover *t);

/*
 * Load the state of the records, if there is one: *rec, else NULL; the caller
 * frees it.  Return 1, 0 without memory (logged), or -1: it is wrong, *why says
 * how.
 */
int	relay_takeover_records(const struct relay_takeover *t,
	    struct net_record_cache *cache, struct net_record **rec,
	    const char **why);

/* Keep the bytes behind the login as input.  Return 0, or -1: no memory. */
int	relay_takeover_keep(const struct relay_takeover *t, struct conn *c);

#endif
