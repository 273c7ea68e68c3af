/*
 * adopt: see adopt.h.  Called by hands.c, and for the room by relay/nodes and
 * relay/move.
 *
 * The sender may be hostile: each value is checked, here or in takeover.c.
 */
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "clock.h"
#include "group.h"
#include "log.h"
#include "owner.h"
#include "relay.h"
#include "ring.h"
#include "takeover.h"
#include "tickets.h"
#include "welcome.h"

/*
 * Pass on the result of a check: 1, 0: the login is refused and nobody is to
 * blame (`why' is logged), or -1: the front is.
 */
static int
judge(struct relay *r, const struct ipc_msg_handover *v,
    enum derp_tickets_result rv, const char *why)
{
	const struct log_about about = { .addr = v->addr, .port = v->port };

	if (rv == TICKETS_REFUSED)
		log_client(LOG_INFO, &r->refused, &about, "login refused: %s",
		    why);
	return (rv == TICKETS_GOOD ? 1 : rv == TICKETS_REFUSED ? 0 : -1);
}

/*
 * Check the ticket: *t is then filled in.  Return as judge(), with *why if it
 * is not 1.
 */
static int
take_ticket(struct relay *r, unsigned int front,
    const struct ipc_msg_handover *v, struct ipc_ticket *t, const char **why)
{
	enum derp_tickets_result rv;

	rv = derp_tickets_take(r->tickets, front, v->ticket,
	    base_clock_boot_us(), t, why);
	if (rv != TICKETS_GOOD)
		return (judge(r, v, rv, *why));
	*why = "a key of another worker";
	return (cluster_owner(r, t->client) == r->conf.worker ? 1 : -1);
}

/* Return 1 if the client is a mesh peer: keys says so, and the client. */
static int
is_mesh(const struct ipc_msg_handover *v, const struct ipc_ticket *t)
{
	return (v->mesh && t->mesh);
}

/*
 * Check the ticket of admit, which every client needs but a mesh peer: *a is
 * then filled in, or zeroed.  Return as take_ticket().
 */
static int
take_admission(struct relay *r, const struct ipc_msg_handover *v,
    const struct ipc_ticket *t, struct ipc_admission *a, const char **why)
{
	enum derp_tickets_result rv;

	memset(a, 0, sizeof(*a));
	if (!r->conf.admit || is_mesh(v, t))
		return (1);
	rv = relay_admit_check(r, v->admit, t, a, why);
	return (judge(r, v, rv, *why));
}

/* Make the connection `from' the message.  NULL without memory. */
static struct relay_conn *
adopt(struct relay *r, const struct ipc_msg_handover *v,
    const struct relay_takeover *from, const struct ipc_ticket *t,
    const struct ipc_admission *a)
{
	struct relay_conn *c = relay_conn_new(r, from->fd, v->addr, v->port);

	if (c == NULL)
		return (NULL);
	memcpy(c->session.key, t->client, FRAME_KEY_LEN);
	c->session.mesh = is_mesh(v, t);
	c->session.prober = v->prober != 0;
	c->session.not_ideal = v->not_ideal != 0;
	c->session.version = v->version;
	if (v->app[0] != '\0')
		c->session.app = strdup(v->app);
	if (relay_takeover_keep(from, &c->conn) == -1 ||
	    derp_groups_grant(r->leases.groups, &c->session, a->group, a->rate,
	    a->burst, "") == -1)
		conn_close(&c->conn, "out of memory");
	return (c);
}

/*
 * Return the lowest descriptor that clients may not have.  All channels and
 * links may have to be opened again while clients use the descriptors that the
 * old ones had.
 */
static unsigned int
reserve(const struct relay *r)
{
	return (conn_files_mark(&r->files, IPC_RING_MAXFDS * r->conf.nworkers +
	    CONN_HAND_FILES * r->conf.nfronts + nodes_files(r)));
}

int
relay_adopt_room(struct relay *r, int fd)
{
	const unsigned int max = r->conf.max_clients;

	if (max != 0 && r->set.nconns - r->nodes.nconns >= max)
		log_limited_warnx(&r->full, "a client is not taken over: max "
		    "clients (%u) reached", max);
	else if ((unsigned int)fd >= reserve(r))
		log_limited_warnx(&r->full, "a client is not taken over: %d of "
		    "%u open files are in use; raise the limit", fd,
		    r->files.max);
	else
		return (1);
	return (0);
}

int
relay_adopt_room_moved(const struct relay *r, int fd)
{
	return ((unsigned int)fd < conn_files_mark(&r->files,
	    IPC_RING_MAXFDS * r->conf.nworkers + r->conf.nfronts));
}

int
relay_adopt(struct relay *r, unsigned int front,
    const struct ipc_msg_handover *v, int fd, const char **why)
{
	const struct relay_takeover from = {
		.fd = fd,
		.proxied = v->proxied,
		.record = v->record,
		.record_len = v->record_len,
		.plain = v->plain,
		.plain_len = v->plain_len,
		.cipher = v->cipher,
		.cipher_len = v->cipher_len
	};
	struct net_record_cache *cache = &r->set.records;
	struct net_record *rec = NULL;
	struct ipc_admission a;
	struct relay_conn *c;
	struct ipc_ticket t;
	int rv = -1;

	if ((*why = relay_takeover_check(&from)) != NULL ||
	    (rv = relay_takeover_records(&from, cache, &rec, why)) != 1 ||
	    (rv = take_ticket(r, front, v, &t, why)) != 1 ||
	    (rv = take_admission(r, v, &t, &a, why)) != 1)
		goto fail;
	rv = 0;
	if (r->stopping || (relay_drain_on(r) && !is_mesh(v, &t)) ||
	    !relay_adopt_room(r, fd))
		goto fail;
	if ((c = adopt(r, v, &from, &t, &a)) == NULL) {
		log_warnx("a client can't be taken over: out of memory");
		goto fail;
	}
	c->conn.rec = rec;
	c->conn.plain = rec == NULL;
	c->conn.patient = c->session.mesh;
	if (!c->conn.dead)
		relay_welcome(c, t.number);
	return (0);
fail:
	net_record_free(cache, rec);
	close(fd);
	return (rv);
}

int
relay_adopt_message(struct relay *r, unsigned int front, struct ipc_msg *m,
    const char **why)
{
	struct ipc_msg_handover v;
	int fd = m->fd;

	*why = "malformed message";
	if (m->type != MSG_HANDOVER || ipc_get_handover(&m->rd, &v) == -1)
		return (-1);
	m->fd = -1;
	return (relay_adopt(r, front, &v, fd, why));
}
