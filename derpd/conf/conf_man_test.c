/*
 * conf_man_test: derpd.conf(5) agrees with options.def: each keyword, its
 * default, unit and bounds, and no other statement.
 */
#include "conf_fixture.h"
#include "grammanfixture.h"
#include "gramstore.h"

#define PAGE	"../../man/derpd.conf.5"

static const char *const sections[] = {
	[CONF_TOP] = "Statements", [CONF_RELAY] = "The relay block",
	[CONF_STUN] = "The stun block", [CONF_MAP] = "The map block",
	[CONF_MESH] = "The mesh block",
	[CONF_ADMIT] = "The admit block",
	[CONF_ACME] = "The acme block",
	[CONF_DNS] = "The bootstrap-dns block",
	[CONF_METRICS] = "The metrics block"
};

ATF_TC_WITHOUT_HEAD(options);
ATF_TC_BODY(options, tc)
{
	check_rows(tc, PAGE, sections);
}

ATF_TC_WITHOUT_HEAD(nothing_else);
ATF_TC_BODY(nothing_else, tc)
{
	check_statements(tc, PAGE, sections, CONF_NBLOCKS);
}

/* A value after a # in the sample is the default. */
ATF_TC_WITHOUT_HEAD(sample);
ATF_TC_BODY(sample, tc)
{
	const struct gram_option *o;
	struct conf *c, *all;
	char path[1024];

	snprintf(path, sizeof(path), "%s/../../etc/derpd.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	c = good(NAME CERT RELAY "stun { }\n");
	copy_sample(path, 1);
	all = load_file(CONF);
	ATF_REQUIRE_MSG(all != NULL, "%s", errs);
	for (o = conf_grammar.rows; o != ROWS_END; o++)
		if (o->def != NULL && o->block != CONF_MAP)
			ATF_CHECK_MSG(gram_same(o, c, all), "%s: the default "
			    "is %s, %s states another", gram_name(o), o->def,
			    path);
	ATF_CHECK_EQ(60, TAILQ_FIRST(&all->maps)->every);
	conf_free(c);
	conf_free(all);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, options);
	ATF_TP_ADD_TC(tp, nothing_else);
	ATF_TP_ADD_TC(tp, sample);
	return (atf_no_error());
}
