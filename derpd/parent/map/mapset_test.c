/*
 * mapset_test: the maps of a configuration from reading to being in force,
 * while the parent's loop runs; the test plays derpmapd.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <event2/event.h>
#include <limits.h>

#include "ipcsend.h"
#include "mapcheck.h"
#include "parent.h"
#include "conf_fixture.h"

#define WAIT_SECS	20
#define GOOD		"good one"	/* the content decides */
#define BAD		"bad one"
/* @ stands for the test's directory. */
#define MAP_A		"map \"@/a.json\" { path \"/derpmap/a\" }\n"
#define MAP_B		"map \"@/b.json\" { path \"/derpmap/b\" }\n"
#define FOLLOW		"map { follow \"https://x.test/map\" every 60 " \
			"path \"/derpmap/f\" }\n"

static struct parent	 d;
static struct ipc_chan	*checker;	/* derpmapd's end */
static int		 silent;	/* derpmapd does not answer */
static unsigned int	 checks;	/* maps that derpmapd got */
static int		 done;		/* the stage has ended */
static char		 why[MAPQUEUE_ERR_SIZE];

static void
answer(struct ipc_chan *c, int good)
{
	struct ipc_msg_map_result v = { .ok = good };

	v.findings = "error: not a good one\n";
	v.findings_len = good ? 0 : strlen(v.findings);
	v.summary = "{}";
	v.summary_len = good ? 2 : 0;
	ATF_REQUIRE_EQ(0, ipc_send_map_result(c, &v));
}

static void
to_checker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	static struct ipc_msg_map_check q;

	(void)arg;
	ATF_REQUIRE_EQ(MSG_MAP_CHECK, m->type);
	ATF_REQUIRE_EQ(0, ipc_get_map_check(&m->rd, &q));
	checks++;
	if (!silent)
		answer(c, q.len > 0 && *(const char *)q.map == 'g');
}

static void
start_checker(void)
{
	struct ipc_wr w;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	d.map.c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_MAP, NULL,
	    NULL, NULL);
	checker = ipc_chan_new(d.super.base, sv[1], ROLE_MAP, ROLE_PARENT,
	    to_checker, NULL, NULL);
	ATF_REQUIRE(d.map.c.chan != NULL && checker != NULL);
	d.map.c.s = &d.super;
	ATF_REQUIRE_EQ(0, mapset_checker_attach(&d.map));
	ipc_wr_init(&w);
	ipc_wr_str(&w, "test");
	ATF_REQUIRE_EQ(0, ipc_chan_send(checker, MSG_READY, &w, -1));
	ipc_wr_free(&w);
}

/* A configuration with these maps, a line each. */
static struct conf *
conf_of(const char *maps)
{
	char text[4 * PATH_MAX] = NAME CERT RELAY "statedir \"";
	char cwd[PATH_MAX], *p;

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	strlcat(text, cwd, sizeof(text));
	strlcat(text, "/state\"\n", sizeof(text));
	for (p = text + strlen(text); *maps != '\0'; maps++)
		if (*maps == '@')
			p += strlcpy(p, cwd, PATH_MAX);
		else
			*p++ = *maps;
	*p = '\0';
	return (good(text));
}

static void
begin(const char *maps)
{
	ATF_REQUIRE_EQ(0, mkdir("state", 0700));
	d.super.base = event_base_new();
	mapset_checker_init(&d);
	d.conf = conf_of(maps);
	d.map.d = &d;
	d.map.c.role = ROLE_MAP;
	d.map.c.pid = -1;		/* as if it ran: not to be started */
	start_checker();
}

static void
is_done(const char *text, void *arg)
{
	ATF_CHECK_EQ(&d, arg);
	ATF_CHECK_EQ(0, done);
	done = 1;
	strlcpy(why, text == NULL ? "" : text, sizeof(why));
}

static struct mapset_stage *
stage(const struct conf *c)
{
	struct mapset_stage *st;

	done = 0;
	st = mapset_stage(&d, c, &d.loaded, is_done, &d);
	ATF_REQUIRE(st != NULL);
	ATF_CHECK_EQ(0, done);
	return (st);
}

