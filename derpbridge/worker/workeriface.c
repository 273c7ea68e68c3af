/*
 * workeriface: see workeriface.h.  Called by worker.c, devices.c and carry.c.
 * Touches its UDP socket, and the relays of the interface.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "carry.h"
#include "childrun.h"
#include "log.h"
#include "relays.h"
#include "steer.h"
#include "surveys.h"
#include "worker.h"
#include "workeriface.h"

struct worker_iface *
worker_iface_new(struct worker *w, unsigned int number)
{
	struct worker_iface *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return (NULL);
	f->worker = w;
	f->number = number;
	f->fd = -1;
	worker_peers_init(&f->peers);
	TAILQ_INIT(&f->relays);
	return (f);
}

static void
close_socket(struct worker_iface *f)
{
	if (f->readable != NULL)
		event_free(f->readable);
	f->readable = NULL;
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}

void
worker_iface_free(struct worker_iface *f)
{
	struct worker_peer *p;

	worker_surveys_end(f);
	worker_relays_free(f);
	while ((p = TAILQ_FIRST(&f->peers.list)) != NULL)
		worker_peers_remove(&f->peers, p);
	close_socket(f);
	free(f->lines);
	free(f);
}

int
worker_iface_listens(const struct worker_iface *f)
{
	return (f->up && f->listen_port != 0 && f->fd != -1);
}

/* Settings */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct worker_iface *f = arg;

	(void)fd;
	(void)what;
	worker_carry_out(f, worker_now(f->worker));
}

static void
use_socket(struct worker_iface *f, int *fd)
{
	if (*fd == -1)
		return;
	close_socket(f);
	f->fd = *fd;
	*fd = -1;
	f->readable = event_new(f->worker->base, f->fd, EV_READ | EV_PERSIST,
	    on_readable, f);
	if (f->readable == NULL || event_add(f->readable, NULL) == -1)
		fatalx("out of memory");
}

static int
by_key(const void *a, const void *b)
{
	const struct ipc_bridge_peer *x = a, *y = b;

	return (memcmp(x->key, y->key, IPC_KEYLEN));
}

static int
compare_key(const void *key, const void *line)
{
	const struct ipc_bridge_peer *l = line;

	return (memcmp(key, l->key, IPC_KEYLEN));
}

/* The line of the configuration with this key; NULL: none. */
static const struct ipc_bridge_peer *
line_of(const struct worker_iface *f, const uint8_t key[IPC_KEYLEN])
{
	if (f->nlines == 0)
		return (NULL);
	return (bsearch(key, f->lines, f->nlines, sizeof(*f->lines),
	    compare_key));
}

/* Read the peers of the configuration.  Returns 0, or -1: malformed. */
static int
set_lines(struct worker_iface *f, const struct ipc_msg_worker_iface *v)
{
	struct ipc_rd left = v->peers_left;
	struct ipc_bridge_peer *lines;
	uint32_t i;

	if ((lines = calloc(v->npeers + 1, sizeof(*lines))) == NULL)
		fatalx("out of memory");
	for (i = 0; i < v->npeers; i++)
		if (ipc_next_bridge_peer(&left, &lines[i]) == -1) {
			free(lines);
			return (-1);
		}
	qsort(lines, v->npeers, sizeof(*lines), by_key);
	free(f->lines);
	f->lines = lines;
	f->nlines = v->npeers;
	return (0);
}

/* Is the peer one of ours by the settings? */
static void
serve(struct worker_peer *p)
{
	struct worker_iface *f = p->iface;
	int served;

	p->line = line_of(f, p->key);
	served = f->all || p->line != NULL;
	if (p->served && !served)
		worker_steer_let_go(p);
	if (served && !p->served)
		worker_path_init(&p->path, randombytes_random());
	p->served = served;
}

/*
 * Use the CA certificates of a file.  They can be read before confinement
 * alone: for others the process starts again.
 */
static void
set_cas(struct worker_iface *f, const char *file, uint64_t mark)
{
	struct worker *w = f->worker;
	struct net_cas *c;
	char why[IPC_WHYSIZE];

	for (c = w->cas; c < w->cas + w->ncas; c++)
		if (strcmp(c->file, file) == 0 &&
		    w->camarks[c - w->cas] == mark) {
			f->cas = c;
			return;
		}
	if (w->child->confined || w->ncas == IPC_BRIDGE_MAXIFACES) {
		log_info("restarting for other CA certificates");
		exit(0);
	}
	strlcpy(c->file, file, sizeof(c->file));
	if (net_cas_hold(c, why, sizeof(why)) == -1)
		log_warnx("%s: no relay can be verified: %s", f->name, why);
	f->cas = c;
	w->camarks[w->ncas++] = mark;
}

