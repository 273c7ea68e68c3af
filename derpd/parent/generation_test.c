/*
 * generation_test: the order of a generation's steps, refusals, and the end of
 * a child, the deadline or a stop of derpd meanwhile.
 */
#include "generationfixture.h"

ATF_TC_WITHOUT_HEAD(in_force);
ATF_TC_BODY(in_force, tc)
{
	begin();
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	ATF_CHECK_STREQ("", did);	/* not from within the request */
	ATF_CHECK_STREQ("conf ", news());
	ATF_CHECK_EQ(PARENT_GEN_MS, timer_ms);
	ATF_CHECK_STREQ("certs ", good());
	ATF_CHECK_STREQ("", news());	/* waits for keys */
	ATF_CHECK_STREQ("mesh ", good());
	ATF_CHECK_STREQ("meta ", good());
	ATF_CHECK_STREQ("files ", good());
	ATF_CHECK_STREQ("maps ", good());
	ATF_CHECK_STREQ("admit ", good());
	ATF_CHECK_STREQ("stage0 stage1 ", good());
	answer(1, 1, "");
	answer(1, 1, "");		/* a second answer has no effect */
	ATF_CHECK_STREQ("", news());
	parent_gen_answer(&m, 0, m.now->id - 1, 1, "");	/* an older one */
	ATF_CHECK_STREQ("", news());
	answer(0, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	answer(0, 1, "");
	ATF_CHECK_STREQ("", news());
	answer(1, 1, "");
	ATF_CHECK_STREQ("retain ", news());
	ATF_CHECK_STREQ("in-force a:good ", good());
	ATF_CHECK_EQ(0, timer_ms);
	ATF_CHECK(m.now == NULL);
}

/* The steps of each kind. */
ATF_TC_WITHOUT_HEAD(kinds);
ATF_TC_BODY(kinds, tc)
{
	static const struct {
		enum parent_gen_kind kind;
		const char *steps;
	} v[] = {
		{ GEN_START, "node certs mesh meta files maps admit commit "
		    "retain in-force " },
		{ GEN_CHECK, "node certs mesh files maps admit in-force " },
		{ GEN_KEYS, "node certs mesh meta commit retain in-force " },
		{ GEN_RELOAD, "conf certs mesh meta files maps admit commit "
		    "retain in-force " },
		{ GEN_CERTS, "certs mesh meta commit retain in-force " },
		{ GEN_META, "meta commit retain in-force " },
		{ GEN_ADMIT, "admit commit in-force " },
		{ GEN_RATE, "meta admit commit retain in-force " }
	};
	char	 all[512];
	size_t	 i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		begin();
		runs = 0;
		parent_gen_request(&m, v[i].kind, NULL, NULL);
		strlcpy(all, news(), sizeof(all));
		while (m.now != NULL)
			strlcat(all, good(), sizeof(all));
		ATF_CHECK_STREQ(v[i].steps, all);
	}
}

/* keys or a file may refuse at each step. */
ATF_TC_WITHOUT_HEAD(step_refuses);
ATF_TC_BODY(step_refuses, tc)
{
	static const char *const names[] = { "conf", "certs", "mesh", "meta",
	    "files", "maps", "admit" };
	size_t	 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin();
		parent_gen_request(&m, GEN_RELOAD, called, "a");
		go_to(names[i]);
		parent_gen_done(&m, -1, "no good");
		ATF_CHECK_STREQ("refused(no good) a:no good ", news());
		ATF_CHECK(m.now == NULL);
		ATF_CHECK_EQ(0, timer_ms);
		/* A refusal leaves no trace in the next generation. */
		parent_gen_request(&m, GEN_META, called, "b");
		ATF_CHECK_STREQ("meta ", news());
	}
	/* The line that a step logged is used when the step gives no reason. */
	begin();
	parent_gen_request(&m, GEN_META, called, "a");
	(void)news();
	strlcpy(m.now->line, "logged", sizeof(m.now->line));
	parent_gen_done(&m, -1, NULL);
	ATF_CHECK_STREQ("refused(logged) a:logged ", news());
}

