/* keyage_test: which mesh sessions end after a change of the mesh key. */
#include <atf-c.h>
#include <string.h>

#include "keyage.h"

#define S	1000000ULL		/* a second */
#define DAY	(24 * 60 * 60 * S)

ATF_TC_WITHOUT_HEAD(a_day);
ATF_TC_BODY(a_day, tc)
{
	const uint64_t t = 100 * S;	/* the change */
	struct nodes_keyage k;

	(void)tc;
	memset(&k, 0, sizeof(k));
	ATF_CHECK(!nodes_keyage_is_over(&k, 1, t));
	ATF_CHECK(!nodes_keyage_is_over(&k, 1, t + 10 * DAY));
	nodes_keyage_changed(&k, t);
	ATF_CHECK(!nodes_keyage_is_over(&k, 1, t));
	ATF_CHECK(!nodes_keyage_is_over(&k, 1, t + DAY - 1));
	ATF_CHECK(nodes_keyage_is_over(&k, 1, t + DAY));
	ATF_CHECK(nodes_keyage_is_over(&k, t, t + 9 * DAY));
	/* A login that the change overtook. */
	ATF_CHECK(nodes_keyage_is_over(&k, t + 40 * S, t + DAY));
	/* Later ones have the new key. */
	ATF_CHECK(!nodes_keyage_is_over(&k, t + 60 * S, t + 9 * DAY));
}

/* Each change counts from its own time. */
ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	struct nodes_keyage k;
	uint64_t i;

	(void)tc;
	memset(&k, 0, sizeof(k));
	for (i = 1; i <= NODES_CHANGES; i++)
		nodes_keyage_changed(&k, i * 1000 * S);
	for (i = 1; i <= NODES_CHANGES; i++) {
		ATF_CHECK(!nodes_keyage_is_over(&k, i * 1000 * S - 1,
		    i * 1000 * S + DAY - 1));
		ATF_CHECK(nodes_keyage_is_over(&k, i * 1000 * S - 1,
		    i * 1000 * S + DAY));
		ATF_CHECK(!nodes_keyage_is_over(&k, i * 1000 * S + 60 * S,
		    i * 1000 * S + DAY));
	}
}

/* With too many, the sessions before the last one end, if late. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct nodes_keyage k;
	uint64_t i;

	(void)tc;
	memset(&k, 0, sizeof(k));
	for (i = 1; i <= 100; i++)
		nodes_keyage_changed(&k, i * S);
	ATF_CHECK(nodes_keyage_is_over(&k, 1, S + DAY));
	ATF_CHECK(nodes_keyage_is_over(&k, 100 * S, 100 * S + DAY));
	ATF_CHECK(!nodes_keyage_is_over(&k, 160 * S, 100 * S + DAY));
}

/* When a session ends, for a worker that it moves to. */
ATF_TC_WITHOUT_HEAD(end);
ATF_TC_BODY(end, tc)
{
	const uint64_t t = 5000 * S, u = t + 1000 * S;
	struct nodes_keyage k;

	(void)tc;
	memset(&k, 0, sizeof(k));
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, 0), 0);
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, 7), 7);
	nodes_keyage_changed(&k, t);
	nodes_keyage_changed(&k, u);
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, 0), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_end(&k, t + 40 * S, 0), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_end(&k, t + 60 * S, 0), u + DAY);
	ATF_CHECK_EQ(nodes_keyage_end(&k, u + 60 * S, 0), 0);
	/* The earlier one counts, whoever knows of it. */
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, t + DAY + 1), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, t + DAY - 1), t + DAY - 1);
	ATF_CHECK_EQ(nodes_keyage_end(&k, u + 60 * S, u), u);
	/* A day after the first change that is forgotten. */
	ATF_CHECK(nodes_keyage_is_over(&k, 1, t + DAY));
	ATF_CHECK_EQ(k.n, 1);
	ATF_CHECK_EQ(nodes_keyage_end(&k, 1, 0), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_end(&k, t + 60 * S, 0), u + DAY);
}

/* What another worker says can shorten a session only. */
ATF_TC_WITHOUT_HEAD(moved);
ATF_TC_BODY(moved, tc)
{
	const uint64_t t = 5000 * S;

	(void)tc;
	ATF_CHECK_EQ(nodes_keyage_moved(0, 0, t), 0);
	ATF_CHECK_EQ(nodes_keyage_moved(1, 0, t), 1);
	ATF_CHECK_EQ(nodes_keyage_moved(t + DAY - 1, 0, t), t + DAY - 1);
	ATF_CHECK_EQ(nodes_keyage_moved(t + DAY + 1, 0, t), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_moved(UINT64_MAX, 0, t), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_moved(0, 1, t), t + DAY);
	ATF_CHECK_EQ(nodes_keyage_moved(t + 1, 1, t), t + 1);
	ATF_CHECK_EQ(nodes_keyage_moved(UINT64_MAX, 1, t), t + DAY);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_day);
	ATF_TP_ADD_TC(tp, changes);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, end);
	ATF_TP_ADD_TC(tp, moved);
	return (atf_no_error());
}
