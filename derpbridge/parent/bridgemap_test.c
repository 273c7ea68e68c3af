/*
 * bridgemap_test: the map of derpbridged from its file or URL to the worker:
 * verdicts of derpmapd, the copy of the last good map, and what fetch may send.
 */
#include <stdlib.h>

#include "bridgesetfixture.h"
#include "mapcheck.h"

#define IFACE	"interface \"wg0\" { fwmark none }\n"

static struct ipc_chan	*checker, *worker;
static char		 here[512];	/* the test's folder */

/* Write a file of the test's folder. */
static void
write_file(const char *name, const char *text)
{
	atf_utils_create_file(name, "%s", text);
}

/* derpmapd answers: a map that begins with "good" is good. */
static void
verdict(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_map_result v = { .findings = "error: it is bad\n",
	    .summary = "" };
	static struct ipc_msg_map_check check;	/* large */

	(void)arg;
	ATF_REQUIRE_EQ(MSG_MAP_CHECK, m->type);
	ATF_REQUIRE_EQ(0, ipc_get_map_check(&m->rd, &check));
	v.ok = check.len >= 4 && memcmp(check.map, "good", 4) == 0;
	if (v.ok) {
		v.findings = "";
		v.summary = "{}";
	}
	v.findings_len = strlen(v.findings);
	v.summary_len = strlen(v.summary);
	ATF_REQUIRE_EQ(0, ipc_send_map_result(c, &v));
}

/* derpmapd runs, in the same loop. */
static void
start_checker(void)
{
	struct ipc_msg_ready v = { "test" };
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	d.map.c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_MAP, NULL,
	    NULL, NULL);
	checker = ipc_chan_new(d.super.base, sv[1], ROLE_MAP, ROLE_PARENT,
	    verdict, NULL, NULL);
	ATF_REQUIRE(d.map.c.chan != NULL && checker != NULL);
	d.map.c.pid = 1;
	ATF_REQUIRE_EQ(0, bridge_map_attach(&d.map));
	ATF_REQUIRE_EQ(0, ipc_send_ready(checker, &v));
}

