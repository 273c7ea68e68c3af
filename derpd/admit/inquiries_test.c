/*
 * inquiries_test: what is asked, who gets the answer, and what happens when
 * sources fail or somebody asks too much.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "inquiries.h"

#define SEC	UINT64_C(1000000)
#define MAXSENT	1000

/* A question that was sent to a source. */
struct sent {
	unsigned int	 source;
	uint64_t	 cookie;
	uint8_t		 key[IPC_KEYLEN];
};

static struct sent	 sent[MAXSENT];
static unsigned int	 nsent, nheard;
static char		 told[512];	/* "F0:YES" for each that waited */
static struct admit_facts settings = { .on = 1 };
static struct admit_inquiries *qs;
static uint64_t		 now = 9 * SEC;
static int		 broken;	/* channels */

static int
ask(void *arg, unsigned int source, uint64_t cookie, const uint8_t *key,
    const uint8_t *addr)
{
	(void)arg;
	ATF_CHECK_EQ(4, addr[0]);
	if (broken)
		return (-1);
	ATF_REQUIRE(nsent < MAXSENT);
	sent[nsent].source = source;
	sent[nsent].cookie = cookie;
	memcpy(sent[nsent++].key, key, IPC_KEYLEN);
	return (0);
}

static void
heard(void *arg, const uint8_t *key, unsigned int source, enum admit_answer a)
{
	(void)arg;
	(void)key;
	(void)source;
	ATF_CHECK(a != ADMIT_PENDING);
	nheard++;
}

static void
facts(void *arg, const uint8_t *key, struct admit_facts *f)
{
	(void)arg;
	(void)key;
	*f = settings;
}

/* Append who was told what to `told'. */
static void
decided(void *arg, const uint8_t *key, const struct admit_waiter *w,
    const struct admit_decision *d)
{
	static const char *const names[] = { "YES", "UNKNOWN", "DENIED",
	    "REFUSED", "FAILED", "QUOTA", "CROWDED", "BUSY" };
	size_t n = strlen(told);

	(void)arg;
	(void)key;
	ATF_REQUIRE(d->made);
	snprintf(told + n, sizeof(told) - n, "%s%c%llu:%s", n > 0 ? " " : "",
	    w->origin < ADMIT_ORIGIN_RELAY ? 'F' : 'R',
	    (unsigned long long)w->cookie, names[d->verdict]);
}

static const struct admit_inquiries_ops ops = { ask, heard, facts, decided };

static void
again(void *arg, const uint8_t *key, const struct admit_waiter *w)
{
	static const enum admit_answer none[IPC_MAXVERIFY];
	struct admit_decision d;

	(void)arg;
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, admit_inquiries_join(qs, key, none, w,
	    now, &d));
}

/* Begin with `n' sources, with channels. */
static void
set_up(size_t n)
{
	static const struct admit_source_name names[] = {
		{ IPC_VERIFY_URL, "https://a/verify" },
		{ IPC_VERIFY_TAILSCALED, "/run/b" }
	};
	unsigned int i;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((qs = admit_inquiries_new(&ops, NULL)) != NULL);
	ATF_REQUIRE_EQ(0, admit_inquiries_sources(qs, names, n, again));
	for (i = 0; i < n; i++)
		admit_inquiries_channel(qs, i, 1, now);
}

static const uint8_t *
key_of(uint32_t n)
{
	static uint8_t key[IPC_KEYLEN];

	memcpy(key, &n, sizeof(n));
	return (key);
}

/* A login of a front, or a check; what is known: `a' of all sources. */
static enum admit_join
join_known(unsigned int origin, uint64_t cookie, uint32_t key,
    enum admit_answer a, struct admit_decision *d)
{
	const enum admit_answer answers[IPC_MAXVERIFY] = { a };
	struct admit_waiter w = { .origin = origin, .cookie = cookie,
	    .addr = { 4 } };

	return (admit_inquiries_join(qs, key_of(key), answers, &w, now, d));
}

static enum admit_join
join(unsigned int origin, uint64_t cookie, uint32_t key)
{
	struct admit_decision d;

	return (join_known(origin, cookie, key, ADMIT_PENDING, &d));
}

