/*
 * import: sessions come from another worker; see move.h.  Called by relay.c and
 * take.c.
 *
 * That worker may be hostile: each message is checked, here or in sessionin.c.
 */
#include <sys/socket.h>
#include <stdlib.h>
#include <string.h>

#include "bigendian.h"
#include "far.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "move.h"
#include "movepriv.h"
#include "owner.h"
#include "relay.h"
#include "sent.h"
#include "slots.h"

#define ID_LEN		8		/* of MOVE_HEARD */
#define LOST_MAX	(256 * 1024)	/* keys; more are not looked for */

static void
report(struct move_import *m, const char *why)
{
	struct ipc_msg_relay_took v = { .from = m->from,
	    .ok = m->ended && !m->broken, .sessions = m->n, .why = why };
	unsigned int i;

	for (i = 0; i < m->nlinks; i++)
		if (m->links[i].c != NULL && !m->links[i].c->conn.dead)
			v.links |= 1U << m->links[i].link / 2;

	if (ipc_send_relay_took(m->r->parent, &v) == -1)
		log_warn("can't report to the parent whether sessions have "
		    "come (sendmsg)");
}

/* Close the sessions of a stream that is not believed. */
static void
close_sessions(struct move_import *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (m->v[i] != NULL)
			conn_close(&m->v[i]->conn, "its move failed");
	for (i = 0; i < m->nlinks; i++)
		if (m->links[i].c != NULL)
			nodes_link_end(m->links[i].c, 1, "its move failed");
	m->n = 0;
	m->nlinks = 0;
	m->last = NULL;
	m->nlost = 0;
}

static void
broken(struct move_import *m, const char *why)
{
	log_warnx("sessions of relay %u are not taken over: %s", m->from, why);
	m->broken = 1;
	ipc_chan_free(m->chan);
	m->chan = NULL;
	close_sessions(m);
	report(m, why);
}

/* The last session has come whole.  Return 0, or -1 with m->why. */
static int
finish(struct move_import *m)
{
	m->skips = 0;
	m->last_bytes = 0;
	if (m->last == NULL)
		return (0);
	m->why = move_session_end(m->last);
	m->last = NULL;
	return (m->why == NULL ? 0 : -1);
}

static int
on_begin(void *arg, const struct ipc_msg_move_begin *v)
{
	struct move_import *m = arg;

	m->why = v->version != IPC_MOVE_VERSION ? "it has another version" :
	    NULL;
	if (m->begun || m->why != NULL)
		return (-1);
	m->begun = 1;
	return (0);
}

/* Make room for one more session.  Return 0, or -1 without memory. */
static int
grow(struct move_import *m)
{
	const uint32_t cap = m->cap == 0 ? 256 : 2 * m->cap;
	struct relay_conn **v;

	if (m->n < m->cap)
		return (0);
	if (cap < m->cap ||
	    (v = reallocarray(m->v, cap, sizeof(*v))) == NULL) {
		m->why = "out of memory";
		return (-1);
	}
	m->v = v;
	m->cap = cap;
	return (0);
}

static int
on_session(void *arg, const struct ipc_msg_move_session *v, int *fd)
{
	struct move_import *m = arg;
	const int s = *fd;

	if (!m->begun || m->rest || v->id != m->n || finish(m) == -1 ||
	    grow(m) == -1)
		return (-1);
	*fd = -1;
	if ((m->why = move_session_begin(m, v, s, &m->last)) != NULL) {
		m->last = NULL;
		return (-1);
	}
	m->last->place = m->n;
	m->v[m->n++] = m->last;
	return (0);
}

