/*
 * talknew: the channel to the parent of the new derpd: what it is told first,
 * and what it says; see replace.h.  Called by replace.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

/* A message that is not permitted, or does not decode. */
static void
wrong(struct parent *d, const struct ipc_msg *m)
{
	char why[128];

	snprintf(why, sizeof(why), "the new derpd sent a malformed %s",
	    ipc_msg_name(m->type));
	upgrade_old_failed(&d->upgrade.old, why);
}

static void
on_ready(struct parent *d, struct ipc_msg *m)
{
	struct ipc_msg_up_ready v;

	if (ipc_get_up_ready(&m->rd, &v) == -1) {
		wrong(d, m);
		return;
	}
	d->upgrade.nnew = v.nworkers;
	memcpy(d->upgrade.nodes, v.nodes, sizeof(d->upgrade.nodes));
	/* Clients know a relay by its key. */
	if (v.nworkers > 0 && d->nworkers > 0 && memcmp(v.node_key,
	    d->loaded.node_key, IPC_KEYLEN) != 0)
		upgrade_old_failed(&d->upgrade.old, "the key of the relay "
		    "(`key') is another one, so that sessions can't go on: "
		    "stop derpd and start it again");
	else
		upgrade_old_ready(&d->upgrade.old, v.nworkers > 0 &&
		    d->nworkers > 0);
}

static void
on_took(struct parent *d, struct ipc_msg *m)
{
	struct ipc_msg_up_took v;

	if (ipc_get_up_took(&m->rd, &v) == -1)
		wrong(d, m);
	else
		upgrade_old_took(&d->upgrade.old, v.sessions);
}

static void
on_failed(struct parent *d, struct ipc_msg *m)
{
	struct ipc_msg_up_failed v;

	if (ipc_get_up_failed(&m->rd, &v) == -1)
		wrong(d, m);
	else
		upgrade_old_failed(&d->upgrade.old, v.why);
}

static void
from_new(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent *d = arg;

	(void)c;
	switch (m->type) {
	case MSG_UP_READY:
		on_ready(d, m);
		break;
	case MSG_UP_TOOK:
		on_took(d, m);
		break;
	case MSG_UP_TAKEN:
		if (ipc_rd_end(&m->rd))
			upgrade_old_taken(&d->upgrade.old);
		else
			wrong(d, m);
		break;
	case MSG_UP_FAILED:
		on_failed(d, m);
		break;
	default:
		wrong(d, m);
		break;
	}
}

static void
new_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct parent *d = arg;

	if (ipc_chan_unread(c))
		upgrade_old_unread(&d->upgrade.old);
	else if (strcmp(why, "closed") != 0)
		log_warnx("channel to the new derpd: %s", why);
	upgrade_old_closed(&d->upgrade.old);
}

/* What it gets first: the sockets. */

struct giving {
	struct ipc_chan		*chan;
	enum ipc_up_socket	 kind;
};

static int
give(void *arg, const struct parent_listen_socket *l, int fd)
{
	const struct giving *g = arg;
	const struct ipc_msg_up_socket v = { g->kind };

	(void)l;
	return (ipc_send_up_socket(g->chan, &v, fd));
}

static int
give_set(struct parent *d, const struct parent_listen_set *s,
    enum ipc_up_socket kind)
{
	struct giving g = { d->upgrade.chan, kind };

	return (parent_listen_give(s, PARENT_LISTEN_ALL, give, &g));
}

static int
give_control(struct parent *d)
{
	const struct ipc_msg_up_socket v = { IPC_UP_CONTROL };
	int fd = parent_control_fd();

	if (fd == -1)
		return (0);
	if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1)
		return (-1);
	return (ipc_send_up_socket(d->upgrade.chan, &v, fd));
}

static int
give_all(struct parent *d)
{
	uint8_t nodes[IPC_MAXNODES * IPC_NODE_LEN];
	const struct ipc_msg_up_begin v = { IPC_MOVE_VERSION, ipc_build_id(),
	    d->nworkers, d->slot_secret, d->loaded.mesh.hash,
	    parent_stuns_answering(d), meshset_list(&d->mesh, nodes), nodes };

	if (give_set(d, &d->listens, IPC_UP_LISTEN) == -1 ||
	    give_set(d, &d->stunsocks, IPC_UP_STUN) == -1 ||
	    give_set(d, &d->metricsocks, IPC_UP_METRICS) == -1 ||
	    give_control(d) == -1)
		return (-1);
	return (ipc_send_up_begin(d->upgrade.chan, &v));
}

void
upgrade_talk_end(struct parent *d)
{
	ipc_chan_free(d->upgrade.chan);
	d->upgrade.chan = NULL;
}

const char *
upgrade_talk(struct parent *d, int fd)
{
	struct upgrade *u = &d->upgrade;

	u->chan = ipc_chan_new(d->super.base, fd, ROLE_PARENT, ROLE_SUCCESSOR,
	    from_new, new_gone, d);
	if (u->chan == NULL)
		close(fd);
	else {
		/* A queued descriptor costs much, and all are sent at once. */
		ipc_chan_limit(u->chan, 8 * (size_t)CHAN_MAXQUEUED);
		if (give_all(d) == 0)
			return (NULL);
	}
	/* A new derpd whose channel ends without a word would serve. */
	(void)kill(u->pid, SIGKILL);
	upgrade_talk_end(d);
	return ("the sockets can't be passed on (malloc, dup, sendmsg)");
}
