/*
 * tokens: see tokens.h.  Used by fronts.
 */
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "tokens.h"

/* Is it token.thumbprint, both in base64url? */
static int
is_auth(const char *auth, const char *name)
{
	size_t n = strlen(name);

	return (strncmp(auth, name, n) == 0 && auth[n] == '.' &&
	    base64url_is(auth + n + 1, IPC_TOKEN_AUTHSIZE));
}

/* The entry of the token: the existing one, or a new one. */
static struct acme_token *
place(struct acme_tokens *t, const char *name)
{
	struct acme_token *v;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->v[i].name, name) == 0)
			return (&t->v[i]);
	if (t->n == IPC_ACME_MAXNAMES ||
	    (v = reallocarray(t->v, t->n + 1, sizeof(*v))) == NULL)
		return (NULL);
	t->v = v;
	return (&v[t->n++]);
}

int
acme_tokens_add(struct acme_tokens *t, const char *name, const char *auth)
{
	struct acme_token *p;

	if (name[0] == '\0') {
		acme_tokens_free(t);
		return (auth[0] == '\0' ? 0 : -1);
	}
	if (strlen(name) >= sizeof(p->name) ||
	    strlen(auth) >= sizeof(p->auth) ||
	    !base64url_is(name, IPC_TOKEN_SIZE) || !is_auth(auth, name) ||
	    (p = place(t, name)) == NULL)
		return (-1);
	strlcpy(p->name, name, sizeof(p->name));
	strlcpy(p->auth, auth, sizeof(p->auth));
	return (0);
}

const char *
acme_tokens_find(const struct acme_tokens *t, struct net_http_str path)
{
	size_t i, skip = sizeof(TOKEN_PATH) - 1;

	if (path.len <= skip || memcmp(path.p, TOKEN_PATH, skip) != 0)
		return (NULL);
	path.p += skip;
	path.len -= skip;
	for (i = 0; i < t->n; i++)
		if (net_http_eq(path, t->v[i].name))
			return (t->v[i].auth);
	return (NULL);
}

void
acme_tokens_free(struct acme_tokens *t)
{
	free(t->v);
	t->v = NULL;
	t->n = 0;
}
