/*
 * export: sessions leave for other workers; see move.h.  Called by relay.c and
 * take.c.
 *
 * It walks over the keys, and sends their connections in order; then who heard
 * from whom, then keys at other nodes.  The worker is held: what the walks
 * point to stays.  When the next message finds no room, or after SLICE_US, it
 * goes on in another turn.
 */
#include <sys/socket.h>
#include <stdlib.h>
#include <string.h>

#include "bigendian.h"
#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "move.h"
#include "movepriv.h"
#include "peers.h"
#include "relay.h"
#include "slots.h"

#define SLICE_US	2000	/* of a turn */
#define SLICE_LOOK	16	/* steps between two looks at the clock */
#define ID_LEN		8	/* of MOVE_HEARD */

static const char unsent[] = "a message can't be sent";
static const char no_memory[] = "out of memory";

static void
report(struct move_export *e, int ok, const char *why)
{
	struct ipc_msg_relay_moved v = { .ok = ok, .why = why };
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		v.sessions += e->to[i].sessions;
	e->failed = !ok;
	if (ipc_send_relay_moved(e->r->parent, &v) == -1)
		log_warn("can't report to the parent whether sessions have "
		    "moved (sendmsg)");
}

static void
close_all(struct move_export *e)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		ipc_chan_free(e->to[i].chan);
		e->to[i].chan = NULL;
	}
}

/* The other channels stay: their workers may yet say that they go on. */
static void
fail(struct move_export *e, const char *why)
{
	if (e->failed)
		return;
	e->phase = MOVE_DONE;
	report(e, 0, why);
}

static int
on_taken(void *arg)
{
	struct move_export *e = arg;

	e->taken = 1;
	return (0);
}

static const struct ipc_handlers handlers = { .move_taken = on_taken };

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct move_way *w = arg;

	(void)ch;
	if (ipc_dispatch(&handlers, m, w->e) != NULL)
		fail(w->e, "a new worker sent what it must not");
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct move_way *w = arg;

	log_debug("the channel of a move is closed: %s", why);
	ipc_chan_free(ch);
	w->chan = NULL;
	fail(w->e, "a new worker has ended, or does not read");
}

