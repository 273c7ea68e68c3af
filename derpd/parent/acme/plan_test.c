/*
 * plan_test: renewal and back-off over simulated time.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

#define NOW	1760000000LL
#define DAY	86400LL
#define HOUR	3600LL

static struct renew_plan	 p;
static struct renew_plan_cert	 none = { 0, 0, "" };
static struct renew_plan_cert	 cert = { NOW, NOW + 90 * DAY, "a.b" };

/* Check the next action and its time. */
static void
expect(const struct renew_plan_cert *c, int64_t now, enum renew_plan_do what,
    int64_t at)
{
	int64_t			 when;
	enum renew_plan_do	 next = renew_plan_next(&p, c, now, &when);

	ATF_CHECK_EQ_MSG(what, next, "%d", (int)next);
	ATF_CHECK_EQ_MSG(at, when, "%lld, expected %lld",
	    (long long)(when - NOW), (long long)(at - NOW));
}

static void
window(int64_t start, int64_t end, int64_t again, int64_t now, uint32_t rnd)
{
	struct acme_ari	 ari = { start, end, "https://ca.example/why" };

	renew_plan_ari(&p, &cert, &ari, again, now, rnd);
}

ATF_TC_WITHOUT_HEAD(first);
ATF_TC_BODY(first, tc)
{
	renew_plan_init(&p, 0);
	expect(&none, NOW, PLAN_ISSUE, 0);
	/* A certificate without information: query the directory. */
	expect(&cert, NOW, PLAN_QUERY, NOW);
	renew_plan_ari_failed(&p, &cert, 0, NOW);
	expect(&cert, NOW, PLAN_QUERY, NOW + 6 * HOUR);
}

ATF_TC_WITHOUT_HEAD(third);
ATF_TC_BODY(third, tc)
{
	struct renew_plan_cert	 plain = { NOW, NOW + 90 * DAY, "" };

	renew_plan_init(&p, 0);
	expect(&plain, NOW, PLAN_ISSUE, NOW + 60 * DAY);
	renew_plan_init(&p, UINT32_MAX);
	ATF_CHECK(renew_plan_renewal(&p, &plain) < NOW + 57 * DAY + 10);
	ATF_CHECK(renew_plan_renewal(&p, &plain) >= NOW + 57 * DAY);
	renew_plan_init(&p, 1U << 31);
	ATF_CHECK_EQ(NOW + 58 * DAY + 12 * HOUR, renew_plan_renewal(&p,
	    &plain));
	/* An expired certificate is due. */
	expect(&plain, NOW + 100 * DAY, PLAN_ISSUE, renew_plan_renewal(&p,
	    &plain));
	ATF_CHECK(renew_plan_renewal(&p, &plain) < NOW + 100 * DAY);
}

ATF_TC_WITHOUT_HEAD(by_window);
ATF_TC_BODY(by_window, tc)
{
	renew_plan_init(&p, 0);
	window(NOW + 50 * DAY, NOW + 52 * DAY, 0, NOW, 1U << 31);
	ATF_CHECK_EQ(NOW + 51 * DAY, renew_plan_renewal(&p, &cert));
	expect(&cert, NOW, PLAN_QUERY, NOW + 6 * HOUR);
	/* The same window gives the same point. */
	window(NOW + 50 * DAY, NOW + 52 * DAY, NOW + 2 * HOUR, NOW, 0);
	ATF_CHECK_EQ(NOW + 51 * DAY, renew_plan_renewal(&p, &cert));
	expect(&cert, NOW, PLAN_QUERY, NOW + 2 * HOUR);
	/* The window has moved. */
	window(NOW + 2 * DAY, NOW + 3 * DAY, 0, NOW, 0);
	ATF_CHECK_EQ(NOW + 2 * DAY, renew_plan_renewal(&p, &cert));
	expect(&cert, NOW + 2 * DAY - HOUR, PLAN_QUERY, NOW + 6 * HOUR);
	expect(&cert, NOW + 3 * DAY, PLAN_ISSUE, NOW + 2 * DAY);
	ATF_CHECK_STREQ("https://ca.example/why", p.ari_why);
	/* Information about another certificate. */
	cert.id = "c.d";
	ATF_CHECK_EQ(NOW + 60 * DAY, renew_plan_renewal(&p, &cert));
	expect(&cert, NOW + DAY, PLAN_QUERY, NOW + DAY);
	cert.id = "a.b";
	/* The window is gone. */
	window(0, 0, 0, NOW, 0);
	ATF_CHECK_EQ(NOW + 60 * DAY, renew_plan_renewal(&p, &cert));
	expect(&cert, NOW, PLAN_QUERY, NOW + DAY);
	ATF_CHECK_STREQ("", p.ari_why);
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	renew_plan_init(&p, 0);
	/* A directory whose window is always over, or never begins. */
	window(NOW - 9 * DAY, NOW - 8 * DAY, 0, NOW, 0);
	ATF_CHECK_EQ(NOW + DAY, renew_plan_renewal(&p, &cert));
	p.issued = NOW + 3 * HOUR;
	ATF_CHECK_EQ(NOW + DAY + 3 * HOUR, renew_plan_renewal(&p, &cert));
	p.issued = NOW + 1000 * DAY;	/* while the clock was wrong */
	ATF_CHECK_EQ(NOW + DAY, renew_plan_renewal(&p, &cert));
	window(NOW + 900 * DAY, NOW + 901 * DAY, 0, NOW, 0);
	ATF_CHECK_EQ(NOW + 81 * DAY, renew_plan_renewal(&p, &cert));
	/* How often the directory may be queried. */
	window(NOW + DAY, NOW + 2 * DAY, NOW + 1, NOW, 0);
	expect(&cert, NOW, PLAN_QUERY, NOW + 60);
	window(NOW + 2 * DAY, NOW + 3 * DAY, NOW + 300 * DAY, NOW, 0);
	expect(&cert, NOW, PLAN_QUERY, NOW + DAY);
	renew_plan_ari_failed(&p, &cert, NOW + 300 * DAY, NOW);
	expect(&cert, NOW, PLAN_QUERY, NOW + DAY);
	ATF_CHECK(p.ari_pick != 0);
	/* A window that covers all of time. */
	window(0 + 1, INT64_MAX / 4, 0, NOW, UINT32_MAX);
	ATF_CHECK(p.ari_pick > 0);
	ATF_CHECK_EQ(NOW + 81 * DAY, renew_plan_renewal(&p, &cert));
}

