/*
 * wellness_test: what counts as unwell, and since when.
 */
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "conf_fixture.h"
#include "json.h"
#include "parent.h"

#define NOW_MS	1000000		/* monotonic */
#define NOW	1800000000	/* 2027-01-15 08:00 UTC */

static struct parent		 d;
static struct parent_cert	 cert, *certs[] = { &cert };
static struct parent_listen_socket socks[1];
static struct mapset_map	 map;
static char			*names[] = { "relay.test" };
static char			 said[4096];	/* reasons, a line each */

/* A service of which all is well. */
static void
begin(const char *lines)
{
	char text[2048];
	unsigned int i;

	snprintf(text, sizeof(text), "%s" CERT RELAY "%s", NAME, lines);
	ATF_REQUIRE((d.conf = good(text)) != NULL);
	cert.path = "cert.pem";
	cert.names = names;
	cert.nnames = 1;
	cert.not_before = NOW - 10;
	cert.not_after = NOW + 10;
	d.loaded.certs = certs;
	d.loaded.ncerts = 1;
	socks[0].tls = 1;
	socks[0].port = 443;
	d.listens.v = socks;
	d.listens.n = 1;
	d.nfronts = d.nworkers = 2;
	parent_procs_set_up(&d);
	for (i = 0; i < d.super.n; i++) {
		d.super.children[i]->ready = 1;
		d.super.children[i]->started_ms = NOW_MS - 500000;
	}
}

/* The verdict; its reasons in said. */
static int
well(void)
{
	struct json_error e;
	struct json_out o;
	struct ipc_wr w;
	struct json *j;
	json_ref r;
	int ok;
	char line[2048];

	ipc_wr_init(&w);
	json_out_init(&o, &w);
	parent_wellness_put(&d, NOW_MS, NOW, &o, NULL);
	ATF_REQUIRE(ipc_wr_ok(&w) && json_out_whole(&o));
	j = json_parse((const char *)w.p, w.len, 4, 1000, &e);
	ATF_REQUIRE(j != NULL);
	ATF_REQUIRE_EQ(0, json_bool(j, json_get(j, 0, "ok"), &ok));
	said[0] = '\0';
	for (r = json_first(j, json_get(j, 0, "reasons")); r != -1;
	    r = json_next(j, r)) {
		ATF_REQUIRE(json_str(j, r, line, sizeof(line)) > 0);
		strlcat(said, line, sizeof(said));
		strlcat(said, "\n", sizeof(said));
	}
	ATF_CHECK_EQ(ok, said[0] == '\0');
	json_free(j);
	ipc_wr_free(&w);
	return (ok);
}

/* The only reason begins so. */
static void
unwell(const char *what)
{
	ATF_CHECK(!well());
	ATF_CHECK_MSG(strncmp(said, what, strlen(what)) == 0 &&
	    strchr(said, '\n') == said + strlen(said) - 1, "%s", said);
}

ATF_TC_WITHOUT_HEAD(all_well);
ATF_TC_BODY(all_well, tc)
{
	begin("");
	ATF_CHECK_MSG(well(), "%s", said);
	d.super.starting = 1;
	unwell("derpd is starting");
	d.super.stopping = 1;
	unwell("derpd is stopping");
}

ATF_TC_WITHOUT_HEAD(drains);
ATF_TC_BODY(drains, tc)
{
	begin("");
	d.drain.on = 1;
	d.drain.end_ms = NOW_MS + 4001;
	d.drain.workers[0].left = 3;
	d.drain.workers[1].left = 4;
	unwell("derpd drains: it takes no more clients, 7 are left, and it "
	    "ends in 5 s at the latest; ");
	d.drain.end_ms = NOW_MS - 1;
	ATF_CHECK(!well());
	ATF_CHECK(strstr(said, "in 0 s at") != NULL);
	d.drain.on = 0;
	ATF_CHECK(well());
}

ATF_TC_WITHOUT_HEAD(processes);
ATF_TC_BODY(processes, tc)
{
	struct parent_proc *p;

	begin("");
	p = &d.fronts[1];
	p->c.ready = 0;
	p->c.restarts = 4;
	p->c.down_ms = NOW_MS - 10000;
	ATF_CHECK_MSG(well(), "%s", said);
	p->c.down_ms = NOW_MS - 12500;
	unwell("front 1 has not been ready for 12 s (restarts: 4)");
	/* A restart does not make it well, but to be ready does. */
	p->c.started_ms = NOW_MS;
	ATF_CHECK(!well());
	p->c.ready = 1;
	p->c.down_ms = 0;
	ATF_CHECK_MSG(well(), "%s", said);
	/* It dies again and again. */
	p->c.started_ms = NOW_MS - 3000;
	p->c.backoff_ms = 800;
	ATF_CHECK_MSG(well(), "%s", said);
	p->c.backoff_ms = 1600;
	unwell("front 1 keeps ending: restarted 4 times, the last time 3 s "
	    "ago");
	p->c.started_ms = NOW_MS - 60000;
	ATF_CHECK_MSG(well(), "%s", said);
	/* One that has no number; and one that is not wanted. */
	d.keys.c.ready = 0;
	d.keys.c.down_ms = NOW_MS - 11000;
	unwell("keys has not been ready for 11 s");
	d.keys.c.ready = 1;
	d.fetch.c.ready = 0;
	d.fetch.c.down_ms = 1;
	ATF_CHECK_MSG(well(), "%s", said);
}

