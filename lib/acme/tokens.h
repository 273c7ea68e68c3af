/*
 * tokens: the HTTP-01 challenges (RFC 8555 8.3) that a front answers on
 * port 80, as the parent sent them.  Pure.
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

/* All zeros: no tokens. */
struct acme_tokens {
	struct acme_token	*v;
	size_t			 n;
};

/*
 * MSG_FRONT_TOKEN: answer `name' with the key authorization `auth', or drop all
 * tokens when both are "".  Returns 0, or -1 when malformed, too many, or out
 * of memory.
 */
int	 acme_tokens_add(struct acme_tokens *t, const char *name,
	    const char *auth);

/*
 * The key authorization for the request path `path'; NULL when there is none.
 */
const char *acme_tokens_find(const struct acme_tokens *t,
	    struct net_http_str path);

/* Drop all tokens. */
void	 acme_tokens_free(struct acme_tokens *t);

#endif
