/*
 * pump: see pump.h.  Called by handover.c and frontconn.c.
 *
 * For the session the pair is a client without TLS.  Its packets wait in its
 * queue, where CoDel handles them: the pair holds little, and is read only when
 * the client's socket has room.
 */
#include <sys/socket.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "front.h"
#include "pump.h"

#define READ_LEAST	2048		/* bytes; more than a small packet */

struct front_pump {
	int		 fd;		/* our end */
	struct event	*ev_read, *ev_write;
	int		 ready;		/* it may have bytes */
};

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct front_conn *c = arg;

	(void)fd;
	(void)what;
	conn_clock(&c->f->set);
	c->pump->ready = 1;
	conn_dirty(&c->conn);
}

static void
writable(evutil_socket_t fd, short what, void *arg)
{
	struct front_conn *c = arg;

	(void)fd;
	(void)what;
	conn_clock(&c->f->set);
	conn_resume(&c->conn, PAUSE_PUMP);
}

static struct front_pump *
pump_new(struct front_conn *c, int fd)
{
	struct event_base *base = c->f->set.base;
	struct front_pump *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->fd = fd;
	p->ev_read = event_new(base, fd, EV_READ, readable, c);
	p->ev_write = event_new(base, fd, EV_WRITE, writable, c);
	if (p->ev_read != NULL && p->ev_write != NULL &&
	    event_add(p->ev_read, NULL) == 0)
		return (p);
	if (p->ev_read != NULL)
		event_free(p->ev_read);
	if (p->ev_write != NULL)
		event_free(p->ev_write);
	free(p);
	return (NULL);
}

int
front_pump_begin(struct front_conn *c)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
	    sv) == -1)
		return (-1);
	/* The last descriptors are for channels to other processes. */
	if (front_accept_reserved(c->f, sv[0]) ||
	    front_accept_reserved(c->f, sv[1]) ||
	    (c->pump = pump_new(c, sv[0])) == NULL) {
		close(sv[0]);
		close(sv[1]);
		return (-1);
	}
	return (sv[1]);
}

size_t
front_pump_input(struct front_conn *c, const uint8_t *p, size_t n)
{
	ssize_t k;

	do
		k = send(c->pump->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (k == -1 && errno == EINTR);
	if (k == -1 && errno != EAGAIN && errno != ENOBUFS) {
		/* Its last bytes for the client may still be there. */
		c->pump->ready = 1;
		conn_dirty(&c->conn);
		return (n);
	}
	if (k == -1)
		k = 0;
	if ((size_t)k < n) {
		conn_pause(&c->conn, PAUSE_PUMP);
		if (event_add(c->pump->ev_write, NULL) == -1)
			conn_close(&c->conn, "out of memory");
	}
	return ((size_t)k);
}

int
front_pump_pending(const struct front_conn *c)
{
	return (c->pump != NULL && c->pump->ready);
}

size_t
front_pump_read(struct front_conn *c, uint8_t *dst, size_t max)
{
	struct front_pump *p = c->pump;
	ssize_t n;

	if (max < READ_LEAST)
		max = READ_LEAST;
	if (max > OUTPUT_BATCH)
		max = OUTPUT_BATCH;
	do
		n = recv(p->fd, dst, max, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		return ((size_t)n);
	p->ready = 0;
	if (n == -1 && errno == EAGAIN) {
		if (event_add(p->ev_read, NULL) == -1)
			conn_close(&c->conn, "out of memory");
	} else
		conn_drain(&c->conn);
	return (0);
}

void
front_pump_free(struct front_conn *c)
{
	struct front_pump *p = c->pump;

	if (p == NULL)
		return;
	event_free(p->ev_read);
	event_free(p->ev_write);
	close(p->fd);
	free(p);
	c->pump = NULL;
}
