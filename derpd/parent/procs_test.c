/*
 * procs_test: children that end, fail, become ready and stop.  The test plays
 * the system and the other ends of the channels.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "parentfixture.h"

#define WAIT_MS	20000

static pid_t		 dead;		/* next child to be reaped, 0: none */
static int		 status;	/* its status */
static pid_t		 killed;	/* last child killed */
static unsigned int	 starts;
static int		 start_fails;	/* 1: no process, 2: an unusable one */
static pid_t		 next_pid;
static struct ipc_chan	*ends[16];	/* the children's ends, by pid - PID */

static pid_t
fake_wait(int *st)
{
	pid_t	 pid = dead;

	dead = 0;
	*st = status;
	return (pid);
}

static int
fake_kill(pid_t pid, const char *user)
{
	(void)user;
	killed = pid;
	return (0);
}

static void
from_child(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc	*p = arg;

	(void)c;
	if (super_handle_ready(&p->c, m) == -1)
		super_fail(&p->c, "sent a malformed message");
}

static int
fake_start(struct parent_proc *p)
{
	starts++;
	p->c.started_ms = now_ms;
	if (start_fails == 1)
		return (-1);
	p->c.pid = next_pid++;
	if (start_fails == 2)
		return (-1);
	ends[p->c.pid - PID] = connect_child(p);
	return (super_attach(&p->c, from_child));
}

/* Leave out the children that this test says nothing of. */
static void
without_others(void)
{
	unsigned int	 i, n = 0;

	for (i = 0; i < d.super.n; i++)
		if (d.super.children[i]->role <= ROLE_ACME)
			d.super.children[n++] = d.super.children[i];
	d.super.n = n;
}

/* keys, a signer, a front, two relay workers and a stund run. */
static void
begin(void)
{
	unsigned int	 i;

	d.nfronts = 1;
	d.nworkers = 2;
	d.nstuns = 1;
	next_pid = PID;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	set_up_parent(fake_wait, fake_kill);
	without_others();
	for (i = 0; i < d.super.n; i++)
		((struct parent_proc *)d.super.children[i])->start =
		    fake_start;
	ATF_REQUIRE_EQ(0, super_start(&d.super));
	ATF_REQUIRE_EQ(6, starts);
}

/* A child ends and is reaped. */
static void
ends_with(struct parent_proc *p, int st)
{
	dead = p->c.pid;
	status = st;
	super_reap(&d.super);
	ATF_CHECK_EQ(0, p->c.pid);
	ATF_CHECK(p->c.chan == NULL);
}

