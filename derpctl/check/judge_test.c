/*
 * judge_test: what is wrong everywhere is wrong with this machine.
 */
#include <atf-c.h>
#include <string.h>

#include "task.h"

static struct ctlcheck_run	run;

static void
begin(void)
{
	ctlcheck_plan_free(&run);
	memset(&run, 0, sizeof(run));
	TAILQ_INIT(&run.tasks);
}

static struct ctlcheck_task *
node(const char *host)
{
	struct ctlcheck_task *t = ctlcheck_plan_new(CTLCHECK_NODE, host);

	ATF_REQUIRE(t != NULL);
	t->state = CTLCHECK_DONE;
	(void)strlcpy(t->place.node.host, host, sizeof(t->place.node.host));
	ctlcheck_plan_insert(&run, NULL, t);
	return (t);
}

static void
measured(struct ctlcheck_task *t, enum check_fact id, const char *where,
    int64_t n)
{
	struct check_measure m = { .id = id, .n = n };

	(void)strlcpy(m.where, where, sizeof(m.where));
	ATF_REQUIRE_EQ(0, ctlcheck_collect_measured(&t->place, &m));
}

static void
found(struct ctlcheck_task *t, enum check_fault id)
{
	struct check_finding f = { .id = id };

	ATF_REQUIRE_EQ(0, ctlcheck_collect_found(&t->place, &f));
}

/* A node whose clock is off by `n' seconds. */
static struct ctlcheck_task *
off(const char *host, int64_t n)
{
	struct ctlcheck_task *t = node(host);

	measured(t, CHECK_FACT_CLOCK, "192.0.2.1", n);
	if (n != 0)
		found(t, CHECK_CLOCK_OFF);
	return (t);
}

/* Judge.  Returns the place of this machine, or NULL. */
static const struct ctlcheck_place *
judged(void)
{
	struct ctlcheck_task *t;

	ATF_REQUIRE_EQ(0, ctlcheck_judge(&run));
	t = TAILQ_FIRST(&run.tasks);
	return (t->place.kind == CTLCHECK_HERE ? &t->place : NULL);
}

ATF_TC_WITHOUT_HEAD(clocks);
ATF_TC_BODY(clocks, tc)
{
	const struct ctlcheck_place *p;
	struct ctlcheck_task *a, *b;

	TAILQ_INIT(&run.tasks);
	begin();
	a = off("a.test", -7200);
	b = off("b.test", -7210);
	found(a, CHECK_CERT_EARLY);
	found(b, CHECK_CERT_NAME);
	ATF_REQUIRE((p = judged()) != NULL && p->failed != NULL);
	ATF_CHECK_MSG(strstr(p->failed, "ahead by 7210 s") != NULL, "%s",
	    p->failed);
	ATF_CHECK_EQ(0, a->place.nfindings);
	ATF_REQUIRE_EQ(1, b->place.nfindings);
	ATF_CHECK_EQ(CHECK_CERT_NAME, b->place.findings[0].id);
	ctlcheck_plan_free(&run);
}

/* One clock that is right, one host alone, or clocks that differ: not ours. */
ATF_TC_WITHOUT_HEAD(their_clocks);
ATF_TC_BODY(their_clocks, tc)
{
	struct ctlcheck_task *a;

	TAILQ_INIT(&run.tasks);
	begin();
	a = off("a.test", 7200);
	(void)off("b.test", 7200);
	(void)off("c.test", 0);
	ATF_CHECK(judged() == NULL);
	ATF_CHECK_EQ(1, a->place.nfindings);
	begin();
	a = off("a.test", 7200);
	(void)off("A.test", 7200);
	ATF_CHECK(judged() == NULL);
	ATF_CHECK_EQ(1, a->place.nfindings);
	begin();
	a = off("a.test", 7200);
	(void)off("b.test", 86400);
	ATF_CHECK(judged() == NULL);
	ATF_CHECK_EQ(1, a->place.nfindings);
	begin();
	(void)off("a.test", 0);
	(void)off("b.test", 0);
	ATF_CHECK(judged() == NULL);
	ctlcheck_plan_free(&run);
}

/* Nodes a.test, b.test ... have this fault.  Returns the first one. */
static struct ctlcheck_task *
all_have(enum check_fault id, int n)
{
	struct ctlcheck_task *first = NULL, *t;
	char host[] = "a.test";

	begin();
	for (; n > 0; n--, host[0]++) {
		found(t = node(host), id);
		first = first == NULL ? t : first;
	}
	return (first);
}

/* This machine has the note. */
static void
noted(enum check_fault own)
{
	const struct ctlcheck_place *p;

	ATF_REQUIRE((p = judged()) != NULL);
	ATF_REQUIRE_EQ(1, p->nfindings);
	ATF_CHECK_EQ(own, p->findings[0].id);
	ATF_CHECK(p->failed == NULL);
}

/* Two may have the same fault, of many it is this machine's. */
ATF_TC_WITHOUT_HEAD(ipv6);
ATF_TC_BODY(ipv6, tc)
{
	struct ctlcheck_task *a;

	TAILQ_INIT(&run.tasks);
	a = all_have(CHECK_IPV6_DEAD, 3);
	measured(a, CHECK_FACT_CONNECT, "192.0.2.1", 1);
	noted(CHECK_OWN_IPV6);
	ATF_CHECK_EQ(0, a->place.nfindings);
	a = all_have(CHECK_IPV6_DEAD, 2);
	noted(CHECK_OWN_IPV6);
	ATF_CHECK_EQ(1, a->place.nfindings);
	a = all_have(CHECK_IPV6_DEAD, 3);
	measured(node("z.test"), CHECK_FACT_CONNECT, "2001:db8::1", 1);
	ATF_CHECK(judged() == NULL);
	ATF_CHECK_EQ(1, a->place.nfindings);
	(void)all_have(CHECK_IPV6_DEAD, 1);
	ATF_CHECK(judged() == NULL);
	ctlcheck_plan_free(&run);
}

ATF_TC_WITHOUT_HEAD(udp);
ATF_TC_BODY(udp, tc)
{
	struct ctlcheck_task *a;

	TAILQ_INIT(&run.tasks);
	a = all_have(CHECK_STUN_SILENT, 7);
	noted(CHECK_OWN_UDP);
	ATF_CHECK_EQ(1, a->place.nfindings);
	a = all_have(CHECK_STUN_SILENT, 8);
	noted(CHECK_OWN_UDP);
	ATF_CHECK_EQ(0, a->place.nfindings);
	a = all_have(CHECK_STUN_SILENT, 8);
	measured(node("z.test"), CHECK_FACT_STUN, "192.0.2.1", 1);
	ATF_CHECK(judged() == NULL);
	ATF_CHECK_EQ(1, a->place.nfindings);
	ctlcheck_plan_free(&run);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, clocks);
	ATF_TP_ADD_TC(tp, their_clocks);
	ATF_TP_ADD_TC(tp, ipv6);
	ATF_TP_ADD_TC(tp, udp);
	return (atf_no_error());
}
