/*
 * pace_test: Tests of pace.c: when a turn waits for more packets.
 */
#include <atf-c.h>

#include "pace.h"

static struct worker_pace	 p;
static uint64_t			 now = 1000000;

/* A turn that ends `us' later.  Returns the wait. */
static unsigned int
turn(unsigned int packets, unsigned int us)
{
	now += us;
	return (worker_pace_after(&p, packets, now));
}

/* Turns that begin to be close together.  Returns the last wait. */
static unsigned int
begin_stream(void)
{
	unsigned int i, us = 0;

	for (i = 0; i <= WORKER_PACE_RUN; i++) {
		ATF_CHECK_EQ(0, us);
		us = turn(1, 50);
	}
	return (us);
}

/* A stream is waited for, as long as that gives more packets a turn. */
ATF_TC_WITHOUT_HEAD(stream);
ATF_TC_BODY(stream, tc)
{
	unsigned int i;

	ATF_CHECK_EQ(WORKER_PACE_MIN_US, begin_stream());
	for (i = 0; i < 1000; i++)
		ATF_CHECK_EQ(WORKER_PACE_MIN_US,
		    turn(WORKER_PACE_FEW, WORKER_PACE_MIN_US + 50));
	/* There are many already. */
	ATF_CHECK_EQ(0, turn(WORKER_PACE_FULL, 50));
	ATF_CHECK_EQ(WORKER_PACE_MIN_US, turn(3, 50));
	/* The turn began late, and found as many packets as had come. */
	ATF_CHECK_EQ(WORKER_PACE_MIN_US, turn(20, 20 * WORKER_PACE_GAP_US));
	/* The stream has ended. */
	ATF_CHECK_EQ(0, turn(1, 10000));
	ATF_CHECK_EQ(0, turn(0, 50));
}

/* A wait is as long as it takes for some packets to come. */
ATF_TC_WITHOUT_HEAD(length);
ATF_TC_BODY(length, tc)
{
	unsigned int i, us = begin_stream();

	ATF_CHECK_EQ(WORKER_PACE_MIN_US, us);
	ATF_CHECK_EQ(2 * us, turn(3, us));
	for (i = 0; i < 10; i++)
		us = turn(WORKER_PACE_FEW - 1, us);
	ATF_CHECK_EQ(WORKER_PACE_MAX_US, us);
	ATF_CHECK_EQ(us, turn(WORKER_PACE_FEW, us));
	ATF_CHECK_EQ(us, turn(WORKER_PACE_MANY, us));
	ATF_CHECK_EQ(us / 2, turn(WORKER_PACE_MANY + 1, us));
	for (i = 0; i < 10; i++)
		us = turn(WORKER_PACE_MANY + 1, us);
	ATF_CHECK_EQ(WORKER_PACE_MIN_US, us);
}

/* Packets that answer each other are not held up for long. */
ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	unsigned int i, waits = 0;

	(void)begin_stream();
	for (i = 0; i < WORKER_PACE_REST + WORKER_PACE_TRIES; i++)
		if (turn(1, WORKER_PACE_GAP_US) > 0)
			waits++;
	ATF_CHECK_EQ(WORKER_PACE_TRIES - 1, waits);
	/* It is tried again later. */
	for (i = 0; i < WORKER_PACE_RUN + 1; i++)
		waits = turn(1, 50);
	ATF_CHECK_EQ(WORKER_PACE_MIN_US, waits);
}

/* Few packets, or none, are never waited for. */
ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		ATF_CHECK_EQ(0, turn(2, 1000));
		ATF_CHECK_EQ(0, turn(0, 10));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stream);
	ATF_TP_ADD_TC(tp, length);
	ATF_TP_ADD_TC(tp, answers);
	ATF_TP_ADD_TC(tp, quiet);
	return (atf_no_error());
}
