/*
 * selfcheck_test: the faults that health reports: kept, shown, bounded.
 */
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "parent.h"
#include "results.h"

static struct parent	 d;
static struct conf	 conf;

static void
begin(void)
{
	TAILQ_INIT(&conf.certs);
	conf.relay.enabled = conf.stun.enabled = 1;
	d.conf = &conf;
	d.well.known = d.well.ok = 1;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
}

/* Send the faults with these names, NULL: no more. */
static int
checked(uint64_t now, const char *a, const char *b)
{
	struct ipc_fault f[2];
	struct ipc_msg_health_checked v = { .nfaults = 0, .faults = f }, got;
	struct ipc_wr w;
	struct ipc_rd r;
	int rv;

	memset(f, 0, sizeof(f));
	if (a != NULL)
		(void)snprintf(f[v.nfaults++].name, sizeof(f[0].name), "%s", a);
	if (b != NULL)
		(void)snprintf(f[v.nfaults++].name, sizeof(f[0].name), "%s", b);
	if (a != NULL)
		(void)snprintf(f[0].what, sizeof(f[0].what), "seen \033 here");
	ipc_wr_init(&w);
	ipc_put_health_checked(&w, &v);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ipc_rd_init(&r, w.p, w.len);
	ATF_REQUIRE_EQ(0, ipc_get_health_checked(&r, &got));
	rv = parent_selfcheck_result(&d, &got, now);
	ipc_wr_free(&w);
	return (rv);
}

/* The wellness of this derpd, as JSON. */
static const char *
wellness(void)
{
	static char text[8192];
	struct ipc_wr w;

	ipc_wr_init(&w);
	parent_wellness_text(&d, &w);
	ATF_REQUIRE(ipc_wr_ok(&w) && w.len < sizeof(text));
	memcpy(text, w.p, w.len);
	text[w.len] = '\0';
	ipc_wr_free(&w);
	return (text);
}

ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	const char *name = check_fault_row(CHECK_PORT_CLOSED)->name;
	uint64_t now = 1000000;

	begin();
	ATF_CHECK_EQ(0, checked(now, name, "port-silent"));
	ATF_REQUIRE_EQ(2, d.selfcheck.n);
	ATF_CHECK_EQ(CHECK_PORT_CLOSED, d.selfcheck.faults[0].id);
	ATF_CHECK_EQ(CHECK_PORT_SILENT, d.selfcheck.faults[1].id);
	/* A warning while clients are served; without control characters. */
	ATF_CHECK(strstr(wellness(), "\"warnings\":[\"port-closed: the port "
	    "refuses connections: seen   here. Start") != NULL);
	ATF_CHECK(strstr(wellness(), "\"ok\":true") != NULL);
	/* The reason when they are not; the second one stays a warning. */
	d.well.ok = 0;
	ATF_CHECK(strstr(wellness(), "STUN is silent: port-closed: ") != NULL);
	ATF_CHECK(strstr(wellness(), "\"warnings\":[\"port-silent: ") != NULL);
	/* A reload that needs no health leaves nothing of it. */
	conf.stun.always = 1;
	ATF_CHECK(strstr(wellness(), "\"warnings\":[]") != NULL);
	conf.stun.always = 0;
	ATF_CHECK_EQ(0, checked(now += 1000, NULL, NULL));
	ATF_CHECK_EQ(0, d.selfcheck.n);
}

/* Names that there are not, and too many. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	uint64_t now = 1000000;
	int i;

	begin();
	ATF_CHECK_EQ(0, checked(now, "port-closed", NULL));
	ATF_CHECK_EQ(-1, checked(now, "port-closed", "no-such-fault"));
	ATF_CHECK_EQ(-1, checked(now, "", NULL));
	ATF_CHECK_EQ(1, d.selfcheck.n);
	for (i = 3; i < PARENT_RESULTS_BURST; i++)
		ATF_REQUIRE_EQ_MSG(0, checked(now, NULL, NULL), "check %d", i);
	ATF_CHECK_EQ(-1, checked(now, NULL, NULL));
	/* Of no interest any more. */
	conf.stun.always = 1;
	ATF_CHECK_EQ(0, checked(now + 60000, "port-closed", NULL));
	ATF_CHECK_EQ(0, d.selfcheck.n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
