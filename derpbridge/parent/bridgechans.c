/*
 * bridgechans: channels between netlink, wgkeys and the worker; see bridge.h.
 * A pair of sockets each, of which the parent keeps nothing.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "bridge.h"
#include "ipcsend.h"
#include "log.h"

#define AGAIN_MS	900	/* between two requests of a child, which
				   repeats each every second */

/* How each end of a channel is told. */
static const struct bridge_pair {
	enum ipc_role	 a, b;
	int		 (*to_a)(struct ipc_chan *, int);
	int		 (*to_b)(struct ipc_chan *, int);
} pairs[] = {
	{ ROLE_NETLINK, ROLE_WORKER, ipc_send_netlink_worker,
	    ipc_send_worker_netlink },
	{ ROLE_NETLINK, ROLE_WGKEYS, ipc_send_netlink_keys,
	    ipc_send_wgkeys_netlink },
	{ ROLE_WGKEYS, ROLE_WORKER, ipc_send_wgkeys_worker,
	    ipc_send_worker_keys }
};

static struct bridge_child *
of_role(struct bridge *d, enum ipc_role role)
{
	return (role == ROLE_NETLINK ? &d->netlink : role == ROLE_WGKEYS ?
	    &d->keys : &d->worker);
}

/* Make one channel, if both ends run.  0, or -1 (logged). */
static int
connect_pair(struct bridge *d, const struct bridge_pair *k)
{
	struct ipc_chan *a = of_role(d, k->a)->c.chan;
	struct ipc_chan *b = of_role(d, k->b)->c.chan;
	int sv[2], rv;

	if (a == NULL || b == NULL)
		return (0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("no channel between %s and %s (socketpair)",
		    ipc_role_name(k->a), ipc_role_name(k->b));
		return (-1);
	}
	/* Each takes its descriptor, also on failure. */
	rv = k->to_a(a, sv[0]);
	if (k->to_b(b, sv[1]) == -1 || rv == -1) {
		log_warn("no channel between %s and %s (sendmsg)",
		    ipc_role_name(k->a), ipc_role_name(k->b));
		return (-1);
	}
	return (0);
}

int
bridge_connect(struct bridge_child *p)
{
	size_t i;
	int rv = 0;

	p->connected_ms = p->d->super.system->clock();
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((pairs[i].a == p->c.role || pairs[i].b == p->c.role) &&
		    connect_pair(p->d, &pairs[i]) == -1)
			rv = -1;
	return (rv);
}

int
bridge_connect_again(struct bridge_child *p)
{
	if (p->d->super.system->clock() - p->connected_ms >= AGAIN_MS)
		(void)bridge_connect(p);
	return (0);
}
