/*
 * fronts: the fronts as the parent's children; see parent.h.
 */
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "parent.h"

/* Pass the duplicate `fd' of a listening socket to the front. */
static int
send_socket(void *arg, const struct parent_listen_socket *l, int fd)
{
	const struct ipc_msg_front_listen v = { .number = l->number,
	    .tls = l->tls, .derp = l->derp };
	struct parent_proc *p = arg;

	return (ipc_send_front_listen(p->c.chan, &v, fd));
}

int
parent_fronts_listen(struct parent_proc *p)
{
	const struct parent *d = p->d;

	if (d->waiting && !d->accepting)
		return (0);		/* until the old derpd says so */
	if (parent_listen_options(&d->listens, d->conf, p->c.worker) == -1)
		return (-1);
	return (parent_listen_give(&d->listens, p->c.worker, send_socket, p));
}

/* Send the counters of all others, to be read. */
static int
send_counters(struct parent_proc *p)
{
	struct ipc_msg_front_counters v = { 0 };
	struct parent *d = p->d;
	int fd;

	for (; v.number < parent_servers_count(d); v.number++) {
		if (v.number == parent_servers_number(p))
			continue;
		fd = ipc_counters_share_read(d->counters[v.number]);
		if (fd == -1 || ipc_send_front_counters(p->c.chan, &v, fd) ==
		    -1)
			return (-1);
	}
	return (0);
}

int
parent_fronts_set_up(struct parent_proc *p)
{
	if (parent_servers_connect_keys(p) == -1 ||
	    parent_signers_connect_front(p->d, p->c.worker) == -1 ||
	    parent_fronts_listen(p) == -1 || parent_drain_send(p) == -1 ||
	    parent_servers_send_slots(p) == -1 ||
	    parent_servers_send_counters(p) == -1 || send_counters(p) == -1 ||
	    mapset_send(p) == -1 || renew_send_tokens(p) == -1 ||
	    parent_dns_send(p) == -1 || parent_settings_first(p) == -1)
		return (-1);
	/* Without a channel to admit it requests one. */
	(void)admitset_connect(p);
	return (parent_servers_connect_hands(p));
}

/* A front reports an ended listening socket.  0, or -1 malformed. */
static int
mend_sockets(struct parent_proc *p, struct ipc_msg *m)
{
	uint64_t now = base_clock_ms();

	if (!ipc_rd_end(&m->rd))
		return (-1);
	if (now - p->deaf_ms < PARENT_REQUEST_MS)
		return (0);		/* it will report again */
	p->deaf_ms = now;
	if (!p->d->super.stopping)
		(void)parent_listen_options(&p->d->listens, p->d->conf,
		    p->c.worker);
	return (0);
}

int
parent_fronts_message(struct parent_proc *p, struct ipc_msg *m)
{
	switch (m->type) {
	case MSG_FRONT_TOKEN_SET:
		return (renew_token_set(p, m));
	case MSG_FRONT_DEAF:
		return (mend_sockets(p, m));
	case MSG_FRONT_LIST:
		return (parent_frontlists_request(p, m));
	case MSG_FRONT_LEFT:
		return (upgrade_front_left(p, m));
	default:
		return (parent_servers_message(p, m));
	}
}

static void
from_front(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, parent_fronts_message);
}

int
parent_fronts_start_one(struct parent_proc *p)
{
	return (parent_servers_start(p, parent_fronts_set_up, from_front));
}

void
parent_fronts_send(struct parent *d, uint32_t type, const struct ipc_wr *w)
{
	unsigned int i;

	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL &&
		    ipc_chan_send(d->fronts[i].c.chan, type, w, -1) == -1)
			super_fail(&d->fronts[i].c,
			    "could not be sent a message");
}
