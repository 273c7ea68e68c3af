/*
 * tokens: what a relay worker answers an ACME directory on port 80 (RFC 8555
 * 8.3), as it came from the parent.  Pure.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include <stddef.h>

#include "acmeconf.h"
#include "codec.h"
#include "http.h"

#define TOKEN_PATH	"/.well-known/acme-challenge/"

struct token {
	char		 name[TOKEN_SIZE];
	char		 auth[TOKEN_AUTHSIZE];
};

/* All zero: there are none. */
struct tokens {
	struct token	*v;
	size_t		 n;
};

/*
 * MSG_RELAY_TOKEN: answer `name' with the key authorization `auth', or forget
 * all when both are "".  0, or -1: malformed, too many, or no memory.
 */
int	 tokens_add(struct tokens *t, const char *name, const char *auth);

/* The key authorization for the request path `path'; NULL: there is none. */
const char *tokens_find(const struct tokens *t, struct http_str path);

/* Forget all. */
void	 tokens_free(struct tokens *t);

#endif
