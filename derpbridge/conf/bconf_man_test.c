/*
 * bconf_man_test: derpbridge.conf(5) agrees with options.def: each keyword, its
 * default, unit and bounds, and no other statement.
 */
#include "bconf_fixture.h"
#include "grammanfixture.h"
#include "gramstore.h"

#define PAGE	"../../man/derpbridge.conf.5"

static const char *const sections[] = {
	[BCONF_TOP] = "Statements", [BCONF_IFACE] = "The interface block"
};

ATF_TC_WITHOUT_HEAD(options);
ATF_TC_BODY(options, tc)
{
	check_rows(tc, PAGE, sections);
}

ATF_TC_WITHOUT_HEAD(nothing_else);
ATF_TC_BODY(nothing_else, tc)
{
	check_statements(tc, PAGE, sections, BCONF_NBLOCKS);
}

/* A value after a # in the sample is the default. */
ATF_TC_WITHOUT_HEAD(sample);
ATF_TC_BODY(sample, tc)
{
	const struct gram_option *o;
	struct bconf *c, *all;
	char path[1024];
	int same;

	snprintf(path, sizeof(path), "%s/../../etc/derpbridge.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	c = good("map url \"https://relay.example.org/derpmap/default\"\n"
	    "interface wg0\n");
	copy_sample(path, 1);
	all = load_file(CONF);
	ATF_REQUIRE_MSG(all != NULL, "%s", errs);
	for (o = bconf_grammar.rows; o != ROWS_END; o++) {
		if (o->def == NULL)
			continue;
		same = o->block == BCONF_TOP ? gram_same(o, c, all) :
		    gram_same(o, TAILQ_FIRST(&c->ifaces),
		    TAILQ_FIRST(&all->ifaces));
		ATF_CHECK_MSG(same, "%s: the default is %s, %s states another",
		    gram_name(o), o->def, path);
	}
	bconf_free(c);
	bconf_free(all);
}

/* The examples of the manual are those of etc/examples/derpbridge. */
ATF_TC_WITHOUT_HEAD(examples);
ATF_TC_BODY(examples, tc)
{
	static const char *const files[] = { "wg-quick", "netclient",
	    "networkd" };
	char *manual = read_manual(tc, PAGE), *text, path[256];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "../../etc/examples/derpbridge/"
		    "%s.conf", files[i]);
		text = read_manual(tc, path);
		/* Without its first comment, which the manual has as prose. */
		ATF_REQUIRE(strstr(text, "\n\n") != NULL);
		ATF_CHECK_MSG(strstr(manual, strstr(text, "\n\n") + 2) != NULL,
		    "%s.conf is not in the manual", files[i]);
		free(text);
	}
	free(manual);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, options);
	ATF_TP_ADD_TC(tp, nothing_else);
	ATF_TP_ADD_TC(tp, sample);
	ATF_TP_ADD_TC(tp, examples);
	return (atf_no_error());
}
