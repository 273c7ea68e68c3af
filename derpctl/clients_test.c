/*
 * Tests of clients.c, kick.c, groups.c and mesh.c, against a derpd that is
 * played by a child process.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlfixture.h"

/* The last word of each line in the file out. */
static const char *
numbers(void)
{
	static char	 text[256];
	char		 line[256], *last;
	FILE		*fp = fopen("out", "r");

	ATF_REQUIRE(fp != NULL);
	text[0] = '\0';
	while (fgets(line, sizeof(line), fp) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		last = strrchr(line, ' ');
		strlcat(text, last == NULL ? line : last + 1, sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	fclose(fp);
	return text;
}

ATF_TC_WITHOUT_HEAD(lists);
ATF_TC_BODY(lists, tc)
{
	const struct part all = LAST_PART(MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1,
	    "");
	const struct part cut = LAST_PART(MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 0,
	    "no more");

	ATF_CHECK_EQ(run(&all, "clients", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^NODEKEY", "out"));
	ATF_CHECK(atf_utils_grep_file("^ab00000000000000 Anna +office ",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("^cd00000000000000 .x1b.2J +- ", "out"));
	ATF_CHECK(atf_utils_grep_file("^3 connections$", "out"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&all, "clients", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^\\{\"clients\":\\[$", "out"));
	ATF_CHECK(atf_utils_grep_file("\"name\":\"Anna\",\"group\":\"office\"",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("^\\]\\}$", "out"));
	/* The output is one object even when derpd closes the channel. */
	ATF_CHECK_EQ(run(&cut, "clients", NULL), 1);
	ATF_CHECK(atf_utils_grep_file(
	    "^\\],\"ok\":false,\"error\":\"no more\"\\}$", "out"));
}

/* The numbers in the first lines of the table are bytes from the client. */
ATF_TC_WITHOUT_HEAD(lists_part);
ATF_TC_BODY(lists_part, tc)
{
	const struct part all = LAST_PART(MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1,
	    "");

	setenv("COLUMNS", "50", 1);	/* up to IN */
	ATF_CHECK_EQ(run3(&all, "clients", "-s", "rx"), 0);
	ATF_CHECK(atf_utils_grep_string("IN 3 2 1", numbers()));
	ATF_CHECK(atf_utils_grep_file("^3 connections$", "out"));
	ATF_CHECK_EQ(run3(&all, "clients", "-rs", "rx"), 0);
	ATF_CHECK(atf_utils_grep_string("IN 1 2 3", numbers()));
	ATF_CHECK_EQ(run3(&all, "clients", "-r", "anna"), 0);
	ATF_CHECK(atf_utils_grep_string("IN 3 1 connections", numbers()));
	ATF_CHECK(atf_utils_grep_file("^2 of 3 connections$", "out"));
	ATF_CHECK_EQ(run3(&all, "clients", "-g", "other"), 0);
	ATF_CHECK(atf_utils_compare_file("out", "0 of 3 connections\n"));
	ctl.json = 1;
	ATF_CHECK_EQ(run3(&all, "clients", "cd", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("nodekey:cd", "out"));
	ATF_CHECK(!atf_utils_grep_file("nodekey:ab", "out"));
}

ATF_TC_WITHOUT_HEAD(arguments);
ATF_TC_BODY(arguments, tc)
{
	ATF_CHECK_EQ(run3(NULL, "clients", "-s", "size"), 1);
	ATF_CHECK(atf_utils_grep_file("-s \"size\": expected rx, tx", "err"));
	ATF_CHECK_EQ(run3(NULL, "clients", "a", "b"), 1);
	ATF_CHECK(atf_utils_grep_file("^usage: ", "err"));
	ATF_CHECK_EQ(run3(NULL, "clients", "-x", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("^usage: ", "err"));
	ATF_CHECK_EQ(run3(NULL, "clients", "kick", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("^usage: ", "err"));
}

/* An older derpd lists its clients without names. */
ATF_TC_WITHOUT_HEAD(older);
ATF_TC_BODY(older, tc)
{
	const struct part old = LAST_PART(MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL,
	    1,
	    "");
	const struct part unknown = { MSG_CTL_LIST, 0, NULL, -1, "", &old };
	const struct part kick = LAST_PART(MSG_CTL_KICK, 0, NULL, -1, "");
	const struct part both = { MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL, 1,
	    "", &kick };
	const struct part no_kick = { MSG_CTL_LIST, 0, NULL, -1, "", &both };
	const struct part gone = LAST_PART(MSG_CTL_LIST, 0, NULL, -1, "");

	/* The same build knows the request: it is asked once. */
	ATF_CHECK_EQ(run(&gone, "clients", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("closed the connection", "err"));
	build = "b1";
	ATF_CHECK_EQ(run(&unknown, "clients", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^ab00000000000000 - +- ", "out"));
	ATF_CHECK(atf_utils_grep_file("^2 connections$", "out"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
	ATF_CHECK_EQ(run3(&no_kick, "clients", "kick", "ab"),
	    1);
	ATF_CHECK(atf_utils_grep_file("older and can't close", "err"));
}

#define ZEROS	"00000000000000000000000000000000000000000000000000000000000000"
#define KEY_CD	"cd" ZEROS
#define KEY_EE	"ee" ZEROS

ATF_TC_WITHOUT_HEAD(kick);
ATF_TC_BODY(kick, tc)
{
	const struct part kicked = LAST_PART(MSG_CTL_KICK, 0, NULL, 1, "");
	const struct part good = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &kicked };
	const struct part nobody = LAST_PART(MSG_CTL_LIST, MSG_CTL_LISTED, NULL,
	    1,
	    "");
	const struct part refused = LAST_PART(MSG_CTL_KICK, 0, NULL, 0,
	    "too late");
	const struct part bad = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &refused };

	ATF_CHECK_EQ(run3(&good, "clients", "kick", "Anna"),
	    0);
	ATF_CHECK(atf_utils_grep_file("^closed nodekey:ab0{62} .Anna., 2 "
	    "connections$", "out"));
	ATF_CHECK_EQ(run3(&good, "clients", "kick", "cd"), 0);
	ATF_CHECK(atf_utils_grep_file("^closed nodekey:cd0{62} "
	    "..x1b.2J., 1 connection$", "out"));
	ATF_CHECK_EQ(run3(&nobody, "clients", "kick", "Ann"),
	    1);
	ATF_CHECK(atf_utils_grep_file("^derpctl: Ann: no client", "err"));
	/* A whole key may be that of a client of another node. */
	ATF_CHECK_EQ(run3(&good, "clients", "kick",
	    "nodekey:" KEY_EE), 0);
	ATF_CHECK(atf_utils_grep_file("^nodekey:ee0{62} is not connected here",
	    "out"));
	ATF_CHECK_EQ(run3(&bad, "clients", "kick", "ab"), 1);
	ATF_CHECK(atf_utils_compare_file("err", "derpctl: too late\n"));
	ATF_CHECK(atf_utils_compare_file("out", ""));
	ctl.json = 1;
	ATF_CHECK_EQ(run3(&good, "clients", "kick", "ab"), 0);
	ATF_CHECK(atf_utils_grep_file("^.\"ok\":true,\"key\":\"nodekey:ab0+\","
	    "\"name\":\"Anna\",\"connections\":2.$", "out"));
}

ATF_TC_WITHOUT_HEAD(deny);
ATF_TC_BODY(deny, tc)
{
	const struct part kicked = LAST_PART(MSG_CTL_KICK, 0, NULL, 1, "");
	const struct part good = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &kicked };
	const struct part list = LAST_PART(MSG_CTL_LIST, MSG_CTL_LISTED, NULL,
	    1, "");
	const struct part status = { MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"admission\":{\"files\":[{\"kind\":\"names\",\"path\":\"n\"},"
	    "{\"kind\":\"keys\",\"path\":\"used\"}]}}", 1, "", &kicked };
	const struct part asked = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &status };
	const struct part none = LAST_PART(MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"admission\":{\"files\":[]}}", 1, "");
	const struct part unused = { MSG_CTL_LIST, MSG_CTL_LISTED, NULL, 1, "",
	    &none };

	atf_utils_create_file("keys", "# ours\nnodekey:" KEY_CD "\n");
	/* A new key gets the name that derpd knows. */
	ATF_CHECK_EQ(run4(&good, "clients", "deny", "-fkeys",
	    "Anna"), 0);
	ATF_CHECK(atf_utils_grep_file("^keys: changed$", "out"));
	ATF_CHECK(atf_utils_grep_file("^closed nodekey:ab.*, 2 connections$",
	    "out"));
	ATF_CHECK(atf_utils_grep_file("^# ours$", "keys"));
	ATF_CHECK(atf_utils_grep_file("^deny nodekey:ab0{62} name Anna$",
	    "keys"));
	/* A key that is listed keeps its line. */
	ctl.json = 1;
	ATF_CHECK_EQ(run4(&good, "clients", "deny", "-fkeys",
	    "cd"), 0);
	ATF_CHECK(atf_utils_grep_file("\"connections\":1,\"file\":\"keys\","
	    "\"changed\":true", "out"));
	ATF_CHECK(atf_utils_grep_file("^deny nodekey:" KEY_CD "$", "keys"));
	ctl.json = 0;
	/* Whoever is not connected must be named by the whole key. */
	ATF_CHECK_EQ(run4(&list, "clients", "deny", "-fkeys",
	    "ee"), 1);
	ATF_CHECK(!atf_utils_grep_file("nodekey:ee", "keys"));
	ATF_CHECK_EQ(run4(&list, "clients", "deny", "-fkeys",
	    KEY_EE), 0);
	ATF_CHECK(atf_utils_grep_file("^deny nodekey:" KEY_EE "$", "keys"));
	ATF_CHECK(atf_utils_grep_file(", 0 connections$", "out"));
	/* The file that derpd uses, if it uses one. */
	ATF_CHECK_EQ(run3(&asked, "clients", "deny", "Anna"),
	    0);
	ATF_CHECK(atf_utils_grep_file("^used: changed$", "out"));
	ATF_CHECK_EQ(run3(&unused, "clients", "deny", "Anna"),
	    1);
	ATF_CHECK(atf_utils_grep_file("uses no clients file", "err"));
	/* Nothing is closed when the file can't be changed. */
	atf_utils_create_file("keys", "junk\n");
	ATF_CHECK_EQ(run4(&list, "clients", "deny", "-fkeys",
	    "ab"), 1);
	ATF_CHECK(atf_utils_grep_file("nothing was changed: keys:1:1", "err"));
}

ATF_TC_WITHOUT_HEAD(groups);
ATF_TC_BODY(groups, tc)
{
	const struct part office = LAST_PART(MSG_CTL_GROUPS, MSG_CTL_TEXT,
	    "{\"name\":\"office\",\"clients\":3,\"connections\":40,"
	    "\"max_connections\":100,\"rate\":10485760,\"burst\":1,"
	    "\"used_second\":2048,\"quota\":1000,\"used_month\":999,"
	    "\"over\":false}", 1, "");
	const struct part guests = LAST_PART(MSG_CTL_GROUPS, MSG_CTL_TEXT,
	    "{\"name\":\"\\u001b[2J\",\"clients\":0,\"connections\":0,"
	    "\"max_connections\":0,\"rate\":0,\"quota\":7,\"used_month\":9,"
	    "\"over\":true,\"later\":\"\x7f\"}", 1, "");
	const struct part none = LAST_PART(MSG_CTL_GROUPS, 0, NULL, 1, "");
	const struct part bad = LAST_PART(MSG_CTL_GROUPS, MSG_CTL_TEXT, "[]",
	    -1, "");

	setenv("COLUMNS", "80", 1);
	ATF_CHECK_EQ(run(&office, "groups", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out",
	    "GROUP                    CLIENTS  CONNS    MAX RATE/s  NOW/s  "
	    "QUOTA  MONTH USED\n"
	    "office                         3     40    100  10.0M   2.0K   "
	    "0.9K    999  99%\n"));
	ATF_CHECK_EQ(run(&guests, "groups", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^.x1b.2J +0 +0 +- +- +0 +7 +9  all$",
	    "out"));
	ATF_CHECK_EQ(run(&none, "groups", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "no groups\n"));
	ATF_CHECK_EQ(run(&bad, "groups", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&none, "groups", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"groups\":[]}\n"));
	ATF_CHECK_EQ(run(&guests, "groups", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"groups\":[\n"
	    "{\"name\":\"\\u001b[2J\",\"clients\":0,\"connections\":0,"
	    "\"max_connections\":0,\"rate\":0,\"quota\":7,\"used_month\":9,"
	    "\"over\":true,\"later\":\"\\u007f\"}\n]}\n"));
}

ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	const struct part nodes = LAST_PART(MSG_CTL_MESH, MSG_CTL_TEXT,
	    "{\"mesh\":[{\"node\":0,\"host\":\"b.example.org\",\"port\":443,"
	    "\"state\":\"up\",\"age\":61,\"address\":\"192.0.2.7\","
	    "\"server_key\":\"nodekey:ab\",\"keys\":12,\"packets\":7,"
	    "\"bytes\":2048,\"drops\":1,\"links\":2,\"error\":\"\"},"
	    "{\"host\":\"c.example.org\",\"port\":8443,\"state\":\"down\","
	    "\"age\":5,\"address\":\"\",\"server_key\":\"\",\"links\":0,"
	    "\"error\":\"\\u001b[2J\"}]}", 1, "");
	const struct part none = LAST_PART(MSG_CTL_MESH, MSG_CTL_TEXT,
	    "{\"mesh\":[]}", 1, "");
	const struct part bad = LAST_PART(MSG_CTL_MESH, MSG_CTL_TEXT, "{}",
	    -1, "");

	setenv("COLUMNS", "80", 1);
	ATF_CHECK_EQ(run(&nodes, "mesh", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^NODE +STATE +SINCE +KEYS +PACKETS "
	    "+BYTES "
	    "+DROPS +LAST ERROR$", "out"));
	ATF_CHECK(atf_utils_grep_file("^b.example.org +up +1m01s +12 +7 +2.0K "
	    "+1 +-$", "out"));
	ATF_CHECK(atf_utils_grep_file("^c.example.org po\\+ +down +5s +- +- +- "
	    "+- .x1b.2J$", "out"));
	setenv("COLUMNS", "300", 1);
	ATF_CHECK_EQ(run(&nodes, "mesh", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^NODE +STATE +SINCE +ADDRESS +KEYS "
	    "+PACKETS +BYTES +DROPS +LINKS +SERVER KEY +LAST ERROR$", "out"));
	ATF_CHECK(atf_utils_grep_file("^b.example.org +up +1m01s +192.0.2.7 "
	    "+12 "
	    "+7 +2.0K +1 +2 +nodekey:ab +-$", "out"));
	ATF_CHECK(atf_utils_grep_file("^c.example.org port 8443 +down .* -  +- "
	    "+- +- +- +0 +- +.x1b.2J$", "out"));
	ATF_CHECK_EQ(run(&none, "mesh", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "no other nodes\n"));
	ATF_CHECK_EQ(run(&bad, "mesh", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&none, "mesh", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"mesh\":[]}\n"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, lists_part);
	ATF_TP_ADD_TC(tp, arguments);
	ATF_TP_ADD_TC(tp, older);
	ATF_TP_ADD_TC(tp, kick);
	ATF_TP_ADD_TC(tp, deny);
	ATF_TP_ADD_TC(tp, groups);
	ATF_TP_ADD_TC(tp, mesh);
	return atf_no_error();
}