static int
on_link(void *arg, const struct ipc_msg_move_link *v, int *fd)
{
	struct move_import *m = arg;
	const int s = *fd;

	if (!m->begun || m->rest || m->nlinks == IPC_MAXNODES ||
	    finish(m) == -1)
		return (-1);
	if (v->link >= FAR_LINKS || (m->may & 1U << v->link / 2) == 0) {
		m->why = "a link of another worker";
		return (-1);
	}
	*fd = -1;
	m->why = nodes_link_restore(m->r, v, s, m->rekeyed, &m->last);
	if (m->why != NULL)
		return (-1);
	m->links[m->nlinks].c = m->last;
	m->links[m->nlinks++].link = v->link;
	return (0);
}

/* No session comes any more.  Return 0, or -1 with m->why. */
static int
begin_rest(struct move_import *m)
{
	if (!m->begun || finish(m) == -1)
		return (-1);
	m->rest = 1;
	return (0);
}

/* Look for that key when all has come. */
static void
note_lost(struct move_import *m, const uint8_t *key, int local)
{
	const uint32_t cap = m->lost_cap == 0 ? 256 : 2 * m->lost_cap;
	struct move_lost *v;

	if (m->nlost == LOST_MAX)
		return;
	if (m->nlost == m->lost_cap) {
		if ((v = reallocarray(m->lost, cap, sizeof(*v))) == NULL)
			return;
		m->lost = v;
		m->lost_cap = cap;
	}
	memcpy(m->lost[m->nlost].key, key, FRAME_KEY_LEN);
	m->lost[m->nlost++].local = local != 0;
}

/* These sessions had packets from the key. */
static int
note_heard(struct move_import *m, const struct ipc_msg_move_heard *v)
{
	const uint8_t *p = v->ids;
	uint32_t i, id, senders;
	struct relay_conn *c;

	derp_sent_source(m->r->sent, v->key, v->far);
	for (i = 0; i < v->nids; i++, p += ID_LEN) {
		id = base_get32(p + 4);
		if (base_get32(p) != 0 || id >= m->n)
			return (-1);
		if ((c = m->v[id]) == NULL)
			continue;
		/* It was counted when it came. */
		senders = c->session.senders;
		(void)derp_sent_note(m->r->sent, v->key, c);
		c->session.senders = senders;
	}
	return (0);
}

static int
on_heard(void *arg, const struct ipc_msg_move_heard *v)
{
	struct move_import *m = arg;

	if (v->nids == 0) {
		/* Its connections end: between two sessions, too. */
		if (!m->begun || finish(m) == -1 || v->far ||
		    !move_import_owns(m, v->key))
			return (-1);
		note_lost(m, v->key, 1);
		return (0);
	}
	return (begin_rest(m) == -1 ? -1 : note_heard(m, v));
}

static int
on_far(void *arg, const struct ipc_msg_move_far *v)
{
	struct move_import *m = arg;

	if (begin_rest(m) == -1 || !move_import_owns(m, v->key) ||
	    (v->link >= FAR_LINKS && v->link != IPC_NOLINK))
		return (-1);
	if (v->link != IPC_NOLINK)
		cluster_far_told(m->r, v->link, v->key, 1);
	else
		note_lost(m, v->key, 0);
	return (0);
}

static int
on_end(void *arg, const struct ipc_msg_move_end *v)
{
	struct move_import *m = arg;

	if (begin_rest(m) == -1 || v->sessions != m->n)
		return (-1);
	m->ended = 1;
	report(m, "");
	return (0);
}

/* After that the old worker writes to its clients. */
static int
on_kept(void *arg)
{
	struct move_import *m = arg;

	m->why = "the old worker goes on with them";
	return (-1);
}

static const struct ipc_handlers handlers = {
	.move_begin = on_begin,
	.move_session = on_session,
	.move_bytes = move_session_on_bytes,
	.move_queue = move_session_on_queue,
	.move_packet = move_session_on_packet,
	.move_link = on_link,
	.move_heard = on_heard,
	.move_far = on_far,
	.move_end = on_end,
	.move_kept = on_kept
};

