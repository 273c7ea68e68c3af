/*
 * login: whether clients can log in and reach each other.
 *
 * Two clients log in, with keys of their own, as probers: the first by the
 * upgrade, the second by fast start if the relay announces it.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "pair.h"

#define AGAIN_MS	300	/* before a login is tried once more */
#define SLOW		2000000	/* us: what a login may take, without the
				   network's part */
#define TRIPS		3	/* of the network, at most, in a login */

/* Is there no point in another try of a login that failed? */
static int
final(const struct check_pair *p, const struct check_client *c)
{
	return (p->r->stopped || p->r->local[0] != '\0' || (c->d != NULL &&
	    (net_derpclient_interrupted(c->d) ||
	    net_derpclient_refusal(c->d) != NULL ||
	    check_client_waited(c, p->r))));
}

/* Report that a client could not log in. */
static void
blame(struct check_pair *p, struct check_client *c, const char *why)
{
	const int told = c->d != NULL && !net_derpclient_interrupted(c->d) &&
	    net_derpclient_refusal(c->d) == NULL;

	if (told && !c->fast && c == &p->c[1] &&
	    !check_client_waited(c, p->r))
		check_found(p->r, p->a, p->r->node->port, CHECK_PORT_UNSTEADY,
		    "the first client is let in, and the second one is not: %s",
		    why);
	else if (told && c->fast)
		check_found(p->r, p->a, p->r->node->port,
		    CHECK_FAST_START_BROKEN, "a client can log in by the "
		    "upgrade, but not by fast start: %s", why);
	else
		check_client_blame(c, p->r, p->a, why);
}

/* Log in one of the clients, on failure at the second try.  Returns 1 or 0. */
static int
enter(struct check_pair *p, struct check_client *c, int fast)
{
	char why[CHECK_WHAT] = "";

	if (check_client_enter(c, p->r, p->a, fast, why, sizeof(why)))
		return (1);
	if (!final(p, c)) {
		check_client_leave(c);
		(void)poll(NULL, 0, AGAIN_MS);
		if (check_client_enter(c, p->r, p->a, fast, why, sizeof(why)))
			return (1);
	}
	blame(p, c, why);
	check_client_leave(c);
	return (0);
}

/*
 * Compare the server's key with what the certificates announce.  Returns 1 when
 * fast start can be tried.
 */
static int
announced(struct check_pair *p)
{
	struct net_derpclient *d = p->c[0].d;
	const uint8_t *is = net_derpclient_server_key(d);
	char says[2 * FRAME_KEY_LEN + 1], own[2 * FRAME_KEY_LEN + 1];
	uint8_t meta[FRAME_KEY_LEN];
	int fast;

	/* Clients look at the meta certificate with TLS 1.3 alone. */
	fast = strcmp(net_derpclient_tls_version(d), "TLSv1.3") == 0 &&
	    net_derpclient_meta_key(d, meta) == 0;
	check_number(p->r, p->a, CHECK_FACT_FAST_START, fast);
	if (!fast || memcmp(meta, is, FRAME_KEY_LEN) == 0)
		return (fast);
	base_hex_put(says, meta, FRAME_KEY_LEN);
	base_hex_put(own, is, FRAME_KEY_LEN);
	check_found(p->r, p->a, p->r->node->port, CHECK_META_KEY_WRONG,
	    "the certificate announces nodekey:%s, the relay has nodekey:%s",
	    says, own);
	return (0);
}

/* Report the key and the limits that the first client was told. */
static void
told(struct check_pair *p, struct check_addr *a)
{
	struct net_derpclient *d = p->c[0].d;
	char key[8 + 2 * FRAME_KEY_LEN + 1] = "nodekey:";
	uint64_t burst, rate = net_derpclient_rate(d, &burst);

	memcpy(a->key, net_derpclient_server_key(d), sizeof(a->key));
	a->has_key = 1;
	base_hex_put(key + strlen(key), a->key, sizeof(a->key));
	check_text(p->r, a, CHECK_FACT_SERVER_KEY, key);
	check_number(p->r, a, CHECK_FACT_LOGIN, p->c[0].login);
	if (rate != 0)
		check_number(p->r, a, CHECK_FACT_RATE_LIMIT,
		    rate < CHECK_MOST ? (int64_t)rate : CHECK_MOST);
}