int
worker_iface_set(struct worker_iface *f, const struct ipc_msg_worker_iface *v,
    int *fd)
{
	struct worker_peer *p;

	if (set_lines(f, v) == -1)
		return (-1);
	strlcpy(f->name, v->name, sizeof(f->name));
	f->port = v->port;
	f->policy = v->policy;
	f->region = v->region;
	f->direct = v->direct;
	f->endpoints = v->endpoints;
	f->idle = v->idle;
	f->all = v->all;
	set_cas(f, v->cafile, v->camark);
	use_socket(f, fd);
	TAILQ_FOREACH(p, &f->peers.list, entry)
		serve(p);
	worker_relays_update(f, worker_now(f->worker));
	return (0);
}

/* What netlink says */

void
worker_iface_stale(struct worker_iface *f)
{
	struct worker_peer *p;

	TAILQ_FOREACH(p, &f->peers.list, entry)
		p->stale = 1;
}

/* The interface was made anew: nothing that was seen counts any more. */
static void
begin_anew(struct worker_iface *f)
{
	struct worker_peer *p;

	TAILQ_FOREACH(p, &f->peers.list, entry)
		worker_path_init(&p->path, randombytes_random());
}

static void
log_device(const struct worker_iface *f)
{
	if (!f->up)
		log_info("%s: the interface can't be used: %s", f->name,
		    f->why);
	else if (f->listen_port == 0)
		log_info("%s: the interface is there, but has no listen port "
		    "yet: it is down", f->name);
	else
		log_info("%s: the interface is there, and listens at port %u",
		    f->name, f->listen_port);
}

void
worker_iface_device(struct worker_iface *f, const struct ipc_msg_dev_iface *v)
{
	int news = !f->known || f->up != v->up ||
	    f->listen_port != v->listen_port;
	int anew = (v->up && !f->up) ||
	    memcmp(f->key, v->key, IPC_KEYLEN) != 0;

	f->known = 1;
	f->up = v->up;
	f->listen_port = v->listen_port;
	f->fwmark = v->fwmark;
	memcpy(f->key, v->key, IPC_KEYLEN);
	strlcpy(f->why, v->why, sizeof(f->why));
	if (news)
		log_device(f);
	if (anew)
		begin_anew(f);
	worker_iface_stale(f);
	worker_relays_update(f, worker_now(f->worker));
}

/*
 * Forget the peers that the message replaces.  Returns 0, or -1: another peer
 * that netlink has named has this key or address.
 */
static int
make_room(struct worker_iface *f, const struct ipc_msg_dev_peer *v)
{
	struct worker_peer *p;

	if ((p = worker_peers_number(&f->peers, v->peer)) != NULL)
		worker_iface_forget(f, p);
	if ((p = worker_peers_key(&f->peers, v->key)) != NULL) {
		if (!p->stale)
			return (-1);
		worker_iface_forget(f, p);
	}
	if ((p = worker_peers_local(&f->peers, v->local)) != NULL) {
		if (!p->stale)
			return (-1);
		worker_iface_forget(f, p);
	}
	return (0);
}

int
worker_iface_peer(struct worker_iface *f, const struct ipc_msg_dev_peer *v)
{
	struct worker_peer *p = worker_peers_number(&f->peers, v->peer);

	if (p == NULL || memcmp(p->key, v->key, IPC_KEYLEN) != 0 ||
	    memcmp(p->local, v->local, WORKER_UDP_ADDR) != 0) {
		if (make_room(f, v) == -1 || (p = worker_peers_add(&f->peers,
		    v->peer, v->key, v->local)) == NULL)
			return (-1);
		p->iface = f;
		serve(p);
		f->reassign = 1;
	}
	p->stale = 0;
	p->keepalive = v->keepalive;
	return (0);
}

void
worker_iface_polled(struct worker_iface *f)
{
	struct worker_peer *p, *next;

	TAILQ_FOREACH_SAFE(p, &f->peers.list, entry, next)
		if (p->stale)
			worker_iface_forget(f, p);
}

void
worker_iface_forget(struct worker_iface *f, struct worker_peer *p)
{
	worker_peers_remove(&f->peers, p);
	f->reassign = 1;
}