ATF_TC_WITHOUT_HEAD(probe);
ATF_TC_BODY(probe, tc)
{
	begin("stun { listen on 127.0.0.1 port 3478 }\n");
	ATF_CHECK_MSG(well(), "%s", said);
	d.well.known = 1;
	strlcpy(d.well.why, "no\nanswer\x7f", sizeof(d.well.why));
	unwell("the probe of the relay fails, and STUN is silent: "
	    "no answer \n");
	d.well.ok = 1;
	ATF_CHECK_MSG(well(), "%s", said);
	d.well.ok = 0;
	d.conf->stun.always = 1;
	ATF_CHECK_MSG(well(), "%s", said);
}

ATF_TC_WITHOUT_HEAD(certificates);
ATF_TC_BODY(certificates, tc)
{
	begin("");
	cert.not_after = NOW;
	ATF_CHECK_MSG(well(), "%s", said);
	cert.not_after = NOW - 1;
	unwell("the certificate of relay.test expired on 2027-01-15 07:59 UTC");
	cert.nnames = 0;
	unwell("the certificate of cert.pem expired");
	cert.not_after = NOW + 100;
	cert.not_before = NOW + 60;
	unwell("the certificate of cert.pem is not valid before 2027-01-15 "
	    "08:01 UTC");
	d.loaded.ncerts = 0;
	unwell("there is no certificate\n");
	socks[0].tls = 0;
	ATF_CHECK_MSG(well(), "%s", said);
}

#define NO_CERT	"there is no certificate of the ACME directory yet, a " \
		"temporary one is served, and clients can't use the relay: "

/* The temporary certificate is none that clients accept. */
ATF_TC_WITHOUT_HEAD(acme);
ATF_TC_BODY(acme, tc)
{
	begin("");
	conf_free(d.conf);
	ATF_REQUIRE((d.conf = good("hostname \"relay.test\"\n"
	    "listen on * port 443 tls\nlisten on * port 80\n"
	    "acme { }\n" RELAY)) != NULL);
	unwell(NO_CERT "it will be requested soon\n");
	d.acme.machine.job = ACMEJOB_ISSUE;
	d.acme.machine.plan.tried = NOW;
	unwell(NO_CERT "it is being requested\n");
	d.acme.machine.job = 0;
	strlcpy(d.acme.machine.plan.error, "DNS problem",
	    sizeof(d.acme.machine.plan.error));
	unwell(NO_CERT "DNS problem\n");
}

ATF_TC_WITHOUT_HEAD(maps);
ATF_TC_BODY(maps, tc)
{
	static struct conf_map conf;

	begin("");
	conf.path = "/derpmap/default";
	map.conf = &conf;
	map.state = MAPSET_NONE;
	d.maps.v = &map;
	d.maps.n = 1;
	unwell("there is no map to serve at /derpmap/default: none was valid "
	    "yet");
	map.error = "m.json:3:1: what";
	unwell("there is no map to serve at /derpmap/default: m.json:3:1: "
	    "what");
	map.state = MAPSET_LAST_GOOD;
	ATF_CHECK_MSG(well(), "%s", said);
}

/* A reason is cut, and the answer is whole. */
ATF_TC_WITHOUT_HEAD(long_reasons);
ATF_TC_BODY(long_reasons, tc)
{
	static struct conf_map conf;
	static char error[4000];

	begin("");
	conf.path = "/derpmap/default";
	memset(error, 0xe9, sizeof(error) - 1);
	map.conf = &conf;
	map.error = error;
	d.maps.v = &map;
	d.maps.n = 1;
	ATF_CHECK(!well());
	/* Each byte that is no UTF-8 counts twice. */
	ATF_CHECK(strlen(said) < 2 * 768);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_well);
	ATF_TP_ADD_TC(tp, drains);
	ATF_TP_ADD_TC(tp, processes);
	ATF_TP_ADD_TC(tp, probe);
	ATF_TP_ADD_TC(tp, certificates);
	ATF_TP_ADD_TC(tp, acme);
	ATF_TP_ADD_TC(tp, maps);
	ATF_TP_ADD_TC(tp, long_reasons);
	return (atf_no_error());
}