/* Answer the question that was sent as number `n'. */
static void
answer(unsigned int n, enum admit_answer a)
{
	ATF_REQUIRE(n < nsent);
	admit_inquiries_answer(qs, sent[n].source, sent[n].cookie, a,
	    a == ADMIT_FAILS ? "it is broken" : "", now);
}

static void
check_told(const char *want)
{
	ATF_CHECK_STREQ(want, told);
	told[0] = '\0';
}

/* Question `n' that was sent is about this key. */
static void
check_sent(unsigned int n, uint32_t key)
{
	ATF_REQUIRE(n < nsent);
	ATF_CHECK_MSG(memcmp(sent[n].key, key_of(key), IPC_KEYLEN) == 0,
	    "%u is about %u", n, sent[n].key[0]);
}

/* One question for all who ask about a key; its answer tells all of them. */
ATF_TC_WITHOUT_HEAD(joined);
ATF_TC_BODY(joined, tc)
{
	struct admit_decision d;

	set_up(1);
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 1, 7));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 2, 7));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(1, 3, 7));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(ADMIT_ORIGIN_RELAY, 4, 7));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 5, 8));
	ATF_REQUIRE_EQ(2, nsent);
	ATF_CHECK_EQ(2, admit_inquiries_count(qs));
	check_sent(0, 7);
	check_sent(1, 8);
	answer(1, ADMIT_NO);
	check_told("F5:REFUSED");
	answer(1, ADMIT_YES);			/* once more: ignored */
	check_told("");
	answer(0, ADMIT_YES);
	check_told("F1:YES F2:YES F3:YES R4:YES");
	ATF_CHECK_EQ(2, nheard);
	ATF_CHECK_EQ(0, admit_inquiries_count(qs));
	/* What is known already needs no question. */
	ATF_CHECK_EQ(ADMIT_JOIN_DECIDED, join_known(0, 6, 7, ADMIT_NO, &d));
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, d.verdict);
	ATF_CHECK_EQ(2, nsent);
	ATF_CHECK_EQ(0, admit_inquiries_count(qs));
	admit_inquiries_free(qs);
	admit_inquiries_free(NULL);
}

/* The first answer that decides is enough; the second is still kept. */
ATF_TC_WITHOUT_HEAD(two_sources);
ATF_TC_BODY(two_sources, tc)
{
	set_up(2);
	join(0, 1, 7);
	ATF_REQUIRE_EQ(2, nsent);
	answer(1, ADMIT_YES);
	check_told("F1:YES");
	ATF_CHECK_EQ(1, admit_inquiries_count(qs));
	/*
	 * Another login joins what is left, with the answers that are known
	 * now: that of a moment ago may be too old.
	 */
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 2, 7));
	ATF_REQUIRE_EQ(3, nsent);
	answer(2, ADMIT_NO);
	check_told("");
	answer(0, ADMIT_NO);
	check_told("F2:REFUSED");
	ATF_CHECK_EQ(3, nheard);
	ATF_CHECK_EQ(0, admit_inquiries_count(qs));
	join(0, 3, 7);
	answer(3, ADMIT_NO);
	check_told("");
	answer(4, ADMIT_NO);
	check_told("F3:REFUSED");
	/* With all of them, one no is enough. */
	settings.all = 1;
	join(0, 4, 7);
	answer(6, ADMIT_NO);
	check_told("F4:REFUSED");
	admit_inquiries_free(qs);
}

/* A source that fails refuses logins, and no client that is connected. */
ATF_TC_WITHOUT_HEAD(failing);
ATF_TC_BODY(failing, tc)
{
	set_up(1);
	join(0, 1, 7);
	join(ADMIT_ORIGIN_RELAY + 3, 2, 7);
	answer(0, ADMIT_FAILS);
	check_told("F1:FAILED R2:YES");
	settings.lately[0] = 1;
	join(0, 3, 7);
	answer(1, ADMIT_FAILS);
	check_told("F3:YES");
	ATF_CHECK_EQ(0, admit_inquiries_source(qs, 0)->answered);
	ATF_CHECK_STREQ("it is broken", admit_inquiries_source(qs, 0)->error);
	admit_inquiries_free(qs);
}

