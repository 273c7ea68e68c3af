/*
 * workerasks: see workerasks.h.  Called by workernode.c, worker.c and
 * surveys.c. Touches the channels to the parent and to keys.
 *
 * A question has the number of its relay and the node's cookie: an answer for a
 * relay that is gone, or for an attempt that has ended, is ignored.
 */
#include <sys/socket.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "childrun.h"
#include "log.h"
#include "relays.h"
#include "surveys.h"
#include "worker.h"
#include "workerasks.h"
#include "workeriface.h"

/* The first half of a cookie: a relay's number, or an interface's survey. */
#define SURVEY	0x80000000U

static uint64_t
number(uint32_t id, uint32_t cookie)
{
	return ((uint64_t)id << 32 | cookie);
}

static struct worker_relay *
relay_of(const struct worker *w, uint64_t cookie)
{
	struct worker_relay *r;
	size_t i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL && (r = worker_relays_find(
		    w->ifaces[i], (uint32_t)(cookie >> 32))) != NULL)
			return (r);
	return (NULL);
}

static void
check_sent(int rv)
{
	if (rv == -1)
		fatal("can't send to the parent (sendmsg)");
}

/* Addresses */

/* Add the address `text', if it is one. */
static void
add_text(struct net_place *v, size_t *n, const char *text)
{
	if (*n < NET_MAXPLACES && net_place_literal(&v[*n], text))
		++*n;
}

size_t
worker_asks_places(const struct map_places_node *at,
    struct net_place v[NET_MAXPLACES])
{
	size_t n = 0;

	add_text(v, &n, at->ipv4);
	add_text(v, &n, at->ipv6);
	if (n == 0)
		add_text(v, &n, at->host);
	return (n);
}

size_t
worker_asks_addrs_of(const struct map_places_node *at,
    const struct ipc_msg_worker_addrs *a, struct net_place v[NET_MAXPLACES])
{
	const uint8_t *addr = a->addrs;
	size_t n = 0;
	uint32_t i;
	int v4;

	for (i = 0; i < a->naddrs && n < NET_MAXPLACES;
	    i++, addr += IPC_ADDRLEN) {
		v4 = net_address_is_ipv4(addr);
		if (at == NULL || strcmp(v4 ? at->ipv4 : at->ipv6,
		    "none") != 0)
			net_place_set(&v[n++], addr, 0);
	}
	return (n);
}

void
worker_asks_name(struct worker *w, const char *name)
{
	struct ipc_msg_worker_want_addrs v = { .name = name };

	check_sent(ipc_send_worker_want_addrs(w->child->parent, &v));
}

void
worker_asks_addrs(struct worker_node *n, uint32_t cookie, const char *host,
    void *arg)
{
	struct worker_relay *r = arg;
	struct net_place places[NET_MAXPLACES];
	size_t nplaces = 0;

	/* Those of the map, unless it is the proxy that is wanted. */
	if (n->target.proxy.host[0] == '\0')
		nplaces = worker_asks_places(&r->at, places);
	else
		add_text(places, &nplaces, host);
	if (nplaces > 0) {
		worker_node_addrs(n, cookie, places, nplaces, NULL);
		return;
	}
	r->addrs_asked = 1;
	r->addrs_cookie = cookie;
	strlcpy(r->addrs_host, host, sizeof(r->addrs_host));
	worker_asks_name(r->iface->worker, host);
}

static void
answer_addrs(struct worker_relay *r, const struct ipc_msg_worker_addrs *v)
{
	int proxy = r->node.target.proxy.host[0] != '\0';
	struct net_place places[NET_MAXPLACES];
	const char *why = v->why;
	size_t n;

	n = worker_asks_addrs_of(proxy ? NULL : &r->at, v, places);
	if (n == 0 && why[0] == '\0')
		why = "the name has no address that the map permits";
	r->addrs_asked = 0;
	worker_node_addrs(&r->node, r->addrs_cookie, places, n, why);
}

void
worker_asks_got_addrs(struct worker *w, const struct ipc_msg_worker_addrs *v)
{
	struct worker_relay *r;
	size_t i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		if (w->ifaces[i] == NULL)
			continue;
		TAILQ_FOREACH(r, &w->ifaces[i]->relays, entry)
			if (r->addrs_asked &&
			    strcmp(r->addrs_host, v->name) == 0)
				answer_addrs(r, v);
		worker_surveys_got_addrs(w->ifaces[i], v);
	}
}

/* Sockets */

static void
ask_socket(struct worker_iface *f, uint64_t cookie, int family)
{
	struct ipc_msg_worker_want_tcp v = {
		.cookie = cookie,
		.iface = f->number,
		.fwmark = f->fwmark,
		.ipv6 = family == AF_INET6
	};

	check_sent(ipc_send_worker_want_tcp(f->worker->child->parent, &v));
}

void
worker_asks_socket(struct worker_node *n, uint32_t cookie, int family,
    void *arg)
{
	struct worker_relay *r = arg;

	(void)n;
	ask_socket(r->iface, number(r->id, cookie), family);
}

void
worker_asks_survey_socket(struct worker_iface *f, uint32_t cookie, int family)
{
	ask_socket(f, number(SURVEY | f->number, cookie), family);
}

void
worker_asks_got_socket(struct worker *w, const struct ipc_msg_worker_tcp *v,
    int *fd)
{
	uint32_t id = (uint32_t)(v->cookie >> 32), i = id & ~SURVEY;
	struct worker_relay *r;

	/* The message closes a socket that nobody takes. */
	if (id & SURVEY) {
		if (i < IPC_BRIDGE_MAXIFACES && w->ifaces[i] != NULL)
			worker_surveys_got_socket(w->ifaces[i],
			    (uint32_t)v->cookie, fd);
	} else if ((r = relay_of(w, v->cookie)) != NULL) {
		worker_node_socket(&r->node, (uint32_t)v->cookie, *fd, v->why);
		*fd = -1;
	}
}

/* Logins */

void
worker_asks_login(struct worker_node *n, uint32_t cookie,
    const uint8_t server[FRAME_KEY_LEN], void *arg)
{
	struct worker_relay *r = arg;
	struct worker_iface *f = r->iface;
	struct ipc_msg_wglogin v = {
		.cookie = number(r->id, cookie),
		.iface = f->number,
		.own_key = n->target.own,
		.server_key = server
	};

	if (f->worker->keys == NULL ||
	    ipc_send_wglogin(f->worker->keys, &v) == -1) {
		worker_node_login(n, cookie, NULL, 0,
		    "the process that makes logins is not there");
		return;
	}
	r->login_asked = 1;
	r->login_cookie = cookie;
}

void
worker_asks_got_login(struct worker *w, const struct ipc_msg_wglogged *v)
{
	struct worker_relay *r = relay_of(w, v->cookie);

	if (r == NULL)
		return;
	r->login_asked = 0;
	if (v->ok)
		worker_node_login(&r->node, (uint32_t)v->cookie, v->info,
		    v->info_len, NULL);
	else
		worker_node_login(&r->node, (uint32_t)v->cookie, NULL, 0,
		    v->why);
}

void
worker_asks_no_keys(struct worker *w)
{
	struct worker_relay *r;
	size_t i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		if (w->ifaces[i] == NULL)
			continue;
		TAILQ_FOREACH(r, &w->ifaces[i]->relays, entry) {
			if (!r->login_asked)
				continue;
			r->login_asked = 0;
			worker_node_login(&r->node, r->login_cookie, NULL, 0,
			    "the process that makes logins has ended");
		}
	}
}
