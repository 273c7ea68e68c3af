/*
 * sessionout: a session as messages; see movepriv.h.  Called by export.c.
 * Nothing of the session is changed.
 */
#include <sys/socket.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "group.h"
#include "ipcsend.h"
#include "movepriv.h"
#include "queue.h"
#include "relay.h"
#include "slots.h"
#include "watch.h"

/* Bytes that may wait in a channel; a descriptor counts as 64 KiB. */
#define ROOM		(1024 * 1024)
#define ROOM_FDS	(4 * 1024 * 1024)

/* Steps of a session: MOVE_SESSION, MOVE_BYTES of each kind, two classes. */
#define STEP_BYTES	1
#define STEP_QUEUE	(STEP_BYTES + IPC_MOVE_OWN + 1)
#define STEP_END	(STEP_QUEUE + 2)

static const char unsent[] = "a message can't be sent";

int
move_way_room(const struct move_way *w)
{
	return (ipc_chan_queued(w->chan) < ROOM);
}

int
move_session_can(const struct relay_conn *c)
{
	const struct net_record *rec = c->conn.rec;

	return (c->conn.state == CONN_UP && !c->conn.dead &&
	    !c->conn.lingering && !c->conn.output.overflow &&
	    (rec == NULL || (!rec->closed && !rec->ended)));
}