/* After three failures it gets a question a second; others fail at once. */
ATF_TC_WITHOUT_HEAD(backed_off);
ATF_TC_BODY(backed_off, tc)
{
	struct admit_decision d;
	unsigned int i;

	set_up(1);
	broken = 1;
	for (i = 0; i < ADMIT_SOURCE_WINDOW + 5; i++)
		join(0, 100, 100 + i);
	broken = 0;
	admit_inquiries_channel(qs, 0, 1, now);
	told[0] = '\0';
	ATF_REQUIRE_EQ(ADMIT_SOURCE_WINDOW, nsent);
	answer(0, ADMIT_FAILS);
	answer(1, ADMIT_FAILS);
	check_told("F100:FAILED F100:FAILED");
	/* Those that were not sent by then fail with the third. */
	ATF_CHECK_EQ(ADMIT_SOURCE_WINDOW + 2, nsent);
	answer(2, ADMIT_FAILS);
	check_told("F100:FAILED F100:FAILED F100:FAILED F100:FAILED");
	ATF_CHECK_EQ(ADMIT_JOIN_DECIDED, join_known(0, 1, 7, ADMIT_PENDING,
	    &d));
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, d.verdict);
	for (i = 3; i < ADMIT_SOURCE_WINDOW + 2; i++)
		answer(i, ADMIT_FAILS);
	told[0] = '\0';
	now += SEC;
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 2, 7));
	ATF_CHECK_EQ(ADMIT_JOIN_DECIDED, join(0, 3, 8));
	ATF_CHECK_EQ(ADMIT_SOURCE_WINDOW + 3, nsent);
	now += SEC - 1;
	ATF_CHECK_EQ(ADMIT_JOIN_DECIDED, join(0, 3, 8));
	now++;
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 3, 8));
	/* It answers: all may ask again. */
	answer(ADMIT_SOURCE_WINDOW + 2, ADMIT_NO);
	check_told("F2:REFUSED");
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 4, 9));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 5, 10));
	admit_inquiries_free(qs);
}

/* Nothing comes back: the question fails in time. */
ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	set_up(1);
	join(0, 1, 7);
	now += SEC;
	join(0, 2, 8);
	join(0, 3, 7);
	now += ADMIT_INQUIRY_US - SEC - 1;
	admit_inquiries_turn(qs, now);
	check_told("");
	now++;
	admit_inquiries_turn(qs, now);
	check_told("F1:FAILED F3:FAILED");
	answer(0, ADMIT_YES);			/* too late */
	check_told("");
	now += SEC;
	admit_inquiries_turn(qs, now);
	check_told("F2:FAILED");
	ATF_CHECK_EQ(2, admit_inquiries_source(qs, 0)->failed);
	ATF_CHECK_EQ(2, nheard);
	ATF_CHECK_EQ(0, admit_inquiries_count(qs));
	admit_inquiries_free(qs);
}

/*
 * Too many wait for a source that answers, but slowly: it does not fail, and
 * opens nothing.
 */
ATF_TC_WITHOUT_HEAD(crowd);
ATF_TC_BODY(crowd, tc)
{
	unsigned int i;

	set_up(1);
	settings.fail_open = 1;
	for (i = 0; i < 2 * ADMIT_SOURCE_WINDOW; i++)
		join(0, 100, 100 + i);
	join(0, 1, 7);
	now += 4 * SEC;
	for (i = 0; i < ADMIT_SOURCE_WINDOW; i++)
		answer(i, ADMIT_NO);
	ATF_CHECK_EQ(2 * ADMIT_SOURCE_WINDOW, nsent);
	told[0] = '\0';
	now += ADMIT_INQUIRY_US - 4 * SEC;
	join(1, 2, 7);
	admit_inquiries_turn(qs, now);
	ATF_CHECK_MSG(strstr(told, "YES") == NULL, "%s", told);
	ATF_CHECK_MSG(strstr(told, "F100:BUSY F1:BUSY F2:BUSY") != NULL, "%s",
	    told);
	ATF_CHECK_EQ(0, admit_inquiries_source(qs, 0)->failed);
	/* Who is connected stays, and who was admitted lately comes in. */
	told[0] = '\0';
	for (i = 0; i < ADMIT_SOURCE_WINDOW; i++)
		join(0, 100, 200 + i);
	join(ADMIT_ORIGIN_RELAY, 3, 8);
	join(0, 4, 9);
	now += ADMIT_INQUIRY_US;
	settings.lately[0] = 1;
	admit_inquiries_turn(qs, now);
	ATF_CHECK_MSG(strstr(told, "BUSY") == NULL, "%s", told);
	ATF_CHECK_MSG(strstr(told, "R3:YES F4:YES") != NULL, "%s", told);
	admit_inquiries_free(qs);
}

