/*
 * names: the addresses of a node, by its map and by DNS, as clients choose
 * them: an address of the map replaces those of DNS of its family.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

#define PER_FAMILY	4	/* addresses of a name that are checked */
#define DNS_ONLY	2	/* of a family that the map has an address of */

/* What DNS says of one family. */
struct names_dns {
	struct check_addr	 addrs[PER_FAMILY];
	size_t			 n;
	int			 error;		/* EAI_...; 0: none */
};

/* Fill in an address of a family.  Returns 0, or -1 when `text' is none. */
static int
parse(struct check_addr *a, int family, const char *text)
{
	struct sockaddr_in *s4 = (struct sockaddr_in *)&a->ss;
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)&a->ss;

	memset(a, 0, sizeof(*a));
	a->ss.ss_family = (sa_family_t)family;
	a->len = family == AF_INET ? sizeof(*s4) : sizeof(*s6);
	if (inet_pton(family, text, family == AF_INET ? (void *)&s4->sin_addr :
	    (void *)&s6->sin6_addr) != 1)
		return (-1);
	(void)snprintf(a->text, sizeof(a->text), "%s", text);
	return (0);
}

static int
same(const struct check_addr *a, const struct check_addr *b)
{
	return (strcmp(a->text, b->text) == 0);
}

/* Add an address unless it is there; what does not fit is left out. */
static void
add(struct check_addr *v, size_t *n, size_t max, const struct check_addr *a)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (same(&v[i], a))
			return;
	if (*n < max)
		v[(*n)++] = *a;
}

static int
is_literal(const char *host)
{
	struct check_addr a;

	return (parse(&a, AF_INET, host) == 0 || strchr(host, ':') != NULL);
}

static void
resolve(const char *host, int family, const struct net_resolver *by,
    struct names_dns *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_family = family }, *list, *ai;
	struct check_addr a;

	memset(d, 0, sizeof(*d));
	if (parse(&a, family, host) == 0) {
		add(d->addrs, &d->n, PER_FAMILY, &a);
		return;
	}
	if (is_literal(host))
		hints.ai_flags = AI_NUMERICHOST;
	if ((d->error = by->resolve(host, NULL, &hints, &list)) != 0)
		return;
	for (ai = list; ai != NULL; ai = ai->ai_next) {
		if (ai->ai_family != family ||
		    ai->ai_addrlen > sizeof(a.ss))
			continue;
		memset(&a, 0, sizeof(a));
		memcpy(&a.ss, ai->ai_addr, ai->ai_addrlen);
		a.len = ai->ai_addrlen;
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, a.text,
		    sizeof(a.text), NULL, 0, NI_NUMERICHOST) == 0)
			add(d->addrs, &d->n, PER_FAMILY, &a);
	}
	by->release(list);
}

/* Does the error mean that this machine's resolver has failed? */
static int
has_failed(int error)
{
	switch (error) {
	case 0:
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return (0);
	default:
		return (1);
	}
}

/* Report the addresses of the name as a fact. */
static void
report(struct check_run *r, const struct names_dns *d, enum check_fact id)
{
	char text[PER_FAMILY * sizeof(d->addrs[0].text)] = "";
	size_t i, len = 0;

	for (i = 0; i < d->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : " ", d->addrs[i].text);
	if (d->n != 0)
		check_text(r, NULL, id, text);
}

/* Add the addresses of a family that clients use, and those to compare. */
static void
choose(struct check_run *r, int family, const char *map,
    const struct names_dns *d)
{
	struct check_addr a;
	size_t i, max = r->naddrs + PER_FAMILY;

	if (map[0] != '\0') {
		if (parse(&a, family, map) == -1)
			return;		/* "none" */
		add(r->addrs, &r->naddrs, RUN_ADDRESSES, &a);
		max = r->naddrs + DNS_ONLY;
	}
	for (i = 0; i < d->n; i++) {
		a = d->addrs[i];
		a.dns_only = map[0] != '\0';
		add(r->addrs, &r->naddrs, max < RUN_ADDRESSES ? max :
		    RUN_ADDRESSES, &a);
	}
}

