/* walk_test: a walk meets whom it must, once, whoever comes and goes. */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "walk.h"

#define N	64

static struct conn_set	*set;
static struct relay_walk w;

static struct conn *
come(void)
{
	struct conn *c = calloc(1, sizeof(*c));

	ATF_REQUIRE(c != NULL);
	c->id = ++set->next_id;
	TAILQ_INSERT_TAIL(&set->conns, c, entry);
	return (c);
}

static void
go(struct conn *c)
{
	relay_walk_leave(&w, c);
	TAILQ_REMOVE(&set->conns, c, entry);
	memset(c, 0xff, sizeof(*c));
	free(c);
}

static void
set_up(void)
{
	ATF_REQUIRE((set = calloc(1, sizeof(*set))) != NULL);
	TAILQ_INIT(&set->conns);
}

/* The next one has this number, 0: there is none. */
static void
next(uint64_t id)
{
	const struct conn *c = relay_walk_next(&w);

	ATF_CHECK_EQ(id, c == NULL ? 0 : c->id);
}

ATF_TC_WITHOUT_HEAD(meets);
ATF_TC_BODY(meets, tc)
{
	struct conn *c[6];
	int i;

	(void)tc;
	set_up();
	next(0);
	relay_walk_begin(&w, set);
	next(0);
	for (i = 0; i < 5; i++)
		c[i] = come();
	next(0);			/* they came later */
	ATF_CHECK_EQ(0, relay_walk_ahead(&w, c[0]));
	relay_walk_begin(&w, set);
	c[5] = come();
	next(1);
	ATF_CHECK_EQ(0, relay_walk_ahead(&w, c[0]));
	ATF_CHECK_EQ(1, relay_walk_ahead(&w, c[1]));
	ATF_CHECK_EQ(1, relay_walk_ahead(&w, c[4]));
	ATF_CHECK_EQ(0, relay_walk_ahead(&w, c[5]));
	go(c[1]);			/* the next one */
	go(c[0]);
	go(c[3]);
	next(3);
	go(c[4]);			/* the last one */
	ATF_CHECK_EQ(0, relay_walk_ahead(&w, c[5]));
	next(0);
	relay_walk_begin(&w, set);
	next(3);
	next(6);
	next(0);
	come();
	go(c[5]);
	relay_walk_again(&w, set, &w);
	next(3);
	next(0);
	go(c[2]);
	relay_walk_again(&w, set, &w);
	next(0);
}

/* By chance: the same as a walk over marks. */
ATF_TC_WITHOUT_HEAD(chance);
ATF_TC_BODY(chance, tc)
{
	struct conn *c[N] = { NULL }, *met;
	int due[N], i, step, round;

	(void)tc;
	set_up();
	srandom(1);
	for (round = 0; round < 200; round++) {
		for (i = 0; i < N; i++)
			due[i] = c[i] != NULL;
		relay_walk_begin(&w, set);
		for (step = 0; step < 150; step++) {
			i = (int)(random() % N);
			if (random() % 3 == 0) {
				met = relay_walk_next(&w);
				for (i = 0; i < N && c[i] != met; i++)
					;
				ATF_REQUIRE(met == NULL || (i < N && due[i]));
				if (met != NULL)
					due[i] = 0;
			} else if (c[i] != NULL) {
				go(c[i]);
				c[i] = NULL;
				due[i] = 0;
			} else
				c[i] = come();
			for (i = 0; i < N; i++)
				ATF_REQUIRE(c[i] == NULL || due[i] ==
				    relay_walk_ahead(&w, c[i]));
		}
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, meets);
	ATF_TP_ADD_TC(tp, chance);
	return (atf_no_error());
}