/* Checks of many workers leave half to logins. */
ATF_TC_WITHOUT_HEAD(half);
ATF_TC_BODY(half, tc)
{
	unsigned int i, at = 0;

	set_up(1);
	for (i = 0; i < 400; i++)
		join(ADMIT_ORIGIN_RELAY + i % 8, i, i);
	for (i = 0; i < 20; i++)
		join(3, i, 1000 + i);
	ATF_CHECK_EQ(ADMIT_SOURCE_WINDOW, nsent);
	for (i = 0; i < 40; i++)
		answer(i, ADMIT_NO);
	for (i = ADMIT_SOURCE_WINDOW; i < nsent; i++)
		at += sent[i].key[1] == 1000 >> 8;
	ATF_CHECK_EQ(20, at);
	admit_inquiries_free(qs);
}

/* One that asks a lot delays itself, also with the keys of others. */
ATF_TC_WITHOUT_HEAD(fair);
ATF_TC_BODY(fair, tc)
{
	unsigned int i, at = 0;

	set_up(1);
	for (i = 0; i < 500; i++)
		join(0, i, i);
	ATF_CHECK_EQ(ADMIT_SOURCE_WINDOW, nsent);
	join(1, 1000, 1000);
	join(1, 1001, 400);		/* the other one asked for it before */
	join(ADMIT_ORIGIN_RELAY, 1002, 1002);
	for (i = 0; i < 6; i++)
		answer(i, ADMIT_NO);
	for (i = ADMIT_SOURCE_WINDOW; i < nsent; i++)
		at += memcmp(sent[i].key, key_of(1000), 4) == 0 ||
		    memcmp(sent[i].key, key_of(1002), 4) == 0 ||
		    memcmp(sent[i].key, key_of(400), 4) == 0;
	ATF_CHECK_EQ(3, at);
	admit_inquiries_free(qs);
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	uint32_t i, key = 0;
	unsigned int f;

	set_up(1);
	for (i = 0; i < ADMIT_WAITERS_MAX; i++)
		ATF_REQUIRE_EQ(ADMIT_JOIN_WAITS, join(0, 1, key++));
	ATF_CHECK_EQ(ADMIT_JOIN_BUSY, join(0, 1, key));
	ATF_CHECK_EQ(ADMIT_JOIN_BUSY, join(0, 1, 0));
	for (f = 1; admit_inquiries_count(qs) < ADMIT_INQUIRIES_MAX; f++)
		for (i = 0; i < ADMIT_WAITERS_MAX - 1; i++)
			if (join(f, 1, key++) != ADMIT_JOIN_WAITS)
				break;
	ATF_CHECK_EQ(5, f);
	ATF_CHECK_EQ(ADMIT_JOIN_BUSY, join(3, 1, key));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(3, 1, 0));	/* joins */
	/* A front that is gone makes room, but for what was sent. */
	admit_inquiries_forget(qs, 0);
	ATF_CHECK_EQ(ADMIT_INQUIRIES_MAX - ADMIT_WAITERS_MAX +
	    ADMIT_SOURCE_WINDOW, admit_inquiries_count(qs));
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(4, 1, key));
	check_told("");
	admit_inquiries_free(qs);
}

