/*
 * tickets_test: which tickets a relay worker accepts, and whom it blames.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "tickets.h"

#define LIFE	(TICKETS_SECS * 1000000ULL)

static const uint8_t		 secret[IPC_TICKET_SECRETLEN] = { 5 };
static const uint8_t		 admit_secret[IPC_TICKET_SECRETLEN] = { 8 };
static struct ipc_ticket_key	 key;		/* of keys */
static struct ipc_ticket_key	 admit;
static struct derp_tickets	*ts;
static uint64_t			 now = 5000000000ULL;
static uint32_t			 front;		/* that hands over */

static void
set_up(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((ts = derp_tickets_new()) != NULL);
	derp_tickets_secrets(ts, 2, secret, admit_secret);
	ipc_ticket_key_set(&key, 2, secret);
	ipc_ticket_key_set(&admit, 2, admit_secret);
}

/* Keys makes ticket number `n' at `us'. */
static void
make(uint32_t n, uint64_t us, uint8_t p[IPC_TICKET_LEN])
{
	struct ipc_ticket t = { .client = { 7 }, .us = us, .mesh = 1 };

	memcpy(t.number, &n, sizeof(n));
	ipc_ticket_put(&key, IPC_TICKET_LOGIN, &t, p);
}

/* Take the ticket; the result must be `want', with a reason that fits. */
static void
take(enum derp_tickets_result want, const uint8_t p[IPC_TICKET_LEN],
    const char *why)
{
	static const struct ipc_ticket none;
	struct ipc_ticket t;
	const char *got = NULL;

	ATF_CHECK_EQ(want, derp_tickets_take(ts, front, p, now, &t,
	    &got));
	if (want == TICKETS_GOOD) {
		ATF_CHECK_EQ(7, t.client[0]);
		ATF_CHECK_EQ(1, t.mesh);
	} else {
		ATF_REQUIRE(got != NULL);
		ATF_CHECK_MSG(strstr(got, why) != NULL, "%s", got);
		ATF_CHECK(memcmp(&t, &none, sizeof(t)) == 0);
	}
}

ATF_TC_WITHOUT_HEAD(once);
ATF_TC_BODY(once, tc)
{
	uint8_t p[IPC_TICKET_LEN], q[IPC_TICKET_LEN];

	set_up();
	make(1, now, p);
	make(1 + TICKETS_MAX, now, q);	/* in the same chain */
	take(TICKETS_GOOD, p, NULL);
	take(TICKETS_HOSTILE, p, "used before");
	take(TICKETS_GOOD, q, NULL);
	take(TICKETS_HOSTILE, q, "used before");
	take(TICKETS_HOSTILE, p, "used before");
	derp_tickets_free(ts);
	derp_tickets_free(NULL);
}

/* Too old, or made later than now: nobody is to blame. */
ATF_TC_WITHOUT_HEAD(age);
ATF_TC_BODY(age, tc)
{
	uint8_t p[IPC_TICKET_LEN];

	set_up();
	make(1, now - LIFE, p);
	take(TICKETS_GOOD, p, NULL);
	make(2, now - LIFE - 1, p);
	take(TICKETS_REFUSED, p, "older");
	make(3, now + 1, p);
	take(TICKETS_REFUSED, p, "older");
	/* Taken when it was new, it is known as long as it is young. */
	make(4, now, p);
	take(TICKETS_GOOD, p, NULL);
	now += LIFE;
	take(TICKETS_HOSTILE, p, "used before");
	now++;
	take(TICKETS_REFUSED, p, "older");
	derp_tickets_free(ts);
}

/* A ticket for an earlier start, or before there is a secret. */
ATF_TC_WITHOUT_HEAD(starts);
ATF_TC_BODY(starts, tc)
{
	static const uint8_t next[IPC_TICKET_SECRETLEN] = { 6 };
	uint8_t p[IPC_TICKET_LEN], zero[IPC_TICKET_LEN] = { 0 };

	set_up();
	make(1, now, p);
	derp_tickets_free(ts);
	ATF_REQUIRE((ts = derp_tickets_new()) != NULL);
	take(TICKETS_REFUSED, p, "earlier start");
	take(TICKETS_REFUSED, zero, "earlier start");
	derp_tickets_secrets(ts, 2, next, admit_secret);
	take(TICKETS_REFUSED, p, "earlier start");
	derp_tickets_secrets(ts, 3, secret, admit_secret);
	take(TICKETS_REFUSED, p, "earlier start");
	derp_tickets_free(ts);
}

/* A forged one takes no number away from its owner. */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	uint8_t p[IPC_TICKET_LEN];

	set_up();
	make(1, now, p);
	p[IPC_TICKET_LEN - 1] ^= 1;
	take(TICKETS_HOSTILE, p, "forged");
	p[IPC_TICKET_LEN - 1] ^= 1;
	p[40] ^= 1;				/* the client */
	take(TICKETS_HOSTILE, p, "forged");
	p[40] ^= 1;
	take(TICKETS_GOOD, p, NULL);
	derp_tickets_free(ts);
}