ATF_TC_WITHOUT_HEAD(back_off);
ATF_TC_BODY(back_off, tc)
{
	static const int64_t	 rests[] = { 120, 600, 1800, HOUR, 3 * HOUR,
				    6 * HOUR, 6 * HOUR, 6 * HOUR };
	int64_t			 now = NOW;
	size_t			 i;

	renew_plan_init(&p, 0);
	for (i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		renew_plan_begin(&p, &none, now, 0);
		expect(&none, now, PLAN_ISSUE, now + rests[i]);
		renew_plan_failed(&p, &none, ACMEEND_UNREACHABLE, "gone", 0,
		    now + 30, 0);
		expect(&none, now, PLAN_ISSUE, now + 30 + rests[i]);
		now += 30 + rests[i];
	}
	ATF_CHECK_EQ(8, p.failures);
	ATF_CHECK_STREQ("gone", p.error);
	/* Randomly a quarter longer. */
	renew_plan_failed(&p, &none, ACMEEND_UNREACHABLE, "gone", 0, now,
	    UINT32_MAX);
	ATF_CHECK(p.next_try > now + 6 * HOUR + 80 * 60);
	ATF_CHECK(p.next_try < now + 6 * HOUR + 90 * 60 + 1);
	renew_plan_issued(&p, now, 0);
	ATF_CHECK_EQ(0, p.failures);
	ATF_CHECK_STREQ("", p.error);
	ATF_CHECK_EQ(ACMEEND_OK, p.end);
	renew_plan_begin(&p, &cert, now, 0);
	renew_plan_forgive(&p);
	expect(&none, now, PLAN_ISSUE, 0);
}

ATF_TC_WITHOUT_HEAD(rests_by_kind);
ATF_TC_BODY(rests_by_kind, tc)
{
	struct renew_plan_cert	 brief = { NOW, NOW + 6 * DAY, "" };
	int			 i;

	renew_plan_init(&p, 0);
	renew_plan_begin(&p, &none, NOW, 0);
	renew_plan_failed(&p, &none, ACMEEND_REFUSED, "caa", 0, NOW, 0);
	ATF_CHECK_EQ(NOW + 1800, p.next_try);
	renew_plan_failed(&p, &none, ACMEEND_RATE, "slow", 0, NOW, 0);
	ATF_CHECK_EQ(NOW + HOUR, p.next_try);
	renew_plan_failed(&p, &none, ACMEEND_RATE, "slow", NOW + DAY, NOW, 0);
	ATF_CHECK_EQ(NOW + DAY, p.next_try);
	renew_plan_failed(&p, &none, ACMEEND_RATE, "slow", NOW + 99 * DAY, NOW,
	    0);
	ATF_CHECK_EQ(NOW + 7 * DAY, p.next_try);
	/* Stopped on request: retried soon, and not counted. */
	renew_plan_failed(&p, &none, ACMEEND_STOPPED, "stopped\non request", 0,
	    NOW,
	    0);
	ATF_CHECK_EQ(NOW + 60, p.next_try);
	ATF_CHECK_EQ(0, p.failures);
	ATF_CHECK_STREQ("stopped?on request", p.error);
	/* A valid certificate leaves time. */
	for (i = 0; i < 20; i++)
		renew_plan_begin(&p, &cert, NOW, 0);
	ATF_CHECK_EQ(NOW + DAY, p.next_try);
	renew_plan_begin(&p, &brief, NOW, 0);
	ATF_CHECK_EQ(NOW + 6 * HOUR, p.next_try);
	p.failures = UINT32_MAX;
	renew_plan_begin(&p, &brief, NOW, 0);
	ATF_CHECK_EQ(UINT32_MAX, p.failures);
}

