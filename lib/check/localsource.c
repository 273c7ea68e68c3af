/*
 * localsource: see localsource.h.  What is found from another address than the
 * usual one is a matter of this machine's routes: a note, never a fault.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "prefix.h"
#include "localsource.h"
#include "stunask.h"

#define STEP_MS		2000	/* others have waited longer before */
#define NETWORK_BITS	64	/* of IPv6: its addresses have one route */

/* Are the two in one network: the same, or of one IPv6 network? */
static int
same_network(const struct sockaddr *a, const struct sockaddr *b)
{
	uint8_t x[16], y[16], nx[16], ny[16];

	(void)net_address_get(a, x);
	(void)net_address_get(b, y);
	net_address_source(x, 32, NETWORK_BITS, nx);
	net_address_source(y, 32, NETWORK_BITS, ny);
	return (memcmp(nx, ny, sizeof(nx)) == 0);
}

static int
is_fit(const struct ifaddrs *i, int family)
{
	uint8_t addr[16];

	if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family ||
	    (i->ifa_flags & IFF_UP) == 0)
		return (0);
	(void)net_address_get(i->ifa_addr, addr);
	return (!net_address_is_private(addr));
}

size_t
check_sources_pick(const struct ifaddrs *list, const struct check_addr *usual,
    const struct ifaddrs *v[RUN_SOURCES])
{
	const struct ifaddrs *i;
	size_t k, n = 0;

	for (i = list; i != NULL && n < RUN_SOURCES; i = i->ifa_next) {
		if (!is_fit(i, usual->ss.ss_family) ||
		    same_network(i->ifa_addr,
		    (const struct sockaddr *)&usual->ss))
			continue;
		for (k = 0; k < n; k++)
			if (same_network(v[k]->ifa_addr, i->ifa_addr))
				break;
		if (k == n)
			v[n++] = i;
	}
	return (n);
}

/* What STUN says to the source of the run, as ", STUN sees 192.0.2.1". */
static void
ask_stun(struct check_run *r, const struct check_addr *a, char *dst,
    size_t size)
{
	struct net_stun_result res;
	char saw[NET_PREFIX_TEXT];

	dst[0] = '\0';
	if (!a->stuns)
		return;
	check_stun_ask(r, a, &res);
	if (res.outcome != NET_STUN_ANSWERED) {
		(void)snprintf(dst, size, ", STUN does not answer");
		return;
	}
	net_prefix_address(res.answer.addr, saw);
	(void)snprintf(dst, size, ", STUN sees %s", saw);
}

void
check_sources_try(struct check_run *r, const struct check_addr *a,
    const char *source, const char *interface)
{
	const uint64_t began = base_clock_us();
	struct check_opts o = *r->opts;
	struct check_run from = { .node = r->node, .opts = &o,
	    .sink = r->sink };
	char text[CHECK_WHAT], stun[NET_PREFIX_TEXT + 32];
	uint64_t us;
	int fd;

	o.source = source;
	o.ms = STEP_MS;
	fd = check_dial(&from, a, r->node->port, check_until(&from));
	if (fd == -1) {
		check_found(r, a, r->node->port, CHECK_SOURCE_DEAD,
		    "from %s of %s: %s", source, interface, strerror(errno));
		return;
	}
	us = base_clock_us() - began;
	(void)close(fd);
	ask_stun(&from, a, stun, sizeof(stun));
	(void)snprintf(text, sizeof(text),
	    "from %s of %s: connects in %llu.%llu ms%s", source, interface,
	    (unsigned long long)us / 1000, (unsigned long long)us % 1000 / 100,
	    stun);
	check_text(r, a, CHECK_FACT_SOURCE, text);
}

/* The first address of a family that can be reached, and not just here. */
static const struct check_addr *
target(const struct check_run *r, int family)
{
	const struct check_addr *a;
	size_t i;

	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if (a->ss.ss_family == family && a->connects && !a->dns_only &&
		    !check_is_private(a))
			return (a);
	}
	return (NULL);
}

static void
from_family(struct check_run *r, int family, const struct ifaddrs *all)
{
	const struct check_addr *a = target(r, family);
	const struct ifaddrs *v[RUN_SOURCES];
	struct check_addr usual;
	char text[NET_PREFIX_TEXT];
	uint8_t addr[16];
	size_t i, n;

	if (a == NULL || check_leaves_from(r, a, &usual) == -1)
		return;
	n = check_sources_pick(all, &usual, v);
	for (i = 0; i < n; i++) {
		(void)net_address_get(v[i]->ifa_addr, addr);
		net_prefix_address(addr, text);
		check_sources_try(r, a, text, v[i]->ifa_name);
	}
}

void
check_sources(struct check_run *r)
{
	struct ifaddrs *all;

	if (r->opts->source != NULL || r->stopped || getifaddrs(&all) == -1)
		return;
	check_step(r, "other addresses of this machine");
	from_family(r, AF_INET, all);
	from_family(r, AF_INET6, all);
	freeifaddrs(all);
}
