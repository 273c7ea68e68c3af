/*
 * relayadmit: see relayadmit.h.  Called by adopt.c, welcome.c, relayconn.c,
 * cluster.c and relay.c.
 *
 * What admit says of a key is kept with the key (cluster/peers.h), if it says
 * anything.  A message about a key that has no connection any more is ignored.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "far.h"
#include "group.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "peers.h"
#include "relay.h"
#include "relayadmit.h"
#include "route.h"
#include "welcome.h"

/* A front may put admission in force so much later than this worker. */
#define LATE_US		30000000

#define UNREAD_MAX	(8 * 1024 * 1024)	/* then admit counts as lost */
#define AHEAD		(256 * 1024)	/* bytes of a walk for admit to read */
#define PIECE		256		/* connections of a walk in a turn */
#define ANSWER_SECS	10		/* until admit has told all that it
					   knows of those reported */

/* What admit said of a key; exactly as long as its texts. */
struct relay_known {
	uint32_t	 round;		/* on which channel */
	uint32_t	 group;		/* 0: none */
	uint64_t	 rate, burst;	/* of the group */
	uint8_t		 group_at;	/* place of its name in `name' */
	char		 name[];	/* the client's; "": none */
};

static const char kick_text[] = "the operator of this relay closed the "
    "connection";

void
relay_admit_commit(struct relay *r)
{
	if (r->next_conf.admit && !r->conf.admit)
		r->admit.since_us = r->set.now_us;
}

enum derp_tickets_result
relay_admit_check(const struct relay *r, const uint8_t admit[IPC_ADMIT_LEN],
    const struct ipc_ticket *t, struct ipc_admission *a, const char **why)
{
	if (!sodium_is_zero(admit, IPC_ADMIT_LEN))
		return (derp_tickets_admitted(r->tickets, admit, t,
		    base_clock_boot_us(), a, why));
	*why = "it has no ticket of admit";
	/* An honest front asks for some time later, or no more, than this. */
	if (r->set.now_us - r->admit.since_us < LATE_US ||
	    (r->staged != 0 && !r->next_conf.admit))
		return (TICKETS_REFUSED);
	return (TICKETS_HOSTILE);
}

/* What is known of a key */

const char *
relay_admit_name(const struct relay_conn *c)
{
	const struct cluster_peer *p = c->session.peer;

	return (p == NULL || p->known == NULL ? "" : p->known->name);
}

const char *
relay_admit_group(const struct relay_conn *c)
{
	return (derp_group_name(&c->session));
}

void
relay_admit_forget(struct cluster_peer *p)
{
	free(p->known);
	p->known = NULL;
}

static const char *
group_name(const struct relay_known *k)
{
	return (k->name + k->group_at);
}

static struct relay_known *
known_new(const struct ipc_msg_admit_grant *v, uint32_t round)
{
	const size_t n = strlen(v->name) + 1, m = strlen(v->group_name) + 1;
	struct relay_known *k;

	if ((k = malloc(sizeof(*k) + n + m)) == NULL)
		return (NULL);
	k->round = round;
	k->group = v->group;
	k->rate = v->rate;
	k->burst = v->burst;
	k->group_at = (uint8_t)n;
	memcpy(k->name, v->name, n);
	memcpy(k->name + n, v->group_name, m);
	return (k);
}

/* Return 1 if this channel has said the same before. */
static int
is_known(const struct relay *r, const struct relay_known *k,
    const struct ipc_msg_admit_grant *v)
{
	return (k != NULL && k->round == r->admit.round &&
	    k->group == v->group && k->rate == v->rate &&
	    k->burst == v->burst && strcmp(k->name, v->name) == 0 &&
	    strcmp(group_name(k), v->group_name) == 0);
}

/* The connection is in the group that admit named, or in none. */
static void
join(struct relay_conn *c, const struct relay_known *k)
{
	struct derp_groups *gs = c->r->leases.groups;
	int rv;

	if (k == NULL)
		rv = derp_groups_grant(gs, &c->session, 0, 0, 0, "");
	else
		rv = derp_groups_grant(gs, &c->session, k->group, k->rate,
		    k->burst, group_name(k));
	if (rv == -1)
		conn_close(&c->conn, "out of memory");
	relay_welcome_tell(c);
}

/* Messages of admit */

static int
on_grant(void *arg, const struct ipc_msg_admit_grant *v)
{
	struct relay *r = arg;
	struct cluster_peer *p = cluster_peers_find(r->peers, v->key);
	struct relay_known *k = NULL;
	struct relay_conn *c;

	if (p == NULL || is_known(r, p->known, v))
		return (0);
	if ((v->group != 0 || v->name[0] != '\0') &&
	    (k = known_new(v, r->admit.round)) == NULL) {
		log_warn("a client keeps its old name and group (malloc)");
		return (0);
	}
	relay_admit_forget(p);
	p->known = k;
	TAILQ_FOREACH(c, &p->conns, session.same)
		join(c, k);
	return (0);
}

static int
on_lease(void *arg, const struct ipc_msg_admit_lease *v)
{
	struct relay *r = arg;

	derp_groups_lease(r->leases.groups, v->group, v->bytes);
	return (0);
}

/* Close the connections of a key, also those of a mesh peer if `mesh' is 1. */
static void
end(struct relay *r, const uint8_t *key, const char *why, int mesh)
{
	const struct cluster_peer *p = cluster_peers_find(r->peers, key);
	const char *name = p == NULL || p->known == NULL ? "" : p->known->name;
	const struct log_about about = { .key = key };
	unsigned int n = relay_route_end(r, key, why, mesh);

	if (n > 0)
		log_client(LOG_INFO, &r->admit.ended, &about, "%s%s%u "
		    "connection%s closed: %s", name, name[0] != '\0' ? ": " :
		    "", n, n == 1 ? "" : "s", why);
}

