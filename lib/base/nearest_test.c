/*
 * nearest_test: the known word that an unknown one was meant to be.
 */
#include <atf-c.h>
#include <string.h>

#include "nearest.h"

/* The nearest of some words; "" when none is near. */
static const char *
nearest(const char *word)
{
	static const char *const names[] = { "cert", "clients", "status",
	    "stun", "reload", "DERP_STUN_PORT" };
	struct base_nearest n;
	size_t i;

	base_nearest_begin(&n, word);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		base_nearest_try(&n, names[i]);
	return (n.name == NULL ? "" : n.name);
}

ATF_TC_WITHOUT_HEAD(near);
ATF_TC_BODY(near, tc)
{
	ATF_CHECK_STREQ(nearest("cert"), "cert");
	ATF_CHECK_STREQ(nearest("client"), "clients");	/* missing */
	ATF_CHECK_STREQ(nearest("sstun"), "stun");	/* too many */
	ATF_CHECK_STREQ(nearest("celt"), "cert");	/* another one */
	ATF_CHECK_STREQ(nearest("clinets"), "clients");	/* swapped */
	ATF_CHECK_STREQ(nearest("tsun"), "stun");
	ATF_CHECK_STREQ(nearest("relaod"), "reload");
	ATF_CHECK_STREQ(nearest("statsu"), "status");
	ATF_CHECK_STREQ(nearest("DERP_STUNPORT"), "DERP_STUN_PORT");
}

ATF_TC_WITHOUT_HEAD(far);
ATF_TC_BODY(far, tc)
{
	char word[BASE_NEAREST_MAX + 2];

	ATF_CHECK_STREQ(nearest(""), "");
	ATF_CHECK_STREQ(nearest("x"), "");
	ATF_CHECK_STREQ(nearest("banana"), "");
	ATF_CHECK_STREQ(nearest("sn"), "");
	ATF_CHECK_STREQ(nearest("Derp_stun_port"), "");
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	ATF_CHECK_STREQ(nearest(word), "");
}

/* Of several, the nearest, or the first of the nearest. */
ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	struct base_nearest n;

	base_nearest_begin(&n, "listens");
	base_nearest_try(&n, "listing");
	ATF_CHECK_STREQ(n.name, "listing");
	base_nearest_try(&n, "listen");
	ATF_CHECK_STREQ(n.name, "listen");
	ATF_CHECK_EQ(n.distance, 1);
	base_nearest_try(&n, "lissens");
	ATF_CHECK_STREQ(n.name, "listen");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, near);
	ATF_TP_ADD_TC(tp, far);
	ATF_TP_ADD_TC(tp, several);
	return (atf_no_error());
}
