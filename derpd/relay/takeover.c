/*
 * takeover: see takeover.h.  Called by adopt.c, relay/nodes and relay/move.
 *
 * The sender may keep a copy of the descriptor and change its flags, so every
 * send and recv has MSG_DONTWAIT.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include "conn.h"
#include "log.h"
#include "takeover.h"

/* Most bytes behind a login: those of one read, and a cut record. */
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

const char *
relay_takeover_check(const struct relay_takeover *t)
{
	if (!is_stream(t->fd, t->proxied))
		return ("no connection");
	if (t->plain_len > BEHIND_MAX || t->cipher_len > BEHIND_MAX)
		return ("too many bytes behind the login");
	if (t->record_len != 0 &&
	    (t->proxied || t->record_len != NET_RECORD_SAVED))
		return ("malformed state of records");
	return (NULL);
}

int
relay_takeover_records(const struct relay_takeover *t,
    struct net_record_cache *cache, struct net_record **rec, const char **why)
{
	*rec = NULL;
	if (t->record_len == 0)
		return (1);
	if ((*rec = net_record_new(cache)) == NULL) {
		log_warnx("a connection can't be taken over: out of memory");
		return (0);
	}
	if (net_record_load(*rec, cache, t->record) == 0)
		return (1);
	net_record_free(cache, *rec);
	*rec = NULL;
	*why = "malformed state of records";
	return (-1);
}

int
relay_takeover_keep(const struct relay_takeover *t, struct conn *c)
{
	if (t->plain_len > 0 &&
	    conn_buf_add(&c->input.pend, t->plain, t->plain_len) == -1)
		return (-1);
	return (t->cipher_len > 0 ? conn_buf_add(&c->input.held, t->cipher,
	    t->cipher_len) : 0);
}