/* derpd -n logs all errors, and reports the first one at the end. */
ATF_TC_WITHOUT_HEAD(check_all);
ATF_TC_BODY(check_all, tc)
{
	begin();
	parent_gen_request(&m, GEN_CHECK, called, "a");
	ATF_CHECK_STREQ("node ", news());
	parent_gen_done(&m, -1, "first");
	ATF_CHECK_STREQ("files ", news());
	parent_gen_done(&m, -1, "second");
	ATF_CHECK_STREQ("maps ", news());
	parent_gen_done(&m, 0, NULL);
	ATF_CHECK_STREQ("admit ", news());
	parent_gen_done(&m, 0, NULL);
	ATF_CHECK_STREQ("refused(first) a:first ", news());
}

ATF_TC_WITHOUT_HEAD(server_refuses);
ATF_TC_BODY(server_refuses, tc)
{
	uint32_t	 id;

	begin();
	parent_gen_request(&m, GEN_CERTS, called, "a");
	go_to("stage1");
	id = m.now->id;
	answer(0, 1, "");
	answer(1, 0, "bad chain");
	ATF_CHECK_STREQ("refused(server 1: bad chain) a:server 1: bad chain ",
	    news());
	/* A late answer is ignored. */
	parent_gen_answer(&m, 0, id, 0, "late");
	parent_gen_request(&m, GEN_META, called, "b");
	go_to("stage1");
	parent_gen_answer(&m, 0, id, 0, "late");
	ATF_CHECK_STREQ("", news());
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
}

/* The successor of a server that ends while it checks is asked, once. */
ATF_TC_WITHOUT_HEAD(server_ends);
ATF_TC_BODY(server_ends, tc)
{
	begin();
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("stage1");
	answer(0, 1, "");
	runs = 1;
	parent_gen_server_gone(&m, 1);
	ATF_CHECK_STREQ("", news());
	runs = 3;
	parent_gen_server_up(&m, 1);
	ATF_CHECK_STREQ("stage1 ", news());
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	/* From here on a successor starts with the new settings. */
	parent_gen_server_gone(&m, 0);
	parent_gen_server_up(&m, 0);
	ATF_CHECK_STREQ("", news());
	answer(1, 1, "");
	ATF_CHECK_STREQ("retain ", news());
	ATF_CHECK_STREQ("in-force a:good ", good());

	/* The same for a server that had agreed, and only once. */
	parent_gen_request(&m, GEN_RELOAD, called, "b");
	go_to("stage1");
	answer(0, 1, "");
	parent_gen_server_gone(&m, 0);
	answer(1, 1, "");
	ATF_CHECK_STREQ("", news());
	parent_gen_server_up(&m, 0);
	parent_gen_server_gone(&m, 0);
	ATF_CHECK_STREQ("stage0 refused(server 0 ended twice while it checked "
	    "the new settings) b:server 0 ended twice while it checked the new "
	    "settings ", news());
	ATF_CHECK(m.now == NULL);
}

/* A server that does not run is not waited for; its successor is asked. */
ATF_TC_WITHOUT_HEAD(server_away);
ATF_TC_BODY(server_away, tc)
{
	begin();
	runs = 1;
	parent_gen_request(&m, GEN_META, called, "a");
	(void)news();
	ATF_CHECK_STREQ("stage0 ", good());
	runs = 3;
	parent_gen_server_up(&m, 1);
	answer(0, 1, "");
	ATF_CHECK_STREQ("stage1 ", news());
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	parent_gens_stop(&m, "derpd stops");
	/* No server runs. */
	begin();
	runs = 0;
	parent_gen_request(&m, GEN_META, called, "a");
	(void)news();
	ATF_CHECK_STREQ("commit retain ", good());
}

