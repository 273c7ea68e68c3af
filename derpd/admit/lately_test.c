/*
 * lately_test: who counts as admitted lately, over restarts and when the time
 * of day is wrong or is set; states that can't be read.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "lately.h"
#include "msg.h"

#define SEC	UINT64_C(1000000)
#define DAY	86400
#define TODAY	1800000000	/* in 2027 */
#define YEARS	((time_t)10 * 365 * DAY)

static struct admit_lately *l;
static uint8_t	 ids[3][ADMIT_LATELY_IDLEN];
static uint64_t	 mono = 77 * SEC;	/* both clocks */
static time_t	 wall = TODAY;
static struct ipc_wr state;

static const uint8_t *
key_of(uint32_t n)
{
	static uint8_t key[IPC_KEYLEN];

	memcpy(key, &n, sizeof(n));
	return (key);
}

/* A process starts, with room for `max' keys. */
static void
start_with(size_t max)
{
	ATF_REQUIRE(sodium_init() != -1);
	admit_lately_id(ids[0], IPC_VERIFY_URL, "https://a/verify");
	admit_lately_id(ids[1], IPC_VERIFY_URL, "https://b/verify");
	admit_lately_id(ids[2], IPC_VERIFY_TAILSCALED, "https://a/verify");
	ATF_REQUIRE((l = admit_lately_new(max)) != NULL);
	admit_lately_clock(l, mono, wall);
	admit_lately_sources(l, ids, 2, DAY);
}

static void
start(void)
{
	start_with(1000);
}

/* Time passes. */
static void
pass(uint32_t secs)
{
	mono += secs * SEC;
	wall += secs;
	if (l != NULL)
		admit_lately_clock(l, mono, wall);
}

/* The time of day is set. */
static void
set(time_t t)
{
	wall = t;
	admit_lately_clock(l, mono, wall);
}

static int
is_lately(uint32_t n, unsigned int source)
{
	int is[IPC_MAXVERIFY] = { 0 };

	admit_lately_get(l, key_of(n), is);
	return (is[source]);
}

/* Write the state, and end. */
static void
save(void)
{
	ipc_wr_init(&state);
	admit_lately_save(l, &state);
	ATF_REQUIRE(ipc_wr_ok(&state));
	admit_lately_free(l);
	l = NULL;
}

/* Another process starts with it. */
static void
load(void)
{
	start();
	ATF_CHECK_EQ(NULL, admit_lately_load(l, state.p, state.len));
	ATF_CHECK(!admit_lately_changed(l));
	ipc_wr_free(&state);
}

ATF_TC_WITHOUT_HEAD(ages);
ATF_TC_BODY(ages, tc)
{
	start();
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(!admit_lately_changed(l));
	admit_lately_yes(l, key_of(1), 0);
	ATF_CHECK(admit_lately_changed(l));
	ATF_CHECK(is_lately(1, 0));
	ATF_CHECK(!is_lately(1, 1));
	ATF_CHECK(!is_lately(2, 0));
	pass(DAY - 1);
	ATF_CHECK(is_lately(1, 0));
	pass(1);
	ATF_CHECK(!is_lately(1, 0));
	admit_lately_yes(l, key_of(1), 0);
	ATF_CHECK(is_lately(1, 0));
	/* A setting of 0 remembers nobody. */
	admit_lately_sources(l, ids, 2, 0);
	ATF_CHECK(!is_lately(1, 0));
	admit_lately_free(l);
	admit_lately_free(NULL);
}