/* Numbers are bounded; they are known until the bound, and again after it. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	uint8_t p[IPC_TICKET_LEN], first[IPC_TICKET_LEN];
	uint32_t i, round, n = 0;

	set_up();
	for (round = 0; round < 3; round++) {
		make(n, now, first);
		for (i = 0; i < TICKETS_MAX; i++) {
			make(n++, now, p);
			front = i / 4 % 2;
			take(TICKETS_GOOD, p, NULL);
			now += i % 2;
		}
		take(TICKETS_HOSTILE, p, "used before");
		take(TICKETS_HOSTILE, first, "used before");
		make(n, now, p);
		take(TICKETS_REFUSED, p, "65536 logins of one front");
		front = 2;
		take(TICKETS_REFUSED, p, "131072 logins");
		now += LIFE - 1;
		/* The first ones are too old by now, the last one is not. */
		make(n - 1, now, p);
		take(TICKETS_HOSTILE, p, "used before");
		make(n++, now, p);
		take(TICKETS_GOOD, p, NULL);
		now += LIFE + 2;
	}
	derp_tickets_free(ts);
}

/* A front that takes all it can get leaves room for the others. */
ATF_TC_WITHOUT_HEAD(fronts);
ATF_TC_BODY(fronts, tc)
{
	uint8_t p[IPC_TICKET_LEN];
	uint32_t i, n = 0;

	set_up();
	front = IPC_MAXWORKERS - 1;
	for (i = 0; i < TICKETS_FRONT; i++) {
		make(n++, now, p);
		take(TICKETS_GOOD, p, NULL);
	}
	make(n, now, p);
	take(TICKETS_REFUSED, p, "one front");
	/* The other one has all the rest, and the refused ticket is good. */
	front = 0;
	for (i = 0; i < TICKETS_FRONT; i++) {
		make(n++, now, p);
		take(TICKETS_GOOD, p, NULL);
	}
	/* When tickets are too old they are not counted any more. */
	now += LIFE + 1;
	front = IPC_MAXWORKERS - 1;
	make(n, now, p);
	take(TICKETS_GOOD, p, NULL);
	derp_tickets_free(ts);
}

/* Admit makes a ticket, with a difference for each of these. */
enum of_admit {
	AS_IT_IS, OTHER_CLIENT, OTHER_NUMBER, OLD, FUTURE, FORGED, CUT, EARLIER,
	OF_KEYS
};

/*
 * Check the ticket of admit that differs so; the result must be `want', with a
 * reason that fits.
 */
static void
admitted(enum of_admit how, enum derp_tickets_result want, const char *why)
{
	static const struct ipc_admission none;
	struct ipc_ticket t = { .client = { 7 }, .number = { 9 } };
	struct ipc_admission a = { .client = { 7 }, .number = { 9 }, .us = now,
	    .group = 3, .rate = 4000000000000, .burst = 5 }, got;
	uint8_t p[IPC_ADMIT_LEN];
	const char *line = NULL;

	a.client[31] = how == OTHER_CLIENT;
	a.number[15] = how == OTHER_NUMBER;
	a.us -= how == OLD ? LIFE + 1 : LIFE;
	if (how == FUTURE)
		a.us = now + 1;
	ipc_admission_put(how == OF_KEYS ? &key : &admit, &a, p);
	p[IPC_ADMIT_LEN - 1] ^= how == FORGED;
	p[64] ^= how == CUT;			/* the group */
	p[0] ^= how == EARLIER;
	memset(&got, 1, sizeof(got));
	ATF_CHECK_EQ(want, derp_tickets_admitted(ts, p, &t, now, &got, &line));
	if (want == TICKETS_GOOD) {
		ATF_CHECK_EQ(3, got.group);
		ATF_CHECK_EQ(4000000000000, got.rate);
		ATF_CHECK_EQ(5, got.burst);
		return;
	}
	ATF_REQUIRE(line != NULL);
	ATF_CHECK_MSG(strstr(line, why) != NULL, "%s", line);
	ATF_CHECK(memcmp(&got, &none, sizeof(got)) == 0);
}

/* A ticket of admit is good for one login alone. */
ATF_TC_WITHOUT_HEAD(admission);
ATF_TC_BODY(admission, tc)
{
	set_up();
	admitted(AS_IT_IS, TICKETS_GOOD, NULL);
	admitted(OTHER_CLIENT, TICKETS_HOSTILE, "another login");
	admitted(OTHER_NUMBER, TICKETS_HOSTILE, "another login");
	admitted(OLD, TICKETS_REFUSED, "older");
	admitted(FUTURE, TICKETS_REFUSED, "older");
	admitted(FORGED, TICKETS_HOSTILE, "forged");
	admitted(CUT, TICKETS_HOSTILE, "forged");
	admitted(EARLIER, TICKETS_REFUSED, "earlier start");
	admitted(OF_KEYS, TICKETS_REFUSED, "earlier start");
	derp_tickets_free(ts);
	ATF_REQUIRE((ts = derp_tickets_new()) != NULL);
	admitted(AS_IT_IS, TICKETS_REFUSED, "earlier start");
	derp_tickets_free(ts);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, age);
	ATF_TP_ADD_TC(tp, starts);
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, fronts);
	ATF_TP_ADD_TC(tp, admission);
	return (atf_no_error());
}
