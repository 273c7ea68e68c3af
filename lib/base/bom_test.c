/*
 * Tests of byte order marks.
 */
#include <atf-c.h>
#include <string.h>

#include "bom.h"

ATF_TC_WITHOUT_HEAD(marks);
ATF_TC_BODY(marks, tc)
{
	static const struct {
		const char	*bytes;
		size_t		 len;
		const char	*names;	/* part of the error; NULL: none */
	} t[] = {
		{ "\xef\xbb\xbf{}", 5, "begins with a byte order mark: " },
		{ "\xef\xbb\xbf", 3, "begins with a byte order mark: " },
		{ "\xff\xfe{\0", 4, "UTF-16" },
		{ "\xfe\xff\0{", 4, "UTF-16" },
		{ "\xff\xfe", 2, "UTF-16" },
		{ "\xff\xfe\0\0{\0\0\0", 8, "UTF-32" },
		{ "\xef\xbb", 2, NULL },
		{ "\xff", 1, NULL },
		{ "", 0, NULL },
		{ " \xef\xbb\xbf", 4, NULL },
		{ "\xc3\xa9", 2, NULL },
		{ "# \xff\xfe", 4, NULL },
	};
	const char *found;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		found = base_bom_found(t[i].bytes, t[i].len);
		ATF_CHECK_MSG((found == NULL) == (t[i].names == NULL) &&
		    (found == NULL || strstr(found, t[i].names) != NULL),
		    "%zu: %s", i, found == NULL ? "nothing" : found);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, marks);
	return (atf_no_error());
}
