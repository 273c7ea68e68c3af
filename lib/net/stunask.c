/*
 * stunask: see stunask.h.
 */
#include <netinet/in.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "stunask.h"

#define BAD_ENOUGH	3	/* tries when there are answers, but bad ones */
#define BAD_WAIT_MS	300	/* after the last of them */
#define ANY		0	/* the socket that takes all answers */
#define CONNECTED	1

/* When requests are sent, in milliseconds after the first. */
static const unsigned int schedule[NET_STUN_TRIES] = { 0, 200, 600, 1400,
    2400 };

struct asking {
	const struct net_stun_query *q;
	struct net_stun_result	*r;
	int			 fd[2];		/* ANY, CONNECTED */
	uint64_t		 began;		/* in milliseconds */
	uint64_t		 end;
	unsigned int		 sent;		/* requests */
	uint8_t			 id[NET_STUN_TRIES][NET_STUN_ID];
	uint64_t		 at_us[NET_STUN_TRIES];
	int			 refused;	/* times */
};

static int
open_socket(const struct net_stun_query *q)
{
	const int fd = socket(q->to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd != -1 && q->from != NULL &&
	    bind(fd, q->from, q->from_len) == -1) {
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

/* Open both sockets.  Returns 0, or -1 with errno. */
static int
open_both(struct asking *a)
{
	socklen_t len = sizeof(a->r->local);

	if ((a->fd[ANY] = open_socket(a->q)) == -1 ||
	    (a->fd[CONNECTED] = open_socket(a->q)) == -1 ||
	    connect(a->fd[CONNECTED], a->q->to, a->q->len) == -1)
		return (-1);
	return (getsockname(a->fd[CONNECTED], (struct sockaddr *)&a->r->local,
	    &len));
}

static void
close_both(const struct asking *a)
{
	int i;

	for (i = 0; i < 2; i++)
		if (a->fd[i] != -1)
			(void)close(a->fd[i]);
}

/* An error of a socket that comes from the network; others are our own. */
static int
is_remote(int e)
{
	return (e == ECONNREFUSED || e == EHOSTUNREACH || e == ENETUNREACH ||
	    e == EHOSTDOWN || e == ENOPROTOOPT || e == EPROTO);
}

/*
 * Note an error of one of the sockets.  Returns 0 when the asking goes on, -1
 * when this machine can't send.
 */
static int
note_error(struct asking *a, int e, int sending)
{
	if (e == EAGAIN || e == EINTR || e == ENOBUFS)
		return (0);
	a->r->error = e;
	if (e == ECONNREFUSED)
		a->refused++;
	if (!sending || is_remote(e))
		return (0);
	a->r->outcome = NET_STUN_LOCAL;
	return (-1);
}

/* Send the next request.  Returns as note_error(). */
static int
send_request(struct asking *a)
{
	const struct net_stun_query *q = a->q;
	const unsigned int n = a->sent++;
	uint8_t request[NET_STUN_REQUEST];
	size_t len;
	ssize_t rv;

	randombytes_buf(a->id[n], NET_STUN_ID);
	len = net_stun_request(q->style, a->id[n], request);
	a->at_us[n] = base_clock_us();
	if (n % 2 == ANY)
		rv = sendto(a->fd[ANY], request, len, 0, q->to, q->len);
	else if ((rv = send(a->fd[CONNECTED], request, len, 0)) == -1 &&
	    is_remote(errno)) {
		/* It told of an earlier request, and was not sent. */
		(void)note_error(a, errno, 0);
		rv = send(a->fd[CONNECTED], request, len, 0);
	}
	return (rv == -1 ? note_error(a, errno, 1) : 0);
}

/* Returns 1 when an answer came from the address that was asked. */
static int
from_asked(const struct net_stun_query *q, const struct sockaddr *from)
{
	uint8_t x[16], y[16];

	return (from->sa_family == q->to->sa_family && net_address_get(from,
	    x) == net_address_get(q->to, y) && memcmp(x, y, 16) == 0);
}

/* The number of the request with this ID, or -1. */
static int
find_request(const struct asking *a, const uint8_t id[NET_STUN_ID])
{
	unsigned int i;

	for (i = 0; i < a->sent; i++)
		if (memcmp(a->id[i], id, NET_STUN_ID) == 0)
			return ((int)i);
	return (-1);
}

/* Judge a datagram from `from'.  Returns 1 when it is a good answer. */
static int
judge(struct asking *a, const uint8_t *p, size_t len,
    const struct sockaddr_storage *from)
{
	struct net_stun_result *r = a->r;
	struct net_stun_answer answer;
	const enum net_stun_kind kind = net_stun_parse(p, len, &answer);
	const int n = find_request(a, answer.id);

	if (!from_asked(a->q, (const struct sockaddr *)from)) {
		/* Strangers may send what they like. */
		if (n != -1 && r->outcome == NET_STUN_SILENT) {
			r->outcome = NET_STUN_ELSEWHERE;
			r->source = *from;
		}
		return (0);
	}
	r->answer = answer;
	if (n == -1 && kind != NET_STUN_BROKEN)
		r->answer.why = "it has another transaction ID";
	if (n == -1 || kind == NET_STUN_BROKEN)
		r->outcome = NET_STUN_GARBLED;
	else if (kind == NET_STUN_ERROR)
		r->outcome = NET_STUN_REFUSED;
	else {
		r->outcome = NET_STUN_ANSWERED;
		r->rtt_us = (int64_t)(base_clock_us() - a->at_us[n]);
	}
	return (r->outcome == NET_STUN_ANSWERED);
}

/* Read what a socket has.  Returns 1 when it is a good answer. */
static int
receive(struct asking *a, int fd)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(from);
	uint8_t buf[1500];
	const ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
	    (struct sockaddr *)&from, &len);

	if (n == -1) {
		(void)note_error(a, errno, 0);
		return (0);
	}
	return (judge(a, buf, (size_t)n, &from));
}