/* Who was refused is forgotten, for that source, over a restart, too. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	start();
	admit_lately_no(l, key_of(1), 0);
	ATF_CHECK(!admit_lately_changed(l));
	admit_lately_yes(l, key_of(1), 0);
	admit_lately_yes(l, key_of(1), 1);
	save();
	load();
	admit_lately_no(l, key_of(1), 0);
	ATF_CHECK(admit_lately_changed(l));
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(is_lately(1, 1));
	save();
	load();
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(is_lately(1, 1));
	admit_lately_no(l, key_of(1), 7);
	admit_lately_no(l, key_of(2), 0);
	ATF_CHECK(!admit_lately_changed(l));
	admit_lately_free(l);
}

/* A client that stays does not make a new state with each answer. */
ATF_TC_WITHOUT_HEAD(unchanged);
ATF_TC_BODY(unchanged, tc)
{
	start();
	admit_lately_yes(l, key_of(1), 0);
	ipc_wr_init(&state);
	admit_lately_save(l, &state);
	ATF_CHECK(!admit_lately_changed(l));
	pass(DAY / 64 - 1);
	admit_lately_yes(l, key_of(1), 0);
	ATF_CHECK(!admit_lately_changed(l));
	admit_lately_yes(l, key_of(1), 1);
	ATF_CHECK(admit_lately_changed(l));
	admit_lately_save(l, &state);
	pass(1);
	admit_lately_yes(l, key_of(1), 0);
	ATF_CHECK(admit_lately_changed(l));
	ipc_wr_free(&state);
	admit_lately_free(l);
}

ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	start();
	admit_lately_yes(l, key_of(1), 0);
	pass(1000);
	admit_lately_yes(l, key_of(2), 1);
	save();
	mono = 5 * SEC;			/* the machine, too */
	wall += DAY - 1500;
	load();
	ATF_CHECK(is_lately(1, 0));
	ATF_CHECK(!is_lately(1, 1));
	ATF_CHECK(is_lately(2, 1));
	pass(499);
	ATF_CHECK(is_lately(1, 0));
	pass(1);
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(is_lately(2, 1));
	pass(999);
	ATF_CHECK(is_lately(2, 1));
	pass(1);
	ATF_CHECK(!is_lately(2, 1));
	admit_lately_free(l);
}

/* The clock of the day goes mad while nothing is restarted. */
ATF_TC_WITHOUT_HEAD(jumps);
ATF_TC_BODY(jumps, tc)
{
	start();
	admit_lately_yes(l, key_of(1), 0);
	set(TODAY + YEARS);
	ATF_CHECK(is_lately(1, 0));
	set(0);
	ATF_CHECK(is_lately(1, 0));
	pass(DAY - 1);
	ATF_CHECK(is_lately(1, 0));
	pass(1);
	ATF_CHECK(!is_lately(1, 0));
	set(TODAY);
	ATF_CHECK(!is_lately(1, 0));
	admit_lately_free(l);
}

/* It was ahead when the state was saved: half of the time is over. */
ATF_TC_WITHOUT_HEAD(was_ahead);
ATF_TC_BODY(was_ahead, tc)
{
	start();
	set(TODAY + YEARS);
	admit_lately_yes(l, key_of(1), 0);
	save();
	wall = TODAY;
	load();
	ATF_CHECK(is_lately(1, 0));
	pass(DAY / 2 - 1);
	ATF_CHECK(is_lately(1, 0));
	pass(1);
	ATF_CHECK(!is_lately(1, 0));
	admit_lately_free(l);
}

/* A machine that starts in 1970 until it is told the time. */
ATF_TC_WITHOUT_HEAD(starts_behind);
ATF_TC_BODY(starts_behind, tc)
{
	start();
	admit_lately_yes(l, key_of(1), 0);
	save();
	wall = 100;
	load();
	ATF_CHECK(is_lately(1, 0));
	admit_lately_yes(l, key_of(2), 0);
	ipc_wr_init(&state);
	admit_lately_save(l, &state);
	ATF_CHECK_EQ(0, state.len);	/* not with such times */
	set(TODAY + 60);
	ATF_CHECK(is_lately(1, 0));
	ATF_CHECK(admit_lately_changed(l));
	admit_lately_save(l, &state);
	ATF_CHECK(state.len > 0);
	pass(DAY / 2);
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(is_lately(2, 0));
	ipc_wr_free(&state);
	admit_lately_free(l);
}