ATF_TC_WITHOUT_HEAD(wrong_clock);
ATF_TC_BODY(wrong_clock, tc)
{
	renew_plan_init(&p, 0);
	/* A record of 2095, when it is 2025. */
	renew_plan_begin(&p, &none, NOW + 70 * 365 * DAY, 0);
	expect(&none, NOW, PLAN_ISSUE, NOW);
	renew_plan_ari_failed(&p, &cert, 0, NOW + 70 * 365 * DAY);
	p.next_try = 0;
	expect(&cert, NOW, PLAN_QUERY, NOW);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	char			 s[PLAN_TEXTSIZE], cut[PLAN_TEXTSIZE];
	struct renew_plan	 q;
	size_t			 n, i;

	renew_plan_init(&p, 77);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_failed(&p, &cert, ACMEEND_DNS, "relay.test: no address", 0,
	    NOW, 9);
	window(NOW + DAY, NOW + 2 * DAY, 0, NOW, 4000000000U);
	n = renew_plan_write(&p, s);
	ATF_REQUIRE_EQ(strlen(s), n);
	ATF_REQUIRE_EQ_MSG(0, renew_plan_read(&q, s, n, NOW, 1), "%s", s);
	renew_plan_write(&q, cut);
	ATF_CHECK_STREQ(s, cut);
	for (i = 0; i < n; i++) {
		ATF_CHECK_EQ(-1, renew_plan_read(&q, s, i, NOW, 1));
		ATF_CHECK(q.next_try > NOW && q.failures > 0);
	}
	memcpy(cut, s, n);
	cut[n] = '\n';
	ATF_CHECK_EQ(-1, renew_plan_read(&q, cut, n + 1, NOW, 1));
	/* The longest value of every field. */
	renew_plan_init(&p, UINT32_MAX);
	memset(p.error, 'e', sizeof(p.error) - 1);
	memset(p.ari_id, 'i', sizeof(p.ari_id) - 1);
	memset(p.ari_why, 'w', sizeof(p.ari_why) - 1);
	p.failures = UINT32_MAX;
	p.tried = p.next_try = p.issued = p.ari_start = p.ari_end =
	    p.ari_pick = p.ari_next = INT64_MAX / 4;
	n = renew_plan_write(&p, s);
	ATF_REQUIRE(n < sizeof(s));
	ATF_REQUIRE_EQ(0, renew_plan_read(&q, s, n, NOW, 1));
	renew_plan_write(&q, cut);
	ATF_CHECK_STREQ(s, cut);
}

ATF_TC_WITHOUT_HEAD(bad_text);
ATF_TC_BODY(bad_text, tc)
{
	static const char	*t[][2] = { { "failures 1", "failures -1" },
	    { "failures 1", "failures 4294967296" },
	    { "failures 1", "failures 1x" }, { "failures 1", "failures" },
	    { "failures 1", "failure 1" }, { "end 1", "end 99" },
	    { "acme 2\n", "acme 1\n" }, { "acme 2\n", "acme 3\n" },
	    { "challenge 0", "challenge 2" },
	    { "tried 1760000000", "tried 99999999999999999999" } };
	char			 s[PLAN_TEXTSIZE], bad[PLAN_TEXTSIZE], *at;
	struct renew_plan	 q;
	size_t			 i;
	int			 n;

	renew_plan_init(&p, 77);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_write(&p, s);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_REQUIRE((at = strstr(s, t[i][0])) != NULL);
		n = snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - s), s,
		    t[i][1], at + strlen(t[i][0]));
		ATF_CHECK_EQ_MSG(-1, renew_plan_read(&q, bad, (size_t)n, NOW,
		    1), "%s", t[i][1]);
	}
}