static void
too_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	atf_tc_fail("waited in vain for %s", (const char *)arg);
}

/* Run the loop until the counter at `p' is `n'. */
static void
until(const int *p, int n, char *what)
{
	struct timeval tv = { WAIT_SECS, 0 };
	struct event *ev = evtimer_new(d.super.base, too_late, what);

	ATF_REQUIRE(ev != NULL && evtimer_add(ev, &tv) == 0);
	while (*p != n)
		ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
	event_free(ev);
}

static void
until_done(void)
{
	static char what[] = "the maps";

	until(&done, 1, what);
}

/* Put the maps of `c' in force. */
static void
replace(struct conf *c)
{
	struct mapset_stage *st = stage(c);
	struct conf *old = d.conf;

	until_done();
	ATF_REQUIRE_STREQ("", why);
	d.conf = c;
	mapset_commit(st);
	if (old != c)
		conf_free(old);
}

static const char *
body(size_t i)
{
	static char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)d.maps.v[i].good.len,
	    (char *)d.maps.v[i].good.body);
	return (text);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(*(int *)arg)++;
}

/* A slow derpmapd blocks nothing; then all maps are in force. */
ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	static char what[] = "other events";
	struct timeval tv = { 0, 0 };
	struct mapset_stage *st;
	int ticks = 0;

	put("a.json", GOOD " a");
	put("b.json", GOOD " b");
	begin(MAP_A MAP_B);
	silent = 1;
	st = stage(d.conf);
	until((int *)&checks, 1, what);
	ATF_REQUIRE_EQ(0, event_base_once(d.super.base, -1, EV_TIMEOUT, tick,
	    &ticks, &tv));
	until(&ticks, 1, what);
	ATF_CHECK_EQ(0, done);
	silent = 0;
	answer(checker, 1);
	until_done();
	ATF_CHECK_STREQ("", why);
	ATF_CHECK_EQ(0, d.maps.n);
	mapset_commit(st);
	ATF_REQUIRE_EQ(2, d.maps.n);
	ATF_CHECK_STREQ(GOOD " a", body(0));
	ATF_CHECK_STREQ(GOOD " b", body(1));
	ATF_CHECK_EQ(MAPSET_GOOD, d.maps.v[0].state);
	ATF_CHECK_EQ(MAPSET_GOOD, d.maps.v[1].state);
	ATF_CHECK_EQ(2, checks);
}

/* A configuration without a good map is refused; nothing changes. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct mapset_stage *st;
	struct conf *c;

	put("a.json", GOOD);
	put("b.json", BAD);
	begin(MAP_A);
	replace(d.conf);
	c = conf_of(MAP_A MAP_B);
	st = stage(c);
	until_done();
	mapset_drop(st);
	conf_free(c);
	ATF_CHECK_STREQ("not a good one", why);
	ATF_CHECK_EQ(1, d.maps.n);
	ATF_CHECK_STREQ(GOOD, body(0));
}

/* A bad map is replaced by the one in force, or by the kept copy. */
ATF_TC_WITHOUT_HEAD(last_good);
ATF_TC_BODY(last_good, tc)
{
	begin(MAP_A);
	put("a.json", GOOD);
	replace(d.conf);
	put("a.json", BAD);
	replace(conf_of(MAP_A));
	ATF_CHECK_STREQ(GOOD, body(0));
	ATF_CHECK_EQ(MAPSET_LAST_GOOD, d.maps.v[0].state);
	ATF_CHECK_STREQ("not a good one", d.maps.v[0].error);
	mapset_free(&d.maps);		/* as after a restart */
	ATF_REQUIRE_EQ(0, unlink("a.json"));
	replace(conf_of(MAP_A));
	ATF_CHECK_STREQ(GOOD, body(0));
	ATF_CHECK_EQ(MAPSET_LAST_GOOD, d.maps.v[0].state);
	ATF_CHECK(strstr(d.maps.v[0].error, "No such file") != NULL);
}