/* A machine that starts ahead of time, and is put right. */
ATF_TC_WITHOUT_HEAD(starts_ahead);
ATF_TC_BODY(starts_ahead, tc)
{
	start();
	admit_lately_yes(l, key_of(1), 0);
	save();
	wall = TODAY + YEARS;
	load();
	ATF_CHECK(!is_lately(1, 0));
	ipc_wr_init(&state);
	admit_lately_save(l, &state);	/* does not forget it */
	ipc_wr_free(&state);
	set(TODAY + 3600);
	ATF_CHECK(is_lately(1, 0));
	pass(DAY - 3601);
	ATF_CHECK(is_lately(1, 0));
	pass(1);
	ATF_CHECK(!is_lately(1, 0));
	/* Set ahead and back again and again, it does not get younger. */
	set(TODAY + YEARS);
	set(TODAY + 2 * DAY);
	set(TODAY + YEARS);
	set(TODAY + 2 * DAY);
	ATF_CHECK(!is_lately(1, 0));
	admit_lately_free(l);
}

/* Sources change their numbers, come and go. */
ATF_TC_WITHOUT_HEAD(sources);
ATF_TC_BODY(sources, tc)
{
	uint8_t other[2][ADMIT_LATELY_IDLEN];

	start();
	admit_lately_yes(l, key_of(1), 0);
	admit_lately_yes(l, key_of(2), 1);
	memcpy(other[0], ids[1], sizeof(other[0]));
	memcpy(other[1], ids[2], sizeof(other[1]));
	admit_lately_sources(l, other, 2, DAY);
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(!is_lately(1, 1));
	ATF_CHECK(is_lately(2, 0));
	ATF_CHECK(!is_lately(2, 1));
	admit_lately_yes(l, key_of(1), 1);
	save();
	load();				/* the first one is another one now */
	ATF_CHECK(!is_lately(1, 0));
	ATF_CHECK(!is_lately(1, 1));
	ATF_CHECK(is_lately(2, 1));
	admit_lately_free(l);
}

/* The one that was admitted last the longest time ago leaves. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	start_with(2);
	admit_lately_yes(l, key_of(1), 0);
	admit_lately_yes(l, key_of(2), 0);
	pass(1);
	admit_lately_yes(l, key_of(1), 0);
	admit_lately_yes(l, key_of(3), 0);
	ATF_CHECK(is_lately(1, 0));
	ATF_CHECK(!is_lately(2, 0));
	ATF_CHECK(is_lately(3, 0));
	ATF_CHECK_EQ(2, admit_lately_count(l));
	/* And those that are too old are not saved. */
	pass(DAY);
	admit_lately_yes(l, key_of(3), 0);
	ipc_wr_init(&state);
	admit_lately_save(l, &state);
	ATF_CHECK_EQ(1, admit_lately_count(l));
	ipc_wr_free(&state);
	admit_lately_free(l);
}

/* A state that was damaged is refused as a whole. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	struct ipc_wr w;
	size_t i;

	start();
	admit_lately_yes(l, key_of(1), 0);
	admit_lately_yes(l, key_of(2), 1);
	ipc_wr_init(&w);
	admit_lately_save(l, &w);
	admit_lately_free(l);
	start();
	for (i = 0; i < w.len; i++)
		ATF_REQUIRE(admit_lately_load(l, w.p, i) != NULL);
	for (i = 0; i < w.len; i++) {
		w.p[i] ^= 1;
		ATF_REQUIRE(admit_lately_load(l, w.p, w.len) != NULL);
		w.p[i] ^= 1;
	}
	ATF_CHECK_EQ(0, admit_lately_count(l));
	ATF_CHECK_EQ(NULL, admit_lately_load(l, w.p, w.len));
	ATF_CHECK_EQ(2, admit_lately_count(l));
	ipc_wr_free(&w);
	admit_lately_free(l);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ages);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, unchanged);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, jumps);
	ATF_TP_ADD_TC(tp, was_ahead);
	ATF_TP_ADD_TC(tp, starts_behind);
	ATF_TP_ADD_TC(tp, starts_ahead);
	ATF_TP_ADD_TC(tp, sources);
	ATF_TP_ADD_TC(tp, bound);
	ATF_TP_ADD_TC(tp, damaged);
	return (atf_no_error());
}
