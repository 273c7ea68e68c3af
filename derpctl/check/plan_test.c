/*
 * plan_test: which places targets and maps become, and in which order they are
 * checked.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"

static struct ctlcheck_options	opts;
static struct ctlcheck_run	run;

static void
begin(void)
{
	memset(&run, 0, sizeof(run));
	run.opts = &opts;
	TAILQ_INIT(&run.tasks);
}

/* Add a target; the last task is returned. */
static struct ctlcheck_task *
target(const char *text)
{
	struct ctlcheck_target t;
	char why[256];

	ATF_REQUIRE_EQ(0, ctlcheck_target_read(text, &t, why, sizeof(why)));
	ATF_REQUIRE_EQ(0, ctlcheck_plan_target(&run, &t));
	return (TAILQ_LAST(&run.tasks, ctlcheck_tasks));
}

static void
node(struct ctlcheck_task *map, unsigned int region, const char *host)
{
	struct check_node n = { .region = region, .port = 443, .stun = 3478,
	    .code = "fra" };

	(void)strlcpy(n.host, host, sizeof(n.host));
	ATF_REQUIRE_EQ(0, ctlcheck_plan_node(&run, map, &n));
}

/* The names of all tasks but hidden ones, with commas. */
static void
tasks(const char *want)
{
	struct ctlcheck_task *t;
	char got[1024] = "";

	TAILQ_FOREACH(t, &run.tasks, entry)
		if (!t->hidden) {
			(void)strlcat(got, got[0] != '\0' ? "," : "",
			    sizeof(got));
			(void)strlcat(got, t->place.name, sizeof(got));
		}
	ATF_CHECK_STREQ(want, got);
}

/* The next task has this name ("": none); it starts. */
static struct ctlcheck_task *
starts(const char *name)
{
	struct ctlcheck_task *t = ctlcheck_plan_next(&run);

	ATF_REQUIRE_STREQ(name, t == NULL ? "" : t->place.name);
	if (t != NULL) {
		t->state = CTLCHECK_RUNNING;
		run.running++;
	}
	return (t);
}

static void
ends(struct ctlcheck_task *t)
{
	t->state = CTLCHECK_DONE;
	run.running--;
	run.ndone++;
}

/* It ends; clients got so far. */
static void
ends_with(struct ctlcheck_task *t, enum check_fact id)
{
	struct check_measure m = { .id = id };

	ATF_REQUIRE_EQ(0, ctlcheck_collect_measured(&t->place, &m));
	ends(t);
}

ATF_TC_WITHOUT_HEAD(host);
ATF_TC_BODY(host, tc)
{
	struct ctlcheck_task *t;

	begin();
	(void)target("relay.test:8443");
	tasks("relay.test:8443,https://relay.test:8443/derpmap/default");
	(void)target("RELAY.test:8443");
	ATF_CHECK_EQ(2, run.ntasks);
	/* Another STUN server is another thing to check. */
	(void)target("relay.test:8443:3479");
	ATF_CHECK_EQ(4, run.ntasks);
	ctlcheck_plan_free(&run);
	begin();
	(void)target("relay.test:8443");
	t = starts("relay.test:8443");
	starts("");
	ends_with(t, CHECK_FACT_HTTP);
	t = starts("https://relay.test:8443/derpmap/default");
	ATF_CHECK_EQ(0, t->needed);
	ATF_CHECK_STREQ("", t->place.node.ipv4);
	ctlcheck_plan_free(&run);
	run.only4 = 1;
	t = target("::1");
	ATF_CHECK_STREQ("https://[::1]/derpmap/default", t->url);
	t = TAILQ_FIRST(&run.tasks);
	ATF_CHECK_STREQ("none", t->place.node.ipv6);
	ATF_CHECK_STREQ("", t->place.node.ipv4);
	ctlcheck_plan_free(&run);
}

