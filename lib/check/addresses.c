/*
 * addresses: what is known when each address of a node has been checked: an
 * address that alone is wrong has one fault, which takes the place of all that
 * was found there.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"

#define MESH_MS	2000	/* of a step: the nodes know each other already */

static int
is_fault(const struct check_kept *k)
{
	return (!k->dropped && check_fault_row(k->f.id)->level == CHECK_FAULT);
}

/* The first fault that was found at an address; NULL: there is none. */
static const struct check_kept *
first_fault(const struct check_run *r, const struct check_addr *a)
{
	size_t i;

	for (i = 0; i < r->nkept; i++)
		if (r->kept[i].a == a && is_fault(&r->kept[i]))
			return (&r->kept[i]);
	return (NULL);
}

/* Drop the faults of an address. */
static void
drop(struct check_run *r, const struct check_addr *a)
{
	size_t i;

	for (i = 0; i < r->nkept; i++)
		if (r->kept[i].a == a && is_fault(&r->kept[i]))
			r->kept[i].dropped = 1;
}

/* "the port refuses connections: Connection refused", or "". */
static void
describe(const struct check_run *r, const struct check_addr *a,
    char dst[CHECK_WHAT / 2])
{
	const struct check_kept *k = first_fault(r, a);

	dst[0] = '\0';
	if (k != NULL)
		(void)snprintf(dst, CHECK_WHAT / 2, "%s: %.180s",
		    check_fault_row(k->f.id)->title, k->f.what);
}

/* Does an address do all that was checked of it? */
static int
works(const struct check_run *r, const struct check_addr *a)
{
	return ((r->opts->what & CHECK_DERP) != 0 ? a->serves : a->connects);
}

/* An address that clients use and that works; NULL: there is none. */
static const struct check_addr *
working(const struct check_run *r)
{
	const struct check_addr *a, *found = NULL;
	size_t i;

	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if (a->dns_only || !works(r, a))
			continue;
		if (first_fault(r, a) == NULL)
			return (a);
		if (found == NULL)
			found = a;
	}
	return (found);
}

/* Do clients that log in at both meet one relay, whatever else is wrong? */
static int
is_same(const struct check_addr *a, const struct check_addr *b)
{
	return (a->has_key && b->has_key && memcmp(a->key, b->key,
	    sizeof(a->key)) == 0);
}

struct comparing {
	struct check_run	*r;
	int			(*meshed)(const struct check_run *r,
				    const struct check_addr *a,
				    const struct check_addr *b);
};

/* Are these two relays that do not forward packets to each other? */
static int
is_other(const struct comparing *j, const struct check_addr *a,
    const struct check_addr *b)
{
	return (a->has_key && b->has_key && !is_same(a, b) &&
	    !j->meshed(j->r, a, b));
}

/* Can none of the addresses of this family be connected to? */
static int
is_dead(const struct check_run *r, int family)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (r->addrs[i].ss.ss_family == family &&
		    !r->addrs[i].dns_only && r->addrs[i].connects)
			return (0);
	return (1);
}

static enum check_fault
dead_fault(const struct check_run *r, int family)
{
	if (!is_dead(r, family))
		return (CHECK_ADDRESS_DEAD);
	return (family == AF_INET ? CHECK_IPV4_DEAD : CHECK_IPV6_DEAD);
}

/* Judge an address that clients use by another one that works. */
static void
compare(const struct comparing *j, const struct check_addr *a,
    const struct check_addr *good)
{
	struct check_run *r = j->r;
	const unsigned int port = r->node->port;
	char what[CHECK_WHAT / 2];

	describe(r, a, what);
	if (!a->connects) {
		drop(r, a);
		check_found(r, a, port, dead_fault(r, a->ss.ss_family),
		    "%s; %s works", what, good->text);
	} else if (!works(r, a) && !a->has_key && what[0] != '\0') {
		drop(r, a);
		check_found(r, a, port, CHECK_ADDRESS_OTHER,
		    "%s; at %s is the relay", what, good->text);
	} else if (is_other(j, a, good)) {
		drop(r, a);
		check_found(r, a, port, CHECK_ADDRESS_OTHER,
		    "a relay with another key than at %s%s%s", good->text,
		    what[0] == '\0' ? "" : "; ", what);
	}
}

/* The address of the map that `d' is compared with. */
static const struct check_addr *
of_map(const struct check_run *r, const struct check_addr *d)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (!r->addrs[i].dns_only &&
		    r->addrs[i].ss.ss_family == d->ss.ss_family)
			return (&r->addrs[i]);
	return (NULL);
}

/* Judge an address that DNS alone has: is it the same relay? */
static void
compare_dns(const struct comparing *j, const struct check_addr *d,
    const struct check_addr *m)
{
	struct check_run *r = j->r;
	char what[CHECK_WHAT / 2];

	if (is_same(m, d) || (works(r, m) && works(r, d) &&
	    !is_other(j, m, d)))
		return;
	if (works(r, m) && !check_is_private(m) && check_is_private(d)) {
		check_found(r, NULL, 0, CHECK_NAME_PRIVATE,
		    "the map says %s, DNS %s", m->text, d->text);
	} else if (works(r, m)) {
		describe(r, d, what);
		check_found(r, NULL, 0, CHECK_NAME_OTHER, "the map says %s, "
		    "where the relay is; DNS says %s: %s", m->text, d->text,
		    what[0] == '\0' ? "a relay with another key" : what);
	} else if (works(r, d)) {
		describe(r, m, what);
		drop(r, m);
		check_found(r, NULL, 0, CHECK_NAME_OTHER, "DNS says %s, where "
		    "the relay is; the map says %s: %s", d->text, m->text,
		    what);
	}
}

void
check_addresses_by(struct check_run *r, int (*meshed)(const struct check_run *r,
    const struct check_addr *a, const struct check_addr *b))
{
	const struct comparing j = { .r = r, .meshed = meshed };
	const struct check_addr *a, *good, *m;
	size_t i;

	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if (a->dns_only && !a->skipped &&
		    (m = of_map(r, a)) != NULL && !m->skipped)
			compare_dns(&j, a, m);
	}
	if ((good = working(r)) == NULL)
		return;
	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if (a != good && !a->dns_only && !a->skipped &&
		    (works(r, a) || first_fault(r, a) != NULL))
			compare(&j, a, good);
	}
}

static void
note_found(const struct check_finding *f, void *arg)
{
	int *found = arg;

	(void)f;
	*found = 1;
}

/* A node of one address of the run. */
static void
make_node(const struct check_run *r, const struct check_addr *a,
    struct check_node *n)
{
	*n = *r->node;
	(void)snprintf(n->certname, sizeof(n->certname), "%s",
	    check_server_name(r));
	(void)snprintf(n->host, sizeof(n->host), "%s", a->text);
	n->name[0] = n->ipv4[0] = n->ipv6[0] = '\0';
}

/* Does check_mesh() find nothing, or can it not tell? */
static int
are_meshed(const struct check_run *r, const struct check_addr *a,
    const struct check_addr *b)
{
	struct check_opts o = *r->opts;
	struct check_node n[2];
	char why[CHECK_WHAT];
	int found = 0;
	const struct check_sink sink = { .found = note_found, .arg = &found };

	o.what = CHECK_DERP;
	o.ms = MESH_MS;
	make_node(r, a, &n[0]);
	make_node(r, b, &n[1]);
	return (check_mesh(n, 2, &o, &sink, why, sizeof(why)) == -1 || !found);
}

void
check_addresses(struct check_run *r)
{
	check_addresses_by(r, are_meshed);
}
