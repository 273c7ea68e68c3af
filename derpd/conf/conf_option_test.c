/*
 * conf_option_test: the rows of options.def are consistent: each can be
 * reached, and its values fit.
 */
#include "conf_fixture.h"
#include "conf_option.h"
#include "conf_types.h"

#define EACH(o)								\
	(o) = conf_grammar.rows; (o) != ROWS_END; (o)++

static int
stands_alone(const struct gram_option *o)
{
	return (o->follows == GRAM_HEAD || o->follows == GRAM_ALSO);
}

static int
is_keyword(const char *word)
{
	return (gram_is_keyword(&conf_grammar, word));
}

/* No two statements of a block have the same keywords. */
ATF_TC_WITHOUT_HEAD(keywords);
ATF_TC_BODY(keywords, tc)
{
	const struct gram_option *o, *p;

	for (EACH(o))
		for (p = o + 1; p != ROWS_END; p++)
			if (o->block == p->block)
				ATF_CHECK_MSG(strcmp(o->keywords,
				    p->keywords) != 0, "%s: twice",
				    o->keywords);
}

/* Further values share words with their statement, whose values are few. */
ATF_TC_WITHOUT_HEAD(follows);
ATF_TC_BODY(follows, tc)
{
	const struct gram_option *o, *head = NULL;
	size_t n = 0;

	for (EACH(o)) {
		if (o->follows == GRAM_HEAD) {
			head = o;
			n = 0;
			continue;
		}
		ATF_REQUIRE(head != NULL);
		ATF_CHECK_EQ(head->block, o->block);
		ATF_CHECK_MSG(gram_suffix(head, o) != o->keywords,
		    "%s: shares no word with %s", o->keywords, head->keywords);
		ATF_CHECK(++n < GRAM_MAXVALUES);
	}
}

/* A statement without a value is complete: no other may continue it. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	const struct gram_option *o, *p;
	size_t n;

	for (EACH(o)) {
		n = strlen(o->keywords);
		for (EACH(p))
			if (o->type->accepts == 0 && stands_alone(o) &&
			    stands_alone(p) && o->block == p->block)
				ATF_CHECK_MSG(strncmp(o->keywords, p->keywords,
				    n) != 0 || p->keywords[n] != ' ',
				    "%s: hides %s", o->keywords, p->keywords);
	}
}

/* The bounds fit into the field. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	const struct gram_option *o;

	for (EACH(o)) {
		if (o->type->store != GRAM_INT || o->type->accepts == 0 ||
		    gram_words(o) != NULL)
			continue;
		ATF_CHECK(o->size == 1 || o->size == 4 || o->size == 8);
		ATF_CHECK_MSG(o->min >= 0 && o->min < o->max, "%s: takes %lld "
		    "to %lld", o->keywords, (long long)o->min,
		    (long long)o->max);
		if (o->size < 8)
			ATF_CHECK_MSG(o->max < INT64_C(1) << (8 * o->size),
			    "%s: has too small a field", o->keywords);
		/* 0 means unset. */
		if (o->def == NULL && o->follows == GRAM_HEAD)
			ATF_CHECK_MSG(o->min > 0, "%s: can't be unset",
			    o->keywords);
	}
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