/* The map of a host that does not serve is not asked for. */
ATF_TC_WITHOUT_HEAD(needless);
ATF_TC_BODY(needless, tc)
{
	struct ctlcheck_task *t;

	begin();
	(void)target("relay.test");
	t = starts("relay.test");
	ends_with(t, CHECK_FACT_CONNECT);
	starts("");
	tasks("relay.test");
	ATF_CHECK_EQ(run.ntasks, run.ndone);
	ctlcheck_plan_free(&run);
}

/* Nodes come in the order of the map, before the next target, each once. */
ATF_TC_WITHOUT_HEAD(map);
ATF_TC_BODY(map, tc)
{
	struct ctlcheck_task *m, *other;

	begin();
	m = target("a.json");
	ATF_CHECK_EQ(1, m->needed);
	other = target("https://map.test/m");
	(void)starts("a.json");
	starts("");
	ends(m);
	(void)starts("https://map.test/m");
	node(m, 1, "a.test");
	node(other, 1, "a.test");
	node(other, 2, "c.test");
	node(m, 2, "b.test");
	tasks("a.json,a.test,b.test,https://map.test/m,c.test");
	ATF_CHECK_EQ(2, other->nnodes);
	ctlcheck_plan_free(&run);
}

/* A region of several nodes is checked for its mesh when two of them serve. */
ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	struct ctlcheck_task *m, *a, *b, *c;
	struct check_node nodes[4];

	begin();
	m = target("a.json");
	ends(starts("a.json"));
	node(m, 1, "one.test");
	node(m, 2, "a.test");
	node(m, 2, "b.test");
	node(m, 2, "c.test");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_regions(&run, m));
	tasks("a.json,one.test,a.test,b.test,c.test,region 2 (fra),"
	    "https://a.test/derpmap/default,https://b.test/derpmap/default,"
	    "https://c.test/derpmap/default");
	ends(starts("one.test"));
	a = starts("a.test");
	b = starts("b.test");
	c = starts("c.test");
	starts("");
	ends_with(a, CHECK_FACT_LOGIN);
	ends_with(b, CHECK_FACT_HTTP);
	m = starts("https://b.test/derpmap/default");
	ATF_CHECK_EQ(0, m->needed);
	ATF_CHECK_EQ(1, m->mirror);
	ends_with(c, CHECK_FACT_LOGIN);
	starts("");
	ends(m);
	m = starts("region 2 (fra)");
	ATF_REQUIRE_EQ(2, ctlcheck_plan_serving(&run, m, nodes, 4));
	ATF_CHECK_STREQ("a.test", nodes[0].host);
	ATF_CHECK_STREQ("c.test", nodes[1].host);
	ATF_CHECK_EQ(1, ctlcheck_plan_serving(&run, m, nodes, 1));
	ctlcheck_plan_free(&run);
}

ATF_TC_WITHOUT_HEAD(no_mesh);
ATF_TC_BODY(no_mesh, tc)
{
	struct ctlcheck_task *m, *a, *b;

	begin();
	m = target("a.json");
	ends(starts("a.json"));
	node(m, 2, "a.test");
	node(m, 2, "b.test");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_regions(&run, m));
	a = starts("a.test");
	b = starts("b.test");
	ctlcheck_collect_failed(&b->place, "no resolver");
	ends_with(a, CHECK_FACT_LOGIN);
	ends_with(b, CHECK_FACT_LOGIN);
	starts("");
	tasks("a.json,a.test,b.test");
	ctlcheck_plan_free(&run);
}

/* A node that is only for STUN has no clients, and no map. */
ATF_TC_WITHOUT_HEAD(stun_only);
ATF_TC_BODY(stun_only, tc)
{
	struct check_node n = { .region = 2, .port = 443, .stun = 3478,
	    .stun_only = 1, .host = "stun.test", .code = "fra" };
	struct ctlcheck_task *m;

	begin();
	m = target("a.json");
	node(m, 2, "a.test");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_node(&run, m, &n));
	ATF_REQUIRE_EQ(0, ctlcheck_plan_regions(&run, m));
	tasks("a.json,a.test,stun.test");
	ctlcheck_plan_free(&run);

	begin();
	m = target("a.json");
	node(m, 2, "a.test");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_node(&run, m, &n));
	node(m, 2, "b.test");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_regions(&run, m));
	tasks("a.json,a.test,stun.test,b.test,region 2 (fra),"
	    "https://a.test/derpmap/default,https://b.test/derpmap/default");
	ctlcheck_plan_free(&run);
}