/* As many servers as there can be: each bit stands for itself. */
ATF_TC_WITHOUT_HEAD(many_servers);
ATF_TC_BODY(many_servers, tc)
{
	const unsigned int	 low = (PARENT_MAXSERVERS - 1) % 64;

	begin();
	last = PARENT_MAXSERVERS - 1;
	parent_gen_request(&m, GEN_META, called, "a");
	(void)news();
	ATF_CHECK_STREQ("stage0 stage1 stage127 ", good());
	answer(0, 1, "");
	answer(1, 1, "");
	answer(low, 1, "");
	ATF_CHECK_STREQ("", news());
	parent_gen_server_gone(&m, last);
	parent_gen_server_up(&m, last);
	answer(last, 1, "");
	ATF_CHECK_STREQ("stage127 commit ", news());
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("", news());
	parent_gen_server_gone(&m, low);
	ATF_CHECK_STREQ("", news());
	parent_gens_late(&m);
	ATF_CHECK_STREQ("late127 in-force a:good ", news());
}

ATF_TC_WITHOUT_HEAD(keys_ends);
ATF_TC_BODY(keys_ends, tc)
{
#define BACK	"keys ended before all was in force: try again when it is back"
	begin();
	/* The pending call gives the reason. */
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("certs");
	parent_gen_keys_gone(&m);
	ATF_CHECK_STREQ("", news());
	parent_gen_done(&m, -1, "x.key: keys ended");
	ATF_CHECK_STREQ("refused(x.key: keys ended) a:x.key: keys ended ",
	    news());
	/* A step that ignores the end of keys fails as well. */
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("mesh");
	parent_gen_keys_gone(&m);
	ATF_CHECK_STREQ("refused(keys ended: try again when it is back) "
	    "a:keys ended: try again when it is back ", good());
	/* No call of keys is pending, but keys lost what it had loaded. */
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("maps");
	parent_gen_keys_gone(&m);
	ATF_CHECK_STREQ("refused(" BACK ") a:" BACK " ", news());
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("stage1");
	parent_gen_keys_gone(&m);
	ATF_CHECK_STREQ("refused(" BACK ") a:" BACK " ", news());
	/* The next keys gets what is in force in the servers. */
	parent_gen_request(&m, GEN_META, called, "a");
	go_to("stage1");
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	parent_gen_keys_gone(&m);
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("retain ", news());
	parent_gen_done(&m, -1, "keys is not running");
	ATF_CHECK_STREQ("in-force,keyless a:good ", news());
}

/* A generation without a requester is retried, a bounded number of times. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	int	 i;

	begin();
	parent_gen_request(&m, GEN_CERTS, called, "a");
	for (i = 0; i < PARENT_GEN_TRIES; i++) {
		go_to("stage1");
		loaded = 0;
		parent_gen_keys_gone(&m);
		if (i == PARENT_GEN_TRIES - 1)
			break;
		ATF_CHECK_STREQ("refused(" BACK ") ", news());
		ATF_CHECK(m.now == NULL);
		/*
		 * keys comes back, gets what is in force, and then this
		 * generation.
		 */
		parent_gen_request(&m, GEN_KEYS, NULL, NULL);
		ATF_CHECK_STREQ("node ", news());
		runs = 0;
		while (m.now->kind == GEN_KEYS && m.now->state < GEN_AT_RETAIN)
			(void)good();
		runs = 3;
		loaded = 1;
		ATF_CHECK_STREQ("in-force certs ", good());
	}
	ATF_CHECK_STREQ("refused(" BACK ") a:" BACK " ", news());
	/* Errors of files are not retried. */
	loaded = 1;
	parent_gen_request(&m, GEN_CERTS, called, "b");
	go_to("certs");
	parent_gen_done(&m, -1, "no good");
	ATF_CHECK_STREQ("refused(no good) b:no good ", news());
	ATF_CHECK(m.now == NULL && TAILQ_EMPTY(&m.queue));
}

#define LATE	"it did not come to an end within 30 s"