static int
on_revoke(void *arg, const struct ipc_msg_admit_revoke *v)
{
	end(arg, v->key, v->why, 0);
	return (0);
}

void
relay_admit_kick(struct relay *r, const uint8_t key[IPC_KEYLEN])
{
	end(r, key, kick_text, 1);
	cluster_far_close_peer(r, key);
}

static const struct ipc_handlers handlers = {
	.admit_grant = on_grant,
	.admit_revoke = on_revoke,
	.admit_lease = on_lease
};

/* The channel */

/* Close the channel, and request another one. */
static void
drop(struct relay *r)
{
	struct relay_admit *a = &r->admit;

	ipc_chan_free(a->chan);
	a->chan = NULL;
	a->lost = 1;
	memset(&a->report, 0, sizeof(a->report));
	memset(&a->check, 0, sizeof(a->check));
	derp_groups_channel(r->leases.groups, 0);
}

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct relay *r = arg;
	const char *what;

	(void)ch;
	conn_clock(&r->set);
	if ((what = ipc_dispatch(&handlers, m, r)) == NULL)
		return;
	log_warnx("admit %s (%s): its channel is closed", what,
	    ipc_msg_name(m->type));
	drop(r);
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	(void)ch;
	log_debug("the channel to admit is closed: %s", why);
	drop(arg);
}

int
relay_admit_open(struct relay *r, int fd)
{
	struct relay_admit *a = &r->admit;
	struct ipc_chan *ch;

	ch = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_ADMIT, message,
	    gone, r);
	if (ch == NULL)
		return (-1);
	drop(r);
	ipc_chan_limit(ch, UNREAD_MAX);
	a->chan = ch;
	a->lost = 0;
	a->round++;
	a->told = 0;
	relay_walk_begin(&a->report, &r->set);
	derp_groups_channel(r->leases.groups, 1);
	return (0);
}

/* What can't be said would be missing for ever: admit gets all anew then. */
static void
sent(struct relay *r, int rv)
{
	if (rv == 0)
		return;
	log_warn("can't report a connection to admit (sendmsg): its channel "
	    "is closed");
	drop(r);
}

/*
 * Report a connection, if it is registered, and not the session of another
 * worker.
 */
static void
report(struct relay_conn *c)
{
	struct ipc_msg_admit_began v = { .key = c->session.key,
	    .addr = c->conn.addr, .mesh = c->session.mesh };

	if (c->session.peer != NULL && c->conn.state != CONN_MOVED)
		sent(c->r, ipc_send_admit_began(c->r->admit.chan, &v));
}

void
relay_admit_began(struct relay_conn *c)
{
	const struct relay_known *k = c->session.peer->known;

	if (k != NULL && k->round == c->r->admit.round)
		join(c, k);
	/* One that has moved may be among those that are to be reported. */
	if (c->r->admit.chan != NULL &&
	    !relay_walk_ahead(&c->r->admit.report, &c->conn))
		report(c);
}

void
relay_admit_moved(struct relay *r)
{
	const struct conn *last = TAILQ_LAST(&r->set.conns, conn_list);

	r->admit.moved = last == NULL ? 0 : last->id;
	r->admit.told = 0;
}

void
relay_admit_leave(struct relay_conn *c)
{
	struct ipc_msg_admit_ended v = { .key = c->session.key };
	struct relay_admit *a = &c->r->admit;

	if (a->chan != NULL && c->session.peer != NULL &&
	    c->conn.state != CONN_MOVED &&
	    !relay_walk_ahead(&a->report, &c->conn))
		sent(c->r, ipc_send_admit_ended(a->chan, &v));
	relay_walk_leave(&a->report, &c->conn);
	relay_walk_leave(&a->check, &c->conn);
}

/*
 * Admit has nothing to say of this connection, of whose key an earlier one had:
 * forget that.
 */
static void
check(struct relay_conn *c)
{
	struct cluster_peer *p = c->session.peer;

	if (p == NULL || (p->known != NULL &&
	    p->known->round == c->r->admit.round))
		return;
	relay_admit_forget(p);
	join(c, NULL);
}

/* Return 1 if admit can be told more. */
static int
has_room(const struct relay *r)
{
	return (r->admit.chan != NULL &&
	    ipc_chan_queued(r->admit.chan) < AHEAD);
}

void
relay_admit_work(struct relay *r)
{
	struct relay_admit *a = &r->admit;
	struct conn *c;
	int i;

	for (i = 0; i < PIECE && has_room(r) &&
	    (c = relay_walk_next(&a->report)) != NULL; i++)
		report(relay_conn_of(c));
	for (i = 0; i < PIECE && (c = relay_walk_next(&a->check)) != NULL; i++)
		check(relay_conn_of(c));
}

int
relay_admit_more(const struct relay *r)
{
	const struct relay_admit *a = &r->admit;

	return ((a->report.at != NULL && has_room(r)) || a->check.at != NULL);
}

void
relay_admit_tick(struct relay *r)
{
	struct relay_admit *a = &r->admit;
	struct relay_walk all;

	if (a->chan == NULL && (a->lost || r->conf.admit)) {
		if (ipc_send_server_admitless(r->parent) == -1)
			log_warn("can't request a channel to admit from the "
			    "parent (sendmsg)");
	} else if (a->chan != NULL && a->report.at == NULL &&
	    ++a->told == ANSWER_SECS) {
		all = a->report;
		if (a->moved > all.last)
			all.last = a->moved;
		relay_walk_again(&a->check, &r->set, &all);
	}
}
