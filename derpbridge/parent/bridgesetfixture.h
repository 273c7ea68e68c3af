/*
 * bridgesetfixture: derpbridged's parent with a configuration, whose children
 * are the other ends of channels.  For its tests.
 */
#ifndef BRIDGESETFIXTURE_H
#define BRIDGESETFIXTURE_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "ipcsend.h"

#define WAIT_MS	20000

/* What each configuration begins with. */
#define TOP	"map file \"/m.json\"\nstatedir \"/tmp/unused\"\n"

static struct bridge	 d;
static uint64_t		 now_ms = 1000000;

static inline pid_t
no_wait(int *status)
{
	(void)status;
	return (0);
}

static inline int
no_kill(pid_t pid, const char *user)
{
	(void)pid;
	(void)user;
	return (0);
}

static inline uint64_t
fake_clock(void)
{
	return (now_ms);
}

/* The configuration of this text. */
static inline struct bconf *
conf_of(const char *text)
{
	struct bconf *c = bconf_load_text("test", text, NULL);

	ATF_REQUIRE(c != NULL);
	return (c);
}

/* A parent with this configuration, whose children do not run. */
static inline void
begin(const char *text)
{
	static const struct super_system system = {
		no_wait, no_kill, fake_clock
	};

	memset(&d, 0, sizeof(d));
	d.conf = conf_of(text);
	d.conf_path = "test";
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	bridge_ifaces_init(d.ifaces);
	bridge_procs_set_up(&d);
	bridge_map_set_up(&d);
	d.super.system = &system;
	ATF_REQUIRE_EQ(0, bridge_ifaces_open(d.ifaces, d.conf));
}

/* The child runs: returns its end of the channel. */
static inline struct ipc_chan *
runs(struct bridge_child *p)
{
	struct ipc_chan *end;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, p->c.role, NULL,
	    NULL, NULL);
	end = ipc_chan_new(NULL, sv[1], p->c.role, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p->c.chan != NULL && end != NULL);
	p->c.ready = 1;
	return (end);
}

/* The next message to the child, which is of this type. */
static inline void
next_message(struct bridge_child *p, struct ipc_chan *end, uint32_t type,
    struct ipc_msg *m)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(end, m, WAIT_MS));
	ATF_REQUIRE_EQ(type, m->type);
}

/* There is no further one. */
static inline void
no_message(struct bridge_child *p, struct ipc_chan *end)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, WAIT_MS));
	ATF_CHECK_EQ(0, ipc_chan_poll(end));
}

/* What the child has sent is handled.  0, or -1: it may not send it. */
static inline int
handled(struct bridge_child *p, struct ipc_chan *end,
    int (*handle)(struct bridge_child *, struct ipc_msg *))
{
	struct ipc_msg m;
	int rv;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(end, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(p->c.chan, &m, WAIT_MS));
	rv = handle(p, &m);
	ipc_msg_free(&m);
	return (rv);
}

#endif
