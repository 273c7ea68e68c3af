/*
 * output_sock: sends output.c's bytes with the socket.
 * System-dependent code is in this file.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif
#include <event2/event.h>

#include "conn.h"
#include "output.h"

static ssize_t
sock_send(struct conn *c, const void *p, size_t n)
{
	return (send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static unsigned int
sock_unsent(struct conn *c)
{
#ifdef SIOCOUTQNSD
	int n;

	/* A pair of sockets has SIOCOUTQ alone. */
	if ((ioctl(c->fd, SIOCOUTQNSD, &n) == 0 ||
	    (c->plain && ioctl(c->fd, SIOCOUTQ, &n) == 0)) && n > 0)
		return ((unsigned int)n);
#else
	(void)c;
#endif
	return (0);
}

static unsigned int
sock_unacked(struct conn *c)
{
#ifdef SIOCOUTQ
	int n;

	if (ioctl(c->fd, SIOCOUTQ, &n) == 0 && n > 0)
		return ((unsigned int)n);
#else
	(void)c;
#endif
	return (0);
}

/* The socket accepts more (EV_WRITE), or the write deadline has passed. */
static void
writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	event_free(c->output.ev_write);
	c->output.ev_write = NULL;
	if (c->dead)
		return;
	conn_clock(c->set);
	if (what & EV_WRITE)
		conn_output_ready(c);
	else
		conn_output_overdue(c);
}

static int
sock_wait(struct conn *c, unsigned int ms)
{
	struct event **ev = &c->output.ev_write;
	struct timeval tv;

	if (*ev == NULL && (*ev = event_new(c->set->base, c->fd, EV_WRITE,
	    writable, c)) == NULL)
		return (-1);
	tv.tv_sec = ms / 1000;
	tv.tv_usec = (ms % 1000) * 1000;
	return (event_add(*ev, ms == 0 ? NULL : &tv));
}

static int
sock_shut(struct conn *c)
{
	if (shutdown(c->fd, SHUT_WR) == -1)
		return (-1);
	return (event_add(&c->ev_read, NULL));
}

const struct conn_output_ops conn_output_sock = {
	.send = sock_send,
	.unsent = sock_unsent,
	.unacked = sock_unacked,
	.wait = sock_wait,
	.shut = sock_shut
};
