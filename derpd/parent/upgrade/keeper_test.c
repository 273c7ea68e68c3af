/*
 * keeper_test: what is kept of a derpd that was replaced, and for how long.
 * The test plays fronts and the system, and says when a time is over.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "parentfixture.h"

#define NFRONTS	3
#define MAX	16

static struct ipc_chan	*ends[MAX];	/* the children's ends, by pid - PID */
static int		 killed[MAX];
static int		 nrun;

static int
fake_kill(pid_t pid, const char *user)
{
	(void)user;
	killed[pid - PID]++;
	return (0);
}

static void
run(struct parent_proc *p)
{
	p->c.pid = PID + nrun;
	p->c.ready = 1;
	ends[nrun++] = connect_child(p);
}

/* Was the child killed?  It counts as running until it is reaped. */
static int
is_killed(const struct parent_proc *p)
{
	return (killed[p->c.pid - PID]);
}

/* All of a derpd that another one has replaced just now. */
static void
begin(void)
{
	unsigned int	 i;

	d.self = "derpd";
	d.nfronts = NFRONTS;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	set_up_parent(no_wait, fake_kill);
	parent_moves_init(&d);
	upgrade_init(&d);
	run(&d.keys);
	for (i = 0; i < NFRONTS; i++) {
		run(&d.signers[i]);
		run(&d.fronts[i]);
	}
	d.upgrade.old.state = UPGRADE_KEEPING;
	upgrade_keep(&d);
}

/* The front reports what it has left. */
static void
left(unsigned int front, uint32_t logins, uint32_t conns, uint32_t pumps)
{
	const struct ipc_msg_front_left	 v = { logins, conns, pumps };
	struct parent_proc		*p = &d.fronts[front];
	struct ipc_chan			*end = ends[p->c.pid - PID];
	struct ipc_msg			 m;

	ATF_REQUIRE_EQ(0, ipc_send_front_left(end, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end, 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(p->c.chan, &m, 0));
	ATF_REQUIRE_EQ(0, upgrade_front_left(p, &m));
	ipc_msg_free(&m);
}

/* The keeper's next bound is over. */
static void
over(void)
{
	event_active(d.upgrade.ev_keep, EV_TIMEOUT, 1);
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_NONBLOCK) != -1);
}

/* Check whether keys and all signers have been ended. */
static void
check_keys(int ended)
{
	unsigned int	 i;

	ATF_CHECK_EQ(ended, is_killed(&d.keys));
	ATF_CHECK_EQ(ended, d.keys.c.chan == NULL);
	for (i = 0; i < NFRONTS; i++) {
		ATF_CHECK_EQ(ended, is_killed(&d.signers[i]));
		ATF_CHECK_EQ(ended, d.signers[i].c.chan == NULL);
	}
}

static void
check_fronts(int first, int second, int third)
{
	ATF_CHECK_EQ(first, is_killed(&d.fronts[0]));
	ATF_CHECK_EQ(second, is_killed(&d.fronts[1]));
	ATF_CHECK_EQ(third, is_killed(&d.fronts[2]));
}

/* Nobody needs a private key when all have nothing but pumps. */
ATF_TC_WITHOUT_HEAD(pumps);
ATF_TC_BODY(pumps, tc)
{
	begin();
	left(0, 0, 0, 5);
	left(1, 1, 0, 0);
	left(2, 0, 1, 0);
	check_keys(0);
	left(1, 0, 0, 1);
	check_keys(0);
	left(2, 0, 0, 1);
	check_keys(1);
	/* The end of a pump is nothing new. */
	left(2, 0, 1, 0);
	over();
	over();
	check_fronts(0, 0, 0);
	check_keys(1);
	ATF_CHECK(upgrade_keeps_fronts(&d));
	over();
	ATF_CHECK(!upgrade_keeps_fronts(&d));
}

/* One that claims logins for ever ends, with the keys; one with pumps stays. */
ATF_TC_WITHOUT_HEAD(claims_logins);
ATF_TC_BODY(claims_logins, tc)
{
	begin();
	left(0, 1, 0, 0);
	left(1, 0, 0, 5);
	left(2, 0, 0, 5);
	over();
	left(0, 2, 0, 0);
	check_fronts(0, 0, 0);
	check_keys(0);
	over();
	check_fronts(1, 0, 0);
	check_keys(1);
	ATF_CHECK(d.fronts[0].c.chan == NULL);
	ATF_CHECK(d.fronts[1].c.chan != NULL);
	ATF_CHECK(upgrade_keeps_fronts(&d));
}

/* The same with one that claims requests, and one that says nothing. */
ATF_TC_WITHOUT_HEAD(claims_others);
ATF_TC_BODY(claims_others, tc)
{
	begin();
	left(0, 0, 1, 3);
	left(2, 0, 0, 5);
	over();
	check_fronts(0, 0, 0);
	check_keys(0);
	over();
	check_fronts(1, 1, 0);
	check_keys(1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pumps);
	ATF_TP_ADD_TC(tp, claims_logins);
	ATF_TP_ADD_TC(tp, claims_others);
	return (atf_no_error());
}