/* A front asked and is gone; another one asks again what was not sent. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	set_up(2);
	settings.all = 1;
	admit_inquiries_channel(qs, 1, 0, now);
	join(0, 1, 7);
	ATF_REQUIRE_EQ(1, nsent);
	admit_inquiries_forget(qs, 0);
	ATF_CHECK_EQ(1, admit_inquiries_count(qs));
	now += ADMIT_INQUIRY_US - 1;
	admit_inquiries_channel(qs, 1, 1, now);
	ATF_REQUIRE_EQ(1, nsent);
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(1, 2, 7));
	ATF_REQUIRE_EQ(2, nsent);
	now++;
	admit_inquiries_turn(qs, now);
	answer(0, ADMIT_YES);
	check_told("");
	answer(1, ADMIT_YES);
	check_told("F2:YES");
	admit_inquiries_free(qs);
}

/* The process that asks ends: its questions are asked again, once. */
ATF_TC_WITHOUT_HEAD(verify_ends);
ATF_TC_BODY(verify_ends, tc)
{
	set_up(1);
	join(0, 1, 7);
	admit_inquiries_channel(qs, 0, 0, now);
	check_told("");
	answer(0, ADMIT_YES);			/* of the old channel */
	join(0, 2, 8);
	ATF_CHECK_EQ(1, nsent);
	admit_inquiries_channel(qs, 0, 1, now);
	ATF_REQUIRE_EQ(3, nsent);
	check_sent(1, 7);
	check_sent(2, 8);
	answer(2, ADMIT_YES);
	check_told("F2:YES");
	admit_inquiries_channel(qs, 0, 0, now);
	check_told("F1:FAILED");
	/* Without it, three questions in a row fail in time. */
	join(0, 3, 7);
	join(0, 4, 8);
	now += ADMIT_INQUIRY_US;
	admit_inquiries_turn(qs, now);
	check_told("F3:FAILED F4:FAILED");
	ATF_CHECK_EQ(ADMIT_JOIN_DECIDED, join(0, 5, 7));
	/* With the next one it is tried at once. */
	admit_inquiries_channel(qs, 0, 1, now);
	ATF_CHECK_EQ(ADMIT_JOIN_WAITS, join(0, 6, 7));
	answer(3, ADMIT_YES);
	check_told("F6:YES");
	admit_inquiries_free(qs);
}

/* Other sources: those that wait ask them; old answers mean nothing. */
ATF_TC_WITHOUT_HEAD(other_sources);
ATF_TC_BODY(other_sources, tc)
{
	static const struct admit_source_name names[] = {
		{ IPC_VERIFY_URL, "https://c/verify" }
	};

	set_up(2);
	join(0, 1, 7);
	join(3, 2, 7);
	join(ADMIT_ORIGIN_RELAY, 3, 8);
	ATF_REQUIRE_EQ(4, nsent);
	ATF_REQUIRE_EQ(0, admit_inquiries_sources(qs, names, 1, again));
	ATF_CHECK_EQ(1, admit_inquiries_nsources(qs));
	ATF_CHECK_EQ(4, nsent);
	admit_inquiries_channel(qs, 0, 1, now);
	ATF_REQUIRE_EQ(6, nsent);
	answer(0, ADMIT_YES);
	answer(1, ADMIT_YES);
	check_told("");
	check_sent(4, 8);		/* in turn */
	check_sent(5, 7);
	answer(5, ADMIT_YES);
	check_told("F1:YES F2:YES");
	answer(4, ADMIT_NO);
	check_told("R3:REFUSED");
	admit_inquiries_free(qs);
}

/* What the clients file says changes while somebody waits. */
ATF_TC_WITHOUT_HEAD(facts_change);
ATF_TC_BODY(facts_change, tc)
{
	set_up(1);
	join(0, 1, 7);
	admit_inquiries_again(qs);
	check_told("");
	settings.keys = 1;
	settings.listed = ADMIT_LISTED;
	admit_inquiries_again(qs);
	check_told("F1:YES");
	answer(0, ADMIT_NO);
	ATF_CHECK_EQ(1, nheard);
	admit_inquiries_free(qs);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, joined);
	ATF_TP_ADD_TC(tp, two_sources);
	ATF_TP_ADD_TC(tp, failing);
	ATF_TP_ADD_TC(tp, backed_off);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, crowd);
	ATF_TP_ADD_TC(tp, half);
	ATF_TP_ADD_TC(tp, fair);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, verify_ends);
	ATF_TP_ADD_TC(tp, other_sources);
	ATF_TP_ADD_TC(tp, facts_change);
	return (atf_no_error());
}
