/*
 * bconf_option_test: the rows of options.def are consistent: each can be
 * reached, and its values fit.
 */
#include "bconf_fixture.h"
#include "gramrowsfixture.h"

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

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	ATF_CHECK_STREQ(gram_usage(&bconf_grammar, BCONF_IFACE, "peer", 4),
	    "peer \"KEY\" [name \"NAME\"] "
	    "[region rendezvous | nearest | NUMBER]");
	ATF_CHECK_STREQ(gram_usage(&bconf_grammar, BCONF_IFACE, "region", 6),
	    "region rendezvous, region nearest, or: region NUMBER");
	ATF_CHECK_STREQ(gram_usage(&bconf_grammar, BCONF_TOP, "map", 3),
	    "map url \"URL\" [every SECONDS] [ca file \"FILE\"], or: "
	    "map file \"FILE\"");
	ATF_CHECK_STREQ(gram_usage(&bconf_grammar, BCONF_TOP, "dns", 3),
	    "dns server ADDRESS [port NUMBER]");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keywords);
	ATF_TP_ADD_TC(tp, follows);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, usage);
	return (atf_no_error());
}