/* Return 1 if the connection is one end of a pair, else 0. */
static int
is_proxied(const struct relay_conn *c)
{
	int domain = -1;
	socklen_t n = sizeof(domain);

	return (c->conn.rec == NULL && getsockopt(c->conn.fd, SOL_SOCKET,
	    SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX);
}

static uint32_t
flags(const struct relay_conn *c)
{
	const struct derp_session *s = &c->session;

	return ((s->mesh ? IPC_MOVE_MESH : 0) |
	    (s->prober ? IPC_MOVE_PROBER : 0) |
	    (s->not_ideal ? IPC_MOVE_NOT_IDEAL : 0) |
	    (s->home ? IPC_MOVE_HOME : 0) |
	    (s->notified_dup ? IPC_MOVE_DUP : 0) |
	    (is_proxied(c) ? IPC_MOVE_PROXIED : 0) |
	    (s->watch != NULL ? IPC_MOVE_WATCHES : 0));
}

/* By another secret, slots are others: all or none. */
static unsigned int
watched(const struct move_export *e, const struct relay_conn *c)
{
	const unsigned int n = cluster_watch_had(c);

	return (n == IPC_SLOTS || memcmp(e->secret, e->r->conf.slot_secret,
	    sizeof(e->secret)) == 0 ? n : 0);
}

static void
fill(struct ipc_msg_move_session *v, const struct move_way *w,
    const struct relay_conn *c)
{
	const struct derp_session *s = &c->session;

	memset(v, 0, sizeof(*v));
	v->id = w->sessions;
	v->flags = flags(c);
	v->key = s->key;
	v->addr = c->conn.addr;
	v->port = c->conn.port;
	v->skip = s->skip;
	v->login_us = s->login_us;
	v->login_ns = s->login_ns;
	if (s->mesh)
		v->mesh_end = nodes_keyage_end(&c->r->nodes.keyage,
		    s->login_us, s->mesh_end);
	v->number = s->number;
	v->version = s->version;
	v->app = s->app == NULL ? "" : s->app;
	v->told = c->told;
	v->rate_at = s->rate.at;
	v->rate_tokens = (uint64_t)s->rate.tokens;
	v->rate_part = s->rate.part;
	v->notice_at = s->notices.at;
	v->notice_tokens = s->notices.tokens;
	v->group = derp_group_name(s);
	derp_group_limits(s, &v->group_rate, &v->group_burst);
	v->watched = watched(w->e, c);
	v->senders = s->senders;
	v->rx_bytes = s->rx_bytes;
	v->tx_bytes = s->tx_bytes;
	v->rx_packets = s->rx_packets;
	v->tx_packets = s->tx_packets;
	v->drops = s->drops;
	v->alive = conn_deadline_left(&c->conn);
}

/*
 * Store a copy of the descriptor: *fd.  Return as move_session_put().  Those
 * that wait in any of the channels are closed when they are sent.
 */
static int
copy_fd(const struct move_way *w, const struct relay_conn *c, int *fd,
    const char **why)
{
	if (ipc_chan_queued(w->chan) >= ROOM_FDS)
		return (0);
	if ((*fd = dup(c->conn.fd)) != -1)
		return (1);
	*why = "too many open files";
	return (errno == EMFILE && !move_export_is_written(w->e) ? 0 : -1);
}

/* Send MOVE_SESSION.  Return as move_session_put(). */
static int
put_session(struct move_way *w, const struct relay_conn *c, const char **why)
{
	uint8_t saved[NET_RECORD_SAVED];
	struct ipc_msg_move_session v;
	int fd, rv;

	if ((rv = copy_fd(w, c, &fd, why)) != 1)
		return (rv);
	fill(&v, w, c);
	v.record = saved;
	if (c->conn.rec != NULL && net_record_save(c->conn.rec, saved) == 0)
		v.record_len = sizeof(saved);
	rv = ipc_send_move_session(w->chan, &v, fd);
	explicit_bzero(saved, sizeof(saved));
	if (rv == -1) {
		*why = unsent;
		return (-1);
	}
	w->sessions++;
	return (1);
}

uint32_t
move_link_number(const struct move_export *e, unsigned int link)
{
	const unsigned int node = e->nodes[link / 2];

	return (node < IPC_MAXNODES ? 2 * node + link % 2 : IPC_NOLINK);
}

/* Send MOVE_LINK.  Return as move_session_put(). */
static int
put_link(struct move_way *w, const struct relay_conn *c, const char **why)
{
	uint8_t saved[NET_RECORD_SAVED];
	struct ipc_msg_move_link v = { .link = move_link_number(w->e,
	    c->node->link), .record = saved, .record_len = sizeof(saved) };
	int fd, rv;

	if ((rv = copy_fd(w, c, &fd, why)) != 1)
		return (rv);
	nodes_link_save(c, &v);
	if (net_record_save(c->conn.rec, saved) == -1)
		v.record_len = 0;
	rv = ipc_send_move_link(w->chan, &v, fd);
	explicit_bzero(saved, sizeof(saved));
	*why = unsent;
	return (rv == -1 ? -1 : 1);
}

static const struct conn_buf *
bytes_of(const struct relay_conn *c, enum ipc_move_bytes what)
{
	switch (what) {
	case IPC_MOVE_CIPHER:
		return (&c->conn.input.held);
	case IPC_MOVE_PLAIN:
		return (&c->conn.input.pend);
	case IPC_MOVE_PART:
		return (&c->session.part);
	case IPC_MOVE_PONGS:
		return (&c->session.pongs);
	case IPC_MOVE_OUT:
		return (&c->conn.output.out);
	case IPC_MOVE_OWN:
		break;
	}
	return (&c->conn.output.ctl);
}

/* Send the bytes of a kind, in pieces.  Return as move_session_put(). */
static int
put_bytes(struct move_way *w, const struct relay_conn *c, struct move_at *at,
    const char **why)
{
	struct ipc_msg_move_bytes v = { .what = at->step - STEP_BYTES };
	const struct conn_buf *b = bytes_of(c, v.what);
	const size_t left = conn_buf_left(b);

	for (; at->off < left; at->off += v.n) {
		if (!move_way_room(w))
			return (0);
		v.p = conn_buf_head(b) + at->off;
		v.n = left - at->off;
		if (v.n > IPC_MOVE_PIECE)
			v.n = IPC_MOVE_PIECE;
		if (ipc_send_move_bytes(w->chan, &v) == -1) {
			*why = unsent;
			return (-1);
		}
	}
	at->off = 0;
	return (1);
}

/* Send MOVE_QUEUE of a class.  Return as move_session_put(). */
static int
put_class(struct move_way *w, const struct derp_queue *q, int class)
{
	const struct derp_queue_class *k = &q->cls[class];
	struct ipc_msg_move_queue v = { .disco = class == 0,
	    .count = k->count, .lastcount = k->lastcount,
	    .dropping = k->dropping != 0, .first_above = k->first_above,
	    .drop_next = k->drop_next, .run = q->disco_run };

	return (ipc_send_move_queue(w->chan, &v) == -1 ? -1 : 1);
}

/* Send a class of packets.  Return as move_session_put(). */
static int
put_queue(struct move_way *w, const struct relay_conn *c, struct move_at *at,
    const char **why)
{
	const int class = (int)(at->step - STEP_QUEUE);
	const struct derp_queue *q = c->packets.queue;
	struct ipc_msg_move_packet v = { .disco = class == 0 };

	if (q == NULL)
		return (1);
	*why = unsent;
	if (at->off == 0) {
		if (put_class(w, q, class) == -1)
			return (-1);
		at->off = 1;
		at->pkt = STAILQ_FIRST(&q->cls[class].list);
	}
	for (; at->pkt != NULL; at->pkt = STAILQ_NEXT(at->pkt, entry)) {
		if (!move_way_room(w))
			return (0);
		v.at = at->pkt->at;
		v.p = at->pkt->data;
		v.n = at->pkt->len;
		if (ipc_send_move_packet(w->chan, &v) == -1)
			return (-1);
	}
	at->off = 0;
	return (1);
}

int
move_session_put(struct move_way *w, const struct relay_conn *c,
    struct move_at *at, const char **why)
{
	int rv;

	for (; at->step < STEP_END; at->step++) {
		if (at->step == 0)
			rv = c->node == NULL ? put_session(w, c, why) :
			    put_link(w, c, why);
		else if (at->step < STEP_QUEUE)
			rv = put_bytes(w, c, at, why);
		else
			rv = put_queue(w, c, at, why);
		if (rv != 1)
			return (rv);
	}
	return (1);
}
