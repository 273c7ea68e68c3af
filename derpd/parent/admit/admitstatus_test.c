/*
 * admitstatus_test: who may use the relay, as an operator reads it; and what
 * admit may say of itself.
 */
#include "admitsetfixture.h"
#include "json.h"

static void
line_of(const char *text, const char *want)
{
	char	 line[512];

	admitset_line(conf_with(text), line, sizeof(line));
	ATF_CHECK_STREQ(want, line);
}

ATF_TC_WITHOUT_HEAD(line);
ATF_TC_BODY(line, tc)
{
	char	 line[16];

	begin("");
	line_of("", "everybody may relay");
	line_of("names /n\n", "everybody may relay");
	line_of("admit { keys /k }\n", "clients may relay that this admits: "
	    "keys /k");
	line_of("admit { url https://h/v }\n", "clients may relay that this "
	    "admits: url https://h/v");
	line_of("admit { keys /k url https://h/v tailscaled /t }\n", "clients "
	    "may relay that one of these admits: keys /k, url https://h/v, "
	    "tailscaled /t");
	line_of("admit { url https://h/v tailscaled /t sources all }\n",
	    "clients may relay that all of these admit: url https://h/v, "
	    "tailscaled /t");
	admitset_line(conf_with("admit { keys /long/name }\n"), line,
	    sizeof(line));
	ATF_CHECK_STREQ("clients may rel", line);
}

static int
set(const char *summary, const char *metrics)
{
	struct ipc_msg_admit_status	 v = { summary, metrics };

	return (admitset_set_status(&d, &v));
}

/* What admit says goes into JSON and into a page: it is checked. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	begin("");
	ATF_CHECK_EQ(0, set("{\"a\":[{\"b\":1}]}", "# HELP x\nx 1\n"));
	ATF_CHECK_STREQ("# HELP x\nx 1\n", d.admitset.metrics);
	ATF_CHECK_EQ(0, set("{}", ""));
	ATF_CHECK_EQ(-1, set("[]", ""));
	ATF_CHECK_EQ(-1, set("", ""));
	ATF_CHECK_EQ(-1, set("{},\"x\":{}", ""));
	ATF_CHECK_EQ(-1, set("{\"a\":[[[[[[1]]]]]]}", ""));
	ATF_CHECK_EQ(-1, set("{}", "x 1"));
	ATF_CHECK_EQ(-1, set("{}", "x\r1\n"));
	ATF_CHECK_EQ(-1, set("{}", "\xc3\xbc 1\n"));
	ATF_CHECK_STREQ("{}", d.admitset.summary);
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	struct json_error	 e;
	struct json_out		 o;
	struct ipc_wr		 w;
	struct json		*j;
	json_ref		 r;
	char			 text[256];
	int			 on = 0;

	begin("admit { keys /k }\n");
	ATF_REQUIRE_EQ(0, set("{\"keys\":12}", ""));
	d.admitset.files.n = 1;
	d.admitset.files.v[0].kind = IPC_ADMIT_FILE_KEYS;
	d.admitset.files.v[0].path = d.conf->admit.keys;
	strlcpy(d.admitset.error, "/k:3:1: \"no\"", sizeof(d.admitset.error));
	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	admitset_status(&d, &o);
	json_out_end(&o);
	ATF_REQUIRE(json_out_whole(&o));
	j = json_parse((const char *)w.p, w.len, 8, 100, &e);
	ATF_REQUIRE(j != NULL);
	r = json_get(j, 0, "admission");
	ATF_CHECK(json_bool(j, json_get(j, r, "on"), &on) == 0 && on);
	ATF_CHECK(json_str(j, json_get(j, r, "error"), text,
	    sizeof(text)) > 0);
	ATF_CHECK_STREQ("/k:3:1: \"no\"", text);
	ATF_CHECK(json_get(j, json_get(j, r, "admit"), "keys") != -1);
	r = json_first(j, json_get(j, r, "files"));
	ATF_CHECK(json_str(j, json_get(j, r, "path"), text, sizeof(text)) > 0);
	ATF_CHECK_STREQ("/k", text);
	ATF_CHECK(json_str(j, json_get(j, r, "since"), text,
	    sizeof(text)) > 0);
	ATF_CHECK_STREQ("1970-01-01T00:00:00Z", text);
	json_free(j);
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, line);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, json);
	return (atf_no_error());
}
