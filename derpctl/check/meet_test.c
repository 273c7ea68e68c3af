/*
 * meet_test: which jobs may connect to the addresses that they have asked for.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "task.h"

#define NTASKS	5

static struct ctlcheck_run	run;
static struct ctlcheck_task	t[NTASKS];
static int			job[NTASKS];	/* its end */

static void
begin(void)
{
	size_t i;
	int p[2];

	memset(&run, 0, sizeof(run));
	memset(t, 0, sizeof(t));
	TAILQ_INIT(&run.tasks);
	for (i = 0; i < NTASKS; i++) {
		ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, p));
		t[i].place.kind = CTLCHECK_NODE;
		t[i].state = CTLCHECK_RUNNING;
		t[i].fd = p[0];
		job[i] = p[1];
		TAILQ_INSERT_TAIL(&run.tasks, &t[i], entry);
	}
}

/* Is the job let in now? */
static int
goes_on(size_t i)
{
	char c;
	ssize_t n;

	ctlcheck_meet_admit(&run);
	n = recv(job[i], &c, 1, MSG_DONTWAIT);
	ATF_REQUIRE(n == 1 || (n == -1 && errno == EAGAIN));
	return (n == 1);
}

ATF_TC_WITHOUT_HEAD(turns);
ATF_TC_BODY(turns, tc)
{
	begin();
	ctlcheck_meet_ask(&t[0], "192.0.2.1 2001:db8::1");
	ctlcheck_meet_ask(&t[1], "192.0.2.2 2001:db8::1");
	ctlcheck_meet_ask(&t[2], "192.0.2.2");
	ctlcheck_meet_ask(&t[3], "192.0.2.11 2001:db8::11 192.0.2");
	ATF_CHECK(goes_on(0));
	ATF_CHECK(!goes_on(1));
	/* One that waits keeps nobody out. */
	ATF_CHECK(goes_on(2));
	ATF_CHECK(goes_on(3));
	ATF_CHECK(!goes_on(4));
	t[0].state = CTLCHECK_DONE;
	ATF_CHECK(!goes_on(1));
	t[2].state = CTLCHECK_DONE;
	ATF_CHECK(goes_on(1));
	ATF_CHECK(!goes_on(1));
}

/* One that goes elsewhere, as to where a map is redirected. */
ATF_TC_WITHOUT_HEAD(moves);
ATF_TC_BODY(moves, tc)
{
	begin();
	ctlcheck_meet_ask(&t[0], "192.0.2.1");
	ctlcheck_meet_ask(&t[1], "192.0.2.2");
	ATF_CHECK(goes_on(0) && goes_on(1));
	ctlcheck_meet_ask(&t[0], "192.0.2.2");
	ctlcheck_meet_ask(&t[1], "192.0.2.1");
	ATF_CHECK(goes_on(0) && goes_on(1));
}

/* What a job waits is no part of its time. */
ATF_TC_WITHOUT_HEAD(time_goes_on);
ATF_TC_BODY(time_goes_on, tc)
{
	begin();
	ctlcheck_meet_ask(&t[0], "192.0.2.1");
	t[0].asked -= 5000;
	t[0].began = 1000;
	t[0].until = 2000;
	ATF_CHECK(goes_on(0));
	ATF_CHECK(t[0].began >= 6000);
	ATF_CHECK_EQ(1000, t[0].until - t[0].began);
}

/* The mesh of a region is checked at the addresses of its nodes. */
ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	begin();
	t[0].of = t[1].of = &t[3];
	t[0].place.node.region = t[1].place.node.region = 7;
	t[0].state = CTLCHECK_DONE;
	ctlcheck_meet_ask(&t[0], "192.0.2.1");
	t[1].place.kind = CTLCHECK_MESH;
	t[1].state = CTLCHECK_WAITING;
	ctlcheck_meet_ask(&t[2], "192.0.2.1");
	ATF_CHECK(goes_on(2));
	ATF_CHECK(ctlcheck_meet_held(&run, &t[1]));
	t[2].state = CTLCHECK_DONE;
	ATF_CHECK(!ctlcheck_meet_held(&run, &t[1]));
	t[1].state = CTLCHECK_RUNNING;
	t[2].state = CTLCHECK_RUNNING;
	ctlcheck_meet_ask(&t[2], "192.0.2.1");
	ATF_CHECK(!goes_on(2));
	ctlcheck_meet_ask(&t[4], "192.0.2.4");
	ATF_CHECK(goes_on(4));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, turns);
	ATF_TP_ADD_TC(tp, moves);
	ATF_TP_ADD_TC(tp, time_goes_on);
	ATF_TP_ADD_TC(tp, mesh);
	return (atf_no_error());
}
