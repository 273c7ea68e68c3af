/* Tests of seals.c: the requests that wait for keys, and whose they are. */
#include <atf-c.h>
#include <string.h>

#include "seals.h"

static const uint8_t number[IPC_TICKET_NUMBERLEN] = { 1, 2, 3 };
static int owners[3];

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct relay_seal *k[3], *p;
	struct relay_seals s;
	unsigned int i;

	(void)tc;
	relay_seals_init(&s);
	ATF_CHECK(relay_seals_find(&s, 10) == NULL);
	for (i = 0; i < 3; i++) {
		k[i] = relay_seals_add(&s, 10 + i, &owners[i], number);
		ATF_REQUIRE(k[i] != NULL);
		ATF_CHECK_EQ(memcmp(k[i]->number, number, sizeof(number)), 0);
		ATF_CHECK(k[i]->owner == &owners[i]);
	}
	for (i = 0; i < 3; i++)
		ATF_CHECK(relay_seals_find(&s, 10 + i) == k[i]);
	ATF_CHECK(relay_seals_find(&s, 13) == NULL);
	relay_seals_remove(&s, k[1]);
	ATF_CHECK(relay_seals_find(&s, 11) == NULL);
	/* The others keep their places; a new one is the last. */
	k[1] = relay_seals_add(&s, 5, &owners[1], number);
	ATF_REQUIRE(k[1] != NULL);
	p = TAILQ_FIRST(&s.list);
	ATF_CHECK(p == k[0]);
	ATF_CHECK((p = TAILQ_NEXT(p, entry)) == k[2]);
	ATF_CHECK((p = TAILQ_NEXT(p, entry)) == k[1]);
	ATF_CHECK(TAILQ_NEXT(p, entry) == NULL);
	relay_seals_remove(&s, NULL);
	for (i = 0; i < 3; i++)
		relay_seals_remove(&s, k[i]);
	ATF_CHECK(TAILQ_EMPTY(&s.list));
}

/* Few changes are with keys at a time, beside any number of logins. */
ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	struct relay_seal *k[RELAY_SEALS_AHEAD + 3], *login;
	struct relay_seals s;
	unsigned int i;

	(void)tc;
	relay_seals_init(&s);
	ATF_CHECK(relay_seals_next(&s) == NULL);
	for (i = 0; i < RELAY_SEALS_AHEAD + 3; i++) {
		k[i] = relay_seals_change(&s, i, &owners[0]);
		ATF_REQUIRE(k[i] != NULL);
		ATF_CHECK(relay_seals_find(&s, i) == NULL);
	}
	relay_seals_remove(&s, k[1]);
	login = relay_seals_add(&s, 100, &owners[1], number);
	ATF_REQUIRE(login != NULL);
	ATF_CHECK(relay_seals_next(&s) == k[0]);
	for (i = 2; i < RELAY_SEALS_AHEAD + 1; i++)
		ATF_CHECK(relay_seals_next(&s) == k[i]);
	ATF_CHECK(relay_seals_next(&s) == NULL);
	ATF_CHECK(relay_seals_find(&s, 2) == k[2]);
	ATF_CHECK(relay_seals_find(&s, RELAY_SEALS_AHEAD + 1) == NULL);
	/* A login makes no room, and needs none. */
	relay_seals_remove(&s, login);
	ATF_CHECK(relay_seals_next(&s) == NULL);
	relay_seals_remove(&s, k[2]);
	ATF_CHECK(relay_seals_next(&s) == k[RELAY_SEALS_AHEAD + 1]);
	ATF_CHECK(relay_seals_next(&s) == NULL);
	relay_seals_remove(&s, k[RELAY_SEALS_AHEAD + 2]);
	relay_seals_remove(&s, k[3]);
	ATF_CHECK(relay_seals_next(&s) == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, changes);
	return (atf_no_error());
}