/* Tell a new worker that the sessions stay here.  1 if it has them, else 0. */
static int
keep(struct ipc_chan *ch)
{
	const int fd = ipc_chan_fd(ch);
	uint8_t b;

	if (ipc_send_move_kept(ch) == 0)
		(void)ipc_chan_flush(ch, 0);
	return (recv(fd, &b, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

int
move_export_keep(struct move_export *e)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (e->to[i].chan != NULL && keep(e->to[i].chan))
			e->taken = 1;
	return (e->taken ? -1 : 0);
}

void
move_export_free(struct move_export *e)
{
	unsigned int i;

	if (e == NULL)
		return;
	close_all(e);
	for (i = 0; i < IPC_MAXWORKERS; i++)
		free(e->to[i].ids);
	free(e->places);
	free(e);
}

static struct move_export *
export_new(struct relay *r, unsigned int nworkers,
    const uint8_t secret[IPC_SLOT_SECRETLEN],
    const uint8_t nodes[IPC_MAXNODES])
{
	struct move_export *e;
	unsigned int i;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	e->r = r;
	e->nworkers = nworkers;
	memcpy(e->secret, secret, sizeof(e->secret));
	memcpy(e->nodes, nodes, sizeof(e->nodes));
	for (i = 0; i < IPC_MAXWORKERS; i++)
		e->to[i].e = e;
	return (e);
}

int
move_to(struct relay *r, unsigned int to, unsigned int nworkers,
    const uint8_t secret[IPC_SLOT_SECRETLEN],
    const uint8_t nodes[IPC_MAXNODES], int fd)
{
	struct move_all *m = &r->move;
	struct move_way *w;
	struct ipc_chan *ch;

	if (m->out != NULL && m->out->going)
		move_stop(r);
	if (m->out == NULL &&
	    (m->out = export_new(r, nworkers, secret, nodes)) == NULL)
		return (-1);
	w = &m->out->to[to];
	ch = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_RELAY, message,
	    gone, w);
	if (ch == NULL)
		return (-1);
	ipc_chan_free(w->chan);
	w->chan = ch;
	return (0);
}

void
move_go(struct relay *r)
{
	struct move_export *e = r->move.out;
	struct ipc_msg_move_begin begin = { IPC_MOVE_VERSION };
	unsigned int i;

	if (e == NULL || e->going)
		return;
	e->going = 1;
	for (i = 0; i < IPC_MAXWORKERS && !e->failed; i++)
		if (e->to[i].chan != NULL &&
		    ipc_send_move_begin(e->to[i].chan, &begin) == -1)
			fail(e, unsent);
}

struct move_way *
move_export_way(struct move_export *e, const uint8_t key[FRAME_KEY_LEN])
{
	struct move_way *w = &e->to[ipc_slot_of(key, e->secret) % e->nworkers];

	return (w->chan == NULL ? NULL : w);
}

/* Sessions */

/* Remember where the session went.  Return 0, or -1 without memory. */
static int
note_place(struct move_export *e, const struct relay_conn *c,
    const struct move_way *w)
{
	const size_t i = c->session.sent_slot;
	struct move_place *v;
	size_t n;

	if (i == 0)
		return (0);
	if (i >= e->nplaces) {
		n = i < 1024 ? 1024 : 2 * i;
		if ((v = reallocarray(e->places, n, sizeof(*v))) == NULL)
			return (-1);
		memset(v + e->nplaces, 0, (n - e->nplaces) * sizeof(*v));
		e->places = v;
		e->nplaces = n;
	}
	e->places[i].id = w->sessions - 1;
	e->places[i].to = (uint32_t)(w - e->to) + 1;
	return (0);
}

/* The last connection of the key can't move: its new owner is told. */
static int
put_lost(const struct move_way *w, const uint8_t *key)
{
	struct ipc_msg_move_heard v = { .key = key, .ids = (const uint8_t *)"",
	    .nids = 0 };

	return (ipc_send_move_heard(w->chan, &v));
}

/* Go to the next key.  Return 1, or 0: there is none. */
static int
next_peer(struct move_export *e)
{
	e->peer = cluster_peers_next(e->r->peers, e->peer);
	e->moved = 0;
	if (e->peer == NULL)
		return (0);
	e->c = TAILQ_FIRST(&e->peer->conns);
	return (1);
}

/* All connections of the key are through. */
static int
end_peer(struct move_export *e, struct move_way *w, const char **why)
{
	if (e->moved == 0 && put_lost(w, e->peer->key) == -1) {
		*why = unsent;
		return (-1);
	}
	if (!next_peer(e))
		e->phase = MOVE_LINKS;
	return (1);
}

/* Send something.  Return 1, 0: there is no room, or -1 with *why. */
static int
step_session(struct move_export *e, const char **why)
{
	struct move_way *w;
	int rv;

	if (e->peer == NULL && !next_peer(e)) {
		e->phase = MOVE_LINKS;
		return (1);
	}
	if ((w = move_export_way(e, e->peer->key)) == NULL) {
		*why = "there is no new worker for a key";
		return (-1);
	}
	while (e->c != NULL && e->at.step == 0 && !move_session_can(e->c))
		e->c = TAILQ_NEXT(e->c, session.same);
	if (e->c == NULL)
		return (end_peer(e, w, why));
	if ((rv = move_session_put(w, e->c, &e->at, why)) != 1)
		return (rv);
	if (note_place(e, e->c, w) == -1) {
		*why = no_memory;
		return (-1);
	}
	memset(&e->at, 0, sizeof(e->at));
	e->c = TAILQ_NEXT(e->c, session.same);
	e->moved++;
	return (1);
}

/* Links to other nodes */

/* The way of the link of this worker to a node; NULL: it does not move. */
static struct move_way *
link_way(struct move_export *e, const struct relay_conn *c)
{
	struct move_way *w;

	/* One that ends meanwhile goes over whole, too. */
	if (c == NULL || (e->at.step == 0 && (!move_session_can(c) ||
	    !nodes_link_can_move(c))) ||
	    e->nodes[c->node->link / 2] >= IPC_MAXNODES)
		return (NULL);
	w = &e->to[e->nodes[c->node->link / 2] % e->nworkers];
	return (w->chan == NULL ? NULL : w);
}

static int
step_link(struct move_export *e, const char **why)
{
	const struct relay_conn *c = e->r->nodes.of[e->node].c;
	struct move_way *w = link_way(e, c);
	int rv;

	if (w != NULL && (rv = move_session_put(w, c, &e->at, why)) != 1)
		return (rv);
	memset(&e->at, 0, sizeof(e->at));
	if (++e->node == IPC_MAXNODES)
		e->phase = MOVE_SOURCES;
	return (1);
}

/* Who heard from whom */

static void
receiver(void *arg, const struct relay_conn *c)
{
	struct move_export *e = arg;
	const size_t i = c->session.sent_slot;
	struct move_way *w;
	uint8_t *p;

	if (i >= e->nplaces || e->places[i].to == 0)
		return;
	w = &e->to[e->places[i].to - 1];
	if (w->nids == w->cap) {
		if ((p = reallocarray(w->ids, w->cap + 1024, ID_LEN)) == NULL)
			return;
		w->ids = p;
		w->cap += 1024;
	}
	p = w->ids + w->nids++ * ID_LEN;
	base_put32(p, 0);
	base_put32(p + 4, e->places[i].id);
}

static int
has_room(const struct move_export *e)
{
	unsigned int i;

	for (i = 0; i < e->nworkers; i++)
		if (e->to[i].chan != NULL && !move_way_room(&e->to[i]))
			return (0);
	return (1);
}

static int
step_source(struct move_export *e, const char **why)
{
	struct ipc_msg_move_heard v;
	unsigned int i;

	if (!has_room(e))
		return (0);
	memset(&v, 0, sizeof(v));
	if (!derp_sent_next(e->r->sent, &e->sources, &v.key, &v.far, receiver,
	    e)) {
		e->phase = MOVE_CLAIMS;
		return (1);
	}
	for (i = 0; i < e->nworkers; i++) {
		v.ids = e->to[i].ids;
		v.nids = e->to[i].nids;
		e->to[i].nids = 0;
		if (v.nids > 0 &&
		    ipc_send_move_heard(e->to[i].chan, &v) == -1) {
			*why = unsent;
			return (-1);
		}
	}
	return (1);
}

/* Keys at other nodes */

static int
step_claim(struct move_export *e, const char **why)
{
	struct ipc_msg_move_far v;
	const uint8_t *key;
	struct move_way *w;
	unsigned int link;

	if (!has_room(e))
		return (0);
	if (!cluster_fartable_next(e->r->far.table, &e->claims, &link, &key)) {
		e->phase = MOVE_ENDS;
		return (1);
	}
	v.link = move_link_number(e, link);
	v.key = key;
	*why = unsent;
	return ((w = move_export_way(e, key)) == NULL ||
	    ipc_send_move_far(w->chan, &v) == 0 ? 1 : -1);
}

/* The end */

static int
step_end(struct move_export *e, const char **why)
{
	struct ipc_msg_move_end v;
	unsigned int i;

	for (i = 0; i < e->nworkers; i++) {
		if (e->to[i].chan == NULL)
			continue;
		v.sessions = e->to[i].sessions;
		if (ipc_send_move_end(e->to[i].chan, &v) == -1) {
			*why = unsent;
			return (-1);
		}
	}
	e->phase = MOVE_WRITES;
	return (1);
}

static int
step(struct move_export *e, const char **why)
{
	switch (e->phase) {
	case MOVE_SESSIONS:
		return (step_session(e, why));
	case MOVE_LINKS:
		return (step_link(e, why));
	case MOVE_SOURCES:
		return (step_source(e, why));
	case MOVE_CLAIMS:
		return (step_claim(e, why));
	case MOVE_ENDS:
		return (step_end(e, why));
	case MOVE_WRITES:
	case MOVE_DONE:
		break;
	}
	return (0);
}

int
move_export_is_written(const struct move_export *e)
{
	unsigned int i;

	for (i = 0; i < e->nworkers; i++)
		if (e->to[i].chan != NULL &&
		    ipc_chan_queued(e->to[i].chan) > 0)
			return (0);
	return (1);
}

/* Take steps until there is no room, or time.  Return as step_session(). */
static int
slice(struct move_export *e, const char **why)
{
	const uint64_t start = base_clock_us();
	unsigned int n = 0;
	int rv = 1;

	while (rv == 1 && e->phase != MOVE_WRITES &&
	    (++n % SLICE_LOOK != 0 || base_clock_us() - start < SLICE_US))
		rv = step(e, why);
	return (rv);
}

void
move_export_work(struct move_export *e)
{
	const char *why;
	int rv;

	if (e == NULL || !e->going || e->phase == MOVE_DONE)
		return;
	if ((rv = slice(e, &why)) == -1) {
		fail(e, why);
		return;
	}
	/* Without room, something is yet to be written: then it goes on. */
	e->waits = rv == 0 || e->phase == MOVE_WRITES;
	if (e->phase == MOVE_WRITES && move_export_is_written(e)) {
		e->phase = MOVE_DONE;
		report(e, 1, "");
	}
}

int
move_export_more(const struct move_export *e)
{
	return (e != NULL && e->going && e->phase != MOVE_DONE && !e->waits);
}