/* "IPv4 is turned off by the map", or why there is none in DNS. */
static void
reason(char *dst, size_t size, const char *family, const char *map,
    const struct names_dns *d)
{
	if (map[0] != '\0')
		(void)snprintf(dst, size, "the map says \"%.40s\" for %s", map,
		    family);
	else
		(void)snprintf(dst, size, "%s of DNS: %s", family,
		    d->error == 0 ? "none" : gai_strerror(d->error));
}

/* There is no address: say why.  Returns 0. */
static int
nothing(struct check_run *r, const struct names_dns *v4,
    const struct names_dns *v6)
{
	const struct check_node *n = r->node;
	const int error = has_failed(v4->error) ? v4->error : v6->error;
	char a[128], b[128];

	if (has_failed(error))
		check_local(r, "can't resolve %.120s: %s: the resolver of this "
		    "machine fails, or the name servers of the domain do",
		    n->host, gai_strerror(error));
	else if (n->ipv4[0] == '\0' && n->ipv6[0] == '\0')
		check_found(r, NULL, 0, CHECK_NAME_UNKNOWN, "%s: %s", n->host,
		    gai_strerror(error));
	else {
		reason(a, sizeof(a), "IPv4", n->ipv4, v4);
		reason(b, sizeof(b), "IPv6", n->ipv6, v6);
		check_found(r, NULL, 0, CHECK_ADDRESS_NONE, "%s; %s", a, b);
	}
	return (0);
}

/* Note addresses of a name that only some clients can reach. */
static void
note_private(struct check_run *r)
{
	const struct check_addr *a;
	size_t i;

	if (is_literal(r->node->host) || strcmp(r->node->host, "localhost") ==
	    0)
		return;
	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if (strncmp(a->text, "127.", 4) == 0 ||
		    strcmp(a->text, "::1") == 0)
			check_found(r, a, 0, CHECK_ADDRESS_PRIVATE, "it is "
			    "this machine itself: by its hosts file?");
		else if (strncmp(a->text, "198.18.", 7) == 0 ||
		    strncmp(a->text, "198.19.", 7) == 0)
			check_found(r, a, 0, CHECK_ADDRESS_PRIVATE, "a proxy "
			    "program of this network puts it in place of the "
			    "real one (fake-ip)?");
		else if (check_is_private(a))
			check_found(r, a, 0, CHECK_ADDRESS_PRIVATE,
			    "it is of a private network");
	}
}

/* The resolver works, but not for this family of the name. */
static void
note_half(struct check_run *r, const struct names_dns *d,
    const struct names_dns *other, const char *type)
{
	if (has_failed(d->error) && other->n != 0)
		check_found(r, NULL, 0, CHECK_NAME_HALF,
		    "%s of type %s: %s", r->node->host, type,
		    gai_strerror(d->error));
}

int
check_names_by(struct check_run *r, const struct net_resolver *by)
{
	const struct check_node *n = r->node;
	struct names_dns v4 = { .n = 0 }, v6 = { .n = 0 };
	const int compare = (r->opts->what & CHECK_NAMES) != 0 &&
	    !is_literal(n->host);

	check_step(r, "names");
	if (n->ipv4[0] == '\0' || (compare && strcmp(n->ipv4, "none") != 0))
		resolve(n->host, AF_INET, by, &v4);
	if (n->ipv6[0] == '\0' || (compare && strcmp(n->ipv6, "none") != 0))
		resolve(n->host, AF_INET6, by, &v6);
	if (compare) {
		report(r, &v4, CHECK_FACT_DNS_A);
		report(r, &v6, CHECK_FACT_DNS_AAAA);
		note_half(r, &v4, &v6, "A");
		note_half(r, &v6, &v4, "AAAA");
	}
	choose(r, AF_INET, n->ipv4, &v4);
	choose(r, AF_INET6, n->ipv6, &v6);
	if (r->naddrs == 0)
		return (nothing(r, &v4, &v6));
	check_meet(r);
	if ((r->opts->what & CHECK_NAMES) == 0)
		return (1);
	note_private(r);
	return (check_routes(r));
}

int
check_names(struct check_run *r)
{
	return (check_names_by(r, &net_resolver_libc));
}
