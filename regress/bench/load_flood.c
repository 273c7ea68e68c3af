/*
 * load_flood: clients that begin a handshake with a recorded ClientHello and
 * close the connection after the server's first answer, so that most of the
 * work is the server's.  Called by derpload.c (mode flood, one line of
 * key=value) and load_modes.c (a flood beside other load).
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load.h"

#define EVENTS		256
#define EVENTS_BESIDE	8	/* in one step of a flood beside other load */
#define OPEN_MAX	512	/* connections at a time */
#define HELLO_MAX	4096

struct flood {
	int		 ep;
	int		 max;		/* connections at a time */
	double		 rate;		/* a second, 0 as many as can be */
	double		 start;
	uint8_t		 hello[HELLO_MAX];
	size_t		 len;
	int		 open;		/* connections */
	uint64_t	 begun, answered, refused;
};

static void
ended(struct flood *f, int fd)
{
	struct linger	 now_ = { 1, 0 };

	/* Avoid TIME_WAIT: ports are scarce. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_, sizeof(now_));
	close(fd);
	f->open--;
}

static void
begin(struct flood *f)
{
	struct epoll_event	 e = { .events = EPOLLOUT };
	int			 fd;

	if ((fd = conn_open(NULL)) == -1) {
		f->refused++;
		return;
	}
	e.data.fd = fd;
	if (epoll_ctl(f->ep, EPOLL_CTL_ADD, fd, &e) == -1)
		err(1, "epoll_ctl");
	f->open++;
	f->begun++;
}

static void
handle(struct flood *f, const struct epoll_event *ev)
{
	struct epoll_event	 e = { .events = EPOLLIN };
	uint8_t			 buf[8192];
	int			 fd = ev->data.fd;
	ssize_t			 n;

	if (ev->events & EPOLLOUT) {
		n = send(fd, f->hello, f->len, MSG_NOSIGNAL);
		if (n != (ssize_t)f->len) {
			f->refused++;
			ended(f, fd);
			return;
		}
		e.data.fd = fd;
		if (epoll_ctl(f->ep, EPOLL_CTL_MOD, fd, &e) == -1)
			err(1, "epoll_ctl");
		return;
	}
	n = recv(fd, buf, sizeof(buf), 0);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n > 0)
		f->answered++;
	else
		f->refused++;
	ended(f, fd);
}

struct flood *
flood_new(const struct load *l)
{
	struct flood	*f = calloc(1, sizeof(*f));

	if (f == NULL)
		err(1, "a flood");
	f->max = l->flood > 0 ? l->flood : OPEN_MAX;
	f->len = conn_hello(l, f->hello, sizeof(f->hello));
	if ((f->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	f->start = now();
	return (f);
}

int
flood_step(struct flood *f, int wait_ms)
{
	struct epoll_event	 ev[EVENTS];
	int			 most = wait_ms > 0 ? EVENTS : EVENTS_BESIDE;
	int			 i, n, begun = 0;

	while (begun < most && f->open < f->max && (f->rate <= 0 ||
	    (double)f->begun < f->rate * (now() - f->start))) {
		begin(f);
		begun++;
	}
	n = epoll_wait(f->ep, ev, most, wait_ms);
	for (i = 0; i < n; i++)
		handle(f, &ev[i]);
	return (begun + (n > 0 ? n : 0));
}

uint64_t
flood_answered(const struct flood *f)
{
	return (f->answered);
}

int
mode_flood(const struct load *l)
{
	struct flood	*f = flood_new(l);
	struct usage	 before, after;
	double		 secs, cpu;

	f->rate = l->rate;
	usage_of(l->pid, &before);
	f->start = now();
	while (now() < f->start + l->secs)
		(void)flood_step(f, 1);
	secs = now() - f->start;
	usage_of(l->pid, &after);
	cpu = after.cpu - before.cpu;
	printf("mode=flood secs=%.2f begun_per_s=%.0f answered_per_s=%.0f "
	    "refused=%llu server_cpu_s=%.2f cpu_us_per_answer=%.1f\n", secs,
	    (double)f->begun / secs, (double)f->answered / secs,
	    (unsigned long long)f->refused, cpu,
	    f->answered > 0 ? cpu * 1e6 / (double)f->answered : 0);
	return (0);
}
