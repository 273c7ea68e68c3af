/*
 * places: see places.h.  Called by connection.c.  Uses the resolver, which
 * reads its files and talks to its servers.
 */
#include <sys/types.h>
#include <sys/un.h>
#include <string.h>

#include "places.h"

void
verify_places_init(struct verify_places *p, const struct verify_target *t,
    const struct net_resolver *r)
{
	memset(p, 0, sizeof(*p));
	p->target = t;
	p->resolver = r != NULL ? r : &net_resolver_libc;
}

/* The path of tailscaled's socket. */
static void
use_path(struct verify_places *p)
{
	struct sockaddr_un un;

	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	strlcpy(un.sun_path, p->target->name, sizeof(un.sun_path));
	memcpy(&p->v[0].ss, &un, sizeof(un));
	p->v[0].len = sizeof(un);
	p->n = 1;
}

/*
 * Ask the resolver; without TLS, this machine's addresses alone may be used,
 * unless the operator wants others.  Returns 0, or -1 with p->why.
 */
static int
resolve(struct verify_places *p)
{
	const struct net_url *u = &p->target->url;
	struct net_place v[NET_MAXPLACES];
	int n;

	n = net_place_find(p->resolver, u->host, u->port, u->plain &&
	    !p->target->cleartext, v, p->why, sizeof(p->why));
	if (n == -1)
		return (-1);
	memcpy(p->v, v, (size_t)n * sizeof(v[0]));
	p->n = (size_t)n;
	return (0);
}

void
verify_places_worked(struct verify_places *p, const struct net_place *v)
{
	struct net_place first = *v;
	size_t i;

	for (i = 0; i < p->n && !net_place_same(&p->v[i], &first); i++)
		;
	if (i == p->n)
		return;
	memmove(&p->v[1], &p->v[0], i * sizeof(p->v[0]));
	p->v[0] = first;
}

int
verify_places_find(struct verify_places *p, uint64_t now)
{
	struct net_place good;

	if (p->target->kind == IPC_VERIFY_TAILSCALED) {
		use_path(p);
		return (0);
	}
	if (now < p->until)
		return (p->n > 0 ? 0 : -1);
	if (p->n > 0)
		good = p->v[0];
	else
		good.len = 0;
	if (resolve(p) == 0 && good.len > 0)
		verify_places_worked(p, &good);
	p->until = now + (p->n > 0 ? VERIFY_PLACE_MS : VERIFY_RESOLVE_MS);
	return (p->n > 0 ? 0 : -1);
}