/* Wait for answers until `until'.  Returns 1 when there is a good one. */
static int
await(struct asking *a, uint64_t until)
{
	struct pollfd p[2] = { { .fd = a->fd[0], .events = POLLIN },
	    { .fd = a->fd[1], .events = POLLIN } };
	uint64_t now;
	int i;

	while ((now = base_clock_ms()) < until) {
		if (poll(p, 2, (int)(until - now)) == -1 && errno != EINTR)
			return (0);
		for (i = 0; i < 2; i++)
			if (p[i].revents != 0 && receive(a, p[i].fd))
				return (1);
		if (a->refused > 1)
			return (0);
	}
	return (0);
}

/* How many tries to make, by what has happened so far. */
static unsigned int
tries(const struct asking *a)
{
	const unsigned int max = a->q->tries;

	if (a->refused > 1)
		return (0);
	return (a->r->outcome == NET_STUN_SILENT || max < BAD_ENOUGH ? max :
	    BAD_ENOUGH);
}

/* When to stop waiting for an answer to the request that was sent last. */
static uint64_t
patience(const struct asking *a)
{
	unsigned int wait_ms = a->q->wait_ms;
	uint64_t until;

	if (a->r->outcome != NET_STUN_SILENT && wait_ms > BAD_WAIT_MS)
		wait_ms = BAD_WAIT_MS;
	until = a->sent < tries(a) ? a->began + schedule[a->sent] :
	    base_clock_ms() + wait_ms;
	return (until < a->end ? until : a->end);
}

static void
run(struct asking *a)
{

	while (a->sent < tries(a) && a->began + schedule[a->sent] < a->end) {
		if (send_request(a) == -1)
			return;
		if (await(a, patience(a)))
			return;
	}
	if (a->r->outcome == NET_STUN_SILENT && a->refused > 0)
		a->r->outcome = NET_STUN_CLOSED;
}

void
net_stun_ask(const struct net_stun_query *q, struct net_stun_result *r)
{
	struct asking a = { .q = q, .r = r, .fd = { -1, -1 },
	    .began = base_clock_ms(), .end = (uint64_t)q->until };

	memset(r, 0, sizeof(*r));
	r->outcome = NET_STUN_SILENT;
	if (open_both(&a) == -1) {
		r->outcome = NET_STUN_LOCAL;
		r->error = errno;
	} else
		run(&a);
	r->requests = a.sent;
	close_both(&a);
}
