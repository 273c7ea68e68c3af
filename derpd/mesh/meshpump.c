/*
 * meshpump: see meshpump.h.  Called by meshlink.c.
 *
 * Packets wait in the queue of the relay worker, where CoDel handles them: the
 * pair is read only while the node's socket has room (TCP_NOTSENT_LOWAT).
 */
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "meshpump.h"

#define ROUNDS	16	/* buffers for the node in one turn */

/* Results: the end is closed, or must be waited for; else it goes on. */
enum { CLOSED = -1, WAITS, GOES_ON };

static int
is_empty(const struct mesh_pump_buf *b)
{
	return (b->done == b->len);
}

/* Read from the node, if what came before has gone on. */
static int
read_node(struct mesh_pump *p)
{
	ssize_t n;

	n = net_transport_read(p->t, p->in.p, sizeof(p->in.p));
	if (n <= 0)
		return (n == 0 || n == -1 ? CLOSED : WAITS);
	p->in.len = (size_t)n;
	p->in.done = 0;
	return (GOES_ON);
}

static int
write_pair(struct mesh_pump *p)
{
	ssize_t n;

	while (!is_empty(&p->in)) {
		n = send(p->fd, p->in.p + p->in.done, p->in.len - p->in.done,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1)
			return (errno == EAGAIN || errno == ENOBUFS ||
			    errno == EINTR ? WAITS : CLOSED);
		p->in.done += (size_t)n;
	}
	return (GOES_ON);
}

/* Returns 1 when the node's socket has room, else 0. */
static int
has_room(const struct mesh_pump *p)
{
	struct pollfd pfd = { p->t->fd, POLLOUT, 0 };

	return (poll(&pfd, 1, 0) == 1);
}

static int
read_pair(struct mesh_pump *p)
{
	ssize_t n;

	n = recv(p->fd, p->out.p, sizeof(p->out.p), MSG_DONTWAIT);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? WAITS : CLOSED);
	if (n == 0)
		return (CLOSED);
	p->out.len = (size_t)n;
	p->out.done = 0;
	return (GOES_ON);
}

static int
write_node(struct mesh_pump *p)
{
	ssize_t n;

	while (!is_empty(&p->out)) {
		n = net_transport_write(p->t, p->out.p + p->out.done,
		    p->out.len - p->out.done);
		if (n < 0)
			return (n == -1 ? CLOSED : WAITS);
		p->out.done += (size_t)n;
	}
	return (GOES_ON);
}

/* From the node to the relay worker, as far as the quota of a turn. */
static int
pump_in(struct mesh_pump *p)
{
	int rv;

	while ((rv = write_pair(p)) == GOES_ON)
		if ((rv = read_node(p)) != GOES_ON)
			break;
	return (rv);
}

/* From the relay worker to the node. */
static int
pump_out(struct mesh_pump *p)
{
	int i, rv = GOES_ON;

	for (i = 0; rv == GOES_ON && i < ROUNDS; i++)
		if ((rv = write_node(p)) == GOES_ON)
			rv = has_room(p) ? read_pair(p) : WAITS;
	return (rv);
}

static void
wait_for(struct mesh_pump *p, struct event *ev, int fd, short events)
{
	event_del(ev);
	event_assign(ev, p->base, fd, events, event_get_callback(ev), p);
	if (events != 0)
		event_add(ev, NULL);
}

/* Each end is read when the buffer behind it is empty. */
static void
wait_ends(struct mesh_pump *p)
{
	const int room = is_empty(&p->out) && has_room(p);

	wait_for(p, &p->node, p->t->fd, (is_empty(&p->in) ? EV_READ : 0) |
	    (room ? 0 : EV_WRITE));
	wait_for(p, &p->pair, p->fd, (is_empty(&p->in) ? 0 : EV_WRITE) |
	    (room ? EV_READ : 0));
}

static void
on_event(evutil_socket_t fd, short events, void *arg)
{
	struct mesh_pump *p = arg;

	(void)fd;
	(void)events;
	net_transport_turn(p->t);
	if (pump_in(p) == CLOSED || pump_out(p) == CLOSED)
		mesh_pump_end(p);
	else
		wait_ends(p);
}

void
mesh_pump_init(struct mesh_pump *p, struct event_base *base)
{
	p->base = base;
	p->t = NULL;
	p->fd = -1;
	event_assign(&p->node, base, -1, 0, on_event, p);
	event_assign(&p->pair, base, -1, 0, on_event, p);
}

int
mesh_pump_begin(struct mesh_pump *p, struct net_transport *t)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
	    sv) == -1)
		return (-1);
	p->t = t;
	p->fd = sv[0];
	p->in.len = p->in.done = p->out.len = p->out.done = 0;
	wait_ends(p);
	return (sv[1]);
}

int
mesh_pump_on(const struct mesh_pump *p)
{
	return (p->t != NULL);
}

void
mesh_pump_end(struct mesh_pump *p)
{
	if (p->t == NULL)
		return;
	event_del(&p->node);
	event_del(&p->pair);
	close(p->fd);
	p->fd = -1;
	net_transport_close(p->t);
	p->t = NULL;
}