/* A followed map that arrives while others are staged is not lost. */
ATF_TC_WITHOUT_HEAD(followed);
ATF_TC_BODY(followed, tc)
{
	static char what[] = "a map that was fetched";
	struct conf *c, *old;
	struct mapset_stage *st;

	put("b.json", GOOD);
	begin(FOLLOW);
	replace(d.conf);
	ATF_CHECK_EQ(MAPSET_NONE, d.maps.v[0].state);
	mapset_fetched(&d.maps.v[0], "good 1", 6, 5);
	until((int *)&d.maps.v[0].state, MAPSET_GOOD, what);
	ATF_CHECK_STREQ("good 1", body(0));
	c = conf_of(FOLLOW MAP_B);
	silent = 1;
	st = stage(c);
	until((int *)&checks, 2, what);
	mapset_fetched(&d.maps.v[0], "good 2", 6, 6);
	silent = 0;
	answer(checker, 1);
	until((int *)&d.maps.v[0].good.mtime, 6, what);
	until_done();
	old = d.conf;
	d.conf = c;
	mapset_commit(st);
	conf_free(old);
	ATF_CHECK_STREQ("good 2", body(0));
	ATF_CHECK_STREQ(GOOD, body(1));
	ATF_CHECK_EQ(6, d.maps.v[0].good.mtime);
	ATF_CHECK_EQ(MAPSET_GOOD, d.maps.v[0].state);
}

/* Results of a source are handled in order, validated or not. */
ATF_TC_WITHOUT_HEAD(news);
ATF_TC_BODY(news, tc)
{
	static char what[] = "a verdict";
	struct mapset_map *m;

	begin(FOLLOW);
	replace(d.conf);
	m = &d.maps.v[0];
	mapset_fetched(m, "good 1", 6, 5);
	mapset_not_fetched(m, "x.test: no answer");
	ATF_CHECK_EQ(MAPSET_NONE, m->state);
	until((int *)&m->state, MAPSET_LAST_GOOD, what);
	ATF_CHECK_STREQ("good 1", body(0));
	ATF_CHECK_STREQ("x.test: no answer", m->error);
	mapset_fetched(m, "bad 2", 5, 6);
	mapset_confirmed(m);
	ATF_CHECK_EQ(MAPSET_LAST_GOOD, m->state);
	until(&m->refused, 1, what);
	ATF_CHECK_STREQ("not a good one", m->error);
	/* The same bytes again are no better. */
	mapset_confirmed(m);
	ATF_CHECK_EQ(MAPSET_LAST_GOOD, m->state);
}

/* A file that changes while staged is validated again once in force. */
ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	static char what[] = "the change of a file";
	struct mapset_stage *st;

	put("a.json", "good 1");
	put("b.json", "good 1");
	begin(MAP_A MAP_B);
	silent = 1;
	st = stage(d.conf);
	until((int *)&checks, 1, what);
	silent = 0;
	answer(checker, 1);
	until_done();
	put("a.json", "good 22");
	until((int *)&mapset_staged(st)->v[0].changed, 1, what);
	ATF_CHECK_EQ(2, checks);
	mapset_commit(st);
	ATF_CHECK_STREQ("good 1", body(0));
	until((int *)&d.maps.v[0].good.len, 7, what);
	ATF_CHECK_STREQ("good 22", body(0));
}

/* A dropped stage has no callback, and its maps are cancelled. */
ATF_TC_WITHOUT_HEAD(dropped);
ATF_TC_BODY(dropped, tc)
{
	static char what[] = "derpmapd";
	struct mapset_stage *st;

	put("a.json", GOOD);
	put("b.json", GOOD);
	begin(MAP_A MAP_B);
	silent = 1;
	st = stage(d.conf);
	until((int *)&checks, 1, what);
	mapset_drop(st);
	answer(checker, 1);
	until(&d.mapcheck.q.sent, 0, what);
	ATF_CHECK(TAILQ_EMPTY(&d.mapcheck.q.jobs));
	ATF_CHECK_EQ(0, done);
	ATF_CHECK_EQ(0, d.maps.n);
	ATF_CHECK_EQ(1, checks);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, last_good);
	ATF_TP_ADD_TC(tp, followed);
	ATF_TP_ADD_TC(tp, news);
	ATF_TP_ADD_TC(tp, changed);
	ATF_TP_ADD_TC(tp, dropped);
	return (atf_no_error());
}
