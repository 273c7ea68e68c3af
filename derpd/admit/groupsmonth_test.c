/*
 * groupsmonth_test: quotas of months, and how their use is saved.
 */
#include <stdlib.h>

#include "groupsfixture.h"

/* The group uses `bytes', and a turn is over. */
static void
use(uint32_t id, uint64_t bytes)
{
	admit_groups_used(g, id, 0, bytes, 0);
	turn(100000);
}

static uint32_t
begin(uint64_t quota)
{
	uint32_t id;

	set_up();
	id = one_group("a", 0, 0, quota, 0);
	admit_groups_began(g, id, 0, 1);
	return (id);
}

/* The clients of a group are reported once, and stay out until next month. */
ATF_TC_WITHOUT_HEAD(over);
ATF_TC_BODY(over, tc)
{
	uint32_t id = begin(1000);

	use(id, 999);
	ATF_CHECK_EQ(0, nover);
	ATF_CHECK_EQ(0, admit_groups_over(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	use(id, 1);
	ATF_CHECK_EQ(1, nover);
	ATF_CHECK_EQ(id, last_over);
	ATF_CHECK_EQ(1, admit_groups_over(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, admit_groups_may_join(g, id));
	use(id, 1);
	ATF_CHECK_EQ(0, nover);

	wall = NOV + 24 * DAY + DAY - 1;	/* the last second of it */
	turn(100000);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, admit_groups_may_join(g, id));
	wall++;
	turn(100000);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	use(id, 1000);
	ATF_CHECK_EQ(1, nover);
}

/* A file with another quota. */
ATF_TC_WITHOUT_HEAD(other_quota);
ATF_TC_BODY(other_quota, tc)
{
	uint32_t id = begin(1000);

	use(id, 600);
	one_group("a", 0, 0, 500, 0);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, admit_groups_may_join(g, id));
	turn(100000);
	ATF_CHECK_EQ(1, nover);
	one_group("a", 0, 0, 700, 0);
	turn(100000);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	one_group("a", 0, 0, 500, 0);
	turn(100000);
	ATF_CHECK_EQ(1, nover);
}

/* A clock that jumps and comes back finds what was used. */
ATF_TC_WITHOUT_HEAD(clock_jumps);
ATF_TC_BODY(clock_jumps, tc)
{
	static const time_t jumps[] = { 0, 40 * DAY, 4000 * DAY,
	    (time_t)1 << 40, -NOV, -100 * DAY };
	uint32_t id = begin(1000);
	unsigned int i;

	use(id, 1000);
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		wall = NOV + jumps[i];
		turn(100000);
		use(id, 10);
		wall = NOV;
		turn(100000);
		ATF_CHECK_MSG(admit_groups_over(g, id), "jump %u", i);
	}
	/* Two jumps without a return. */
	wall = NOV + 40 * DAY;
	turn(100000);
	use(id, 10);
	wall = NOV + 4000 * DAY;
	turn(100000);
	use(id, 10);
	wall = NOV;
	turn(100000);
	ATF_CHECK(admit_groups_over(g, id));
}

/* What left the file, and comes back, has used what it used. */
ATF_TC_WITHOUT_HEAD(comes_back);
ATF_TC_BODY(comes_back, tc)
{
	uint32_t id = begin(1000);

	use(id, 1000);
	admit_groups_ended(g, id, 0, 1);
	one_group("b", 0, 0, 0, 0);
	id = one_group("a", 0, 0, 1000, 0);
	turn(100000);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, admit_groups_may_join(g, id));
	/* Not for ever. */
	wall += 62 * DAY;
	turn(100000);
	ATF_CHECK_EQ(id, one_group("a", 0, 0, 1000, 0));
	one_group("b", 0, 0, 0, 0);
	ATF_CHECK(id != one_group("a", 0, 0, 1000, 0));
}

/* Sums stop at the largest number. */
ATF_TC_WITHOUT_HEAD(largest);
ATF_TC_BODY(largest, tc)
{
	uint32_t id = begin(UINT64_MAX);
	unsigned int i;

	for (i = 0; i < 100; i++) {
		now += 3600 * SECOND;
		use(id, UINT64_MAX);
		ATF_CHECK_EQ(0, admit_groups_over(g, id));
	}
	admit_groups_used(g, id, 0, UINT64_MAX, 1);
	admit_groups_used(g, id, 0, UINT64_MAX, 1);
	turn(100000);
}

