/*
 * relays: the relay workers as the parent's children; see parent.h.
 */
#include <sys/socket.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "messages.h"
#include "parent.h"
#include "ring.h"

#define RECONNECT_MS	900	/* a worker requests it each second */
#define DEAF_REST_MS	900	/* the same for listening sockets */
#define LINK_REST_MS	900	/* between two requests for links */

/* Make a worker's channel to keys for login boxes. */
static int
connect_box(struct parent *d, struct parent_proc *relay)
{
	struct ipc_msg_key_chan to_keys = { relay->worker, KEYCHAN_BOX };
	struct ipc_msg_relay_keys to_relay = { KEYCHAN_BOX };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	if (ipc_send_key_chan(d->keys.chan, &to_keys, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (ipc_send_relay_keys(relay->chan, &to_relay, sv[1]));
}

/* Tell keys the secret of the worker, before it can ask for tickets. */
static int
send_secret(struct parent *d, struct parent_proc *relay)
{
	struct ipc_msg_key_secret v = { relay->worker, relay->secret };

	return (ipc_send_key_secret(d->keys.chan, &v));
}

/* Make a secret for this start of the worker, and tell the worker. */
static int
new_secret(struct parent_proc *relay)
{
	struct ipc_msg_relay_secret v = { relay->worker, relay->secret };

	arc4random_buf(relay->secret, sizeof(relay->secret));
	return (ipc_send_relay_secret(relay->chan, &v));
}

int
parent_relays_connect_keys(struct parent *d, struct parent_proc *relay)
{
	if (!d->keys_loaded || relay->chan == NULL)
		return (0);	/* connected after the restart */
	relay->connected_ms = base_clock_ms();
	if (send_secret(d, relay) == -1 || connect_box(d, relay) == -1) {
		log_warn("no channel from relay %u to keys (socketpair)",
		    relay->worker);
		return (-1);
	}
	return (0);
}

/* Send a worker its side of a link (taken). */
static int
send_link(struct parent_proc *p, unsigned int other, int *fds)
{
	struct ipc_msg_relay_link v = { .worker = other };
	int fd;

	for (; v.part < ipc_ring_nfds(); v.part++) {
		fd = fds[v.part];
		fds[v.part] = -1;
		if (ipc_send_relay_link(p->chan, &v, fd) == -1) {
			ipc_ring_close_fds(fds);
			return (-1);
		}
	}
	return (0);
}

static int
send_hand(struct parent_proc *p, unsigned int other, int fd)
{
	struct ipc_msg_relay_hand v = { other };

	return (ipc_send_relay_hand(p->chan, &v, fd));
}

/* Make a channel of two workers for hand-overs, which replaces an older one. */
static int
connect_hands(struct parent_proc *a, struct parent_proc *b)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	if (send_hand(a, b->worker, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (send_hand(b, a->worker, sv[1]));
}

/* Make a link between two workers, which replaces an older one. */
static int
connect_link(struct parent_proc *a, struct parent_proc *b)
{
	int to_a[IPC_RING_MAXFDS], to_b[IPC_RING_MAXFDS];

	if (ipc_ring_make(ipc_ring_size(a->d->nworkers), to_a, to_b) == -1) {
		log_warn("can't make the rings between relays %u and %u "
		    "(memfd_create, eventfd, socketpair)", a->worker,
		    b->worker);
		return (-1);
	}
	if (send_link(a, b->worker, to_a) == -1) {
		ipc_ring_close_fds(to_b);
		return (-1);
	}
	return (send_link(b, a->worker, to_b));
}

void
parent_relays_gone(const struct parent_proc *p)
{
	struct ipc_msg_relay_gone v = { p->worker };
	struct parent *d = p->d;
	unsigned int i;

	if (d->counters[p->worker] != NULL)
		ipc_counters_ended(d->counters[p->worker]);
	for (i = 0; i < d->nworkers; i++)
		if (i != p->worker && d->relays[i].chan != NULL)
			(void)ipc_send_relay_gone(d->relays[i].chan, &v);
}

/* Connect two workers. */
static int
connect_pair(struct parent_proc *a, struct parent_proc *b)
{
	return (connect_link(a, b) == -1 ? -1 : connect_hands(a, b));
}

/* The answer to MSG_RELAY_COMMIT.  0, or -1: malformed, or not pending. */
static int
handle_result(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_relay_result v;

	if (ipc_get_relay_result(&m->rd, &v) == -1 || p->commits == 0)
		return (-1);
	p->commits--;
	/* A starting worker has no older settings to go on with. */
	if (!v.ok && v.id == 0) {
		log_warnx("relay %u: %s", p->worker, v.why);
		return (-1);
	}
	parent_gen_answer(&p->d->gens, p->worker, v.id, v.ok, v.why);
	return (0);
}

/* A worker reports an ended listening socket.  0, or -1 malformed. */
static int
mend_sockets(struct parent_proc *p, struct ipc_msg *m)
{
	uint64_t now = base_clock_ms();

	if (!ipc_rd_end(&m->rd))
		return (-1);
	if (now - p->deaf_ms < DEAF_REST_MS)
		return (0);		/* it will report again */
	p->deaf_ms = now;
	if (!p->d->stopping)
		(void)parent_listen_options(&p->d->listens, p->d->conf,
		    p->worker);
	return (0);
}

/*
 * A worker dropped links to others, or channels for hand-overs, and requests
 * new ones.  Both ends are replaced, or the other worker would write where
 * nobody reads.  0, or -1 malformed.
 */
static int
mend_links(struct parent_proc *p, struct ipc_msg *m)
{
	struct parent *d = p->d;
	struct ipc_msg_relay_unlinked v;
	uint64_t now = base_clock_ms();
	unsigned int i;

	if (ipc_get_relay_unlinked(&m->rd, &v) == -1)
		return (-1);
	if (now - p->linked_ms < LINK_REST_MS)
		return (0);		/* it will request again */
	p->linked_ms = now;
	for (i = 0; i < d->nworkers; i++) {
		if (((v.workers | v.hands) & 1ULL << i) == 0 ||
		    i == p->worker || p->chan == NULL ||
		    d->relays[i].chan == NULL)
			continue;
		if (((v.workers & 1ULL << i) != 0 ?
		    connect_pair(p, &d->relays[i]) :
		    connect_hands(p, &d->relays[i])) == -1)
			log_warn("can't link relays %u and %u again",
			    p->worker, i);
		else
			log_info("linked relays %u and %u again",
			    p->worker, i);
	}
	return (0);
}

/*
 * A worker reports that it has no channel to its signer or to keys.  Ignored
 * while that does not run, and more than about once a second.  0, or -1
 * malformed.
 */
static int
renew_channels(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_relay_keyless v;
	uint64_t now = base_clock_ms();

	if (ipc_get_relay_keyless(&m->rd, &v) == -1)
		return (-1);
	if (now - p->connected_ms < RECONNECT_MS)
		return (0);
	p->connected_ms = now;
	if (v.sign)
		(void)parent_signers_connect_worker(p->d, p->worker);
	if (v.box)
		(void)parent_relays_connect_keys(p->d, p);
	return (0);
}

/* A worker commits settings, reports ready, or lists its clients. */
static void
from_relay(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;
	int rv;

	(void)c;
	switch (m->type) {
	case MSG_READY:
		if ((rv = parent_procs_handle_ready(p, m)) == 0)
			parent_ready(p->d);
		break;
	case MSG_RELAY_RESULT:
		rv = handle_result(p, m);
		break;
	case MSG_RELAY_TOKEN_SET:
		rv = renew_token_set(p, m);
		break;
	case MSG_RELAY_UNLINKED:
		rv = mend_links(p, m);
		break;
	case MSG_RELAY_KEYLESS:
		rv = renew_channels(p, m);
		break;
	case MSG_RELAY_DEAF:
		rv = mend_sockets(p, m);
		break;
	default:
		rv = parent_control_client(p, m);
		break;
	}
	if (rv == -1)
		parent_procs_fail(p, "could not apply its settings or sent a "
		    "malformed message");
}

static int
send_sockets(struct parent *d, struct parent_proc *p)
{
	struct ipc_msg_relay_listen v;
	size_t i;
	int fd, rv = 0;

	if (parent_listen_options(&d->listens, d->conf, p->worker) == -1)
		return (-1);
	for (i = 0; rv == 0 && i < d->listens.n; i++) {
		if ((fd = dup(d->listens.v[i].fds[p->worker])) == -1)
			return (-1);
		v.number = d->listens.v[i].number;
		v.tls = d->listens.v[i].tls;
		rv = ipc_send_relay_listen(p->chan, &v, fd);
	}
	return (rv);
}

static int
send_slots(struct parent_proc *p)
{
	int fd = ipc_slots_share(p->d->slots);

	return (fd == -1 ? -1 : ipc_send_relay_slots(p->chan, fd));
}

/* Send a worker its counters, to go on with, and those of all others. */
static int
send_counters(struct parent_proc *p)
{
	struct ipc_msg_relay_counters v = { 0 };
	const struct ipc_counters *c;
	int fd;

	for (; v.worker < p->d->nworkers; v.worker++) {
		c = p->d->counters[v.worker];
		v.own = v.worker == p->worker;
		fd = v.own ? ipc_counters_share_write(c) :
		    ipc_counters_share_read(c);
		if (fd == -1 || ipc_send_relay_counters(p->chan, &v, fd) == -1)
			return (-1);
	}
	return (0);
}

static int
set_up(struct parent_proc *p)
{
	struct parent *d = p->d;
	unsigned int i;

	if (new_secret(p) == -1 || parent_relays_connect_keys(d, p) == -1 ||
	    parent_signers_connect_worker(d, p->worker) == -1 ||
	    send_sockets(d, p) == -1 || send_slots(p) == -1 ||
	    send_counters(p) == -1)
		return (-1);
	if (mapset_send(p) == -1 || renew_send_tokens(p) == -1 ||
	    parent_settings_first(p) == -1)
		return (-1);
	/* The worker knows who owns what when others talk to it. */
	for (i = 0; i < d->nworkers; i++)
		if (i != p->worker && d->relays[i].chan != NULL &&
		    connect_pair(p, &d->relays[i]) == -1)
			return (-1);
	return (0);
}

int
parent_relays_start_one(struct parent_proc *p)
{
	if (parent_start_child(p, set_up, from_relay) == -1)
		return (-1);
	/* A generation under way is staged in the new worker as well. */
	parent_gen_worker_up(&p->d->gens, p->worker);
	return (0);
}

void
parent_relays_send(struct parent *d, uint32_t type, const struct ipc_wr *w)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].chan != NULL &&
		    ipc_chan_send(d->relays[i].chan, type, w, -1) == -1)
			parent_procs_fail(&d->relays[i],
			    "could not be sent a message");
}
