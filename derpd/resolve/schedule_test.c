/*
 * schedule_test: when names are due.
 */
#include <atf-c.h>
#include <stdio.h>

#include "schedule.h"

#define NOW	1000000

static struct resolve_names	names;

static void
set(const char *a, const char *b, uint32_t every, uint64_t now)
{
	const char *v[2] = { a, b };

	resolve_names_set(&names, v, b != NULL ? 2 : a != NULL ? 1 : 0, every,
	    now);
}

/* A look-up of the name has ended now; milliseconds until the next one. */
static uint64_t
done(size_t i, int ok, uint32_t rnd)
{
	resolve_names_done(&names, &names.v[i], ok, NOW, rnd);
	return (names.v[i].due - NOW);
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	ATF_CHECK(resolve_names_first(&names) == NULL);
	set("a.test", "b.test", 600, NOW);
	ATF_CHECK_STREQ("a.test", resolve_names_first(&names)->name);
	ATF_CHECK_EQ(NOW, resolve_names_first(&names)->due);
	(void)done(0, 1, 0);
	ATF_CHECK_STREQ("b.test", resolve_names_first(&names)->name);
	(void)done(1, 0, 0);
	ATF_CHECK_STREQ("b.test", resolve_names_first(&names)->name);
	set(NULL, NULL, 600, NOW);
	ATF_CHECK(resolve_names_first(&names) == NULL);
}

/* A tenth earlier or later, by chance. */
ATF_TC_WITHOUT_HEAD(interval);
ATF_TC_BODY(interval, tc)
{
	uint32_t rnd;
	uint64_t ms;

	set("a.test", NULL, 600, NOW);
	ATF_CHECK_EQ(540000, done(0, 1, 0));
	ATF_CHECK_EQ(660000, done(0, 1, 120000));
	ATF_CHECK_EQ(540000, done(0, 1, 120001));
	for (rnd = 0; rnd < UINT32_MAX - 9999991; rnd += 9999991) {
		ms = done(0, 1, rnd);
		ATF_CHECK(ms >= 540000 && ms <= 660000);
	}
	set("a.test", NULL, 1, NOW);
	ATF_CHECK_EQ(900, done(0, 1, 0));
}

/* Sooner after a failure, then less and less often. */
ATF_TC_WITHOUT_HEAD(failures);
ATF_TC_BODY(failures, tc)
{
	static const uint64_t want[] = { 4500, 9000, 18000, 36000, 54000,
	    54000 };
	size_t i;

	set("a.test", "b.test", 60, NOW);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ATF_CHECK_EQ_MSG(want[i], done(0, 0, 0), "failure %zu", i);
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(54000, done(0, 0, 0));
	ATF_CHECK_EQ(54000, done(0, 1, 0));
	ATF_CHECK_EQ(4500, done(0, 0, 0));
	/* Never later than without a failure. */
	set("a.test", NULL, 2, NOW);
	ATF_CHECK_EQ(1800, done(0, 0, 0));
}

/* Other settings: what stays is not asked for again at once. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	set("a.test", "b.test", 600, NOW);
	(void)done(0, 1, 60000);
	(void)done(1, 0, 0);
	set("b.test", "a.test", 600, NOW + 1000);
	ATF_CHECK_EQ(NOW + 4500, names.v[0].due);
	ATF_CHECK_EQ(1, names.v[0].failures);
	ATF_CHECK_EQ(NOW + 600000, names.v[1].due);
	set("c.test", "a.test", 60, NOW + 1000);
	ATF_CHECK_EQ(2, names.n);
	ATF_CHECK_EQ(NOW + 1000, names.v[0].due);
	ATF_CHECK_EQ(NOW + 61000, names.v[1].due);
	set("b.test", NULL, 60, NOW + 2000);
	ATF_CHECK_EQ(NOW + 2000, names.v[0].due);
	ATF_CHECK_EQ(0, names.v[0].failures);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static char text[IPC_DNS_MAXNAMES + 1][16];
	const char *v[IPC_DNS_MAXNAMES + 1];
	size_t i;

	for (i = 0; i < IPC_DNS_MAXNAMES + 1; i++) {
		snprintf(text[i], sizeof(text[i]), "n%zu.test", i);
		v[i] = text[i];
	}
	resolve_names_set(&names, v, IPC_DNS_MAXNAMES + 1, 60, NOW);
	ATF_CHECK_EQ(IPC_DNS_MAXNAMES, names.n);
	ATF_CHECK_STREQ(text[IPC_DNS_MAXNAMES - 1],
	    names.v[IPC_DNS_MAXNAMES - 1].name);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, interval);
	ATF_TP_ADD_TC(tp, failures);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
