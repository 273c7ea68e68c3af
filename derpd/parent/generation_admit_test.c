/*
 * generation_admit_test: generations that change who may use the relay.
 */
#include "generationfixture.h"

/* Fronts and relay workers have no part in a change of files. */
ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	begin();
	parent_gen_request(&m, GEN_ADMIT, called, "a");
	ATF_CHECK_STREQ("admit ", news());
	runs = 0;
	ATF_CHECK_STREQ("commit in-force a:good ", good());
	runs = 3;
	/* admit refuses the files. */
	parent_gen_request(&m, GEN_ADMIT, called, "b");
	ATF_CHECK_STREQ("admit ", news());
	parent_gen_done(&m, -1, "line 3");
	ATF_CHECK_STREQ("refused(line 3) b:line 3 ", news());
}

/* Their end is when admit has confirmed that they are in force. */
ATF_TC_WITHOUT_HEAD(confirmed);
ATF_TC_BODY(confirmed, tc)
{
	begin();
	hold = 1;
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("stage1");
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("", news());
	ATF_CHECK_STREQ("retain ", good());
	ATF_CHECK_STREQ("in-force a:good ", good());
	/* The other way round. */
	parent_gen_request(&m, GEN_RELOAD, called, "b");
	go_to("stage1");
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	answer(0, 1, "");
	ATF_CHECK_STREQ("", good());
	answer(1, 1, "");
	ATF_CHECK_STREQ("retain ", news());
	ATF_CHECK_STREQ("in-force b:good ", good());
	/* An admit that hangs does not hold it up for ever. */
	parent_gen_request(&m, GEN_ADMIT, called, "c");
	(void)news();
	ATF_CHECK_STREQ("commit ", good());
	parent_gens_late(&m);
	ATF_CHECK_STREQ("in-force c:good ", news());
}

/* keys has nothing to do with it. */
ATF_TC_WITHOUT_HEAD(keys_ends);
ATF_TC_BODY(keys_ends, tc)
{
	begin();
	parent_gen_request(&m, GEN_ADMIT, called, "a");
	ATF_CHECK_STREQ("admit ", news());
	loaded = 0;
	parent_gen_keys_gone(&m);
	ATF_CHECK_STREQ("commit in-force a:good ", good());
}

/* What admit did not live to check is checked again, a few times. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	static const enum parent_gen_kind kinds[] = { GEN_ADMIT, GEN_RATE };
	unsigned int	 i, k;

	for (k = 0; k < 2; k++) {
		begin();
		parent_gen_request(&m, kinds[k], called, "a");
		for (i = 0; i < PARENT_GEN_TRIES; i++) {
			go_to("admit");
			m.now->child = 1;
			parent_gen_done(&m, -1, "admit ended");
			if (i + 1 < PARENT_GEN_TRIES)
				parent_gens_turn(&m);
		}
		ATF_CHECK_STREQ("refused(admit ended) a:admit ended ", news());
		ATF_CHECK(m.now == NULL && TAILQ_EMPTY(&m.queue));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, confirmed);
	ATF_TP_ADD_TC(tp, keys_ends);
	ATF_TP_ADD_TC(tp, again);
	return (atf_no_error());
}