/* Are the two clients at the same relay? */
static int
one_relay(struct check_pair *p)
{
	char k[2][2 * FRAME_KEY_LEN + 1];
	int i;

	for (i = 0; i < 2; i++)
		base_hex_put(k[i], net_derpclient_server_key(p->c[i].d),
		    FRAME_KEY_LEN);
	if (strcmp(k[0], k[1]) == 0)
		return (1);
	check_found(p->r, p->a, p->r->node->port, CHECK_SERVER_KEYS_DIFFER,
	    "one connection meets nodekey:%s, another one nodekey:%s", k[0],
	    k[1]);
	return (0);
}

/* Log in the second client.  Returns 1 when the two can write to each other. */
static int
second(struct check_pair *p)
{
	struct check_client *c = &p->c[1];

	if (p->r->opts->secret != NULL)
		return (1);
	if (!announced(p) || !enter(p, c, 1)) {
		if (p->r->stopped || !enter(p, c, 0))
			return (0);
	} else
		check_number(p->r, p->a, CHECK_FACT_FAST_LOGIN, c->login);
	return (one_relay(p));
}

void
check_login_time(struct check_pair *p, int64_t rtt)
{
	int64_t us = p->c[0].login;

	if (p->ways != 2)
		return;
	if (p->c[1].login < us)
		us = p->c[1].login;
	us -= TRIPS * rtt;
	if (us > SLOW)
		check_found(p->r, p->a, p->r->node->port, CHECK_LOGIN_SLOW,
		    "the relay takes %lld s to let a client in",
		    (long long)(us + 500000) / 1000000);
}

/* The second client leaves: the first one must hear of it. */
static void
part(struct check_pair *p)
{
	struct check_client *c = &p->c[0];
	const long long until = check_until(p->r);
	struct net_derpclient_frame f;
	uint8_t key[FRAME_KEY_LEN];
	int rv;

	memcpy(key, net_derpclient_key(p->c[1].d), sizeof(key));
	check_client_leave(&p->c[1]);
	do {
		rv = check_client_next(c, FRAME_PEER_GONE, &f, until);
	} while (rv == 1 && (f.len < FRAME_KEY_LEN ||
	    memcmp(f.p, key, FRAME_KEY_LEN) != 0));
	if (rv == -1)
		check_client_ended(c, p->r, p->a, "the other client has left");
	else if (rv == 0)
		check_found(p->r, p->a, p->r->node->port,
		    CHECK_PEER_GONE_MISSING, "%s has left, and %s is not told "
		    "within %d s", p->c[1].name, c->name,
		    check_step_ms(p->r) / 1000);
}

/* What the two can do with each other. */
static int
talk(struct check_pair *p)
{
	int on;

	if (check_packets_init(&p->way[0], &p->c[0],
	    &p->c[p->ways == 2]) == -1 ||
	    check_packets_init(&p->way[1], &p->c[1], &p->c[0]) == -1) {
		(void)snprintf(p->r->local, sizeof(p->r->local),
		    "out of memory");
		return (0);
	}
	on = check_echo(p);
	if (on && p->largest != 0 && p->ways == 2 &&
	    p->r->opts->throughput != 0)
		check_throughput(p);
	return (on && !p->r->stopped);
}

/* Report what the relay has said of itself to either client. */
static void
complaints(struct check_pair *p)
{
	const struct check_client *c = p->c[0].health[0] != '\0' ? &p->c[0] :
	    &p->c[1];

	if (c->health[0] != '\0')
		check_found(p->r, p->a, p->r->node->port, CHECK_SERVER_HEALTH,
		    "the relay says: %s", c->health);
}

/* All that follows the first login. */
static void
inside(struct check_pair *p, struct check_addr *a)
{
	int64_t rtt;
	int on = 1;

	told(p, a);
	if (a->dns_only)
		return;
	if (second(p))
		on = talk(p);
	if (on && !p->r->stopped && (rtt = check_latency(p)) != -1 &&
	    p->c[1].d != NULL) {
		check_login_time(p, rtt);
		if (p->largest != 0)
			part(p);
	}
	complaints(p);
}

int
check_login(struct check_run *r, struct check_addr *a)
{
	struct check_pair p = { .r = r, .a = a,
	    .ways = r->opts->secret == NULL ? 2 : 1,
	    .c = { { .name = "the first client" },
	    { .name = "the second client" } } };
	int in;

	check_step(r, "login");
	if ((in = enter(&p, &p.c[0], 0)))
		inside(&p, a);
	check_client_leave(&p.c[0]);
	check_client_leave(&p.c[1]);
	check_packets_free(&p.way[0]);
	check_packets_free(&p.way[1]);
	return (in);
}
