/*
 * successor: see successor.h.  Called by newparent.c and the channel to the old
 * derpd; knows nothing of the parent.
 *
 * The old derpd is trusted as far as this parent trusts root; but it may be of
 * another build: what does not fit ends this one, and the old one goes on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "successor.h"

#define BEGIN_MS	10000	/* for UP_BEGIN */
#define FLUSH_MS	1000	/* for the last message */

static void
forget_chan(struct upgrade_new *n)
{
	ipc_chan_free(n->chan);
	n->chan = NULL;
}

void
upgrade_new_failed(struct upgrade_new *n, const char *why)
{
	struct ipc_msg_up_failed v = { why };

	if (n->chan == NULL)
		return;
	n->state = UPGRADE_AT_END;
	if (ipc_send_up_failed(n->chan, &v) == -1 ||
	    ipc_chan_flush(n->chan, FLUSH_MS) == -1)
		log_warn("can't tell the old derpd that this one does not take "
		    "over (sendmsg)");
	forget_chan(n);
}

/* This one ends: `why' NULL: the old derpd knows. */
static void
fail(struct upgrade_new *n, const char *why)
{
	n->state = UPGRADE_AT_END;
	n->ops->fail(n->arg, why);
}

static void
serve(struct upgrade_new *n)
{
	n->state = UPGRADE_AT_SERVE;
	n->ops->serve(n->arg);
	/* A failure is reported by the event loop, and does not matter. */
	if (n->chan != NULL)
		(void)ipc_send_up_taken(n->chan);
}

static void
receive(struct upgrade_new *n)
{
	n->state = UPGRADE_AT_MOVE;
	n->ops->receive(n->arg);
}

/*
 * The old derpd has ended without UP_ABORT: it has let nothing go on that it
 * had stopped, and its children end with it.
 */
static void
go_on_alone(struct upgrade_new *n)
{
	switch (n->state) {
	case UPGRADE_AT_ACCEPT:
		if (n->nfds > 0) {
			receive(n);
			return;
		}
		break;
	case UPGRADE_AT_READY:
	case UPGRADE_AT_TOOK:
		break;
	default:
		/* When all is ready, or has come. */
		return;
	}
	serve(n);
}

/* Messages.  Their order is checked here, their fields before. */

static int
on_socket(void *arg, const struct ipc_msg_up_socket *v, int *fd)
{
	struct upgrade_new *n = arg;

	if (n->state != UPGRADE_AT_BEGIN)
		return (-1);
	n->ops->keep(n->arg, v->kind, *fd);
	*fd = -1;
	return (0);
}

static int
on_begin(void *arg, const struct ipc_msg_up_begin *v)
{
	struct upgrade_new *n = arg;

	if (n->state != UPGRADE_AT_BEGIN)
		return (-1);
	if (v->version < 1 || v->version > IPC_MOVE_VERSION) {
		snprintf(n->why, sizeof(n->why), "derpd %s moves its sessions "
		    "in form %u, which derpd %s does not know: restart derpd",
		    v->build, v->version, ipc_build_id());
		n->state = UPGRADE_AT_END;
		return (0);
	}
	strlcpy(n->build, v->build, sizeof(n->build));
	n->nold = v->nworkers;
	memcpy(n->slot_secret, v->slot_secret, sizeof(n->slot_secret));
	n->has_secret = 1;
	memcpy(n->mesh_hash, v->mesh_hash, sizeof(n->mesh_hash));
	n->stun = v->stun;
	n->nnodes = v->nnodes < IPC_MAXNODES ? v->nnodes : IPC_MAXNODES;
	memcpy(n->nodes, v->nodes, n->nnodes * IPC_NODE_LEN);
	n->state = UPGRADE_AT_START;
	return (0);
}

static int
on_accept(void *arg)
{
	struct upgrade_new *n = arg;

	if (n->state != UPGRADE_AT_READY)
		return (-1);
	n->state = UPGRADE_AT_ACCEPT;
	n->ops->accept(n->arg);
	return (0);
}

static int
on_move(void *arg, const struct ipc_msg_up_move *v, int *fd)
{
	struct upgrade_new *n = arg;
	int *at;

	if (n->state != UPGRADE_AT_ACCEPT || v->from >= n->nold ||
	    v->to >= n->nnew)
		return (-1);
	at = &n->fds[v->to * n->nold + v->from];
	if (*at != -1)
		return (-1);
	*at = *fd;
	*fd = -1;
	if (++n->nfds == n->nold * n->nnew)
		receive(n);
	return (0);
}

/* Without relay workers on both sides no sessions come. */
static int
on_commit(void *arg)
{
	struct upgrade_new *n = arg;

	if (n->state != UPGRADE_AT_TOOK && (n->state != UPGRADE_AT_ACCEPT ||
	    n->nold * n->nnew > 0))
		return (-1);
	serve(n);
	return (0);
}

static int
on_abort(void *arg, const struct ipc_msg_up_abort *v)
{
	struct upgrade_new *n = arg;

	if (n->state >= UPGRADE_AT_SERVE)
		return (-1);
	log_debug("the old derpd goes on: %s", v->why);
	if (n->state == UPGRADE_AT_BEGIN)
		n->state = UPGRADE_AT_END;
	else
		fail(n, NULL);
	return (0);
}

static const struct ipc_handlers handlers = {
	.up_socket = on_socket,
	.up_begin = on_begin,
	.up_accept = on_accept,
	.up_move = on_move,
	.up_commit = on_commit,
	.up_abort = on_abort
};

