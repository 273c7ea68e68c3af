/*
 * viewstate_test: what the parent said is understood, and nothing that it says
 * does harm.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "viewstate.h"

static const char *why;

static struct metrics_state *
parse(const char *text)
{
	return (metrics_state_parse(text, strlen(text), &why));
}

static struct metrics_state *
good(const char *text)
{
	struct metrics_state *s = parse(text);

	ATF_REQUIRE_MSG(s != NULL, "%s: %s", text, why);
	return (s);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	struct metrics_state *s = good("{\"status\":{\"version\":\"1.0\","
	    "\"uptime\":7,\"config\":\"/c\",\"nodekey\":\"nodekey:ab\","
	    "\"processes\":[{\"role\":\"parent\",\"pid\":1,\"sandbox\":"
	    "\"none\",\"restarts\":0,\"uptime\":7},{\"role\":\"relay\","
	    "\"worker\":3,\"pid\":0,\"sandbox\":\"not running\","
	    "\"restarts\":4,\"uptime\":0}],\"listen\":[\"[::]:443 tls\","
	    "\"x plain\"],\"faults\":[{\"name\":\"cert-name\",\"what\":"
	    "\"w\"},7],\"drain\":{\"clients\":3},\"stun\":{"
	    "\"answering\":true,\"why\":\"\"},"
	    "\"admission\":{\"on\":true,\"line\":\"l\",\"error\":\"e\"}},"
	    "\"cert\":{\"certificates\":[{\"names\":[\"a\",\"b\\u00e9\",\"c\"],"
	    "\"kind\":\"acme\",\"not_after\":\"2027-01-15T08:00:00Z\","
	    "\"days_left\":-2,\"error\":\"\"}]},\"maps\":[{\"path\":\"/p\","
	    "\"state\":\"good\",\"hash\":\"ab\",\"bytes\":5,\"drifts\":1}],"
	    "\"mesh\":[{\"name\":\"n\",\"state\":\"up\",\"since\":\"s\","
	    "\"keys\":9},{\"name\":\"n:8443\",\"error\":\"refused\"}],"
	    "\"health\":{\"reasons\":[\"r1\",\"r2\"],\"ok\":false},"
	    "\"reload\":{\"ok\":true,\"when\":\"w\",\"why\":\"\"},"
	    "\"text\":\"a\\nb\\n\"}");

	ATF_CHECK_STREQ("1.0", s->version);
	ATF_CHECK_EQ(7, s->uptime);
	ATF_REQUIRE_EQ(2, s->nprocesses);
	ATF_CHECK(s->processes[0].ready && !s->processes[0].numbered);
	ATF_CHECK_STREQ("relay", s->processes[1].role);
	ATF_CHECK(!s->processes[1].ready && s->processes[1].numbered);
	ATF_CHECK_EQ(3, s->processes[1].worker);
	ATF_CHECK_EQ(4, s->processes[1].restarts);
	ATF_REQUIRE_EQ(2, s->nlistens);
	ATF_CHECK_STREQ("x plain", s->listens[1]);
	ATF_REQUIRE_EQ(2, s->nfaults);
	ATF_CHECK_STREQ("cert-name", s->faults[0]);
	ATF_CHECK_STREQ("", s->faults[1]);
	ATF_CHECK(s->stun && s->stun_answering && s->admission && s->draining);
	ATF_CHECK_STREQ("e", s->admission_error);
	ATF_REQUIRE_EQ(1, s->ncerts);
	ATF_CHECK_STREQ("a", s->certs[0].name);
	ATF_CHECK_STREQ("a, b\303\251, c", s->certs[0].names);
	ATF_CHECK_EQ(1800000000, s->certs[0].expires);
	ATF_CHECK_EQ(-2, s->certs[0].days_left);
	ATF_REQUIRE_EQ(1, s->nmaps);
	ATF_CHECK_STREQ("ab", s->maps[0].hash);
	ATF_CHECK_EQ(1, s->maps[0].drifts);
	ATF_REQUIRE_EQ(2, s->nlinks);
	ATF_CHECK_STREQ("n", s->links[0].name);
	ATF_CHECK_STREQ("s", s->links[0].since);
	ATF_CHECK_EQ(9, s->links[0].keys);
	ATF_CHECK_STREQ("n:8443", s->links[1].name);
	ATF_CHECK_STREQ("refused", s->links[1].error);
	ATF_REQUIRE_EQ(2, s->nreasons);
	ATF_CHECK_STREQ("r2", s->reasons[1]);
	ATF_CHECK(s->reloads && s->reload_ok);
	ATF_CHECK_STREQ("a\nb\n", s->text);
	metrics_state_free(s);
}

/* What is missing or of another type is "" or 0. */
ATF_TC_WITHOUT_HEAD(less);
ATF_TC_BODY(less, tc)
{
	static const char *const texts[] = {
		"{}", "{\"status\":[],\"cert\":7,\"maps\":{},\"mesh\":null,"
		"\"health\":true,\"text\":1}", "{\"status\":{\"processes\":{},"
		"\"version\":[\"x\"],\"uptime\":\"7\",\"stun\":null}}"
	};
	struct metrics_state *s;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		s = good(texts[i]);
		ATF_CHECK_STREQ("", s->version);
		ATF_CHECK_STREQ("", s->text);
		ATF_CHECK_STREQ("", s->stun_why);
		ATF_CHECK_EQ(0, s->nprocesses + s->ncerts + s->nmaps +
		    s->nlinks + s->nreasons + s->uptime + s->nfaults);
		metrics_state_free(s);
	}
	s = good("{\"status\":{\"processes\":[7,{\"restarts\":-1,\"worker\":"
	    "99999999999}]},\"cert\":{\"certificates\":[{\"names\":"
	    "[\"\",1,\"\\u0000\",\"b\"],\"not_after\":\"tomorrow\"},{}]}}");
	ATF_REQUIRE_EQ(2, s->nprocesses);
	ATF_CHECK_STREQ("", s->processes[0].role);
	ATF_CHECK_EQ(0, s->processes[1].restarts);
	ATF_CHECK_EQ(UINT32_MAX, s->processes[1].worker);
	ATF_CHECK_STREQ("", s->certs[0].name);
	ATF_CHECK_STREQ(", , b", s->certs[0].names);
	ATF_CHECK_EQ(0, s->certs[0].expires);
	ATF_CHECK_STREQ("", s->certs[1].names);
	metrics_state_free(s);
}

/* Lines that come from outside stay lines. */
ATF_TC_WITHOUT_HEAD(control);
ATF_TC_BODY(control, tc)
{
	struct metrics_state *s = good("{\"health\":{\"reasons\":"
	    "[\"a\\nb\\u001b[1m\\u007f\"]}}");

	ATF_CHECK_STREQ("a b [1m ", s->reasons[0]);
	metrics_state_free(s);
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	char deep[64];

	ATF_CHECK(parse("") == NULL);
	ATF_CHECK(parse("{\"a\":1") == NULL);
	ATF_CHECK(parse("[]") == NULL);
	ATF_CHECK_STREQ("expected an object", why);
	memset(deep, '[', sizeof(deep));
	ATF_CHECK(metrics_state_parse(deep, sizeof(deep), &why) == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, less);
	ATF_TP_ADD_TC(tp, control);
	ATF_TP_ADD_TC(tp, bad);
	return (atf_no_error());
}
