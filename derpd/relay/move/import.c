/*
 * import: sessions come from another worker; see move.h.  Called by relay.c.
 *
 * That worker may be hostile: each message is checked.
 */
#include <stdlib.h>
#include <string.h>

#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "move.h"
#include "movepriv.h"
#include "relay.h"

static void
report(struct move_import *m, const char *why)
{
	struct ipc_msg_relay_took v = { .from = m->from,
	    .ok = m->ended && !m->broken, .sessions = m->sessions,
	    .why = why };

	if (ipc_send_relay_took(m->r->parent, &v) == -1)
		log_warn("can't report to the parent whether sessions have "
		    "come (sendmsg)");
}

static void
broken(struct move_import *m, const char *why)
{
	m->broken = 1;
	ipc_chan_free(m->chan);
	m->chan = NULL;
	report(m, why);
}

static int
on_begin(void *arg, const struct ipc_msg_move_begin *v)
{
	struct move_import *m = arg;

	if (m->begun || v->version != IPC_MOVE_VERSION)
		return (-1);
	m->begun = 1;
	return (0);
}

static int
on_end(void *arg, const struct ipc_msg_move_end *v)
{
	struct move_import *m = arg;

	if (!m->begun || v->sessions != m->sessions)
		return (-1);
	m->ended = 1;
	report(m, "");
	return (0);
}

static const struct ipc_handlers handlers = {
	.move_begin = on_begin,
	.move_end = on_end
};

static void
message(struct ipc_chan *ch, struct ipc_msg *msg, void *arg)
{
	struct move_import *m = arg;
	const char *what;

	(void)ch;
	conn_clock(&m->r->set);
	if (m->ended)
		broken(m, "a message after the last one");
	else if ((what = ipc_dispatch(&handlers, msg, m)) != NULL)
		broken(m, what);
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct move_import *m = arg;

	ipc_chan_free(ch);
	m->chan = NULL;
	if (!m->r->move.taking)
		report(m, m->ended ? "" : why);
}

int
move_from(struct relay *r, unsigned int from, unsigned int nworkers,
    const uint8_t secret[IPC_SLOT_SECRETLEN], int fd)
{
	struct move_import *m;

	if (r->move.in[from] != NULL ||
	    (m = calloc(1, sizeof(*m))) == NULL)
		return (-1);
	m->r = r;
	m->from = from;
	m->nworkers = nworkers;
	memcpy(m->secret, secret, sizeof(m->secret));
	m->chan = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_RELAY,
	    message, gone, m);
	if (m->chan == NULL) {
		free(m);
		return (-1);
	}
	r->move.in[from] = m;
	return (0);
}