static const struct admit_limits two[] = {
	{ "zwei", 0, 0, 1000, 0 }, { "ein", 0, 0, 1000, 0 }
};

/* Save two groups that used 400 and 1000, a month after 700 each. */
static void
save_two(struct ipc_wr *w)
{
	unsigned int i;

	set_up();
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, two, 2));
	ATF_CHECK_EQ(0, admit_groups_changed(g));
	for (i = 1; i <= 2; i++) {
		admit_groups_began(g, admit_groups_id(g, i), 0, 1);
		use(admit_groups_id(g, i), 700);
	}
	wall += 30 * DAY;
	turn(100000);
	use(admit_groups_id(g, 1), 400);
	use(admit_groups_id(g, 2), 1000);
	ATF_CHECK_EQ(1, admit_groups_changed(g));
	ipc_wr_init(w);
	admit_groups_save(g, w);
	ATF_REQUIRE(ipc_wr_ok(w));
	ATF_CHECK_EQ(0, admit_groups_changed(g));
}

/* The next process goes on; clients that are over are reported once more. */
ATF_TC_WITHOUT_HEAD(saved);
ATF_TC_BODY(saved, tc)
{
	struct ipc_wr w, again;
	const char *why;
	uint32_t id;

	save_two(&w);
	set_up();
	ATF_REQUIRE_EQ_MSG(0, admit_groups_load(g, w.p, w.len, &why), "%s",
	    why);
	/* The same is saved again. */
	ipc_wr_init(&again);
	admit_groups_save(g, &again);
	ATF_CHECK(again.len == w.len && memcmp(again.p, w.p, w.len) == 0);
	ipc_wr_free(&again);

	ATF_REQUIRE_EQ(0, admit_groups_replace(g, two, 2));
	turn(100000);
	ATF_CHECK_EQ(0, nover);
	id = admit_groups_id(g, 1);
	admit_groups_began(g, id, 0, 1);
	use(id, 299);
	ATF_CHECK_EQ(0, nover);
	use(id, 1);		/* 700 of November, and these */
	ATF_CHECK_EQ(1, nover);
	wall += 30 * DAY;
	turn(100000);
	ATF_CHECK_EQ(1, nover);
	ATF_CHECK_EQ(admit_groups_id(g, 2), last_over);
	use(id, 599);
	ATF_CHECK_EQ(0, nover);
	use(id, 1);
	ATF_CHECK_EQ(1, nover);
	ipc_wr_free(&w);
}

/* Each bit, and each length, matters: a damaged state is refused whole. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	const char *why;
	struct ipc_wr w;
	uint8_t *copy;
	size_t i;

	save_two(&w);
	set_up();
	for (i = 0; i < w.len; i++) {
		/* In memory of its own, so that an overread is detected. */
		ATF_REQUIRE((copy = malloc(i + 1)) != NULL);
		memcpy(copy, w.p, i);
		ATF_CHECK_EQ(-1, admit_groups_load(g, copy, i, &why));
		ATF_CHECK(why != NULL);
		free(copy);
		w.p[i] ^= 0x10;
		ATF_CHECK_EQ(-1, admit_groups_load(g, w.p, w.len, &why));
		w.p[i] ^= 0x10;
	}
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, two, 2));
	turn(100000);
	ATF_CHECK_EQ(0, nover);
	ipc_wr_free(&w);
	/* Version 2. */
	save_two(&w);
	w.p[strlen("derpd quota 1") + 3]++;
	ATF_CHECK_EQ(-1, admit_groups_load(g, w.p, w.len, &why));
	ATF_CHECK_STREQ("it is of another version", why);
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, over);
	ATF_TP_ADD_TC(tp, other_quota);
	ATF_TP_ADD_TC(tp, clock_jumps);
	ATF_TP_ADD_TC(tp, comes_back);
	ATF_TP_ADD_TC(tp, largest);
	ATF_TP_ADD_TC(tp, saved);
	ATF_TP_ADD_TC(tp, damaged);
	return (atf_no_error());
}
