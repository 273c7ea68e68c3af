/*
 * export: sessions leave for other workers; see move.h.  Called by relay.c.
 */
#include <stdlib.h>
#include <string.h>

#include "ipcsend.h"
#include "log.h"
#include "move.h"
#include "movepriv.h"
#include "relay.h"

static void
report(struct move_export *e, int ok, const char *why)
{
	struct ipc_msg_relay_moved v = { .ok = ok, .why = why };
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		v.sessions += e->to[i].sessions;
	e->done = 1;
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

static void
fail(struct move_export *e, const char *why)
{
	if (e->failed)
		return;
	close_all(e);
	report(e, 0, why);
}

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct move_way *w = arg;

	(void)ch;
	(void)m;
	fail(w->e, "a new worker sent what it must not");
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct move_way *w = arg;

	(void)ch;
	log_debug("the channel of a move is closed: %s", why);
	fail(w->e, "a new worker has ended, or does not read");
}

void
move_export_free(struct move_export *e)
{
	if (e == NULL)
		return;
	close_all(e);
	free(e);
}

static struct move_export *
export_new(struct relay *r, unsigned int nworkers,
    const uint8_t secret[IPC_SLOT_SECRETLEN])
{
	struct move_export *e;
	unsigned int i;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	e->r = r;
	e->nworkers = nworkers;
	memcpy(e->secret, secret, sizeof(e->secret));
	for (i = 0; i < IPC_MAXWORKERS; i++)
		e->to[i].e = e;
	return (e);
}

int
move_to(struct relay *r, unsigned int to, unsigned int nworkers,
    const uint8_t secret[IPC_SLOT_SECRETLEN], int fd)
{
	struct move_all *m = &r->move;
	struct move_way *w;
	struct ipc_chan *ch;

	if (m->out != NULL && m->out->going)
		move_stop(r);
	if (m->out == NULL &&
	    (m->out = export_new(r, nworkers, secret)) == NULL)
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
			fail(e, "a message can't be sent");
}

/* Everything is queued: return 1 when all of it is written. */
static int
is_written(const struct move_export *e)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (e->to[i].chan != NULL &&
		    ipc_chan_queued(e->to[i].chan) > 0)
			return (0);
	return (1);
}

static void
end(struct move_export *e)
{
	struct ipc_msg_move_end v;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS && !e->failed; i++) {
		if (e->to[i].chan == NULL)
			continue;
		v.sessions = e->to[i].sessions;
		if (ipc_send_move_end(e->to[i].chan, &v) == -1)
			fail(e, "a message can't be sent");
	}
	if (!e->failed)
		report(e, 1, "");
}

int
move_export_more(const struct move_export *e)
{
	return (e != NULL && e->going && !e->done && is_written(e));
}

void
move_export_work(struct move_export *e)
{
	if (move_export_more(e))
		end(e);
}
