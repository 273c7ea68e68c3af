/*
 * conf_option_test: the rows of options.def are consistent: each can be
 * reached, and its values fit.
 */
#include "conf_fixture.h"
#include "gramrowsfixture.h"

static int
is_keyword(const char *word)
{
	return (gram_is_keyword(&conf_grammar, word));
}

ATF_TC_WITHOUT_HEAD(keywords);
ATF_TC_BODY(keywords, tc)
{
	check_keywords();
}

ATF_TC_WITHOUT_HEAD(follows);
ATF_TC_BODY(follows, tc)
{
	check_follows();
}

ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	check_ends();
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	check_bounds();
}

/* A map never requires a restart. */
ATF_TC_WITHOUT_HEAD(maps);
ATF_TC_BODY(maps, tc)
{
	const struct gram_option *o;

	for (EACH(o))
		ATF_CHECK(o->block != CONF_MAP || !o->restart);
}

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	const char *s;

	ATF_CHECK(gram_usage(&conf_grammar, CONF_RELAY, "tls", 3) == NULL);
	ATF_CHECK(gram_usage(&conf_grammar, CONF_TOP, "max", 3) == NULL);
	ATF_CHECK_STREQ(gram_usage(&conf_grammar, CONF_RELAY, "max", 3),
	    "max clients NUMBER, or: max unfinished NUMBER [per source "
	    "NUMBER]");
	ATF_CHECK_STREQ(gram_usage(&conf_grammar, CONF_ACME, "directory", 9),
	    "directory letsencrypt, directory letsencrypt-staging, or: "
	    "directory \"URL\"");
	ATF_CHECK_STREQ(gram_usage(&conf_grammar, CONF_TOP, "listen", 6),
	    "listen on ADDRESS port NUMBER [tls | derp] "
	    "[proxy from { PREFIX ... }]");
	s = gram_statements(&conf_grammar, CONF_ACME);
	ATF_CHECK_MSG(strncmp(s, "contact, directory, ", 20) == 0 &&
	    strstr(s, ", eab, ") != NULL && strstr(s, "key file") == NULL &&
	    strcmp(s + strlen(s) - 5, " or }") == 0, "%s", s);
	/* Forms of one statement are named once. */
	s = gram_statements(&conf_grammar, CONF_RELAY);
	ATF_CHECK_MSG(strstr(s, ", home, ") != NULL &&
	    strstr(s, "redirect") == NULL && strstr(s, ", codel, ") != NULL,
	    "%s", s);
	s = gram_statements(&conf_grammar, CONF_TOP);
	ATF_CHECK_MSG(strncmp(s, "hostname, listen on, ", 21) == 0 &&
	    strstr(s, ", include or NAME = \"VALUE\"") != NULL &&
	    strstr(s, ", metrics, ") != NULL, "%s", s);
	ATF_CHECK(is_keyword("source") && is_keyword("blank") &&
	    is_keyword("relay") && is_keyword("on"));
	ATF_CHECK(!is_keyword("letsencrypt") && !is_keyword("sour"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keywords);
	ATF_TP_ADD_TC(tp, follows);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, maps);
	ATF_TP_ADD_TC(tp, usage);
	return (atf_no_error());
}
