/*
 * children_test: children of a parent that has no more ops than it must, and
 * the order of a stop.  The test plays the system.  What derpd's parent does
 * with them is in derpd/parent/procs_test.c.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "supervise.h"

#define WAIT_MS	20000
#define PID	1000		/* of the first child; no real process */

static struct super		 s;
static struct super_child	 front, keys;
static struct super_child	*room[2];
static struct ipc_chan		*front_end, *keys_end;
static uint64_t			 now_ms = 1000000;
static pid_t			 dead;		/* next to be reaped, 0: none */
static int			 status;
static pid_t			 killed;
static const char		*killed_user;
static unsigned int		 starts, readies;

static pid_t
fake_wait(int *st)
{
	pid_t pid = dead;

	dead = 0;
	*st = status;
	return (pid);
}

static int
fake_kill(pid_t pid, const char *user)
{
	killed = pid;
	killed_user = user;
	return (0);
}

static uint64_t
fake_clock(void)
{
	return (now_ms);
}

static void
settings(const struct super *of, struct super_settings *v)
{
	ATF_CHECK(of == &s);
	memset(v, 0, sizeof(*v));
	v->user = "u";
	v->keys_user = "k";
	v->chroot = "";
	v->verbose = 1;
}

static void
from_child(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	super_handled(arg, m->type == MSG_READY ?
	    super_became_ready(arg, m) : -1);
}

static int
start(struct super_child *p)
{
	struct ipc_chan **end = p == &keys ? &keys_end : &front_end;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->pid = PID + (pid_t)starts++;
	p->started_ms = now_ms;
	p->chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, p->role, NULL, NULL,
	    NULL);
	*end = ipc_chan_new(NULL, sv[1], p->role, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p->chan != NULL && *end != NULL);
	return (super_begin(p, 0, from_child));
}

static void
ready(struct super_child *p)
{
	(void)p;
	readies++;
}

static int
serves(const struct super_child *p)
{
	return (p == &keys);
}

static int
served(const struct super_child *p)
{
	return (p == &front);
}

/* A child runs that needs the other one. */
static void
begin(void)
{
	static const struct super_system system = {
		fake_wait, fake_kill, fake_clock
	};
	static const struct super_ops ops = {
		.settings = settings, .start = start, .ready = ready,
		.serves = serves, .served = served
	};

	s.name = "test";
	s.ops = &ops;
	s.children = room;
	ATF_REQUIRE((s.base = event_base_new()) != NULL);
	super_init(&s);
	s.system = &system;
	super_add(&s, &keys, ROLE_KEYS, 0);
	super_add(&s, &front, ROLE_FRONT, 0);
	ATF_REQUIRE_EQ(0, super_start(&s));
	ATF_REQUIRE_EQ(2, starts);
}

static void
turn(void)
{
	ATF_REQUIRE(event_base_loop(s.base, EVLOOP_ONCE |
	    EVLOOP_NONBLOCK) != -1);
}

static void
ends(struct super_child *p, int st)
{
	dead = p->pid;
	status = st;
	super_reap(&s);
	ATF_CHECK_EQ(0, p->pid);
}

static void
says_ready(struct ipc_chan *end)
{
	struct ipc_msg_ready v = { "level" };

	ATF_REQUIRE_EQ(0, ipc_send_ready(end, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end, WAIT_MS));
	turn();
}

ATF_TC_WITHOUT_HEAD(all_wanted);
ATF_TC_BODY(all_wanted, tc)
{
	begin();
	ATF_CHECK_EQ(0, super_ready(&s));
	says_ready(keys_end);
	says_ready(front_end);
	ATF_CHECK_EQ(2, readies);
	ATF_CHECK_EQ(1, super_ready(&s));
	/* Nothing to adjust. */
	ATF_CHECK_EQ(0, super_adjust(&front));
	ATF_CHECK_EQ(2, starts);
	/* What it may not send ends it, as the user that it is. */
	says_ready(front_end);
	ATF_CHECK_EQ(front.pid, killed);
	ATF_CHECK_STREQ(geteuid() == 0 ? "u" : "", killed_user);
	ATF_CHECK_EQ(0, super_ready(&s));
	/* It comes again, when it has ended. */
	ends(&front, SIGKILL);
	ATF_REQUIRE(front.ev_restart != NULL);
	event_active(front.ev_restart, EV_TIMEOUT, 1);
	turn();
	ATF_CHECK_EQ(3, starts);
	ATF_CHECK_EQ(1, front.restarts);
	ATF_CHECK_EQ(0, s.failed);
}

/* A child that ends during the start ends the start. */
ATF_TC_WITHOUT_HEAD(no_start);
ATF_TC_BODY(no_start, tc)
{
	begin();
	s.starting = 1;
	ends(&front, 256);
	ATF_CHECK_EQ(1, s.failed);
	ATF_CHECK(front.ev_restart == NULL);
}

/* 1: the child was told to stop, 0: not; -1: its channel is closed. */
static int
told(struct ipc_chan *end)
{
	struct ipc_msg m;
	int rv;

	turn();
	if (ipc_chan_poll(end) == 0)
		return (0);
	if (ipc_chan_recv(end, &m, 0) == -1)
		return (-1);
	rv = m.type == MSG_STOP;
	ipc_msg_free(&m);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(stop_order);
ATF_TC_BODY(stop_order, tc)
{
	begin();
	s.stopping = 1;
	super_stop(&s, 1000);
	ATF_CHECK_EQ(1, told(front_end));
	ATF_CHECK_EQ(0, told(keys_end));
	ends(&front, 0);
	ATF_CHECK_EQ(-1, told(keys_end));
	ATF_CHECK_EQ(1, super_running(&s));
	ends(&keys, 0);
	ATF_CHECK_EQ(0, super_running(&s));
	ATF_CHECK_EQ(2, starts);
}

/* What all log is changed in all. */
ATF_TC_WITHOUT_HEAD(logs);
ATF_TC_BODY(logs, tc)
{
	struct ipc_msg_log v;
	struct ipc_msg m;

	begin();
	super_log(&s);
	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(front_end, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_LOG, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_log(&m.rd, &v));
	ATF_CHECK(v.verbose && !v.json);
	ipc_msg_free(&m);
}

/* The process of one child becomes that of another one, and the reverse. */
ATF_TC_WITHOUT_HEAD(exchange);
ATF_TC_BODY(exchange, tc)
{
	pid_t old, new;

	begin();
	old = front.pid;
	new = keys.pid;
	says_ready(keys_end);
	super_exchange(&front, &keys);
	ATF_CHECK(front.pid == new && keys.pid == old);
	ATF_CHECK_EQ(1, front.ready);
	ATF_CHECK_EQ(0, keys.ready);
	ATF_CHECK_EQ(1, front.restarts);
	ATF_CHECK_STREQ("level", front.level);
	/* Messages and the end of a process are those of its new owner. */
	says_ready(front_end);
	ATF_CHECK_EQ(1, keys.ready);
	says_ready(keys_end);
	ATF_CHECK_EQ(new, killed);
	ATF_CHECK(front.chan == NULL && keys.chan != NULL);
	ends(&keys, SIGKILL);
	ATF_CHECK_EQ(new, front.pid);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_wanted);
	ATF_TP_ADD_TC(tp, no_start);
	ATF_TP_ADD_TC(tp, stop_order);
	ATF_TP_ADD_TC(tp, logs);
	ATF_TP_ADD_TC(tp, exchange);
	return (atf_no_error());
}
