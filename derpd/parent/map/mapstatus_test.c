/*
 * mapstatus_test: what derpd-metrics is told about a map.
 */
#include <atf-c.h>
#include <string.h>

#include "json_out.h"
#include "parent.h"

static struct conf_map	 conf;
static struct mapset_map map;
static struct parent	 d;
static uint8_t		 body[] = "{}";
static char		 path[] = "/derpmap/default", file[] = "map.json";

/* The document has this text when derpmapd has said `findings'. */
static void
check(const char *findings, const char *wanted)
{
	struct ipc_wr w;
	struct json_out o;

	conf.path = path;
	conf.file = file;
	map.conf = &conf;
	map.good.body = body;
	map.good.findings = (char *)(uintptr_t)findings;
	d.maps.v = &map;
	d.maps.n = 1;
	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	mapset_status_brief(&d, &o);
	json_out_end(&o);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ipc_wr_u8(&w, 0);
	ATF_CHECK_MSG(strstr((const char *)w.p, wanted) != NULL, "%s: %s",
	    wanted, (const char *)w.p);
	ipc_wr_free(&w);
}

/* Each line is one; the last one has a newline, too. */
ATF_TC_WITHOUT_HEAD(warnings);
ATF_TC_BODY(warnings, tc)
{
	check("", "\"warnings\":0,");
	check("warning: one\n", "\"warnings\":1,");
	check("warning: one\nwarning: two\n", "\"warnings\":2,");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, warnings);
	return (atf_no_error());
}