/* A record of before there was a choice of challenges. */
ATF_TC_WITHOUT_HEAD(old_text);
ATF_TC_BODY(old_text, tc)
{
	char			 s[PLAN_TEXTSIZE], *at;
	struct renew_plan	 q;

	renew_plan_init(&p, 77);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_write(&p, s);
	ATF_REQUIRE((at = strstr(s, "acme 2")) != NULL);
	at[5] = '1';
	ATF_REQUIRE((at = strstr(s, "challenge ")) != NULL);
	ATF_REQUIRE_EQ(0, renew_plan_read(&q, s, (size_t)(at - s), NOW, 1));
	ATF_CHECK_EQ(ACMECHALLENGE_HTTP, q.challenge);
	ATF_CHECK_EQ(1, q.failures);
}

/* The other challenge: soon once, then with the usual back-off. */
ATF_TC_WITHOUT_HEAD(other);
ATF_TC_BODY(other, tc)
{
	int64_t	 next;

	renew_plan_init(&p, 77);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_failed(&p, &cert, ACMEEND_PORT, "no", 0, NOW, 9);
	renew_plan_other(&p, 0, NOW);
	ATF_CHECK_EQ(ACMECHALLENGE_TLS_ALPN, p.challenge);
	ATF_CHECK(p.next_try > NOW && p.next_try <= NOW + 10);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_failed(&p, &cert, ACMEEND_PORT, "no", 0, NOW, 9);
	next = p.next_try;
	renew_plan_other(&p, 0, NOW);
	ATF_CHECK_EQ(ACMECHALLENGE_HTTP, p.challenge);
	ATF_CHECK_EQ(next, p.next_try);
	ATF_CHECK(next >= NOW + 600);
	/* Not before the directory permits it. */
	renew_plan_issued(&p, NOW, 3);
	renew_plan_begin(&p, &cert, NOW, 5);
	renew_plan_failed(&p, &cert, ACMEEND_PORT, "no", NOW + 999, NOW, 9);
	renew_plan_other(&p, NOW + 999, NOW);
	ATF_CHECK_EQ(ACMECHALLENGE_TLS_ALPN, p.challenge);
	ATF_CHECK(p.next_try >= NOW + 999);
	/* What worked stays. */
	renew_plan_issued(&p, NOW, 3);
	ATF_CHECK_EQ(ACMECHALLENGE_TLS_ALPN, p.challenge);
}

/*
 * Years with a directory that is down for days and sends odd answers: the
 * certificate never expires while the directory can be reached, and tries are
 * few.
 */
ATF_TC_WITHOUT_HEAD(years);
ATF_TC_BODY(years, tc)
{
	struct renew_plan_cert	 c = none;
	int64_t			 now = NOW, when;
	uint32_t		 rnd = 12345;
	int			 issues = 0, asks = 0, tries = 0, out = 0;

	renew_plan_init(&p, rnd);
	while (now < NOW + 3 * 365 * DAY) {
		rnd = rnd * 1664525 + 1013904223;
		if (renew_plan_next(&p, &c, now, &when) == PLAN_QUERY) {
			now = when > now ? when : now;
			window(c.not_after - 30 * DAY, c.not_after - 28 * DAY,
			    0, now, rnd);
			snprintf(p.ari_id, sizeof(p.ari_id), "%s", c.id);
			asks++;
			continue;
		}
		now = when > now ? when : now;
		if (c.not_after != 0 && now > c.not_after)
			out++;
		renew_plan_begin(&p, &c, now, rnd);
		tries++;
		/* Down for the last five days of each month. */
		if ((now - NOW) / DAY % 30 >= 25) {
			renew_plan_failed(&p, &c, ACMEEND_UNREACHABLE, "down",
			    0, now, rnd);
			continue;
		}
		c.not_before = now;
		c.not_after = now + 90 * DAY;
		c.id = issues++ % 2 ? "x.y" : "a.b";
		renew_plan_issued(&p, now, rnd);
	}
	ATF_CHECK_EQ(0, out);
	ATF_CHECK_MSG(issues >= 17 && issues <= 20, "%d", issues);
	ATF_CHECK_MSG(tries <= issues + 19 * 12, "%d", tries);
	ATF_CHECK_MSG(asks <= 3 * 365 * 4 + 40, "%d", asks);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, first);
	ATF_TP_ADD_TC(tp, third);
	ATF_TP_ADD_TC(tp, by_window);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, back_off);
	ATF_TP_ADD_TC(tp, rests_by_kind);
	ATF_TP_ADD_TC(tp, wrong_clock);
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, bad_text);
	ATF_TP_ADD_TC(tp, old_text);
	ATF_TP_ADD_TC(tp, other);
	ATF_TP_ADD_TC(tp, years);
	return atf_no_error();
}