/* The nodes of a region are asked for the map at the path of its URL. */
ATF_TC_WITHOUT_HEAD(mirrors);
ATF_TC_BODY(mirrors, tc)
{
	struct ctlcheck_task *m;

	begin();
	m = target("https://map.test:8443/derpmap/own");
	node(m, 2, "a.test");
	node(m, 2, "::1");
	ATF_REQUIRE_EQ(0, ctlcheck_plan_regions(&run, m));
	tasks("https://map.test:8443/derpmap/own,a.test,::1,region 2 (fra),"
	    "https://a.test/derpmap/own,https://[::1]/derpmap/own");
	ctlcheck_plan_free(&run);
}

/* The map of a host tells another STUN port than was guessed. */
ATF_TC_WITHOUT_HEAD(correct);
ATF_TC_BODY(correct, tc)
{
	struct check_node n = { .port = 443, .stun = 3479 };
	struct check_finding f = { .id = CHECK_PORT_CLOSED };
	struct ctlcheck_task *t, *m;

	begin();
	(void)target("relay.test");
	t = starts("relay.test");
	ATF_REQUIRE_EQ(0, ctlcheck_collect_found(&t->place, &f));
	ends_with(t, CHECK_FACT_HTTP);
	m = starts("https://relay.test/derpmap/default");
	ctlcheck_plan_correct(&run, m, &n);
	starts("");
	ends(m);
	ATF_CHECK_EQ(0, t->place.nfindings + t->place.nmeasures);
	ATF_CHECK_EQ(t, starts("relay.test"));
	ATF_CHECK_EQ(3479, t->place.node.stun);
	ends(t);
	n.stun = -1;
	ctlcheck_plan_correct(&run, m, &n);
	starts("");
	ATF_CHECK_EQ(run.ntasks, run.ndone);
	ctlcheck_plan_free(&run);

	begin();
	(void)target("relay.test:443:3478");
	ends_with(starts("relay.test"), CHECK_FACT_HTTP);
	m = starts("https://relay.test/derpmap/default");
	ctlcheck_plan_correct(&run, m, &n);
	ends(m);
	starts("");
	ctlcheck_plan_free(&run);
}

/* Two nodes of one host, such as the ports of one machine, take turns. */
ATF_TC_WITHOUT_HEAD(one_host);
ATF_TC_BODY(one_host, tc)
{
	struct ctlcheck_task *t;
	char name[32];
	int i;

	begin();
	(void)target("relay.test:1");
	(void)target("RELAY.test:2");
	t = starts("relay.test:1");
	starts("");
	ends(t);
	(void)starts("RELAY.test:2");
	(void)target("https://Relay.test/map");
	starts("");
	ctlcheck_plan_free(&run);
	begin();
	for (i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "relay%d.test", i);
		(void)target(name);
	}
	for (i = 0; i < 16; i++) {
		(void)snprintf(name, sizeof(name), "relay%d.test", i);
		t = starts(name);
	}
	starts("");
	ctlcheck_plan_free(&run);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, host);
	ATF_TP_ADD_TC(tp, needless);
	ATF_TP_ADD_TC(tp, map);
	ATF_TP_ADD_TC(tp, mesh);
	ATF_TP_ADD_TC(tp, no_mesh);
	ATF_TP_ADD_TC(tp, stun_only);
	ATF_TP_ADD_TC(tp, mirrors);
	ATF_TP_ADD_TC(tp, correct);
	ATF_TP_ADD_TC(tp, one_host);
	return (atf_no_error());
}
