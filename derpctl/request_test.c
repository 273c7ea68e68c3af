/*
 * Tests of request.c, reload.c, node.c and of the output of status: commands
 * against a derpd that is played by a child process.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "ctlfixture.h"

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	const struct part reload = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 1, "");
	const struct part loud = LAST_PART(MSG_CTL_VERBOSE, 0, NULL, 1, "");
	const struct part node = LAST_PART(MSG_CTL_NODE, MSG_CTL_TEXT,
	    "{\"Name\":\"900a\"}", 1, "");
	const struct part status = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"version\":\"0.1\",\"pid\":7}", 1, "");
	const struct part clients = LAST_PART(MSG_CTL_LIST, 0, NULL, 1, "");

	ATF_CHECK_EQ(run(&reload, "reload", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "configuration reloaded\n"));
	ATF_CHECK_EQ(run(&loud, "log", "verbose"), 0);
	ATF_CHECK(atf_utils_compare_file("out", "logging verbosely\n"));
	ATF_CHECK_EQ(run(&loud, "log", "brief"), 0);
	ATF_CHECK(atf_utils_compare_file("out", "logging briefly\n"));
	ATF_CHECK_EQ(run(&node, "node", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"Name\":\"900a\"}\n"));
	ATF_CHECK_EQ(run(&status, "status", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^derpd +0.1, process 7", "out"));
	ATF_CHECK_EQ(run(&clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "0 connections\n"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	const struct part reload = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 1, "");
	const struct part refused = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 0,
	    "no \"x\"");
	const struct part status = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"pid\":7}", 1, "");
	const struct part clients = LAST_PART(MSG_CTL_LIST, 0, NULL, 1, "");

	ctl.json = 1;
	ATF_CHECK_EQ(run(&reload, "reload", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"ok\":true}\n"));
	ATF_CHECK_EQ(run(&refused, "reload", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out",
	    "{\"ok\":false,\"error\":\"no \\\"x\\\"\"}\n"));
	ATF_CHECK_EQ(run(&status, "status", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"pid\":7}\n"));
	ATF_CHECK_EQ(run(&clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"clients\":[]}\n"));
}

/* The exit status and the text of health, and an older derpd. */
ATF_TC_WITHOUT_HEAD(health);
ATF_TC_BODY(health, tc)
{
	const struct part well = LAST_PART(MSG_CTL_HEALTH, MSG_CTL_TEXT,
	    "{\"reasons\":[],\"ok\":true}", 1, "");
	const struct part unwell = LAST_PART(MSG_CTL_HEALTH, MSG_CTL_TEXT,
	    "{\"reasons\":[\"one\",\"t\\u001bwo\"],\"ok\":false}", 1, "");
	const struct part bad = LAST_PART(MSG_CTL_HEALTH, MSG_CTL_TEXT,
	    "{\"reasons\":[]}", -1, "");
	const struct part nothing = LAST_PART(MSG_CTL_HEALTH, 0, NULL, 1, "");
	const struct part refused = LAST_PART(MSG_CTL_HEALTH, 0, NULL, 0, "no");
	const struct part unknown = LAST_PART(MSG_CTL_HEALTH, 0, NULL, -1, "");

	ATF_CHECK_EQ(run(&well, "health", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "ok\n"));
	ATF_CHECK_EQ(run(&unwell, "health", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out", "one\nt\\x1bwo\n"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
	ATF_CHECK_EQ(run(&bad, "health", NULL), 2);
	ATF_CHECK(atf_utils_compare_file("out", ""));
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ATF_CHECK_EQ(run(&nothing, "health", NULL), 2);
	ATF_CHECK(atf_utils_grep_file("answer is missing", "err"));
	ATF_CHECK_EQ(run(&refused, "health", NULL), 2);
	ctl.json = 1;
	ATF_CHECK_EQ(run(&unwell, "health", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out",
	    "{\"reasons\":[\"one\",\"t\\u001bwo\"],\"ok\":false}\n"));
	ctl.json = 0;
	build = "b2";
	ATF_CHECK_EQ(run(&unknown, "health", NULL), 2);
	ATF_CHECK(atf_utils_grep_file("derpd is older", "err"));
	ctl.socket = "nobody";
	ATF_CHECK_EQ(ctl_run(&ctl, 1, (char *[]){ "health", NULL }), 2);
}

/* A relay worker is replaced, or not, or that is not known. */
ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	static const char *const	 wrong[] = { "", "64", "-1", "x",
					    "4294967296" };
	const struct part		 done = LAST_PART(MSG_CTL_RESTART_RELAY,
					    0, NULL, 1, "");
	const struct part		 late = LAST_PART(MSG_CTL_RESTART_RELAY,
					    0, NULL, 0, "relay 1 did not hold "
					    "its sessions in time");
	const struct part		 unknown = LAST_PART(
					    MSG_CTL_RESTART_RELAY, 0, NULL, -1,
					    "");
	size_t				 i;

	ATF_CHECK_EQ(run3(&done, "restart", "relay", "63"), 0);
	ATF_CHECK(atf_utils_grep_file("relay 63 is a new process", "out"));
	ATF_CHECK_EQ(run3(&late, "restart", "relay", "0"), 1);
	ATF_CHECK(atf_utils_grep_file("relay 1 did not hold", "err"));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ATF_CHECK_EQ_MSG(1, ctl_run(&ctl, 3, (char *[]){ "restart",
		    "relay", (char *)(uintptr_t)wrong[i], NULL }), "%s",
		    wrong[i]);
	build = "b2";
	ATF_CHECK_EQ(run3(&unknown, "restart", "relay", "0"), 1);
	ATF_CHECK(atf_utils_grep_file("derpd is older", "err"));
}

/* The time of a drain, and its end. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	static const char *const	 wrong[] = { "", "0", "0s", "1441",
					    "86401s", "5m", "-1", "1h", "s",
					    "1 s", "99999999999999999999" };
	const struct part		 done = LAST_PART(MSG_CTL_DRAIN, 0,
					    NULL, 1, "");
	const struct part		 none = LAST_PART(MSG_CTL_DRAIN, 0,
					    NULL, 0, "derpd does not drain");
	const struct part		 unknown = LAST_PART(MSG_CTL_DRAIN, 0,
					    NULL, -1, "");
	size_t				 i;

	ATF_CHECK_EQ(run(&done, "drain", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("within 300 s", "out"));
	ATF_CHECK_EQ(run(&done, "drain", "30s"), 0);
	ATF_CHECK(atf_utils_grep_file("within 30 s", "out"));
	ATF_CHECK_EQ(run(&done, "drain", "2"), 0);
	ATF_CHECK(atf_utils_grep_file("within 120 s", "out"));
	ATF_CHECK_EQ(run(&done, "drain", "1440"), 0);
	ATF_CHECK(atf_utils_grep_file("within 86400 s", "out"));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ATF_CHECK_EQ_MSG(1, ctl_run(&ctl, 2, (char *[]){ "drain",
		    (char *)(uintptr_t)wrong[i], NULL }), "%s", wrong[i]);
	ATF_CHECK_EQ(run(&done, "drain", "cancel"), 0);
	ATF_CHECK(atf_utils_grep_file("cancelled", "out"));
	ATF_CHECK_EQ(run(&none, "drain", "cancel"), 1);
	ATF_CHECK(atf_utils_grep_file("does not drain", "err"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&done, "drain", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"ok\":true}\n"));
	ctl.json = 0;
	build = "b2";
	ATF_CHECK_EQ(run(&unknown, "drain", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("derpd is older", "err"));
}

/* Known requests work with any build; other errors name the builds. */
ATF_TC_WITHOUT_HEAD(builds);
ATF_TC_BODY(builds, tc)
{
	const struct part status = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"version\":\"0.1\",\"pid\":7}", 1, "");
	const struct part unknown = LAST_PART(MSG_CTL_RELOAD, 0, NULL, -1, "");
	const struct part other = LAST_PART(MSG_CTL_RELOAD, MSG_CTL_TEXT, "x",
	    -1, "");
	char	say[256];

	build = "b2";
	ATF_CHECK_EQ(run(&status, "status", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^derpd +0.1, process 7", "out"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
	/* As a derpd to which the request is unknown. */
	ATF_CHECK_EQ(run(&unknown, "reload", NULL), 1);
	snprintf(say, sizeof(say), "closed the connection.*derpd is of build "
	    "b2, derpctl of build %s: restart derpd", ipc_build_id());
	ATF_CHECK_MSG(atf_utils_grep_file("%s", "err", say), "%s", say);
	ATF_CHECK_EQ(run(&other, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("MSG_CTL_TEXT. is malformed: derpd is of "
	    "build b2", "err"));
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	const struct part no = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 0,
	    "derpd.conf:3: \033[2Jwhat");
	const struct part silent = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 0, "");

	ATF_CHECK_EQ(run(&no, "reload", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out", ""));
	ATF_CHECK(atf_utils_compare_file("err",
	    "derpctl: derpd.conf:3: \\x1b[2Jwhat\n"));
	ATF_CHECK_EQ(run(&silent, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("gave no reason", "err"));
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	const struct part gone = LAST_PART(MSG_CTL_RELOAD, 0, NULL, -1, NULL);
	const struct part other = LAST_PART(MSG_CTL_RELOAD, MSG_CTL_TEXT, "x",
	    -1,
	    NULL);
	const struct part rubbish = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT, "{",
	    -1,
	    NULL);
	const struct part forbidden = LAST_PART(MSG_CTL_STATUS, MSG_CTL_CLIENT,
	    "",
	    -1, NULL);

	ATF_CHECK_EQ(run(&gone, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("closed the connection", "err"));
	ATF_CHECK_EQ(run(&other, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("MSG_CTL_TEXT. is malformed", "err"));
	ATF_CHECK_EQ(run(&rubbish, "status", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ATF_CHECK_EQ(run(&forbidden, "status", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ATF_CHECK(atf_utils_compare_file("out", ""));
}

/* A derpd that closes the connection at once may just be replaced. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	const struct part good = LAST_PART(MSG_CTL_RELOAD, 0, NULL, 1, "");

	closes = 1;
	ATF_CHECK_EQ(run(&good, "reload", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("err", ""));
	closes = 2;
	ATF_CHECK_EQ(run(NULL, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("closed the connection", "err"));
}

ATF_TC_WITHOUT_HEAD(no_socket);
ATF_TC_BODY(no_socket, tc)
{
	char	 long_path[200], name[] = "status", *argv[] = { name, NULL };

	ctl.socket = "nowhere";
	ATF_CHECK_EQ(ctl_run(&ctl, 1, argv), 1);
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ctl.socket = long_path;
	ATF_CHECK_EQ(ctl_run(&ctl, 1, argv), 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, builds);
	ATF_TP_ADD_TC(tp, health);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, no_socket);
	return atf_no_error();
}
