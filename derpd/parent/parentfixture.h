/*
 * parentfixture: for tests of the parent: one that has no process and reads no
 * file.  The test plays its children and the system.  Included once in a test
 * program.
 */
#ifndef PARENTFIXTURE_H
#define PARENTFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>

#include "parent.h"

#define PID	1000		/* of the first child; no real process */

static struct parent	 d;
static struct conf	 conf;
static uint64_t		 now_ms = 1000000;

/* No child has ended. */
static inline pid_t
no_wait(int *st)
{
	(void)st;
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

static inline void
no_turn(void *arg)
{
	(void)arg;
}

/*
 * Set up the parent, whose numbers of processes and other settings the test has
 * set, with these functions of the system.
 */
static inline void
set_up_parent(pid_t (*wait_one)(int *), int (*kill_one)(pid_t, const char *))
{
	static const struct parent_gen_ops gen_ops = { .turn = no_turn };
	static struct super_system system;

	system.wait = wait_one;
	system.kill = kill_one;
	system.clock = fake_clock;
	TAILQ_INIT(&conf.maps);
	TAILQ_INIT(&conf.certs);
	TAILQ_INIT(&conf.listens);
	TAILQ_INIT(&conf.names);
	d.conf = &conf;
	parent_procs_set_up(&d);
	d.super.system = &system;
	parent_gens_init(&d.gens, &gen_ops, &d, parent_servers_count(&d));
}

/* Give the process a channel; return the child's end. */
static inline struct ipc_chan *
connect_child(struct parent_proc *p)
{
	struct ipc_chan *end;
	int	 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, p->c.role, NULL,
	    NULL, NULL);
	end = ipc_chan_new(NULL, sv[1], p->c.role, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p->c.chan != NULL && end != NULL);
	return (end);
}

#endif
