/*
 * newparent: what the parent of a derpd that takes over does; see successor.h.
 * Called by derpd.c, parent.c and successor.c.
 *
 * Until the commit it starts as always, but: fronts accept nothing, and have no
 * channels to relay workers; what probes, fetches, renews or answers others
 * does not run; there is no control socket; and of the files that the old derpd
 * uses none is changed.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

#define CONTROL_MS	5000	/* between two tries to open its socket */
#define ORPHAN_SECS	1	/* for the children of the old derpd to end */

static void	look(evutil_socket_t fd, short what, void *arg);

static void
keep(void *arg, enum ipc_up_socket kind, int fd)
{
	struct parent *d = arg;
	const char *why;

	if (parent_inherit_add(&d->inherit, kind, fd, &why) == 0)
		return;
	log_warnx("a socket of the old derpd can't be taken over: %s", why);
	close(fd);
}

static void
accept_all(void *arg)
{
	struct parent *d = arg;
	unsigned int i;

	if (d->accepting)
		return;
	d->accepting = 1;
	parent_listen_begin(&d->listens);
	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL &&
		    parent_fronts_listen(&d->fronts[i]) == -1)
			super_fail(&d->fronts[i].c,
			    "could not be sent its listening sockets");
}

static void
took(void *arg, const char *why, uint32_t sessions)
{
	struct parent *d = arg;

	upgrade_new_took(&d->successor, why, sessions);
}

/* Give the relay workers the channels that have come. */
static void
receive(void *arg)
{
	struct parent *d = arg;
	struct upgrade_new *n = &d->successor;
	struct parent_moves_chan *v;
	unsigned int to, from;
	size_t k = 0;
	int fd, rekeyed;

	if ((v = calloc(n->nfds, sizeof(*v))) == NULL)
		fatal("no memory for the channels of sessions");
	rekeyed = upgrade_new_rekeyed(n, d->loaded.mesh.hash);
	for (to = 0; to < d->nworkers; to++)
		for (from = 0; from < n->nold; from++)
			if ((fd = upgrade_new_channel(n, from, to)) != -1) {
				v[k].p = &d->relays[to];
				v[k].other = from;
				v[k].rekeyed = rekeyed;
				v[k].links = meshset_links(from, n->nold,
				    n->map);
				v[k++].fd = fd;
			}
	parent_moves_receive(d, v, k, n->nold, n->slot_secret, took, d);
	free(v);
}

static void
deadline(void *arg, unsigned int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct parent *d = arg;

	if ((d->ev_successor == NULL && (d->ev_successor =
	    evtimer_new(d->super.base, look, d)) == NULL) ||
	    evtimer_add(d->ev_successor, &tv) == -1)
		fatalx("no timer to take over");
}

/* Nothing can refuse now: what fails is tried again. */
void
upgrade_control(struct parent *d)
{
	if (!d->super.stopping && !upgrade_gave(d) &&
	    parent_control_fd() == -1 && parent_control_open(d) == -1)
		deadline(d, CONTROL_MS);
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	if (d->waiting)
		upgrade_new_late(&d->successor);
	else
		upgrade_control(d);
}

/*
 * Let the relay workers go on with what they have received.  If the old derpd
 * has ended keys behind any link may be missing: all links are made anew.
 */
static void
take(struct parent *d)
{
	const uint32_t lost = d->successor.orphan ? UINT32_MAX :
	    ~d->moves.links;
	unsigned int i;

	for (i = 0; d->successor.nfds > 0 && i < d->nworkers; i++)
		if (parent_moves_take(&d->relays[i], lost) == -1)
			log_warnx("relay %u could not take over its sessions",
			    i);
	for (i = 0; i < d->nworkers; i++)
		meshset_connect_relay(&d->relays[i]);
	parent_moves_connect(d);
}

/* STUN is answered as before, until health has looked. */
static void
begin_stun(struct parent *d)
{
	if (!d->successor.stun || !parent_health_wanted(d))
		return;
	d->well.ok = d->well.known = 1;
	d->well.since = time(NULL);
}

/* Files that were the old derpd's: write what waited for this. */
static void
own_files(struct parent *d)
{
	parent_certself_commit(d);
	mapset_keep_all(d);
	parent_renew_begin(d);
	parent_certself_begin(d);
}

static void
serve(void *arg)
{
	struct parent *d = arg;

	accept_all(d);
	d->waiting = 0;
	take(d);
	upgrade_control(d);
	begin_stun(d);
	parent_listen_begin(&d->metricsocks);
	parent_procs_start_later(d);
	/* No address of this configuration has these. */
	parent_inherit_end(&d->inherit);
	own_files(d);
	parent_serve(d);
	parent_certwatch_look(d);
}

static void
fail(void *arg, const char *why)
{
	struct parent *d = arg;

	strlcpy(d->why, why == NULL ? "" : why, sizeof(d->why));
	super_start_failed(&d->super);
}

static int
is_stream_socket(int fd)
{
	socklen_t len = sizeof(int);
	int type = -1;

	return (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM);
}

void
upgrade_begin(struct parent *d, int fd)
{
	static const struct upgrade_new_ops ops = { .keep = keep,
	    .accept = accept_all, .receive = receive, .serve = serve,
	    .fail = fail, .deadline = deadline };
	struct upgrade_new *n = &d->successor;

	if (!is_stream_socket(fd))
		fatalx("-U %d: expected a stream socket: `derpctl upgrade' has "
		    "derpd start with one", fd);
	d->waiting = d->inherit.waits = 1;
	if (upgrade_new_open(n, fd, &ops, d) == -1)
		exit(1);
	/* Who has yet to write would not read why this one fails. */
	if (upgrade_new_begin(n) == 0) {
		meshset_key_used(&d->mesh, n->mesh_hash);
		return;
	}
	if (n->why[0] != '\0') {
		log_errx("derpd did not start: %s", n->why);
		upgrade_new_failed(n, n->why);
	}
	exit(1);
}

int
upgrade_listen(struct parent *d)
{
	const struct timespec pause = { ORPHAN_SECS, 0 };
	struct upgrade_new *n = &d->successor;

	if (!d->waiting)
		return (0);
	/* Not all of its sockets may have come: they must be free. */
	if (n->orphan)
		(void)nanosleep(&pause, NULL);
	if (upgrade_new_attach(n, d->super.base) == 0)
		return (0);
	log_warn("no channel to the old derpd (event_add)");
	return (-1);
}

void
upgrade_ready(struct parent *d)
{
	uint8_t nodes[IPC_MAXNODES];

	if (d->successor.state == UPGRADE_AT_START)
		super_start_within(&d->super, UPGRADE_TAKE_MS);
	meshset_match(&d->mesh, d->successor.nodes, d->successor.nnodes, nodes);
	upgrade_new_ready(&d->successor, d->nworkers, d->loaded.node_key,
	    nodes);
}

int
upgrade_give_up(struct parent *d)
{
	struct upgrade_new *n = &d->successor;

	if (!d->waiting)
		return (1);
	if (n->state == UPGRADE_AT_END && d->why[0] == '\0')
		return (0);
	upgrade_new_failed(n, d->why[0] != '\0' ? d->why :
	    "the new derpd was not ready in time");
	return (1);
}