/* Nothing comes any more.  What came whole stays. */
static void
cut(struct move_import *m)
{
	ipc_chan_free(m->chan);
	m->chan = NULL;
	if (m->last != NULL)
		conn_close(&m->last->conn, "its move failed");
	m->last = NULL;
}

/* The channel has ended, and the sessions are this worker's. */
static void
cut_off(struct move_import *m)
{
	cut(m);
	if (m->r->move.taking == MOVE_TAKEN)
		move_import_taken(m);
}

static void
message(struct ipc_chan *ch, struct ipc_msg *msg, void *arg)
{
	struct move_import *m = arg;
	const char *what;

	(void)ch;
	conn_clock(&m->r->set);
	m->why = NULL;
	what = m->ended && msg->type != MSG_MOVE_KEPT ?
	    "it sent something behind the end" :
	    ipc_dispatch(&handlers, msg, m);
	if (what == NULL)
		return;
	if (m->r->move.taking == MOVE_WAITING)
		broken(m, m->why != NULL ? m->why : what);
	else
		cut_off(m);
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct move_import *m = arg;

	if (m->r->move.taking != MOVE_WAITING)
		cut_off(m);
	else if (ipc_chan_broke(ch))
		broken(m, why);
	else {
		cut(m);
		report(m, m->ended ? "" : "the old worker has ended");
	}
}

/*
 * Tell the old worker that its sessions go on here.  Return 0, or -1: it has
 * said that they stay there; nothing else comes behind MOVE_END.
 */
static int
claim(struct move_import *m)
{
	const int fd = ipc_chan_fd(m->chan);
	uint8_t b;

	if (ipc_send_move_taken(m->chan) == 0)
		(void)ipc_chan_flush(m->chan, 0);
	return (m->ended && recv(fd, &b, 1, MSG_PEEK | MSG_DONTWAIT) > 0 ? -1 :
	    0);
}

void
move_import_claim(struct move_import *m)
{
	if (m->chan != NULL && claim(m) == -1) {
		log_warnx("sessions of relay %u are closed: that worker goes "
		    "on with them", m->from);
		close_sessions(m);
	}
	if (!m->ended)
		cut(m);
}

void
move_import_taken(struct move_import *m)
{
	free(m->v);
	free(m->lost);
	m->v = NULL;
	m->lost = NULL;
	m->n = m->cap = m->taken = m->nlost = m->lost_cap = m->told = 0;
	m->nlinks = 0;
	if (m->chan != NULL)
		return;
	m->r->move.in[m->from] = NULL;
	free(m);
}

int
move_import_owns(struct move_import *m, const uint8_t key[FRAME_KEY_LEN])
{
	return (ipc_slot_of(key, m->secret) % m->nworkers == m->from &&
	    cluster_owner(m->r, key) == m->r->conf.worker);
}

/* Open the channel `fd' (taken).  Return 0, or -1 without memory. */
static int
open_import(struct relay *r, const struct ipc_msg_relay_move_from *v, int fd)
{
	struct move_import *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (-1);
	m->r = r;
	m->from = v->from;
	m->nworkers = v->nworkers;
	memcpy(m->secret, v->slot_secret, sizeof(m->secret));
	m->rekeyed = v->rekeyed;
	m->may = v->links;
	m->chan = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_RELAY,
	    message, gone, m);
	if (m->chan == NULL) {
		free(m);
		return (-1);
	}
	r->move.in[v->from] = m;
	return (0);
}

int
move_from_message(void *relay, const struct ipc_msg_relay_move_from *v, int *fd)
{
	struct relay *r = relay;

	if (v->from >= v->nworkers || r->move.taking != MOVE_WAITING ||
	    r->move.in[v->from] != NULL)
		return (-1);
	if (open_import(r, v, *fd) == -1)
		fatal("can't open the channel from relay %u (malloc, "
		    "event_new)", v->from);
	*fd = -1;
	cluster_link_heir(r);
	return (0);
}
