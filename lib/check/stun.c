/*
 * stun: STUN on the node's addresses: whether it answers what Tailscale's
 * clients send, from the right address, with a sane address.
 */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "prefix.h"
#include "run.h"
#include "stunask.h"

#define WAIT_MS		1000	/* after the last request */
#define BARE_TRIES	2
#define BARE_WAIT_MS	150	/* and two round trips */

static void
ask(struct check_run *r, const struct check_addr *a, enum net_stun_style style,
    unsigned int tries, unsigned int wait_ms, struct net_stun_result *res)
{
	struct sockaddr_storage to, from;
	struct net_stun_query q = { .style = style, .tries = tries,
	    .to = (struct sockaddr *)&to, .len = a->len, .wait_ms = wait_ms,
	    .until = check_until(r) };

	check_sockaddr(a, (unsigned int)r->node->stun, &to);
	if ((q.from_len = check_source(r, a->ss.ss_family, &from)) != 0)
		q.from = (struct sockaddr *)&from;
	net_stun_ask(&q, res);
}

void
check_stun_ask(struct check_run *r, const struct check_addr *a,
    struct net_stun_result *res)
{
	ask(r, a, NET_STUN_TAILSCALE, NET_STUN_TRIES, WAIT_MS, res);
}

/* Ask without attributes.  Returns 1 when that is answered. */
static int
answers_bare(struct check_run *r, const struct check_addr *a, int64_t rtt_us)
{
	struct net_stun_result res;

	ask(r, a, NET_STUN_BARE, BARE_TRIES, BARE_WAIT_MS +
	    2 * (unsigned int)(rtt_us / 1000), &res);
	return (res.outcome == NET_STUN_ANSWERED);
}

/*
 * A server in no private network sees no private address, unless it is this
 * machine's own: nothing on the way has changed it then.
 */
static int
is_sane(const struct check_addr *a, const struct net_stun_result *res)
{
	uint8_t local[16];

	(void)net_address_get((const struct sockaddr *)&res->local, local);
	return (check_is_private(a) ||
	    !net_address_is_private(res->answer.addr) ||
	    memcmp(res->answer.addr, local, sizeof(local)) == 0);
}

/* The address that STUN saw, and this machine's end of the way to it. */
struct sight {
	const struct check_addr	*a;		/* NULL: none */
	uint8_t			 saw[16], local[16];
};

static int
differ(const struct sight *x, const struct sight *y)
{
	return (x->a != NULL && y->a != NULL &&
	    x->a->ss.ss_family == y->a->ss.ss_family &&
	    memcmp(x->local, y->local, sizeof(x->local)) == 0 &&
	    memcmp(x->saw, y->saw, sizeof(x->saw)) != 0);
}

/* Addresses of the relay that see this machine at different addresses. */
static void
compare(struct check_run *r, const struct sight v[RUN_ADDRESSES])
{
	char x[NET_PREFIX_TEXT], y[NET_PREFIX_TEXT];
	size_t i, k;

	for (i = 1; i < r->naddrs; i++)
		for (k = 0; k < i; k++) {
			if (!differ(&v[k], &v[i]))
				continue;
			net_prefix_address(v[k].saw, x);
			net_prefix_address(v[i].saw, y);
			check_found(r, NULL, (unsigned int)r->node->stun,
			    CHECK_STUN_DIFFERS, "%s sees this machine as %s, "
			    "%s as %s", v[k].a->text, x, v[i].a->text, y);
			return;
		}
}

static void
answered(struct check_run *r, const struct check_addr *a,
    const struct net_stun_result *res)
{
	char saw[NET_PREFIX_TEXT];

	net_prefix_address(res->answer.addr, saw);
	check_number(r, a, CHECK_FACT_STUN, res->rtt_us);
	check_text(r, a, CHECK_FACT_STUN_ADDRESS, saw);
	if (!is_sane(a, res))
		check_found(r, a, (unsigned int)r->node->stun,
		    CHECK_STUN_MAPPED, "it says that this machine has the "
		    "private address %s", saw);
	check_number(r, a, CHECK_FACT_STUN_BARE,
	    answers_bare(r, a, res->rtt_us));
}