/* A line on a message that is not understood. */
static const char *
misfit(const struct ipc_msg *m, const char *what, char *line, size_t size)
{
	snprintf(line, size, "the old derpd %s: %s", what,
	    ipc_msg_name(m->type));
	return (line);
}

static void
from_old(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct upgrade_new *n = arg;
	const char *what;
	char line[128];

	(void)c;
	if (n->state == UPGRADE_AT_END)
		return;
	what = ipc_dispatch(&handlers, m, n);
	/* Who serves goes on. */
	if (what != NULL && n->state < UPGRADE_AT_SERVE)
		fail(n, misfit(m, what, line, sizeof(line)));
}

static void
old_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct upgrade_new *n = arg;
	const int lives = ipc_chan_broke(c) || !ipc_chan_ended(c);

	forget_chan(n);
	if (n->state >= UPGRADE_AT_SERVE)
		return;
	/* With it there would be two: it ends this one. */
	if (lives) {
		fail(n, why);
		return;
	}
	log_warnx("the old derpd ended before it was replaced: this one "
	    "serves");
	n->orphan = 1;
	go_on_alone(n);
}

int
upgrade_new_open(struct upgrade_new *n, int fd,
    const struct upgrade_new_ops *ops, void *arg)
{
	n->ops = ops;
	n->arg = arg;
	n->chan = ipc_chan_new(NULL, fd, ROLE_SUCCESSOR, ROLE_PARENT, NULL,
	    NULL, NULL);
	if (n->chan != NULL)
		return (0);
	log_warn("no channel to the old derpd (malloc)");
	return (-1);
}

/* Handle a message before UP_BEGIN.  0, or -1 and n->why. */
static int
one_of_begin(struct upgrade_new *n, struct ipc_msg *m)
{
	const char *what = ipc_dispatch(&handlers, m, n);

	if (what != NULL)
		(void)misfit(m, what, n->why, sizeof(n->why));
	return (what != NULL || n->state == UPGRADE_AT_END ? -1 : 0);
}

int
upgrade_new_begin(struct upgrade_new *n)
{
	const uint64_t until = base_clock_ms() + BEGIN_MS;
	struct ipc_msg m;
	uint64_t now;
	int rv = 0;

	while (rv == 0 && n->state == UPGRADE_AT_BEGIN) {
		now = base_clock_ms();
		if (ipc_chan_recv(n->chan, &m, now < until ?
		    (int)(until - now) : 0) == 0) {
			rv = one_of_begin(n, &m);
			ipc_msg_free(&m);
		} else if (errno == EPIPE && ipc_chan_ended(n->chan)) {
			forget_chan(n);
			n->orphan = 1;
			n->state = UPGRADE_AT_START;
		} else {
			snprintf(n->why, sizeof(n->why), "the old derpd did "
			    "not say what is to be taken over: %s",
			    strerror(errno));
			rv = -1;
		}
	}
	return (rv);
}

int
upgrade_new_attach(struct upgrade_new *n, struct event_base *base)
{
	return (n->chan == NULL ? 0 : ipc_chan_attach(n->chan, base, from_old,
	    old_gone, n));
}

void
upgrade_new_ready(struct upgrade_new *n, unsigned int nworkers,
    const uint8_t node_key[IPC_KEYLEN], const uint8_t nodes[IPC_MAXNODES])
{
	struct ipc_msg_up_ready v = { nworkers, node_key, nodes };
	unsigned int i;

	if (n->state != UPGRADE_AT_START)
		return;
	n->state = UPGRADE_AT_READY;
	n->nnew = nworkers;
	memcpy(n->map, nodes, sizeof(n->map));
	if ((n->fds = calloc(n->nold * n->nnew + 1, sizeof(*n->fds))) == NULL)
		fatal("no memory for the channels of sessions");
	for (i = 0; i < n->nold * n->nnew; i++)
		n->fds[i] = -1;
	if (n->orphan)
		go_on_alone(n);
	else
		/* A failure is reported by the event loop. */
		(void)ipc_send_up_ready(n->chan, &v);
}

int
upgrade_new_channel(struct upgrade_new *n, unsigned int from, unsigned int to)
{
	int *at = &n->fds[to * n->nold + from], fd = *at;

	*at = -1;
	return (fd);
}

int
upgrade_new_rekeyed(const struct upgrade_new *n,
    const uint8_t hash[IPC_MESHHASH_LEN])
{
	return (memcmp(n->mesh_hash, hash, sizeof(n->mesh_hash)) != 0);
}

void
upgrade_new_took(struct upgrade_new *n, const char *why, uint32_t sessions)
{
	struct ipc_msg_up_took v = { sessions };

	if (n->state != UPGRADE_AT_MOVE)
		return;
	n->sessions = sessions;
	if (why == NULL) {
		n->state = UPGRADE_AT_TOOK;
		if (n->orphan)
			go_on_alone(n);
		else
			/* As above. */
			(void)ipc_send_up_took(n->chan, &v);
		return;
	}
	log_warnx("not all sessions of the old derpd have come: %s", why);
	snprintf(n->why, sizeof(n->why), "%s", why);
	/* Has the old derpd ended?  Then its other workers do so, too. */
	n->ops->deadline(n->arg, UPGRADE_LATE_MS);
}

void
upgrade_new_late(struct upgrade_new *n)
{
	if (n->state != UPGRADE_AT_MOVE)
		return;
	if (n->orphan)
		serve(n);
	else
		fail(n, n->why);
}
