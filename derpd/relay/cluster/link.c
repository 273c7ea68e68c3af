/*
 * link: the links between the workers of one service; see link.h.
 *
 * This file sends and receives frames over the rings of lib/ipc and handles the
 * loss of either side.  linkmsg.c implements the messages.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "far.h"
#include "ipcsend.h"
#include "linkmsg.h"
#include "log.h"
#include "relay.h"

#define LINK_READS	8		/* a turn: clients wait meanwhile */
#define LINK_PIECE	(256 * 1024)	/* bytes of one read */

static void
link_free(struct cluster_link *l)
{
	if (l == NULL)
		return;
	if (l->ev_read != NULL)
		event_free(l->ev_read);
	if (l->ev_write != NULL)
		event_free(l->ev_write);
	ipc_ring_free(l->ring);
	free(l);
}

/*
 * Handle the loss of a link.  If the other worker has ended, the parent sends a
 * link to its successor; if this side closed the link, cluster_link_tick()
 * requests a new one.
 */
static void
link_lost(struct cluster_link *l)
{
	struct relay *r = l->r;
	unsigned int worker = l->worker;

	if (r->links.to[worker] == l)
		r->links.to[worker] = NULL;
	link_free(l);
	cluster_link_lost(r, worker);
}

/*
 * Stop sending to that worker.  The link is lost in the next turn only, because
 * the caller may be walking connections.
 */
static void
give_up(struct cluster_link *l, const char *why)
{
	if (l->broken)
		return;
	log_warnx("link to relay %u closed: %s", l->worker, why);
	l->broken = 1;
	l->r->links.unlinked |= 1ULL << l->worker;
}

int
cluster_link_put(struct cluster_link *l, enum ipc_ring_kind kind, uint8_t type,
    const void *a, size_t alen, const void *b, size_t blen)
{
	int rv;

	if (l->broken || l->ended)
		return (-1);
	rv = ipc_ring_put(l->ring, kind, type, a, alen, b, blen);
	if (rv == -1)
		give_up(l, ipc_ring_why(l->ring));
	return (rv == 0 ? 0 : -1);
}

/* Show the other worker what was queued. */
static void
link_write(struct cluster_link *l)
{
	int rv = ipc_ring_flush(l->ring);

	if (rv == -1)
		give_up(l, ipc_ring_why(l->ring));
	else if (rv == 1 && event_add(l->ev_write, NULL) == -1)
		give_up(l, "out of memory");
}

static void
link_writable(evutil_socket_t fd, short what, void *arg)
{
	struct cluster_link *l = arg;

	(void)fd;
	(void)what;
	if (!l->broken)
		link_write(l);
}

/* The worker is awake: cluster_link_read() follows. */
static void
link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct cluster_link *l = arg;

	(void)fd;
	(void)what;
	ipc_ring_woken(l->ring);
	l->r->beat.links.wakes++;
}

static int
link_entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	struct cluster_link *l = arg;

	l->r->beat.links.entries++;
	return (cluster_link_frame(l, type, p, n));
}

/* Read once.  Return 1 if there is more, else 0; the link may be lost. */
static int
link_read(struct cluster_link *l)
{
	enum ipc_ring_state state = IPC_RING_LOST;

	ipc_ring_awake(l->ring);
	if (!l->broken)
		state = ipc_ring_read(l->ring, LINK_PIECE);
	l->more = state == IPC_RING_MORE;
	if (state == IPC_RING_LOST)
		give_up(l, ipc_ring_why(l->ring));
	if (state == IPC_RING_LOST || state == IPC_RING_CLOSED ||
	    (state == IPC_RING_EMPTY && l->ended))
		link_lost(l);
	return (state == IPC_RING_MORE);
}

void
cluster_link_read(struct relay *r)
{
	unsigned int i, n;
	int more;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		more = r->links.to[i] != NULL;
		for (n = 0; n < LINK_READS && more; n++) {
			more = link_read(r->links.to[i]);
			conn_output_relieve(&r->set);
		}
	}
	relay_beat_links(r);
}

int
cluster_link_sleep(struct relay *r)
{
	struct cluster_link *l;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if ((l = r->links.to[i]) != NULL && (l->broken || l->ended ||
		    l->more || (!r->beat.links.on &&
		    !ipc_ring_sleep(l->ring))))
			return (0);
	return (1);
}

int
cluster_link_waits(const struct relay *r)
{
	const struct cluster_link *l;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if ((l = r->links.to[i]) != NULL && !l->broken &&
		    ipc_ring_waits(l->ring))
			return (1);
	return (0);
}

