/*
 * resolve: the process that resolves names; see resolve.h.
 *
 * derpd's parent names those of bootstrap-dns, each of which is resolved every
 * few minutes; derpbridged's parent asks for a name when one is wanted, and may
 * name a DNS server and make the sockets to it.  The resolver blocks, so this
 * process does nothing else: between two look-ups it answers its channel, and
 * while it waits for a socket.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childrun.h"
#include "clock.h"
#include "dnsserver.h"
#include "log.h"
#include "lookup.h"
#include "reach.h"
#include "resolve.h"
#include "resolveasks.h"
#include "schedule.h"

#define LEND_MS	2000	/* for a socket of the parent */

static struct ipc_child		child;
static struct resolve_names	names;
static struct resolve_asks	asks;
static struct net_reach		reach;

static struct {
	uint8_t		 addr[IPC_ADDRLEN];
	uint16_t	 port;		/* 0: libc's resolver */
	const char	*why;		/* why it can't be asked; NULL: it
					   can */
} server;

/* A socket that the parent was asked for. */
static struct {
	int	 wanted, came;
	int	 fd;
} lent;

static void	send_answer(const char *, const struct resolve_answer *);

/* The parent's messages */

static int
on_conf(void *arg, const struct ipc_msg_resolve_conf *v)
{
	(void)arg;
	resolve_names_set(&names, v->names, v->nnames, v->every,
	    base_clock_ms());
	return (0);
}

static int
on_server(void *arg, const struct ipc_msg_resolve_server *v)
{
	(void)arg;
	if (server.port == v->port &&
	    memcmp(server.addr, v->addr, sizeof(server.addr)) == 0)
		return (0);
	if (child.confined) {
		log_info("restarting for another DNS server");
		exit(0);
	}
	server.port = v->port;
	memcpy(server.addr, v->addr, sizeof(server.addr));
	return (0);
}

static int
on_ask(void *arg, const struct ipc_msg_resolve_ask *v)
{
	struct resolve_answer a;

	(void)arg;
	if (resolve_asks_add(&asks, v->name) == 0)
		return (0);
	memset(&a, 0, sizeof(a));
	strlcpy(a.why, "too many names wait to be resolved", sizeof(a.why));
	send_answer(v->name, &a);
	return (0);
}

static int
on_lent(void *arg, const struct ipc_msg_resolve_lent *v, int *fd)
{
	(void)arg;
	/* One that comes too late is closed. */
	if (!lent.wanted)
		return (0);
	if (*fd == -1)
		log_debug("no socket from the parent: %s", v->why);
	lent.wanted = 0;
	lent.came = 1;
	lent.fd = *fd;
	*fd = -1;
	return (0);
}

/* Get a socket from the parent, for dnsserver.h. */
static int
lend(int ipv6, int tcp, void *arg)
{
	const struct ipc_msg_resolve_want v = { ipv6, tcp };
	const long long until = base_clock_ms() + LEND_MS;
	long long left;

	(void)arg;
	lent.wanted = 1;
	lent.came = 0;
	ipc_child_sent(&child, ipc_send_resolve_want(child.parent, &v));
	while (!lent.came && (left = until - (long long)base_clock_ms()) > 0)
		(void)ipc_child_wait(&child, (int)left);
	lent.wanted = 0;
	return (lent.came ? lent.fd : -1);
}

/* Work */

/* Handle messages until a name is due, forever without names. */
static struct resolve_name *
wait_for_work(void)
{
	struct resolve_name *n = NULL;
	uint64_t now;
	int ms;

	do {
		if (asks.n > 0)
			return (NULL);
		now = base_clock_ms();
		ms = INT_MAX;
		if ((n = resolve_names_first(&names)) != NULL &&
		    n->due < now + INT_MAX)
			ms = n->due > now ? (int)(n->due - now) : 0;
	} while (ipc_child_wait(&child, ms) || n == NULL ||
	    n->due > base_clock_ms());
	return (n);
}

static void
send_answer(const char *name, const struct resolve_answer *a)
{
	struct ipc_msg_resolve_result v = {
		.name = name, .naddrs = (uint32_t)a->n, .addrs = a->addrs[0],
		.why = a->why
	};

	ipc_child_sent(&child, ipc_send_resolve_result(child.parent, &v));
}

static void
look_up(const char *name, struct resolve_answer *a)
{
	if (server.port == 0)
		resolve_lookup(NULL, name, a);
	else if (server.why == NULL)
		resolve_server_lookup(name, a);
	else {
		memset(a, 0, sizeof(*a));
		strlcpy(a->why, server.why, sizeof(a->why));
	}
}

/* Resolve a name that is due.  Settings that come meanwhile may drop it. */
static void
look_up_due(const struct resolve_name *due)
{
	struct resolve_answer a;
	struct resolve_name *n;
	char name[IPC_HOSTSIZE];

	strlcpy(name, due->name, sizeof(name));
	look_up(name, &a);
	if ((n = resolve_names_find(&names, name)) != NULL)
		resolve_names_done(&names, n, a.n > 0, base_clock_ms(),
		    arc4random());
	send_answer(name, &a);
}

static void
prepare(struct ipc_child *c)
{
	(void)c;
	if (net_resolver_limit(2) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
}

static int
configured(void *arg)
{
	(void)arg;
	return (names.every_ms != 0);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	char url[32];

	(void)arg;
	snprintf(url, sizeof(url), "http://s:%u/", server.port != 0 ?
	    (unsigned int)server.port : 53);
	if (net_reach_init(&reach) == -1 ||
	    net_reach_add(&reach, url, "") == -1)
		fatal("can't prepare the sandbox");
	if (server.port != 0 && resolve_server_init(server.addr, server.port,
	    lend, NULL, &server.why) == -1)
		log_warnx("no name can be resolved by the DNS server of the "
		    "configuration: %s", server.why);
	return (&reach.net);
}

static void
work(void *arg)
{
	struct resolve_answer a;
	struct resolve_name *n;
	char name[IPC_HOSTSIZE];

	(void)arg;
	for (;;) {
		if ((n = wait_for_work()) != NULL)
			look_up_due(n);
		else if (resolve_asks_take(&asks, name)) {
			look_up(name, &a);
			send_answer(name, &a);
		}
	}
}

static const struct ipc_handlers handlers = {
	.resolve_conf = on_conf,
	.resolve_server = on_server,
	.resolve_ask = on_ask,
	.resolve_lent = on_lent
};

static struct ipc_child child = {
	.role = ROLE_RESOLVE,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.work = work
};

void
resolve_main(void)
{
	ipc_child_run(&child);
}