ATF_TC_WITHOUT_HEAD(too_late);
ATF_TC_BODY(too_late, tc)
{
	begin();
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("maps");
	parent_gens_late(&m);
	ATF_CHECK_STREQ("refused(" LATE ") a:" LATE " ", news());
	/* A server that has not answered is ended. */
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("stage1");
	answer(0, 1, "");
	parent_gens_late(&m);
	ATF_CHECK_STREQ("late1 refused(server 1 did not answer within 30 s) "
	    "a:server 1 did not answer within 30 s ", news());
	/* Its successor gets what is in force. */
	runs = 3;
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	go_to("stage1");
	answer(0, 1, "");
	answer(1, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	answer(1, 1, "");
	parent_gens_late(&m);
	ATF_CHECK_STREQ("late0 in-force a:good ", news());
	parent_gens_late(&m);		/* nothing is under way */
	ATF_CHECK_STREQ("", news());
}

/* Requests are queued meanwhile, and share a generation. */
ATF_TC_WITHOUT_HEAD(queue);
ATF_TC_BODY(queue, tc)
{
	begin();
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	(void)news();
	parent_gen_request(&m, GEN_RELOAD, called, "b");
	parent_gen_request(&m, GEN_META, called, "c");
	parent_gen_request(&m, GEN_RELOAD, called, "d");
	ATF_CHECK_STREQ("", news());
	parent_gen_done(&m, -1, "bad");
	/* The second generation reads all again: the error may be gone. */
	ATF_CHECK_STREQ("refused(bad) a:bad conf ", news());
	/* keys goes before queued requests. */
	parent_gen_request(&m, GEN_KEYS, called, "e");
	parent_gen_cancel(&m, "d");
	parent_gen_done(&m, -1, "bad");
	ATF_CHECK_STREQ("refused(bad) b:bad node ", news());
	parent_gen_done(&m, -1, "bad");
	ATF_CHECK_STREQ("refused(bad) e:bad meta ", news());
	parent_gen_cancel(&m, "c");
	parent_gen_done(&m, -1, "bad");
	ATF_CHECK_STREQ("refused(bad) ", news());
	/* A request that can't begin yet does not hold up others. */
	loaded = 0;
	parent_gen_request(&m, GEN_META, called, "f");
	parent_gen_request(&m, GEN_RELOAD, called, "g");
	ATF_CHECK_STREQ("conf ", news());
}

ATF_TC_WITHOUT_HEAD(stop);
ATF_TC_BODY(stop, tc)
{
	begin();
	parent_gen_request(&m, GEN_RELOAD, called, "a");
	parent_gen_request(&m, GEN_META, called, "b");
	go_to("stage1");
	parent_gen_request(&m, GEN_CERTS, called, "c");
	parent_gens_stop(&m, "derpd stops");
	ATF_CHECK_STREQ("refused(derpd stops) a:derpd stops b:derpd stops "
	    "c:derpd stops ", news());
	ATF_CHECK_EQ(0, timer_ms);
	parent_gen_request(&m, GEN_META, called, "d");
	ATF_CHECK_STREQ("d:derpd stops ", news());
	ATF_CHECK(m.now == NULL);
	/* What is in force already stays in force. */
	begin();
	runs = 1;
	parent_gen_request(&m, GEN_META, called, "a");
	(void)news();
	(void)good();
	answer(0, 1, "");
	ATF_CHECK_STREQ("commit ", news());
	parent_gens_stop(&m, "derpd stops");
	ATF_CHECK_STREQ("in-force a:good ", news());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, in_force);
	ATF_TP_ADD_TC(tp, kinds);
	ATF_TP_ADD_TC(tp, step_refuses);
	ATF_TP_ADD_TC(tp, check_all);
	ATF_TP_ADD_TC(tp, server_refuses);
	ATF_TP_ADD_TC(tp, server_ends);
	ATF_TP_ADD_TC(tp, server_away);
	ATF_TP_ADD_TC(tp, many_servers);
	ATF_TP_ADD_TC(tp, keys_ends);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, too_late);
	ATF_TP_ADD_TC(tp, queue);
	ATF_TP_ADD_TC(tp, stop);
	return (atf_no_error());
}