/* The delay before a restart passes; the child is started. */
static void
time_passes(struct parent_proc *p)
{
	ATF_REQUIRE(p->c.ev_restart != NULL &&
	    evtimer_pending(p->c.ev_restart, NULL));
	evtimer_del(p->c.ev_restart);
	event_active(p->c.ev_restart, EV_TIMEOUT, 1);
	ATF_REQUIRE(event_base_loop(d.super.base,
	    EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* A child is started again in so many milliseconds. */
static void
check_wait(const struct parent_proc *p, unsigned int want)
{
	ATF_CHECK(p->c.ev_restart != NULL && evtimer_pending(p->c.ev_restart,
	    NULL));
	ATF_CHECK_EQ(want, p->c.backoff_ms);
}

ATF_TC_WITHOUT_HEAD(back_off);
ATF_TC_BODY(back_off, tc)
{
	static const unsigned int ms[] = { 50, 100, 200, 400, 800, 1600, 3200,
				    6400, 10000, 10000 };
	struct parent_proc	*p = &d.relays[1];
	size_t			 i;

	begin();
	start_fails = 2;	/* keeps the channel out of it */
	for (i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		ends_with(p, 256);
		check_wait(p, ms[i]);
		time_passes(p);
		ATF_CHECK_EQ(i + 1, p->c.restarts);
		ATF_CHECK_EQ(7 + i, starts);
		next_pid = PID + 7;
	}
	/* A child that has run for a minute resets the back-off. */
	now_ms += 59999;
	ends_with(p, 256);
	check_wait(p, 10000);
	time_passes(p);
	now_ms += 60000;
	ends_with(p, 256);
	check_wait(p, 50);
	/* The other children go on. */
	ATF_CHECK(d.relays[0].c.pid != 0 && d.keys.c.pid != 0);
	ATF_CHECK_EQ(0, d.relays[0].c.restarts);
}

ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	struct parent_proc	*p = &d.stuns[0];

	begin();
	/* Status 0 is a requested end. */
	ends_with(p, 0);
	start_fails = 1;
	time_passes(p);
	/* The start failed: it is retried. */
	check_wait(p, 100);
	start_fails = 2;
	time_passes(p);
	/* The start left an unusable process, which has to end first. */
	ATF_CHECK(!evtimer_pending(p->c.ev_restart, NULL));
	start_fails = 0;
	ends_with(p, 9);
	time_passes(p);
	ATF_CHECK(p->c.pid != 0 && p->c.chan != NULL);
	ATF_CHECK(!evtimer_pending(p->c.ev_restart, NULL));
	/* An unknown process is reaped, and nothing else happens. */
	dead = 77;
	super_reap(&d.super);
	ATF_CHECK_EQ(9, starts);
}

/* One that died is not started again when a reload has no use for it. */
ATF_TC_WITHOUT_HEAD(unwanted);
ATF_TC_BODY(unwanted, tc)
{
	struct parent_proc	*p = &d.helper;

	begin();
	conf.acme.enabled = 1;
	ATF_CHECK_EQ(1, super_adjust(&p->c));
	ATF_CHECK_EQ(7, starts);
	ends_with(p, SIGKILL);
	check_wait(p, 50);
	p->c.down_ms = now_ms;
	conf.acme.enabled = 0;
	ATF_CHECK_EQ(0, super_adjust(&p->c));
	ATF_CHECK(!evtimer_pending(p->c.ev_restart, NULL));
	ATF_CHECK_EQ(7, starts);
	/* The next one that has gets it at once, and its own patience. */
	ATF_CHECK_EQ(0, p->c.down_ms);
	ATF_CHECK_EQ(0, p->c.backoff_ms);
	conf.acme.enabled = 1;
	ATF_CHECK_EQ(1, super_adjust(&p->c));
	ATF_CHECK_EQ(8, starts);
	/* What it lacked as one that was wanted is forgotten with it. */
	p->c.ready = 1;
	conf.acme.enabled = 0;
	ends_with(p, 0);
	ATF_CHECK_EQ(0, p->c.down_ms);
}

/* The counters of a worker outlive it: readers are told that it ended. */
ATF_TC_WITHOUT_HEAD(counters);
ATF_TC_BODY(counters, tc)
{
	struct ipc_counters	*c, *page;
	uint64_t		 v[2];

	begin();
	ATF_REQUIRE((page = ipc_counters_new()) != NULL);
	d.counters[parent_servers_number(&d.relays[1])] = page;
	c = ipc_counters_map_write(ipc_counters_share_write(page));
	ATF_REQUIRE(c != NULL);
	ipc_counters_values(c)[1] = 5;
	ipc_counters_begin(c);
	ends_with(&d.relays[0], SIGKILL);
	ATF_CHECK_EQ(1, ipc_counters_read(page, v, 2));
	ends_with(&d.relays[1], SIGKILL);
	ATF_CHECK_EQ(0, ipc_counters_read(page, v, 2));
	ATF_CHECK_EQ(5, v[1]);
}

static int
cannot_send(void *arg, const struct ipc_wr *w)
{
	(void)arg;
	(void)w;
	return (-1);
}

static void
no_timer(void *arg, unsigned int ms)
{
	(void)arg;
	(void)ms;
}

/* derpmapd that ends while the first map of a reload waits: with back-off. */
ATF_TC_WITHOUT_HEAD(first_map);
ATF_TC_BODY(first_map, tc)
{
	static const struct mapqueue_ops ops = {
		.send = cannot_send, .timer = no_timer
	};
	static struct ipc_map_self self;
	struct mapqueue_check	 check = { .what = "map", .self = &self,
				    .p = "{}", .len = 2, .owner = &d };
	struct parent_proc	*p = &d.map;

	begin();
	mapqueue_init(&d.mapcheck.q, &ops, NULL, NULL);
	ATF_REQUIRE_EQ(0, mapqueue_add(&d.mapcheck.q, &check));
	ATF_REQUIRE_EQ(0, p->start(p));
	ends_with(p, 256);
	check_wait(p, 50);
	time_passes(p);
	ATF_CHECK_EQ(8, starts);
	ends_with(p, 256);
	check_wait(p, 100);
	/* The reload was refused meanwhile. */
	mapqueue_clear(&d.mapcheck.q);
	time_passes(p);
	ATF_CHECK_EQ(8, starts);
	ATF_CHECK_EQ(0, p->c.pid);
}

ATF_TC_WITHOUT_HEAD(failure);
ATF_TC_BODY(failure, tc)
{
	struct parent_proc	*p = &d.relays[0];
	pid_t			 pid;

	begin();
	pid = p->c.pid;
	p->commits = 3;
	p->c.ready = 1;
	super_fail(&p->c, "broke the rules");
	ATF_CHECK_EQ(pid, killed);
	ATF_CHECK(p->c.chan == NULL && !p->c.ready && p->commits == 0);
	ATF_CHECK_EQ(now_ms, p->c.down_ms);
	/* It is restarted when it has ended, not before. */
	ATF_CHECK_EQ(pid, p->c.pid);
	ATF_CHECK(p->c.ev_restart == NULL);
	ends_with(p, SIGKILL);
	check_wait(p, 50);
	/* A closed channel ends a child, too. */
	p = &d.relays[1];
	pid = p->c.pid;
	ipc_chan_free(ends[pid - PID]);
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
	ATF_CHECK_EQ(pid, killed);
	/* A keys that has ended has nothing loaded. */
	d.keys_loaded = 1;
	ends_with(&d.keys, SIGKILL);
	ATF_CHECK_EQ(0, d.keys_loaded);
	/* During the start a dying child ends derpd. */
	d.super.starting = 1;
	ends_with(p, 256);
	ATF_CHECK(d.super.failed);
	ATF_CHECK(p->c.ev_restart == NULL);
}

static void
send_ready(struct parent_proc *p)
{
	struct ipc_wr	 w;
	struct ipc_chan	*c = ends[p->c.pid - PID];

	ipc_wr_init(&w);
	ipc_wr_str(&w, "level");
	ATF_REQUIRE_EQ(0, ipc_chan_send(c, MSG_READY, &w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	ipc_wr_free(&w);
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
}

ATF_TC_WITHOUT_HEAD(ready);
ATF_TC_BODY(ready, tc)
{
	begin();
	send_ready(&d.keys);
	send_ready(&d.signers[0]);
	send_ready(&d.fronts[0]);
	send_ready(&d.relays[0]);
	send_ready(&d.stuns[0]);
	ATF_CHECK(d.relays[0].c.ready);
	ATF_CHECK_STREQ("level", d.relays[0].c.level);
	/* Only children that are needed count. */
	ATF_CHECK(!super_ready(&d.super));
	send_ready(&d.relays[1]);
	ATF_CHECK(super_ready(&d.super));
	conf.acme.enabled = 1;
	ATF_CHECK(!super_ready(&d.super));
	conf.acme.enabled = 0;
	/* MSG_READY is sent once. */
	killed = 0;
	send_ready(&d.relays[1]);
	ATF_CHECK_EQ(d.relays[1].c.pid, killed);
	ATF_CHECK(!super_ready(&d.super));
}

/* 1: the child was stopped, 0: not; -1: its channel is closed. */
static int
stop_sent(pid_t pid)
{
	struct ipc_msg	 m;
	int		 rv = 0;

	ATF_REQUIRE(event_base_loop(d.super.base,
	    EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	if (ipc_chan_poll(ends[pid - PID]) == 0)
		return (0);
	if (ipc_chan_recv(ends[pid - PID], &m, 0) == -1)
		return (-1);
	if (m.type == MSG_STOP)
		rv = ipc_rd_u32(&m.rd) == 5000;
	ipc_msg_free(&m);
	return (rv);
}

/* keys and signers are stopped last: workers may wait for them. */
ATF_TC_WITHOUT_HEAD(stop);
ATF_TC_BODY(stop, tc)
{
	pid_t	 keys, signer;

	begin();
	keys = d.keys.c.pid;
	signer = d.signers[0].c.pid;
	d.super.stopping = 1;
	super_stop(&d.super, 5000);
	ATF_CHECK_EQ(1, stop_sent(d.fronts[0].c.pid));
	ATF_CHECK_EQ(1, stop_sent(d.relays[0].c.pid));
	ATF_CHECK_EQ(1, stop_sent(d.relays[1].c.pid));
	ATF_CHECK_EQ(1, stop_sent(d.stuns[0].c.pid));
	ATF_CHECK_EQ(0, stop_sent(keys));
	ends_with(&d.stuns[0], 0);
	ends_with(&d.relays[0], 0);
	ATF_CHECK_EQ(0, stop_sent(keys));
	ATF_CHECK_EQ(0, stop_sent(signer));
	ends_with(&d.relays[1], 256);
	ATF_CHECK_EQ(0, stop_sent(keys));
	ends_with(&d.fronts[0], 0);
	ATF_CHECK_EQ(-1, stop_sent(keys));
	ATF_CHECK_EQ(-1, stop_sent(signer));
	ATF_CHECK(super_running(&d.super));
	ends_with(&d.keys, 0);
	ends_with(&d.signers[0], 0);
	ends_with(&d.signers[1], 0);
	ATF_CHECK(!super_running(&d.super));
	/* No child is restarted. */
	ATF_CHECK_EQ(6, starts);
	ATF_CHECK(d.relays[1].c.ev_restart == NULL);
}

/* All are ready, but derpd was told to stop before the last one said so. */
ATF_TC_WITHOUT_HEAD(ready_too_late);
ATF_TC_BODY(ready_too_late, tc)
{
	static char	 path[] = "derpd.sock";

	begin();
	conf.control = path;
	send_ready(&d.keys);
	send_ready(&d.signers[0]);
	send_ready(&d.fronts[0]);
	send_ready(&d.relays[0]);
	send_ready(&d.relays[1]);
	send_ready(&d.stuns[0]);
	d.super.starting = d.keys_loaded = 1;
	parent_stop(&d);
	ATF_REQUIRE(super_ready(&d.super));
	parent_ready(&d);
	ATF_CHECK(d.super.starting);
	ATF_CHECK_EQ(-1, access(path, F_OK));
}

ATF_TC_WITHOUT_HEAD(kill_all);
ATF_TC_BODY(kill_all, tc)
{
	begin();
	ends_with(&d.keys, SIGKILL);
	super_kill(&d.super);
	ATF_CHECK_EQ(d.stuns[0].c.pid, killed);	/* the last child */
}

/*
 * A derpd that takes over: who acts on others starts when it has done so, and
 * who ends before is the reason why it does not.
 */
ATF_TC_WITHOUT_HEAD(waiting);
ATF_TC_BODY(waiting, tc)
{
	begin();
	conf.acme.enabled = conf.metrics.enabled = 1;
	d.waiting = d.super.starting = 1;
	ATF_CHECK(!super_wanted(&d.stuns[0].c) &&
	    !super_wanted(&d.metrics.c) && !super_wanted(&d.helper.c));
	ATF_CHECK(super_wanted(&d.keys.c) && super_wanted(&d.signers[0].c) &&
	    super_wanted(&d.fronts[0].c) && super_wanted(&d.relays[0].c));
	/* It is not wanted: its end is no reason. */
	ends_with(&d.stuns[0], 256);
	ATF_CHECK_STREQ("", d.why);
	ATF_CHECK_EQ(0, d.super.failed);
	d.waiting = 0;
	starts = 0;
	parent_procs_start_later(&d);
	ATF_CHECK_EQ(3, starts);
	ATF_CHECK(d.stuns[0].c.pid != 0 && d.metrics.c.pid != 0 &&
	    d.helper.c.pid != 0);
	d.waiting = 1;
	ends_with(&d.relays[1], 256);
	ATF_CHECK(strstr(d.why, "relay 1") != NULL);
	ATF_CHECK_EQ(1, d.super.failed);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, back_off);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, unwanted);
	ATF_TP_ADD_TC(tp, counters);
	ATF_TP_ADD_TC(tp, first_map);
	ATF_TP_ADD_TC(tp, failure);
	ATF_TP_ADD_TC(tp, ready);
	ATF_TP_ADD_TC(tp, stop);
	ATF_TP_ADD_TC(tp, ready_too_late);
	ATF_TP_ADD_TC(tp, kill_all);
	ATF_TP_ADD_TC(tp, waiting);
	return (atf_no_error());
}
