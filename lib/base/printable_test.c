/* Unit tests of printable.c and fnv1a.c. */
#include <atf-c.h>
#include <string.h>

#include "fnv1a.h"
#include "printable.h"

ATF_TC_WITHOUT_HEAD(printable);
ATF_TC_BODY(printable, tc)
{
	char s[] = "a \033[1m\n~\177\303\244";

	base_printable(s);
	ATF_CHECK_STREQ("a ?[1m?~???", s);
}

/* The vectors of the draft, appendix C. */
ATF_TC_WITHOUT_HEAD(fnv1a);
ATF_TC_BODY(fnv1a, tc)
{
	ATF_CHECK_EQ(UINT32_C(0x811c9dc5), base_fnv1a(BASE_FNV1A, "", 0));
	ATF_CHECK_EQ(UINT32_C(0xe40c292c), base_fnv1a(BASE_FNV1A, "a", 1));
	ATF_CHECK_EQ(UINT32_C(0xbf9cf968), base_fnv1a(BASE_FNV1A, "foobar",
	    6));
	ATF_CHECK_EQ(UINT32_C(0xbf9cf968), base_fnv1a(base_fnv1a(BASE_FNV1A,
	    "foo", 3), "bar", 3));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, printable);
	ATF_TP_ADD_TC(tp, fnv1a);
	return (atf_no_error());
}
