/*
 * sessionin: a session out of messages; see movepriv.h.  Called by import.c.
 */
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "adopt.h"
#include "cluster.h"
#include "group.h"
#include "movepriv.h"
#include "queue.h"
#include "relay.h"
#include "takeover.h"
#include "watch.h"

#define INPUT_MAX	(256 * 1024)	/* that waits, of each kind */
#define OWN_MAX		(64 * 1024 * 1024)	/* own frames that wait */
#define FLAGS		(IPC_MOVE_MESH | IPC_MOVE_PROBER | \
			    IPC_MOVE_NOT_IDEAL | IPC_MOVE_HOME | \
			    IPC_MOVE_DUP | IPC_MOVE_PROXIED | \
			    IPC_MOVE_WATCHES)

static const char no_memory[] = "out of memory";

static void
fill_counts(struct derp_session *s, const struct ipc_msg_move_session *v)
{
	s->rate.at = v->rate_at;
	s->rate.tokens = (int64_t)v->rate_tokens;
	s->rate.part = v->rate_part;
	s->notices.at = v->notice_at;
	s->notices.tokens = v->notice_tokens;
	s->senders = v->senders;
	s->rx_bytes = v->rx_bytes;
	s->tx_bytes = v->tx_bytes;
	s->rx_packets = v->rx_packets;
	s->tx_packets = v->tx_packets;
	s->drops = v->drops;
}

static void
fill(const struct move_import *m, struct relay_conn *c,
    const struct ipc_msg_move_session *v)
{
	struct derp_session *s = &c->session;

	memcpy(s->key, v->key, FRAME_KEY_LEN);
	s->mesh = (v->flags & IPC_MOVE_MESH) != 0;
	s->prober = (v->flags & IPC_MOVE_PROBER) != 0;
	s->not_ideal = (v->flags & IPC_MOVE_NOT_IDEAL) != 0;
	s->home = (v->flags & IPC_MOVE_HOME) != 0;
	s->notified_dup = (v->flags & IPC_MOVE_DUP) != 0;
	s->skip = v->skip;
	s->login_us = v->login_us;
	s->login_ns = v->login_ns;
	if (s->mesh)
		s->mesh_end = nodes_keyage_moved(v->mesh_end, m->rekeyed,
		    m->r->set.now_us);
	s->number = v->number;
	s->version = v->version;
	fill_counts(s, v);
	c->told = v->told;
	c->period = v->alive;
	c->conn.plain = c->conn.rec == NULL;
	c->conn.patient = s->mesh;
}

/* Put the session into the worker's tables.  Return 0, or -1. */
static int
enter(struct relay_conn *c, const struct ipc_msg_move_session *v)
{
	struct derp_session *s = &c->session;

	if (v->app[0] != '\0' && (s->app = strdup(v->app)) == NULL)
		return (-1);
	if (derp_groups_restore(c->r->leases.groups, s, v->group,
	    v->group_rate, v->group_burst) == -1 || cluster_restore(c) == -1)
		return (-1);
	return ((v->flags & IPC_MOVE_WATCHES) != 0 ?
	    cluster_watch_restore(c, v->watched) : 0);
}

/* Check the message, and load its records: *rec, or NULL without. */
static const char *
check(struct move_import *m, const struct ipc_msg_move_session *v, int fd,
    struct net_record **rec)
{
	const struct relay_takeover from = {
		.fd = fd,
		.proxied = (v->flags & IPC_MOVE_PROXIED) != 0,
		.record = v->record,
		.record_len = v->record_len
	};
	const char *why;

	if ((v->flags & ~(uint32_t)FLAGS) != 0)
		return ("a session has unknown flags");
	/* Nobody admits them: without a mesh key there are none. */
	if ((v->flags & IPC_MOVE_MESH) != 0 && !m->r->has_mesh)
		return ("a mesh peer, without a mesh key");
	if ((v->flags & IPC_MOVE_WATCHES) != 0 &&
	    (v->flags & IPC_MOVE_MESH) == 0)
		return ("a client watches that is no mesh peer");
	if (!move_import_owns(m, v->key))
		return ("a key of another worker");
	if ((why = relay_takeover_check(&from)) != NULL)
		return (why);
	if (!relay_adopt_room_moved(m->r, fd))
		return ("a session has no descriptor: too few open files");
	switch (relay_takeover_records(&from, &m->r->set.records, rec, &why)) {
	case 1:
		return (NULL);
	case 0:
		return (no_memory);
	}
	return (why);
}

