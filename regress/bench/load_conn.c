/*
 * load_conn: input and output of a client's connection, in records of
 * lib/net/record.c or of libssl, so that many go out in one write.  Called by
 * load_modes.c, load_packet.c and load_login.c; touches the socket.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define RECV_SIZE	(256 * 1024)
#define ROOM		65536	/* free bytes in in[] before a decryption */
#define GROW		(512 * 1024)

struct net_record_cache	conn_keys;

static void
grow(uint8_t **p, size_t *cap, size_t want)
{
	uint8_t	*n;

	if (*cap >= want)
		return;
	if ((n = realloc(*p, want)) == NULL)
		err(1, "%zu bytes", want);
	*p = n;
	*cap = want;
}

int
conn_flush(struct load_conn *c)
{
	ssize_t	n;

	while (c->outoff < c->outlen) {
		n = send(c->fd, c->out + c->outoff, c->outlen - c->outoff,
		    MSG_NOSIGNAL);
		if (n == -1)
			return (errno == EAGAIN ? 0 : -1);
		c->outoff += (size_t)n;
	}
	c->outoff = c->outlen = 0;
	return (1);
}

void
conn_add(struct load_conn *c, const void *p, size_t n)
{
	if (c->outlen + n > c->outcap)
		grow(&c->out, &c->outcap, (c->outlen + n) * 2);
	memcpy(c->out + c->outlen, p, n);
	c->outlen += n;
}

void
conn_drain(struct load_conn *c)
{
	char	*p;
	long	 n;

	if ((n = BIO_get_mem_data(c->wb, &p)) <= 0)
		return;
	conn_add(c, p, (size_t)n);
	(void)BIO_reset(c->wb);
}

/* One record for each frame, as the reference client does. */
static void
write_record(struct load_conn *c, const void *p, size_t n)
{
	struct iovec	 v = { (void *)(uintptr_t)p, n };
	size_t		 room = net_record_room(&c->rec, n);
	ssize_t		 k;

	if (c->outlen + room > c->outcap)
		grow(&c->out, &c->outcap, (c->outlen + room) * 2);
	if ((k = net_record_write(&c->rec, &v, 1, n, c->out + c->outlen)) ==
	    -1)
		errx(1, "a record can't be written");
	c->outlen += (size_t)k;
}

void
conn_write(struct load_conn *c, const void *p, size_t n)
{
	const char	*s = p;
	int		 r;

	if (c->ours) {
		write_record(c, p, n);
		return;
	}
	if (c->ssl == NULL) {
		conn_add(c, p, n);
		return;
	}
	while (n > 0) {
		if ((r = SSL_write(c->ssl, s, (int)n)) <= 0)
			errx(1, "TLS can't write");
		s += r;
		n -= (size_t)r;
	}
	conn_drain(c);
}

/* Decrypt all received bytes with libssl. */
static void
decrypt(struct load_conn *c)
{
	int	r;

	for (;;) {
		if (c->incap - c->inlen < ROOM)
			grow(&c->in, &c->incap, c->incap + GROW);
		r = SSL_read(c->ssl, c->in + c->inlen,
		    (int)(c->incap - c->inlen));
		if (r <= 0)
			break;
		c->inlen += (size_t)r;
	}
	conn_drain(c);
}

/* Decrypt our records; a partial record is kept for the next call. */
static void
read_records(struct load_conn *c, uint8_t *p, size_t n)
{
	struct net_record_input	 in;
	enum net_record_status	 s;

	while ((s = net_record_read(&c->rec, p, n, &in)) != NET_RECORD_MORE) {
		if (s == NET_RECORD_FAILED || s == NET_RECORD_CLOSED)
			errx(1, "TLS: %s", in.why);
		if (s == NET_RECORD_DATA) {
			if (c->incap - c->inlen < in.len)
				grow(&c->in, &c->incap, c->inlen + in.len +
				    GROW);
			memcpy(c->in + c->inlen, in.data, in.len);
			c->inlen += in.len;
		}
		p += in.used;
		n -= in.used;
	}
	if (net_record_owes(&c->rec))
		write_record(c, NULL, 0);
	free(c->cut);
	c->cut = NULL;
	if ((c->ncut = n) == 0)
		return;
	if ((c->cut = malloc(n)) == NULL)
		err(1, "%zu bytes", n);
	memcpy(c->cut, p, n);
}

void
conn_feed(struct load_conn *c, uint8_t *p, size_t n)
{
	if (c->ours) {
		read_records(c, p, n);
		return;
	}
	if (c->incap - c->inlen < n + ROOM)
		grow(&c->in, &c->incap, c->inlen + n + GROW);
	if (c->ssl == NULL) {
		memcpy(c->in + c->inlen, p, n);
		c->inlen += n;
		return;
	}
	if (BIO_write(c->rb, p, (int)n) != (int)n)
		errx(1, "TLS takes no input");
	decrypt(c);
}

int
conn_read(struct load_conn *c)
{
	static uint8_t	buf[NET_RECORD_WIRE + RECV_SIZE];
	ssize_t		n;

	n = recv(c->fd, buf + c->ncut, RECV_SIZE, 0);
	if (n == 0)
		return (-1);
	if (n == -1)
		return (errno == EAGAIN ? 0 : -1);
	if (c->ncut > 0)
		memcpy(buf, c->cut, c->ncut);
	conn_feed(c, buf, c->ncut + (size_t)n);
	return (1);
}

void
conn_eat(struct load_conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->inlen - n);
	c->inlen -= n;
}

void
conn_release(struct load_conn *c)
{
	free(c->in);
	free(c->out);
	c->in = c->out = NULL;
	c->inlen = c->incap = c->outoff = c->outlen = c->outcap = 0;
}
