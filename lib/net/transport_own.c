/*
 * transport_own: records of our own on the socket of a client; see transport.h.
 *
 * A record is read whole before its content is given out, and what is left of
 * it stays where it was decrypted.  A write takes up to a whole record, which
 * then waits until the socket has taken it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tlssecrets.h"
#include "transport.h"
#include "transport_own.h"

struct net_transport_own {
	struct net_record rec;
	uint8_t		 in[NET_RECORD_WIRE];
	size_t		 in_len;	/* bytes in `in' */
	size_t		 used;		/* of these, the first record, which is
					   decrypted; 0: it is not */
	const uint8_t	*plain;		/* its content that is not read yet */
	size_t		 plain_len;
	uint8_t		 out[NET_RECORD_MAX + NET_RECORD_OVERHEAD +
			    NET_RECORD_UPDATE];
	size_t		 out_len, out_done;
};

int
net_transport_own(struct net_transport *t)
{
	int rv;

	if ((t->own = calloc(1, sizeof(*t->own))) == NULL)
		return (net_transport_fail(t, "out of memory for TLS records"));
	rv = net_tlssecrets_take_over(t->secrets, &t->own->rec, t->cache);
	freezero(t->secrets, sizeof(*t->secrets));
	t->secrets = NULL;
	if (rv == 1) {
		tls_free(t->tls);
		t->tls = NULL;
		return (1);
	}
	free(t->own);
	t->own = NULL;
	return (rv == 0 ? 0 : net_transport_fail(t, "the handshake can't be "
	    "continued by records of our own"));
}

int
net_transport_flush(struct net_transport *t)
{
	struct net_transport_own *o = t->own;
	ssize_t n;

	while (o != NULL && o->out_done < o->out_len) {
		n = net_transport_sock_write(t, o->out + o->out_done,
		    o->out_len - o->out_done);
		if (n == -1)
			return (net_transport_fail(t, "%s", strerror(errno)));
		if (n < 0)
			return ((int)n);
		o->out_done += (size_t)n;
	}
	return (0);
}

/* Drop the first record. */
static void
drop(struct net_transport_own *o)
{
	memmove(o->in, o->in + o->used, o->in_len - o->used);
	o->in_len -= o->used;
	o->used = 0;
}

/* The server broke the rules of records. */
static int
broken(struct net_transport *t, const struct net_record_input *r)
{
	struct net_transport_own *o = t->own;
	ssize_t n;

	if ((n = net_record_alert(&o->rec, r->alert, o->out)) > 0 &&
	    o->out_done == o->out_len)
		(void)net_transport_sock_write(t, o->out, (size_t)n);
	o->out_done = o->out_len = 0;
	return (net_transport_fail(t, "%s", r->why));
}

/*
 * Decrypt the next record.  Returns 1: there is content, or a record without;
 * 0: the server has closed; TRANSPORT_WANT_READ; or -1 with t->why.
 */
static int
next_record(struct net_transport *t)
{
	struct net_transport_own *o = t->own;
	struct net_record_input r;
	ssize_t n;

	switch (net_record_read(&o->rec, o->in, o->in_len, &r)) {
	case NET_RECORD_DATA:
		o->used = r.used;
		o->plain = r.data;
		o->plain_len = r.len;
		return (1);
	case NET_RECORD_NONE:
		o->used = r.used;
		drop(o);
		return (1);
	case NET_RECORD_CLOSED:
		return (0);
	case NET_RECORD_FAILED:
		return (broken(t, &r));
	case NET_RECORD_MORE:
		break;
	}
	n = net_transport_sock_read(t, o->in + o->in_len,
	    sizeof(o->in) - o->in_len);
	if (n == -1)
		return (net_transport_fail(t, "%s", strerror(errno)));
	if (n <= 0)
		return ((int)n);
	o->in_len += (size_t)n;
	return (1);
}

static ssize_t
own_read(struct net_transport *t, void *buf, size_t size)
{
	struct net_transport_own *o = t->own;
	int rv;

	while (o->plain_len == 0)
		if ((rv = next_record(t)) != 1)
			return (rv);
	if (size > o->plain_len)
		size = o->plain_len;
	memcpy(buf, o->plain, size);
	o->plain += size;
	o->plain_len -= size;
	if (o->plain_len == 0)
		drop(o);
	return ((ssize_t)size);
}

static ssize_t
own_write(struct net_transport *t, const void *buf, size_t len)
{
	struct net_transport_own *o = t->own;
	struct iovec v = { (void *)(uintptr_t)buf, len };
	ssize_t n;
	int rv;

	if ((rv = net_transport_flush(t)) != 0)
		return (rv);
	if (v.iov_len > NET_RECORD_MAX)
		v.iov_len = NET_RECORD_MAX;
	if ((n = net_record_write(&o->rec, &v, 1, v.iov_len, o->out)) == -1)
		return (net_transport_fail(t, "the connection is closed"));
	o->out_len = (size_t)n;
	o->out_done = 0;
	return (net_transport_flush(t) == -1 ? -1 : (ssize_t)v.iov_len);
}

int
net_transport_save(struct net_transport *t, struct net_transport_state *st)
{
	struct net_transport_own *o = t->own;

	if (net_record_save(&o->rec, st->record) == -1)
		return (net_transport_fail(t, "the server has closed"));
	st->plain = o->plain;
	st->plain_len = o->plain_len;
	st->cipher = o->in + o->used;
	st->cipher_len = o->in_len - o->used;
	return (0);
}

int
net_transport_give(struct net_transport *t)
{
	int fd = t->fd;

	net_transport_own_free(t);
	tls_free(t->tls);
	net_transport_init(t);
	return (fd);
}

static void
own_close(struct net_transport *t)
{
	struct net_transport_own *o = t->own;
	ssize_t n;

	if (o != NULL && net_transport_flush(t) == 0 &&
	    (n = net_record_alert(&o->rec, NET_ALERT_CLOSE_NOTIFY, o->out)) > 0)
		(void)net_transport_sock_write(t, o->out, (size_t)n);
	net_transport_own_free(t);
}

void
net_transport_own_free(struct net_transport *t)
{
	if (t->secrets != NULL)
		freezero(t->secrets, sizeof(*t->secrets));
	t->secrets = NULL;
	if (t->own == NULL)
		return;
	net_record_end(&t->own->rec);
	freezero(t->own, sizeof(*t->own));
	t->own = NULL;
}

static int
handshake(struct net_transport *t)
{
	return (net_tlssecrets_handshake(t->tls, t->secrets));
}

static const struct net_transport_own_ops ops = {
	.handshake = handshake,
	.read = own_read,
	.write = own_write,
	.close = own_close
};

int
net_transport_keep_secrets(struct net_transport *t, struct net_record_cache *c)
{
	if ((t->secrets = calloc(1, sizeof(*t->secrets))) == NULL)
		return (net_transport_fail(t, "out of memory for TLS"));
	t->cache = c;
	t->ops = &ops;
	return (0);
}
