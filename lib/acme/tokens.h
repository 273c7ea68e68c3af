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

struct acme_token {
	char		 name[IPC_TOKEN_SIZE];
	char		 auth[IPC_TOKEN_AUTHSIZE];
};

/* All zero: there are none. */
struct acme_tokens {
	struct acme_token	*v;
	size_t			 n;
};

/*
 * MSG_RELAY_TOKEN: answer `name' with the key authorization `auth', or forget
 * all when both are "".  0, or -1: malformed, too many, or no memory.
 */
int	 acme_tokens_add(struct acme_tokens *t, const char *name,
	    const char *auth);

/* The key authorization for the request path `path'; NULL: there is none. */
const char *acme_tokens_find(const struct acme_tokens *t,
	    struct net_http_str path);

/* Forget all. */
void	 acme_tokens_free(struct acme_tokens *t);

#endif
