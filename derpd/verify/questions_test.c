/*
 * questions_test: Tests of questions.c.
 */
#include <atf-c.h>

#include "questions.h"

static struct verify_questions	 qs;

static int
add(uint64_t cookie, uint64_t now)
{
	struct verify_question q = { .cookie = cookie, .key = { 1 } };

	return (verify_questions_add(&qs, &q, now));
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct verify_question q;

	verify_questions_init(&qs);
	ATF_CHECK(verify_questions_first(&qs) == NULL);
	ATF_CHECK_EQ(0, verify_questions_take(&qs, &q));
	ATF_REQUIRE_EQ(0, add(7, 1000));
	ATF_REQUIRE_EQ(0, add(3, 1001));
	ATF_CHECK_EQ(6000, verify_questions_first(&qs)->due);
	ATF_REQUIRE_EQ(1, verify_questions_take(&qs, &q));
	ATF_CHECK_EQ(7, q.cookie);
	ATF_CHECK_EQ(1, q.key[0]);
	ATF_CHECK_EQ(6001, verify_questions_first(&qs)->due);
	verify_questions_clear(&qs);
	ATF_CHECK(verify_questions_first(&qs) == NULL);
}

ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	struct verify_question q;
	uint64_t i;

	verify_questions_init(&qs);
	for (i = 0; i < VERIFY_MAXQUESTIONS; i++)
		ATF_REQUIRE_EQ(0, add(i, i));
	ATF_CHECK_EQ(-1, add(i, i));
	ATF_REQUIRE_EQ(1, verify_questions_take(&qs, &q));
	ATF_CHECK_EQ(0, q.cookie);
	ATF_CHECK_EQ(0, add(i, i));
	ATF_CHECK_EQ(-1, add(i, i));
	verify_questions_clear(&qs);
	ATF_CHECK_EQ(0, add(i, i));
	verify_questions_clear(&qs);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}
