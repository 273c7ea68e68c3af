/*
 * chanfixture: A pair of sockets, channels on it with and without an event
 * loop, and what their call-backs recorded.  For the tests of chan.c.
 */
#ifndef CHANFIXTURE_H
#define CHANFIXTURE_H

#include <sys/types.h>
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>

#include "chan.h"

static struct event_base	*base;
static int			 sv[2];

/* What the call-backs recorded. */
static int			 ngone, nmsgs, free_at = -1;
static size_t			 nbytes;
static uint32_t			 last_type;
static int			 last_fd;

static inline void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
}

static inline void
on_msg(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	ATF_CHECK_STREQ("arg", (char *)arg);
	nmsgs++;
	nbytes += m->rd.left;
	last_type = m->type;
	last_fd = m->fd;
	if (nmsgs == free_at)
		ipc_chan_free(c);
}

static inline void
on_gone(struct ipc_chan *c, const char *why, void *arg)
{
	ATF_CHECK_STREQ("arg", (char *)arg);
	ATF_CHECK(*why != '\0');
	ATF_CHECK_EQ(-1, ipc_chan_fd(c));
	ngone++;
}

static char	arg[] = "arg";

static inline struct ipc_chan *
with_events(int fd, enum ipc_role self, enum ipc_role peer)
{
	struct ipc_chan	*c;

	c = ipc_chan_new(base, fd, self, peer, on_msg, on_gone, arg);
	ATF_REQUIRE(c != NULL);
	return c;
}

static inline struct ipc_chan *
without_events(int fd, enum ipc_role self, enum ipc_role peer)
{
	struct ipc_chan	*c;

	c = ipc_chan_new(NULL, fd, self, peer, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return c;
}

/* Run the event loop until no event is active. */
static inline void
settle(void)
{
	int	i;

	for (i = 0; i < 50; i++)
		ATF_REQUIRE(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
}

static inline int
a_file(void)
{
	int	fd;

	ATF_REQUIRE((fd = open("/dev/null", O_RDWR)) != -1);
	return fd;
}

#endif
