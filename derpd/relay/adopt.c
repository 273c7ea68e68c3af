/*
 * adopt: see adopt.h.  Called by hands.c.
 *
 * The sender may be hostile: each value is checked, and the descriptor must be
 * a stream of the kind that was announced, which does not listen.  The sender
 * may keep a copy of it and change its flags, so every send and recv has
 * MSG_DONTWAIT.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "clock.h"
#include "log.h"
#include "owner.h"
#include "relay.h"
#include "tickets.h"
#include "welcome.h"

/* Most bytes behind a ClientInfo: those of one read, and a cut record. */
#define BEHIND_MAX	(64 * 1024)

static int
option(int fd, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	return (getsockopt(fd, SOL_SOCKET, name, &v, &n) == -1 ? -1 : v);
}

/* Return 1 if `fd' is a stream that does not listen: TCP, or local; else 0. */
static int
is_stream(int fd, int proxied)
{
	int domain = option(fd, SO_DOMAIN);

	if (option(fd, SO_TYPE) != SOCK_STREAM ||
	    option(fd, SO_ACCEPTCONN) != 0)
		return (0);
	if (proxied)
		return (domain == AF_UNIX);
	return ((domain == AF_INET || domain == AF_INET6) &&
	    option(fd, SO_PROTOCOL) == IPPROTO_TCP);
}

/* Keep the bytes that came behind the ClientInfo.  0, or -1: no memory. */
static int
keep(struct relay_conn *c, const struct ipc_msg_handover *v)
{
	if (v->plain_len > 0 &&
	    conn_buf_add(&c->conn.input.pend, v->plain, v->plain_len) == -1)
		return (-1);
	return (v->cipher_len > 0 ? conn_buf_add(&c->conn.input.held, v->cipher,
	    v->cipher_len) : 0);
}

/*
 * Check the ticket: *t is then filled in.  Return 1, 0: the login is refused
 * and nobody is to blame, or -1: it is invalid.
 */
static int
take_ticket(struct relay *r, const struct ipc_msg_handover *v,
    struct ipc_ticket *t)
{
	const char *why;
	enum derp_tickets_result rv;

	rv = derp_tickets_take(r->tickets, v->ticket,
	    base_clock_boot_us(), t, &why);
	if (rv != TICKETS_GOOD) {
		log_limited(&r->refused, "login refused: %s", why);
		return (rv == TICKETS_REFUSED ? 0 : -1);
	}
	return (cluster_owner(r, t->client) == r->conf.worker ? 1 : -1);
}

/* Make the connection.  NULL without memory. */
static struct relay_conn *
adopt(struct relay *r, const struct ipc_msg_handover *v,
    const struct ipc_ticket *t, int fd)
{
	struct relay_conn *c = relay_conn_new(r, fd, v->addr, v->port);

	if (c == NULL)
		return (NULL);
	memcpy(c->session.key, t->client, FRAME_KEY_LEN);
	c->session.mesh = v->mesh && t->mesh;
	c->session.prober = v->prober != 0;
	c->session.not_ideal = v->not_ideal != 0;
	if (keep(c, v) == -1)
		conn_close(&c->conn, "out of memory");
	return (c);
}

/* Return 1 if there is room for one more client, on the descriptor `fd'. */
static int
has_room(struct relay *r, int fd)
{
	const unsigned int max = r->conf.max_clients;

	if (max != 0 && r->set.nconns >= max)
		log_limited(&r->full, "a client is not taken over: max clients "
		    "(%u) reached", max);
	else if ((unsigned int)fd >= conn_files_mark(&r->files,
	    r->conf.nworkers))
		log_limited(&r->full, "a client is not taken over: %d of %u "
		    "open files are in use; raise the limit", fd,
		    r->files.max);
	else
		return (1);
	return (0);
}

int
relay_adopt(struct relay *r, const struct ipc_msg_handover *v, int fd)
{
	struct net_record_cache *cache = &r->set.records;
	struct net_record *rec = NULL;
	struct relay_conn *c;
	struct ipc_ticket t;
	int rv = -1;

	if (!is_stream(fd, v->proxied) || v->plain_len > BEHIND_MAX ||
	    v->cipher_len > BEHIND_MAX ||
	    (v->record_len != 0 && v->record_len != NET_RECORD_SAVED) ||
	    (v->proxied && v->record_len != 0))
		goto fail;
	if (v->record_len != 0) {
		if ((rec = net_record_new(cache)) == NULL)
			goto no_memory;
		if (net_record_load(rec, cache, v->record) == -1)
			goto fail;
	}
	if ((rv = take_ticket(r, v, &t)) != 1)
		goto fail;
	rv = 0;
	if (r->stopping || !has_room(r, fd))
		goto fail;
	if ((c = adopt(r, v, &t, fd)) == NULL)
		goto no_memory;
	c->conn.rec = rec;
	c->conn.plain = rec == NULL;
	c->conn.patient = c->session.mesh;
	if (!c->conn.dead)
		relay_welcome(c, t.number);
	return (0);
no_memory:
	log_warnx("a client can't be taken over: out of memory");
	rv = 0;
fail:
	net_record_free(cache, rec);
	close(fd);
	return (rv);
}

int
relay_adopt_message(struct relay *r, struct ipc_msg *m)
{
	struct ipc_msg_handover v;
	int fd = m->fd;

	if (m->type != MSG_HANDOVER || ipc_get_handover(&m->rd, &v) == -1)
		return (-1);
	m->fd = -1;
	return (relay_adopt(r, &v, fd));
}