int
cluster_link_open(struct relay *r, const int fds[IPC_RING_MAXFDS],
    unsigned int worker)
{
	struct cluster_link *l;
	int fd;

	if (r->links.to[worker] != NULL)
		link_lost(r->links.to[worker]);
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		ipc_ring_close_fds(fds);
		return (-1);
	}
	l->watched = (r->links.watched & 1ULL << worker) != 0;
	l->r = r;
	l->worker = worker;
	l->ring = ipc_ring_open(fds, LINK_FIRST_PACKET, LINK_LAST_PACKET,
	    link_entry, l);
	if (l->ring == NULL) {
		free(l);
		return (-1);
	}
	fd = ipc_ring_fd(l->ring);
	l->ev_read = event_new(r->set.base, fd, EV_READ | EV_PERSIST,
	    link_readable, l);
	l->ev_write = event_new(r->set.base, fd, EV_WRITE, link_writable, l);
	if (l->ev_read == NULL || l->ev_write == NULL ||
	    (!r->links.quiet && event_add(l->ev_read, NULL) == -1)) {
		link_free(l);
		return (-1);
	}
	r->links.to[worker] = l;
	r->links.unlinked &= ~(1ULL << worker);
	cluster_link_greet(l);
	return (0);
}

/* Drop the descriptors of a link that were received. */
static void
forget_parts(struct cluster_links *ls)
{
	while (ls->nfds > 0)
		close(ls->fds[--ls->nfds]);
}

int
cluster_link_part(struct relay *r, unsigned int worker, unsigned int part,
    int fd)
{
	struct cluster_links *ls = &r->links;

	if (part == 0) {
		forget_parts(ls);
		ls->worker = worker;
	}
	if (part != ls->nfds || worker != ls->worker ||
	    worker >= IPC_MAXWORKERS) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	ls->fds[ls->nfds++] = fd;
	if (ls->nfds < ipc_ring_nfds())
		return (0);
	ls->nfds = 0;
	return (cluster_link_open(r, ls->fds, worker));
}

void
cluster_link_ended(struct relay *r, unsigned int worker)
{
	if (worker < IPC_MAXWORKERS && r->links.to[worker] != NULL)
		r->links.to[worker]->ended = 1;
}

void
cluster_link_flush(struct relay *r)
{
	struct cluster_link *l;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		if ((l = r->links.to[i]) == NULL || l->broken)
			continue;
		if (r->links.marked == 0)
			cluster_link_answer(l);
		if (!l->broken)
			link_write(l);
	}
}

int
cluster_link_marked(const struct relay *r, uint32_t hold)
{
	const struct cluster_link *l;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if ((l = r->links.to[i]) != NULL && (l->mark != hold ||
		    ipc_ring_waits(l->ring)))
			return (0);
	return (1);
}

void
cluster_link_quiet(struct relay *r)
{
	unsigned int i;

	r->links.quiet = 1;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->links.to[i] != NULL)
			event_del(r->links.to[i]->ev_read);
}

void
cluster_link_go_on(struct relay *r)
{
	struct cluster_link *l;
	unsigned int i;

	r->links.marked = 0;
	r->links.quiet = 0;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if ((l = r->links.to[i]) != NULL &&
		    event_add(l->ev_read, NULL) == -1)
			give_up(l, "out of memory");
}

void
cluster_link_succeeded(struct relay *r, unsigned int worker, uint32_t lost)
{
	const uint64_t bit = 1ULL << worker;
	struct cluster_link *l = r->links.to[worker];

	/* Who has watchers still has them, and must miss nothing. */
	if (l == NULL || l->watched)
		r->links.watched |= bit;
	else
		r->links.watched &= ~bit;
	r->links.succeeded |= bit;
	r->links.to[worker] = NULL;
	link_free(l);
	/* It is requested if it does not come. */
	r->links.unlinked |= bit;
	cluster_far_succeeded(r, worker, lost);
}

void
cluster_link_heir(struct relay *r)
{
	unsigned int i;

	r->links.watched = UINT64_MAX;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->links.to[i] != NULL)
			r->links.to[i]->watched = 1;
}

void
cluster_link_tick(struct relay *r)
{
	struct ipc_msg_server_unlinked v;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->links.to[i] != NULL)
			ipc_ring_tick(r->links.to[i]->ring);
	v.links = r->links.unlinked;
	v.hands = r->hands.lost;
	if (v.links == 0 && v.hands == 0)
		return;
	if (ipc_send_server_unlinked(r->parent, &v) == -1)
		log_warn("can't request links to other workers from the parent "
		    "(sendmsg)");
}
