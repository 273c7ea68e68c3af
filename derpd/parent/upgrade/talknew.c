/*
 * talknew: the channel to the parent of the new derpd: what it is told first,
 * and what it says; see replace.h.  Called by replace.c.
 */
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "build.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define OTHER_FILES	64	/* that may be opened while sessions move */

/* The number of sockets of a set. */
static size_t
count(const struct parent_listen_set *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->v[i].nfds;
	return (n);
}

/*
 * All descriptors are queued at once, and each counts much: the sockets, and a
 * channel for each pair of an old and a new relay worker.
 */
static void
set_limit(struct parent *d)
{
	const size_t n = count(&d->listens) + count(&d->stunsocks) +
	    count(&d->metricsocks) + 1 +
	    (size_t)d->nworkers * d->upgrade.nnew;

	ipc_chan_limit(d->upgrade.chan, CHAN_MAXQUEUED + n * CHAN_FD_COST);
}

/*
 * Can both ends of all these channels be open?  1, or 0 and the reason in
 * `line'.
 */
static int
may_connect(const struct parent *d, char *line, size_t size)
{
	const unsigned int ends = 2 * d->nworkers * d->upgrade.nnew;
	const unsigned int all = ends + OTHER_FILES;
	unsigned int max, fd, n;
	struct rlimit rl;

	if (ends == 0 || getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return (1);
	max = rl.rlim_cur > INT_MAX ? INT_MAX : (unsigned int)rl.rlim_cur;
	for (fd = n = 0; n < all && fd < max; fd++)
		n += fcntl((int)fd, F_GETFD) == -1;
	if (n == all)
		return (1);
	snprintf(line, size, "sessions can't go from %u relay worker%s to %u "
	    "with fewer than %u open files, and %u are allowed%s", d->nworkers,
	    d->nworkers == 1 ? "" : "s", d->upgrade.nnew, max - n + all, max,
	    base_advice_limit(EMFILE));
	return (0);
}

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
	char why[256];

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
	else if (!may_connect(d, why, sizeof(why)))
		upgrade_old_failed(&d->upgrade.old, why);
	else {
		set_limit(d);
		upgrade_old_ready(&d->upgrade.old, v.nworkers > 0 &&
		    d->nworkers > 0);
	}
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
	    d->nworkers, d->slot_secret, d->mesh.last_hash,
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
		set_limit(d);
		if (give_all(d) == 0)
			return (NULL);
	}
	/* A new derpd whose channel ends without a word would serve. */
	(void)kill(u->pid, SIGKILL);
	upgrade_talk_end(d);
	return ("the sockets can't be passed on (malloc, dup, sendmsg)");
}
