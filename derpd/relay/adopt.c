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
#include "ring.h"
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

/* Check what needs no ticket.  Return NULL, or what is wrong. */
static const char *
check(const struct ipc_msg_handover *v, int fd)
{
	if (!is_stream(fd, v->proxied))
		return ("no connection of a client");
	if (v->plain_len > BEHIND_MAX || v->cipher_len > BEHIND_MAX)
		return ("too many bytes behind ClientInfo");
	if (v->record_len != 0 &&
	    (v->proxied || v->record_len != NET_RECORD_SAVED))
		return ("malformed state of records");
	return (NULL);
}

/*
 * Check the ticket: *t is then filled in.  Return 1, 0: the login is refused
 * and nobody is to blame, or -1 with *why: it is invalid.
 */
static int
take_ticket(struct relay *r, unsigned int front,
    const struct ipc_msg_handover *v, struct ipc_ticket *t, const char **why)
{
	enum derp_tickets_result rv;

	rv = derp_tickets_take(r->tickets, front, v->ticket,
	    base_clock_boot_us(), t, why);
	if (rv == TICKETS_REFUSED) {
		log_limited(&r->refused, "login refused: %s", *why);
		return (0);
	}
	if (rv == TICKETS_HOSTILE)
		return (-1);
	*why = "a key of another worker";
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

/*
 * Return the lowest descriptor that clients may not have.  All channels and
 * links may have to be opened again while clients use the descriptors that the
 * old ones had.
 */
static unsigned int
reserve(const struct relay *r)
{
	return (conn_files_mark(&r->files, IPC_RING_MAXFDS * r->conf.nworkers +
	    CONN_HAND_FILES * r->conf.nfronts));
}

/* Return 1 if there is room for one more client, on the descriptor `fd'. */
static int
has_room(struct relay *r, int fd)
{
	const unsigned int max = r->conf.max_clients;

	if (max != 0 && r->set.nconns >= max)
		log_limited(&r->full, "a client is not taken over: max clients "
		    "(%u) reached", max);
	else if ((unsigned int)fd >= reserve(r))
		log_limited(&r->full, "a client is not taken over: %d of %u "
		    "open files are in use; raise the limit", fd,
		    r->files.max);
	else
		return (1);
	return (0);
}

int
relay_adopt(struct relay *r, unsigned int front,
    const struct ipc_msg_handover *v, int fd, const char **why)
{
	struct net_record_cache *cache = &r->set.records;
	struct net_record *rec = NULL;
	struct relay_conn *c;
	struct ipc_ticket t;
	int rv = -1;

	if ((*why = check(v, fd)) != NULL)
		goto fail;
	if (v->record_len != 0) {
		if ((rec = net_record_new(cache)) == NULL)
			goto no_memory;
		*why = "malformed state of records";
		if (net_record_load(rec, cache, v->record) == -1)
			goto fail;
	}
	if ((rv = take_ticket(r, front, v, &t, why)) != 1)
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
