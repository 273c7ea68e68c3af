/*
 * bridgefetch: fetch, which requests the map from a URL, with addresses and
 * sockets of the parent; see bridgemap.h.  The bytes go to derpmapd unread.
 */
#include <string.h>

#include "bridge.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "mapcheck.h"

/* In the time of a budget. */
#define RESULTS_MOST	100
#define ASKS_MOST	1000	/* a request takes some for each address */

int
bridge_fetch_configure(struct bridge_child *p)
{
	const struct bconf *c = p->d->conf;
	const struct ipc_msg_fetch_way way = {
		1, c->proxy == NULL ? "" : c->proxy
	};
	struct ipc_source one = {
		.id = p->d->maps.id,
		.url = c->map.url,
		.every = c->map.every,
		.body = 1,
		.cafile = c->map.cafile == NULL ? "" : c->map.cafile
	};
	const struct ipc_msg_fetch_conf conf = {
		.nsources = c->map.url != NULL, .sources = &one
	};

	if (ipc_send_fetch_way(p->c.chan, &way) == -1)
		return (-1);
	return (ipc_send_fetch_conf(p->c.chan, &conf));
}

static int
on_result(void *arg, const struct ipc_msg_fetch_result *v)
{
	struct bridge_child *p = arg;

	if (v->len > MAP_MAX_SIZE ||
	    !bridge_may(p, &p->d->fetch_results, RESULTS_MOST))
		return (-1);
	/* Of the settings before. */
	if (v->id != p->d->maps.id || p->d->conf->map.url == NULL)
		return (0);
	if (v->what == FETCH_FAILED)
		bridge_map_failed(p->d, v->why);
	else if (v->what == FETCH_NEW)
		bridge_map_fetched(p->d, v->body, v->len);
	else
		bridge_map_confirmed(p->d);
	return (0);
}

static int
on_want(void *arg, const struct ipc_msg_fetch_want *v)
{
	struct bridge_child *p = arg;
	char why[IPC_WHYSIZE] = "";
	struct ipc_msg_fetch_lent lent = { why };
	int fd = -1;

	if (bridge_may(p, &p->d->fetch_asks, ASKS_MOST))
		fd = bridge_lend(p, v->ipv6, 1, why, sizeof(why));
	else
		lent.why = "too many sockets were requested";
	return (ipc_send_fetch_lent(p->c.chan, &lent, fd));
}

static int
on_want_addrs(void *arg, const struct ipc_msg_fetch_want_addrs *v)
{
	struct bridge_child *p = arg;
	const struct ipc_msg_fetch_addrs a = {
		.name = v->name, .why = "too many names were requested"
	};

	if (!bridge_may(p, &p->d->fetch_asks, ASKS_MOST))
		return (ipc_send_fetch_addrs(p->c.chan, &a));
	return (bridge_names_want(p, v->name));
}

int
bridge_fetch_message(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.fetch_result = on_result,
		.fetch_want = on_want,
		.fetch_want_addrs = on_want_addrs
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_fetch(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, bridge_fetch_message);
}

int
bridge_fetch_start(struct bridge_child *p)
{
	return (bridge_start_child(p, bridge_fetch_configure, from_fetch));
}