const char *
move_session_begin(struct move_import *m,
    const struct ipc_msg_move_session *v, int fd, struct relay_conn **c)
{
	struct net_record *rec = NULL;
	const char *why = check(m, v, fd, &rec);

	if (why == NULL && (*c = relay_conn_new(m->r, fd, v->addr,
	    v->port)) == NULL) {
		net_record_free(&m->r->set.records, rec);
		why = no_memory;
	}
	if (why != NULL) {
		close(fd);
		return (why);
	}
	relay_conn_moved(*c);
	(*c)->conn.rec = rec;
	fill(m, *c, v);
	if (enter(*c, v) == 0)
		return (NULL);
	conn_close(&(*c)->conn, no_memory);
	return ("out of memory, or a key has too many connections");
}

const char *
move_session_end(struct relay_conn *c)
{
	return (c->node == NULL && derp_restored(&c->session) == -1 ?
	    "a partial frame that is none" : NULL);
}

/* Add bytes to `b', up to `max'.  Return 0, or -1 with m->why. */
static int
add(struct move_import *m, struct conn_buf *b,
    const struct ipc_msg_move_bytes *v, size_t max)
{
	if (conn_buf_left(b) + v->n > max) {
		m->why = "a session has too much input";
		return (-1);
	}
	if (conn_buf_add(b, v->p, v->n) == 0)
		return (0);
	m->why = no_memory;
	return (-1);
}

/* Add output, as if it were new: its bounds are the same. */
static int
add_output(struct move_import *m, struct conn *c,
    const struct ipc_msg_move_bytes *v)
{
	m->why = "a session has too much output";
	if (v->what == IPC_MOVE_OUT)
		return (conn_output_raw(c, v->p, v->n));
	if (conn_buf_left(&c->output.ctl) + v->n > OWN_MAX)
		return (-1);
	conn_send(c, v->p, v->n);
	return (0);
}

/* Account for `n' more bytes of m->last.  Return 0, or -1 with m->why. */
static int
account(struct move_import *m, size_t n)
{
	const size_t had = m->last_bytes;

	m->last_bytes += n;
	if (m->last_bytes <= MOVE_SESSION_BYTES)
		return (0);
	/* What goes beyond what each may have. */
	m->r->move.bytes += had < MOVE_SESSION_BYTES ?
	    m->last_bytes - MOVE_SESSION_BYTES : n;
	if (m->r->move.bytes <= MOVE_BYTES_MAX)
		return (0);
	m->why = "sessions have too much input and output";
	return (-1);
}

int
move_session_on_bytes(void *arg, const struct ipc_msg_move_bytes *v)
{
	struct move_import *m = arg;
	struct relay_conn *c = m->last;

	if (v->n == 0 || v->n > IPC_MOVE_PIECE)
		return (-1);
	if (c == NULL)
		return (m->skips ? 0 : -1);
	/* What else a link has is in MOVE_LINK. */
	if (c->node != NULL && (v->what == IPC_MOVE_PART ||
	    v->what == IPC_MOVE_PONGS))
		return (-1);
	if (account(m, v->n) == -1)
		return (-1);
	switch (v->what) {
	case IPC_MOVE_CIPHER:
		return (add(m, &c->conn.input.held, v, INPUT_MAX));
	case IPC_MOVE_PLAIN:
		return (add(m, &c->conn.input.pend, v, INPUT_MAX));
	case IPC_MOVE_PART:
		return (add(m, &c->session.part, v, INPUT_MAX));
	case IPC_MOVE_PONGS:
		return (add(m, &c->session.pongs, v,
		    PONGS_MAX * FRAME_PING_LEN));
	case IPC_MOVE_OUT:
	case IPC_MOVE_OWN:
		break;
	}
	return (add_output(m, &c->conn, v));
}

int
move_session_on_queue(void *arg, const struct ipc_msg_move_queue *v)
{
	const struct derp_queue_class from = { .count = v->count,
	    .lastcount = v->lastcount, .dropping = v->dropping,
	    .first_above = v->first_above, .drop_next = v->drop_next };
	struct move_import *m = arg;

	if (m->last == NULL)
		return (m->skips ? 0 : -1);
	m->why = no_memory;
	return (relay_packets_restore(m->last, v->disco ? 0 : 1, &from,
	    v->run));
}

int
move_session_on_packet(void *arg, const struct ipc_msg_move_packet *v)
{
	struct move_import *m = arg;

	if (m->last == NULL)
		return (m->skips ? 0 : -1);
	m->why = "a packet that is none, or out of memory";
	return (relay_packets_restore_one(m->last, v->disco ? 0 : 1, v->at,
	    v->p, v->n));
}
