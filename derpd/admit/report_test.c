/*
 * report_test: what the admit process tells of itself: the summary for derpctl
 * status, metrics, and lines for derpctl.
 */
#include "admitdfixture.h"
#include "json.h"

/* The string of a member, "?" if there is none; static. */
static const char *
text_of(const struct json *j, json_ref r, const char *name)
{
	static char text[512];

	if (json_str(j, json_get(j, r, name), text, sizeof(text)) == -1)
		return ("?");
	return (text);
}

static int64_t
number(const struct json *j, json_ref r, const char *name)
{
	int64_t v;

	return (json_int(j, json_get(j, r, name), &v) == 0 ? v : -1);
}

static struct json *
parse(const char *text, size_t n)
{
	struct json_error e;
	struct json *j = json_parse(text, n, 8, 1000, &e);

	ATF_REQUIRE_MSG(j != NULL, "%.*s", (int)n, text);
	return (j);
}

/* Receive the next status: its summary, and the metrics in `metrics'. */
static struct json *
status(char *metrics)
{
	static char summary[IPC_ERRORSIZE];
	struct ipc_msg_admit_status v;
	struct ipc_msg m;

	from_admit(MSG_ADMIT_STATUS, &m);
	ATF_REQUIRE_EQ(0, ipc_get_admit_status(&m.rd, &v));
	strlcpy(summary, v.summary, sizeof(summary));
	strlcpy(metrics, v.metrics, IPC_ADMIT_METRICSIZE);
	ipc_msg_free(&m);
	return (parse(summary, strlen(summary)));
}

/* Ask for lines and receive them: their number, the last one in `line'. */
static int
query(char *line, size_t size)
{
	const struct ipc_msg_admit_query q = { 5 };
	struct ipc_msg_admit_line v;
	struct ipc_msg m;
	int n;

	to_admit(ipc_send_admit_query(child, &q));
	for (n = 0;; n++) {
		from_admit(MSG_ADMIT_LINE, &m);
		ATF_REQUIRE_EQ(0, ipc_get_admit_line(&m.rd, &v));
		ATF_CHECK_EQ(5, v.request);
		if (!v.last)
			snprintf(line, size, "%.*s", (int)v.len,
			    (const char *)v.text);
		ipc_msg_free(&m);
		if (v.last)
			return (n);
	}
}

static void
has(const char *text, const char *part)
{
	ATF_CHECK_MSG(strstr(text, part) != NULL, "no %s in %s", part, text);
}

/* The state of a source as it begins, answers, and fails. */
ATF_TC_WITHOUT_HEAD(summary);
ATF_TC_BODY(summary, tc)
{
	char metrics[IPC_ADMIT_METRICSIZE];
	struct ipc_chan *front, *verify;
	struct ipc_admission t;
	struct json *j;
	json_ref s;

	nurls = 1;
	start(key_text(9));
	j = status(metrics);
	ATF_CHECK_STREQ("no source has answered yet", text_of(j, 0, "state"));
	ATF_CHECK_STREQ("any", text_of(j, 0, "sources_needed"));
	ATF_CHECK_STREQ("closed", text_of(j, 0, "fail"));
	ATF_CHECK_EQ(1, number(j, 0, "keys"));
	s = json_first(j, json_get(j, 0, "sources"));
	ATF_CHECK_STREQ(URL, text_of(j, s, "name"));
	ATF_CHECK_STREQ("never answered", text_of(j, s, "state"));
	ATF_CHECK_STREQ("?", text_of(j, s, "since"));
	json_free(j);
	has(metrics, "derp_admit_source_up{number=\"0\",source="
	    "\"https://control.example.org\"} 0");
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ask(front, 1, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_NO);
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, answered(front, 1, 1, &t));
	j = status(metrics);
	ATF_CHECK_STREQ("ok", text_of(j, 0, "state"));
	s = json_first(j, json_get(j, 0, "sources"));
	ATF_CHECK_STREQ("ok", text_of(j, s, "state"));
	ATF_CHECK_EQ(20, strlen(text_of(j, s, "since")));
	ATF_CHECK_EQ(1, number(j, s, "questions"));
	ATF_CHECK_EQ(1, number(j, s, "no"));
	json_free(j);
	has(metrics, "derp_admit_source_up{number=\"0\",source="
	    "\"https://control.example.org\"} 1");
	has(metrics, "source=\"https://control.example.org\","
	    "answer=\"no\"} 1\n");
	ask(front, 2, 2);
	reply(verify, asked(verify, 2), IPC_VERIFY_FAILED);
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, answered(front, 2, 2, &t));
	j = status(metrics);
	ATF_CHECK_STREQ("failing", text_of(j, 0, "state"));
	s = json_first(j, json_get(j, 0, "sources"));
	ATF_CHECK_STREQ("failing", text_of(j, s, "state"));
	ATF_CHECK_STREQ("connection refused", text_of(j, s, "error"));
	json_free(j);
	has(metrics, "source=\"https://control.example.org\","
	    "answer=\"failed\"} 1\n");
	ipc_chan_free(front);
	ipc_chan_free(verify);
	child_stop();
}

/* A summary that would be too long has the states alone. */
ATF_TC_WITHOUT_HEAD(eight_sources);
ATF_TC_BODY(eight_sources, tc)
{
	char name[IPC_URLSIZE], metrics[IPC_ADMIT_METRICSIZE];
	struct ipc_verify_source sources[IPC_MAXVERIFY];
	struct ipc_msg_admit_settings v = { .conf = conf,
	    .nsources = IPC_MAXVERIFY, .sources = sources };
	struct json *j;
	json_ref s;
	int i;

	memset(name, '"', sizeof(name));
	memcpy(name, "https://", 8);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < IPC_MAXVERIFY; i++) {
		sources[i].kind = IPC_VERIFY_TAILSCALED;
		sources[i].name = name;
		sources[i].cafile = "";
	}
	ATF_REQUIRE(sodium_init() != -1);
	child_fork(ROLE_ADMIT, admit_main, 0);
	to_admit(ipc_send_admit_settings(child, &v));
	ATF_CHECK_STREQ("", commit(0, SETTINGS_FIRST));
	child_is_ready();
	j = status(metrics);
	ATF_CHECK_EQ(8, json_count(j, json_get(j, 0, "sources")));
	s = json_first(j, json_get(j, 0, "sources"));
	ATF_CHECK_STREQ("never answered", text_of(j, s, "state"));
	json_free(j);
	has(metrics, "\nderp_admit_answers_total{number=\"7\",");
	ATF_CHECK_EQ('\n', metrics[strlen(metrics) - 1]);
	child_stop();
}

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	char text[512], line[4096] = "";
	struct ipc_chan *relay;
	uint32_t group;
	struct json *j;

	snprintf(text, sizeof(text), "group a rate 1M\n%s group b\n",
	    key_text(1));
	start(text);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	(void)granted(relay, 1, &group);
	ATF_CHECK_EQ(2, query(line, sizeof(line)));
	j = parse(line, strlen(line));
	ATF_CHECK_STREQ("b", text_of(j, 0, "name"));
	ATF_CHECK_EQ(1, number(j, 0, "clients"));
	json_free(j);
	ipc_chan_free(relay);
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, summary);
	ATF_TP_ADD_TC(tp, eight_sources);
	ATF_TP_ADD_TC(tp, lines);
	return (atf_no_error());
}