/* No answer: a sick relay may be the cause, which is no other fault. */
static void
unanswered(struct check_run *r, const struct check_addr *a, int sick,
    enum check_fault id, const char *what)
{
	check_found(r, a, (unsigned int)r->node->stun, sick ?
	    CHECK_STUN_SILENT_TOO : id, "%s", what);
}

static void
silent(struct check_run *r, const struct check_addr *a, int sick, int bare,
    const struct net_stun_result *res)
{
	const int e = res->error;
	char what[CHECK_WHAT];

	(void)snprintf(what, sizeof(what), "no answer to %u requests%s%s%s",
	    res->requests, e == 0 ? "" : ", but a router or firewall says: ",
	    e == 0 ? "" : strerror(e), bare ?
	    ", but to one without SOFTWARE and FINGERPRINT, which no Tailscale "
	    "client sends" : "");
	unanswered(r, a, sick, CHECK_STUN_SILENT, what);
}

static void
elsewhere(struct check_run *r, const struct check_addr *a,
    const struct net_stun_result *res)
{
	char from[NET_PREFIX_TEXT];
	uint8_t addr[16];
	unsigned int port;

	port = net_address_get((const struct sockaddr *)&res->source, addr);
	net_prefix_address(addr, from);
	check_found(r, a, (unsigned int)r->node->stun, CHECK_STUN_ELSEWHERE,
	    "the answer comes from %s port %u", from, port);
}

static void
one(struct check_run *r, struct check_addr *a, int sick, struct sight *s)
{
	const unsigned int port = (unsigned int)r->node->stun;
	struct net_stun_result res;
	int bare = 0;

	check_stun_ask(r, a, &res);
	/* It may have been silent for a while alone, as in a restart. */
	if (res.outcome == NET_STUN_SILENT && (bare = answers_bare(r, a, 0)))
		check_stun_ask(r, a, &res);
	switch (res.outcome) {
	case NET_STUN_ANSWERED:
		a->stuns = 1;
		s->a = a;
		memcpy(s->saw, res.answer.addr, sizeof(s->saw));
		(void)net_address_get((struct sockaddr *)&res.local,
		    s->local);
		answered(r, a, &res);
		break;
	case NET_STUN_REFUSED:
		check_found(r, a, port, CHECK_STUN_BROKEN,
		    "the answer is the error %u", res.answer.code);
		break;
	case NET_STUN_GARBLED:
		check_found(r, a, port, CHECK_STUN_BROKEN,
		    "the answer is of no use: %s", res.answer.why);
		break;
	case NET_STUN_ELSEWHERE:
		elsewhere(r, a, &res);
		break;
	case NET_STUN_CLOSED:
		unanswered(r, a, sick, CHECK_STUN_CLOSED,
		    "the host refuses UDP to this port");
		break;
	case NET_STUN_SILENT:
		silent(r, a, sick, bare, &res);
		break;
	case NET_STUN_LOCAL:
		check_found(r, a, port, CHECK_NO_ROUTE, "UDP: %s",
		    strerror(res.error));
		break;
	}
}

/* Does any address take connections? */
static int
connects(const struct check_run *r)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (!r->addrs[i].dns_only && r->addrs[i].connects)
			return (1);
	return (0);
}

void
check_stun(struct check_run *r)
{
	const int sick = r->faults > 0, some = connects(r);
	struct sight v[RUN_ADDRESSES] = { { .a = NULL } };
	struct check_addr *a;
	size_t i;

	check_step(r, "STUN");
	for (i = 0; i < r->naddrs && !r->stopped; i++) {
		a = &r->addrs[i];
		/* An address that alone is dead has its fault already. */
		if (!a->dns_only && !a->skipped && (a->connects || !some))
			one(r, a, sick, &v[i]);
	}
	if (!r->has[CHECK_STUN_MAPPED])
		compare(r, v);
}
