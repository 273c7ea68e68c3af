/*
 * Tests of top.c and topfeed.c: `derpctl top -b' against a derpd that is played
 * by a child process.  The live view has its test in regress/e2e/top_test.sh.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlfixture.h"

#define STATUS	"{\"version\":\"0.1\",\"uptime\":61}"

/* Two rounds; the second list is requested over the same connection. */
static const struct part status2 = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT,
    STATUS, 1, "");
static const struct part list2 = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
    &status2 };
static const struct part status1 = { MSG_CTL_STATUS, MSG_CTL_TEXT, STATUS, 1,
    "", &list2 };
static const struct part list1 = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
    &status1 };

ATF_TC_WITHOUT_HEAD(once);
ATF_TC_BODY(once, tc)
{
	setenv("COLUMNS", "80", 1);
	ATF_CHECK_EQ(run(&list1, "top", "-b"), 0);
	ATF_CHECK(atf_utils_compare_file("err", ""));
	ATF_CHECK(atf_utils_grep_file("^derpd 0.1, up 1m01s +..:..:..$",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("^2 clients, 3 connections$", "out"));
	ATF_CHECK(atf_utils_grep_file("^in 2.0K/s, 0 packets/s; out 0/s, 0 "
	    "packets/s; drops 0/s$", "out"));
	ATF_CHECK(atf_utils_grep_file("^.x1b.2J +- +cd000000 +1 +6s +2.0K +0 ",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("^Anna +office +ab000000 +2 +6s +0 +0 ",
	    "out"));
	ATF_CHECK_EQ(run3(&list1, "top", "-b", "office"), 0);
	ATF_CHECK(atf_utils_grep_file("only .office. .1 shown.$", "out"));
	ATF_CHECK(!atf_utils_grep_file("cd000000", "out"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&list1, "top", "-b"), 0);
	ATF_CHECK(atf_utils_grep_file("^.\"version\":\"0.1\",\"uptime\":61",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("nodekey:cd.*\"rx_rate\":2048", "out"));
}

/* An older derpd lists its clients without names. */
ATF_TC_WITHOUT_HEAD(older);
ATF_TC_BODY(older, tc)
{
	const struct part s2 = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT, STATUS,
	    1, "");
	const struct part l2 = { MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL, 1, "",
	    &s2 };
	const struct part s1 = { MSG_CTL_STATUS, MSG_CTL_TEXT, STATUS, 1, "",
	    &l2 };
	const struct part l1 = { MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL, 1, "",
	    &s1 };
	const struct part unknown = { MSG_CTL_LIST, 0, NULL, -1, "", &l1 };
	const struct part gone = LAST_PART(MSG_CTL_LIST, 0, NULL, -1, "");

	ATF_CHECK_EQ(run(&gone, "top", "-b"), 1);
	ATF_CHECK(atf_utils_grep_file("^derpctl: derpd on sock: it closed the "
	    "connection", "err"));
	build = "b1";
	ATF_CHECK_EQ(run(&unknown, "top", "-b"), 0);
	ATF_CHECK(atf_utils_grep_file("^1 client, 2 connections$", "out"));
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	const struct part lacks = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 0,
	    "a worker died", &status2 };
	const struct part ask = { MSG_CTL_STATUS, MSG_CTL_TEXT, STATUS, 1, "",
	    &lacks };
	const struct part first = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &ask };
	const struct part ends = { MSG_CTL_STATUS, 0, NULL, -1, "", NULL };
	const struct part list = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &ends };
	const struct part other = LAST_PART(MSG_CTL_LIST, MSG_CTL_TEXT, "x",
	    -1, "");

	/* The list is not whole: the rates would be wrong. */
	ATF_CHECK_EQ(run(&first, "top", "-b"), 1);
	ATF_CHECK(atf_utils_compare_file("err", "derpctl: a worker died\n"));
	ATF_CHECK(atf_utils_compare_file("out", ""));
	ATF_CHECK_EQ(run(&list, "top", "-b"), 1);
	ATF_CHECK(atf_utils_grep_file("closed the connection", "err"));
	ATF_CHECK_EQ(run(&other, "top", "-b"), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&list, "top", "-b"), 1);
	ATF_CHECK(atf_utils_grep_file("^.\"ok\":false,\"error\":", "out"));
}

ATF_TC_WITHOUT_HEAD(arguments);
ATF_TC_BODY(arguments, tc)
{
	ATF_CHECK_EQ(run3(NULL, "top", "-i", "0"), 1);
	ATF_CHECK(atf_utils_grep_file("-i \"0\": expected 1 to 3600", "err"));
	ATF_CHECK_EQ(run3(NULL, "top", "a", "b"), 1);
	ATF_CHECK(atf_utils_grep_file("^usage: ", "err"));
	ATF_CHECK_EQ(run(NULL, "top", "-x"), 1);
	ATF_CHECK(atf_utils_grep_file("^usage: ", "err"));
	/* A file is no terminal. */
	ATF_CHECK_EQ(run(NULL, "top", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("use -b$", "err"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(NULL, "top", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("-j needs -b", "err"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, older);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, arguments);
	return atf_no_error();
}
