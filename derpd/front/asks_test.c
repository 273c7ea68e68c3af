/*
 * asks_test: which questions are sent to admit, when, and how often; and whose
 * answers count.
 */
#include <sys/types.h>
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "asks.h"

#define SIZE	(64 * 1024)	/* bytes of a question, for admit to read */
#define NASKS	20
#define FIRST	(UINT64_MAX - 3)	/* numbers overflow in all tests */

/* An admit process, and the questions that it received. */
struct admit {
	struct front_asks asks;
	int		 away;
	size_t		 unread;	/* bytes */
	uint64_t	 id[100];
	void		*of[100];	/* owners */
	unsigned int	 n;
	struct front_ask ask[NASKS];	/* of owner[i] */
	int		 owner[NASKS];
};

static size_t
queued(void *arg)
{
	const struct admit *a = arg;

	return (a->away ? SIZE_MAX : a->unread);
}

static void
send_ask(void *arg, uint64_t id, void *owner)
{
	struct admit *a = arg;

	ATF_REQUIRE(!a->away);
	ATF_REQUIRE(a->n < sizeof(a->id) / sizeof(a->id[0]));
	a->id[a->n] = id;
	a->of[a->n++] = owner;
	a->unread += SIZE;
}

static void
set_up(struct admit *a)
{
	static const struct front_asks_ops ops = { queued, send_ask };

	memset(a, 0, sizeof(*a));
	front_asks_init(&a->asks, &ops, a, FIRST);
}

/* Ask about all owners. */
static void
ask_all(struct admit *a)
{
	int i;

	for (i = 0; i < NASKS; i++)
		front_asks_add(&a->asks, &a->ask[i], &a->owner[i]);
}

/* Admit has read all it got. */
static void
read_all(struct admit *a)
{
	a->n = 0;
	a->unread = 0;
	front_asks_more(&a->asks);
}

/*
 * Check that admit received `n' questions since it read, about the owners from
 * `first' on, with the numbers from `id' on.
 */
static void
asked(const struct admit *a, int first, unsigned int n, uint64_t id)
{
	unsigned int i;

	ATF_REQUIRE_EQ(a->n, n);
	for (i = 0; i < n; i++) {
		ATF_CHECK(a->of[i] == &a->owner[(unsigned int)first + i]);
		ATF_CHECK_EQ(a->id[i], id + i);
	}
}

/* Admit answers a question; check that it is for this owner. */
static void
answers(struct admit *a, uint64_t id, int owner)
{
	void *p = NULL;

	ATF_REQUIRE_EQ(1, front_asks_answered(&a->asks, id, &p));
	ATF_CHECK(p == &a->owner[owner]);
}

static int
ignored(struct admit *a, uint64_t id)
{
	void *p = NULL;
	int rv = front_asks_answered(&a->asks, id, &p);

	ATF_CHECK(p == NULL);
	return (rv);
}

/* Few questions wait for admit to read, and all are sent, in order. */
ATF_TC_WITHOUT_HEAD(ahead);
ATF_TC_BODY(ahead, tc)
{
	struct admit a;

	set_up(&a);
	ask_all(&a);
	asked(&a, 0, 5, FIRST);		/* more than ASKS_AHEAD */
	front_asks_more(&a.asks);
	asked(&a, 0, 5, FIRST);
	a.n = 0;
	a.unread -= SIZE;
	front_asks_more(&a.asks);
	asked(&a, 5, 1, FIRST + 5);
	read_all(&a);
	asked(&a, 6, 5, FIRST + 6);
	read_all(&a);
	asked(&a, 11, 5, FIRST + 11);
	read_all(&a);
	asked(&a, 16, 4, FIRST + 16);
	read_all(&a);
	asked(&a, 0, 0, 0);
}

/* Answers come in any order, each counts once. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct admit a;

	set_up(&a);
	ask_all(&a);
	answers(&a, FIRST + 4, 4);
	answers(&a, FIRST, 0);
	answers(&a, FIRST + 2, 2);
	ATF_CHECK_EQ(0, ignored(&a, FIRST + 2));
	answers(&a, FIRST + 1, 1);
	/* Five questions have had five answers. */
	ATF_CHECK_EQ(-1, ignored(&a, FIRST + 3));
}

/* An answer to what was not asked, or not on this channel, is an error. */
ATF_TC_WITHOUT_HEAD(unasked);
ATF_TC_BODY(unasked, tc)
{
	struct admit a;

	set_up(&a);
	ATF_CHECK_EQ(-1, ignored(&a, FIRST));
	ask_all(&a);
	ATF_CHECK_EQ(-1, ignored(&a, FIRST - 1));
	ATF_CHECK_EQ(-1, ignored(&a, FIRST + 5));	/* not sent yet */
	ATF_CHECK_EQ(-1, ignored(&a, 77));
	a.unread = 0;
	front_asks_again(&a.asks);
	ATF_CHECK_EQ(-1, ignored(&a, FIRST + 4));
	answers(&a, FIRST + 5, 0);
}

/* Who has gone is not asked about, or not any more. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	struct admit a;

	set_up(&a);
	ask_all(&a);
	front_asks_remove(&a.asks, &a.ask[1]);	/* sent */
	front_asks_remove(&a.asks, &a.ask[5]);	/* not sent */
	front_asks_remove(&a.asks, &a.ask[5]);
	ATF_CHECK_EQ(0, ignored(&a, FIRST + 1));
	read_all(&a);
	asked(&a, 6, 5, FIRST + 5);
	answers(&a, FIRST + 5, 6);
}

/* A new admit is asked all that is not answered, in the order of arrival. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	struct admit a;
	int i;

	set_up(&a);
	a.away = 1;
	ask_all(&a);
	asked(&a, 0, 0, 0);
	a.away = 0;
	front_asks_again(&a.asks);
	asked(&a, 0, 5, FIRST);
	answers(&a, FIRST, 0);
	front_asks_remove(&a.asks, &a.ask[2]);
	a.n = 0;
	a.unread = 0;
	front_asks_again(&a.asks);
	ATF_REQUIRE_EQ(a.n, 5);
	ATF_CHECK(a.of[0] == &a.owner[1]);
	for (i = 1; i < 5; i++)
		ATF_CHECK(a.of[i] == &a.owner[i + 2]);
	for (i = 0; i < 5; i++)
		ATF_CHECK_EQ(a.id[i], FIRST + 5 + (uint64_t)i);
	ATF_CHECK_EQ(-1, ignored(&a, FIRST + 1));
	answers(&a, FIRST + 5, 1);
}

/* Asked once more, an owner gets no answer to the earlier question. */
ATF_TC_WITHOUT_HEAD(repeated);
ATF_TC_BODY(repeated, tc)
{
	struct admit a;

	set_up(&a);
	front_asks_add(&a.asks, &a.ask[0], &a.owner[0]);
	front_asks_add(&a.asks, &a.ask[0], &a.owner[0]);
	ATF_CHECK_EQ(a.n, 2);
	ATF_CHECK_EQ(0, ignored(&a, FIRST));
	answers(&a, FIRST + 1, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, unasked);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, repeated);
	return (atf_no_error());
}
