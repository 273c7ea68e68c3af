/*
 * mapdoc_test: Tests that a map document that contradicts itself is refused.
 */
#include <atf-c.h>
#include <string.h>

#include "mapdoc.h"

static struct ipc_map_doc	d;

ATF_TC_WITHOUT_HEAD(valid);
ATF_TC_BODY(valid, tc)
{
	strlcpy(d.path, "/derpmap/default", sizeof(d.path));
	ATF_CHECK(map_doc_valid(&d));
	d.body = "{}";
	d.len = 2;
	ATF_CHECK(map_doc_valid(&d));
	d.gzip = "gz";
	d.gzip_len = 2;
	ATF_CHECK(map_doc_valid(&d));
	d.body = NULL;
	ATF_CHECK_MSG(!map_doc_valid(&d), "packed, and not there");
	d.gzip = NULL;
	strlcpy(d.path, "derpmap/default", sizeof(d.path));
	ATF_CHECK_MSG(!map_doc_valid(&d), "no path");
	d.path[0] = '\0';
	ATF_CHECK(!map_doc_valid(&d));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, valid);
	return (atf_no_error());
}
