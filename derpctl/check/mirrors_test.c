/*
 * mirrors_test: maps of several servers that should be the same.
 */
#include <atf-c.h>
#include <string.h>

#include "task.h"

static struct ctlcheck_run	run;

static void
begin(void)
{
	memset(&run, 0, sizeof(run));
	TAILQ_INIT(&run.tasks);
}

/* A server of a map whose bytes have this hash; 0: it has none. */
static struct ctlcheck_task *
map(const char *url, const struct ctlcheck_task *of, unsigned int region,
    int hash)
{
	struct ctlcheck_task *t = ctlcheck_plan_new(CTLCHECK_MAP, url);

	ATF_REQUIRE(t != NULL);
	(void)strlcpy(t->url, url, sizeof(t->url));
	t->of = of;
	t->place.node.region = region;
	t->state = CTLCHECK_DONE;
	t->needed = of == NULL;
	t->mirror = of != NULL;
	t->has_map = hash != 0;
	memset(t->hash, hash, sizeof(t->hash));
	ctlcheck_plan_insert(&run, NULL, t);
	return (t);
}

/* Compare.  The shown places and what was found, with commas. */
static void
shows(const char *want)
{
	struct ctlcheck_task *t;
	char got[1024] = "";

	ATF_REQUIRE_EQ(0, ctlcheck_mirrors(&run));
	TAILQ_FOREACH(t, &run.tasks, entry) {
		if (t->hidden)
			continue;
		(void)strlcat(got, got[0] != '\0' ? "," : "", sizeof(got));
		(void)strlcat(got, t->place.name, sizeof(got));
		if (t->place.nfindings == 0)
			continue;
		ATF_CHECK_EQ(CHECK_MAP_DIFFERS, t->place.findings[0].id);
		(void)strlcat(got, ": ", sizeof(got));
		(void)strlcat(got, t->place.findings[0].what, sizeof(got));
	}
	ATF_CHECK_STREQ(want, got);
	ctlcheck_plan_free(&run);
}

ATF_TC_WITHOUT_HEAD(urls);
ATF_TC_BODY(urls, tc)
{
	begin();
	map("https://a/m", NULL, 0, 1);
	map("https://b/m", NULL, 0, 1);
	shows("https://a/m,https://b/m,all servers of /m");
	begin();
	map("https://a/m", NULL, 0, 1);
	map("https://b/m", NULL, 0, 2);
	shows("https://a/m,https://b/m,all servers of /m: https://a/m and "
	    "https://b/m differ");
	begin();
	map("https://a/m", NULL, 0, 1);
	map("https://b/m", NULL, 0, 2);
	map("https://c/m", NULL, 0, 1);
	map("https://d/m", NULL, 0, 3);
	shows("https://a/m,https://b/m,https://c/m,https://d/m,all servers of "
	    "/m: https://a/m differs from https://d/m, and from 1 more server");
}

/* Other paths, files and servers without a map are not compared. */
ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	begin();
	map("https://a/m", NULL, 0, 1);
	map("https://a/n", NULL, 0, 2);
	map("https://b/m", NULL, 0, 0);
	map("https://a/m", NULL, 0, 2);
	shows("https://a/m,https://a/n,https://b/m,https://a/m");
}

ATF_TC_WITHOUT_HEAD(regions);
ATF_TC_BODY(regions, tc)
{
	struct ctlcheck_task *m, *t;

	begin();
	m = map("https://m/m", NULL, 0, 1);
	map("https://a/m", m, 900, 2);
	map("https://b/m", m, 900, 2);
	map("https://c/m", m, 901, 3);
	map("https://d/m", m, 901, 4);
	map("https://e/m", m, 902, 5);
	t = map("https://f/m", m, 902, 0);
	ctlcheck_collect_failed(&t->place, "no resolver");
	shows("https://m/m,all servers of /m,all servers of /m: https://c/m "
	    "and https://d/m differ,https://f/m");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, urls);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, regions);
	return (atf_no_error());
}