/* Run the loop until there is nothing to do for a moment. */
static void
settle(void)
{
	int i;

	for (i = 0; i < 20; i++) {
		(void)event_base_loop(d.super.base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
}

/* A parent whose map is `map', and the processes that it needs. */
static void
start(const char *map)
{
	char text[2048];

	ATF_REQUIRE(getcwd(here, sizeof(here)) != NULL);
	ATF_REQUIRE(chmod(here, 0700) == 0);
	mapqueue_content_free(&d.maps.good);
	snprintf(text, sizeof(text), "%s\nstatedir \"%s\"\n" IFACE, map, here);
	begin(text);
	worker = runs(&d.worker);
	start_checker();
	bridge_map_load(&d);
	settle();
}

static void
start_file(void)
{
	char map[640];

	ATF_REQUIRE(getcwd(here, sizeof(here)) != NULL);
	snprintf(map, sizeof(map), "map file \"%s/m.json\"", here);
	start(map);
}

/* The worker gets this map. */
static void
in_force(const char *text)
{
	struct ipc_msg_worker_map v;
	struct ipc_msg m;

	next_message(&d.worker, worker, MSG_WORKER_MAP, &m);
	ATF_REQUIRE_EQ(0, ipc_get_worker_map(&m.rd, &v));
	ATF_CHECK_EQ(strlen(text), v.len);
	ATF_CHECK(v.len == strlen(text) && memcmp(v.map, text, v.len) == 0);
	ipc_msg_free(&m);
	no_message(&d.worker, worker);
}

ATF_TC_WITHOUT_HEAD(file);
ATF_TC_BODY(file, tc)
{
	int i;

	write_file("m.json", "good 1");
	start_file();
	in_force("good 1");
	ATF_CHECK_STREQ("good", bridge_map_state(&d));
	/* A change is noticed. */
	write_file("m.json", "bad");
	for (i = 0; i < 100 && d.maps.why[0] == '\0'; i++)
		(void)event_base_loop(d.super.base, EVLOOP_ONCE);
	ATF_CHECK_STREQ("it is bad", d.maps.why);
	ATF_CHECK_STREQ("last good", bridge_map_state(&d));
	no_message(&d.worker, worker);
	/* A worker that starts later gets what is in force. */
	ATF_REQUIRE_EQ(0, bridge_map_send(&d));
	in_force("good 1");
	write_file("m.json", "good 2");
	bridge_map_load(&d);
	settle();
	in_force("good 2");
	ATF_CHECK_STREQ("", d.maps.why);
	/* The same again is not sent. */
	bridge_map_load(&d);
	settle();
	no_message(&d.worker, worker);
}

/* A start without the source, with the copy that was kept. */
ATF_TC_WITHOUT_HEAD(copy);
ATF_TC_BODY(copy, tc)
{
	write_file("m.json", "good 1");
	start_file();
	in_force("good 1");
	ATF_REQUIRE_EQ(0, unlink("m.json"));
	start_file();
	in_force("good 1");
	ATF_CHECK_STREQ("last good", bridge_map_state(&d));
	ATF_CHECK(strstr(d.maps.why, "m.json: No such file") != NULL);
	/* A copy that was broken is not used. */
	write_file("map.json", "bad");
	ATF_CHECK(strstr(d.conf->map_file, "/map") != NULL);
	write_file(strrchr(d.conf->map_file, '/') + 1, "bad");
	start_file();
	ATF_CHECK_STREQ("none", bridge_map_state(&d));
	no_message(&d.worker, worker);
}

/* fetch */

static struct ipc_chan	*fetch;

/* A result of fetch: 0, or -1 when it is not permitted. */
static int
result(uint32_t id, enum ipc_fetch_result what, const char *body)
{
	static const uint8_t hash[FETCH_HASHLEN];
	struct ipc_msg_fetch_result v = {
		.id = id, .what = what,
		.why = what == FETCH_FAILED ? "no answer" : "", .hash = hash,
		.body = (const uint8_t *)body, .len = strlen(body)
	};

	struct ipc_msg m = { .type = MSG_FETCH_RESULT, .fd = -1 };
	struct ipc_wr w;
	int rv;

	/* Larger than a socket takes at once. */
	ipc_wr_init(&w);
	ipc_put_fetch_result(&w, &v);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ipc_rd_init(&m.rd, w.p, w.len);
	rv = bridge_fetch_message(&d.fetch, &m);
	ipc_wr_free(&w);
	return (rv);
}

static void
start_url(void)
{
	start("map url \"https://relay.test/map\" every 120\n"
	    "proxy \"http://127.0.0.1:3128\"");
	fetch = runs(&d.fetch);
}

ATF_TC_WITHOUT_HEAD(url);
ATF_TC_BODY(url, tc)
{
	struct ipc_msg_fetch_conf conf;
	struct ipc_msg_fetch_way way;
	struct ipc_source one;
	struct ipc_rd left;
	struct ipc_msg m;

	start_url();
	ATF_REQUIRE_EQ(0, bridge_fetch_configure(&d.fetch));
	next_message(&d.fetch, fetch, MSG_FETCH_WAY, &m);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_way(&m.rd, &way));
	ATF_CHECK(way.lent);
	ATF_CHECK_STREQ("http://127.0.0.1:3128", way.proxy);
	ipc_msg_free(&m);
	next_message(&d.fetch, fetch, MSG_FETCH_CONF, &m);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_conf(&m.rd, &conf));
	ATF_REQUIRE_EQ(1, conf.nsources);
	left = conf.sources_left;
	ATF_REQUIRE_EQ(0, ipc_next_source(&left, &one));
	ATF_CHECK_STREQ("https://relay.test/map", one.url);
	ATF_CHECK_EQ(120, one.every);
	ATF_CHECK(one.body);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_FAILED, ""));
	ATF_CHECK_STREQ("no answer", d.maps.why);
	ATF_CHECK_STREQ("none", bridge_map_state(&d));
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_NEW, "good 1"));
	settle();
	in_force("good 1");
	ATF_CHECK_STREQ("", d.maps.why);
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_FAILED, ""));
	ATF_CHECK_STREQ("last good", bridge_map_state(&d));
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_SAME, ""));
	ATF_CHECK_STREQ("good", bridge_map_state(&d));
	/* The same bytes that were refused are no good map. */
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_NEW, "bad"));
	settle();
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_SAME, ""));
	ATF_CHECK_STREQ("last good", bridge_map_state(&d));
	ATF_CHECK_STREQ("it is bad", d.maps.why);
}

/* Results of other settings, too large ones, too many. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	static char large[MAP_MAX_SIZE + 2];
	int i;

	start_url();
	ATF_CHECK_EQ(0, result(d.maps.id + 1, FETCH_NEW, "good 1"));
	settle();
	no_message(&d.worker, worker);
	memset(large, 'x', sizeof(large) - 1);
	ATF_CHECK_EQ(-1, result(d.maps.id, FETCH_NEW, large));
	for (i = 0; i < 200; i++)
		if (result(d.maps.id, FETCH_SAME, "") == -1)
			break;
	ATF_CHECK_EQ(99, i);
	now_ms += 10000;
	ATF_CHECK_EQ(0, result(d.maps.id, FETCH_SAME, ""));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, file);
	ATF_TP_ADD_TC(tp, copy);
	ATF_TP_ADD_TC(tp, url);
	ATF_TP_ADD_TC(tp, hostile);
	return (atf_no_error());
}
