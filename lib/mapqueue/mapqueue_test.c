/*
 * mapqueue_test: the order of maps that are validated, the bounds, and a
 * derpmapd that ends, hangs or sends unexpected messages.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapcheck.h"
#include "mapqueue.h"

static struct mapqueue		 q;
static const struct ipc_map_self	 self;
static int				 running;	/* derpmapd can be sent
							   maps */
static unsigned int			 timer;		/* ms, 0: none */
static char				 sent[256];	/* names of maps, "a b
							   " */
static char				 got[256];	/* verdicts, "a:1 b:0
							   " */
static char				 broke[64];	/* why derpmapd was
							   ended */
static char				 last_err[MAPQUEUE_ERR_SIZE];
static char				 a[] = "a", b[] = "b", c[] = "c";

static int
send_check(void *arg, const struct ipc_wr *w)
{
	char	 what[64];
	struct ipc_rd r;

	ATF_CHECK_EQ(arg, &q);
	if (!running)
		return (-1);
	ipc_rd_init(&r, w->p, w->len);
	ipc_rd_str(&r, what, sizeof(what));
	strlcat(sent, what, sizeof(sent));
	strlcat(sent, " ", sizeof(sent));
	return (0);
}

static void
set_timer(void *arg, unsigned int ms)
{
	(void)arg;
	timer = ms;
}

static void
broken(void *arg, const char *what)
{
	(void)arg;
	strlcpy(broke, what, sizeof(broke));
	running = 0;
}

static const struct mapqueue_ops ops = { send_check, set_timer, broken };

static void
verdict(void *owner, int good, struct mapqueue_content *content,
    const char *err)
{
	size_t	 n = strlen(got);

	snprintf(got + n, sizeof(got) - n, "%s:%d ", (char *)owner, good);
	strlcpy(last_err, err, sizeof(last_err));
	if (good == 1)
		mapqueue_content_free(content);
}

static void
add(char *owner, const char *what)
{
	struct mapqueue_check check = { .what = what, .self = &self, .p = "{}",
	    .len = 2, .mtime = 7, .cb = verdict, .owner = owner };

	ATF_REQUIRE_EQ(0, mapqueue_add(&q, &check));
}

/* derpmapd accepts (1) or refuses (0) its map. */
static void
answer(int good)
{
	const char *text = good ? "warning: w\n" : "error: bad thing\n";
	struct ipc_wr w;
	struct ipc_rd r;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, (uint8_t)good);
	ipc_wr_blob(&w, text, strlen(text));
	ipc_wr_blob(&w, "{\"regions\":[]}", good ? 14 : 0);
	ipc_rd_init(&r, w.p, w.len);
	mapqueue_answer(&q, &r);
	ipc_wr_free(&w);
}

static void
begin(int is_running)
{
	running = is_running;
	mapqueue_init(&q, &ops, &q, NULL);
}

/* One map at a time, in order; the verdict has what is served. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	begin(1);
	add(a, "a1");
	add(b, "b1");
	add(c, "c1");
	ATF_CHECK_STREQ("a1 ", sent);
	ATF_CHECK_EQ(MAPQUEUE_CHECK_MS, timer);
	ATF_CHECK_STREQ("", got);
	answer(1);
	ATF_CHECK_STREQ("a1 b1 ", sent);
	ATF_CHECK_EQ(MAPQUEUE_CHECK_MS, timer);
	answer(0);
	ATF_CHECK_STREQ("bad thing", last_err);
	answer(1);
	ATF_CHECK_STREQ("a:1 b:0 c:1 ", got);
	ATF_CHECK_EQ(0, timer);
	ATF_CHECK_STREQ("", broke);
}

static struct mapqueue_content	 kept;

static void
keep(void *owner, int good, struct mapqueue_content *content, const char *err)
{
	(void)owner;
	(void)err;
	ATF_CHECK_EQ(1, good);
	kept = *content;
}

/* What is served is made from the bytes that were sent, not the answer. */
ATF_TC_WITHOUT_HEAD(content);
ATF_TC_BODY(content, tc)
{
	struct mapqueue_check check = { .what = "a", .self = &self, .p = "{ }",
	    .len = 3, .mtime = 7, .cb = keep, .owner = a };

	begin(1);
	ATF_REQUIRE_EQ(0, mapqueue_add(&q, &check));
	answer(1);
	ATF_REQUIRE(kept.body != NULL);
	ATF_CHECK_EQ(3, kept.len);
	ATF_CHECK_EQ(0, memcmp("{ }", kept.body, 3));
	ATF_CHECK_EQ(7, kept.mtime);
	ATF_CHECK(kept.hash[0] == 0x25 && kept.hash[31] == 0x4a);
	ATF_CHECK_STREQ("{\"regions\":[]}", kept.summary);
	ATF_CHECK_STREQ("warning: w\n", kept.findings);
	mapqueue_content_free(&kept);
}

/* However often a source changes, only its newest map waits. */
ATF_TC_WITHOUT_HEAD(newest);
ATF_TC_BODY(newest, tc)
{
	char	 name[16];
	int	 i;

	begin(1);
	add(a, "a0");
	add(b, "b0");
	for (i = 1; i < 1000; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		add(a, name);
	}
	add(b, "b1");
	answer(1);
	answer(1);
	answer(1);
	ATF_CHECK_STREQ("a0 b1 a999 ", sent);
	ATF_CHECK_STREQ("a:1 b:1 a:1 ", got);
	ATF_CHECK(TAILQ_EMPTY(&q.jobs));
}

/* derpmapd ends with a map: that map fails, the others wait. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	begin(1);
	add(a, "a1");
	add(b, "b1");
	running = 0;
	mapqueue_gone(&q);
	ATF_CHECK_STREQ("a:-1 ", got);
	ATF_CHECK_STREQ("a1: could not be checked: derpmapd did not answer",
	    last_err);
	ATF_CHECK_EQ(MAPQUEUE_WAIT_MS, timer);
	timer = 1;
	add(c, "c1");
	ATF_CHECK_EQ_MSG(1, timer, "each map gave the wait new time");
	/* derpmapd ends without a map: none fails. */
	mapqueue_gone(&q);
	ATF_CHECK_STREQ("a:-1 ", got);
	running = 1;
	mapqueue_ready(&q);
	ATF_CHECK_STREQ("a1 b1 ", sent);
	ATF_CHECK_EQ(MAPQUEUE_CHECK_MS, timer);
	answer(1);
	answer(1);
	ATF_CHECK_STREQ("a:-1 b:1 c:1 ", got);
}

/* derpmapd hangs, or is not started in time. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	begin(1);
	add(a, "a1");
	add(b, "b1");
	mapqueue_late(&q);
	ATF_CHECK_STREQ("did not answer", broke);
	ATF_CHECK_STREQ("a:-1 ", got);
	/* The end of the process is not a second failure. */
	mapqueue_gone(&q);
	ATF_CHECK_STREQ("a:-1 ", got);
	mapqueue_late(&q);
	ATF_CHECK_STREQ("a:-1 b:-1 ", got);
	ATF_CHECK_STREQ("b1: could not be checked: derpmapd is not running",
	    last_err);
	ATF_CHECK_EQ(0, timer);
	mapqueue_late(&q);
	ATF_CHECK_STREQ("a:-1 b:-1 ", got);
}

/* A cancelled map has no callback, and the next map goes on. */
ATF_TC_WITHOUT_HEAD(cancel);
ATF_TC_BODY(cancel, tc)
{
	begin(1);
	add(a, "a1");
	add(b, "b1");
	add(c, "c1");
	ATF_CHECK(mapqueue_has(&q, a) && mapqueue_has(&q, b));
	mapqueue_cancel(&q, a);
	mapqueue_cancel(&q, b);
	ATF_CHECK(!mapqueue_has(&q, a) && !mapqueue_has(&q, b));
	ATF_CHECK_STREQ("a1 ", sent);
	/* The verdict on a1 is not taken for that on c1. */
	answer(0);
	ATF_CHECK_STREQ("", got);
	ATF_CHECK_STREQ("a1 c1 ", sent);
	answer(1);
	ATF_CHECK_STREQ("c:1 ", got);
	running = 0;
	add(a, "a2");
	mapqueue_cancel(&q, a);
	ATF_CHECK_EQ(0, timer);
	ATF_CHECK(TAILQ_EMPTY(&q.jobs));
}

/* An unexpected message ends derpmapd. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct ipc_rd r;

	begin(1);
	answer(1);
	ATF_CHECK_STREQ("sent a verdict on no map", broke);
	running = 1;
	add(a, "a1");
	ipc_rd_init(&r, "\1", 1);
	mapqueue_answer(&q, &r);
	ATF_CHECK_STREQ("sent a malformed answer", broke);
	ATF_CHECK_STREQ("a:-1 ", got);
	add(a, "a2");
	add(b, "b1");
	mapqueue_clear(&q);
	ATF_CHECK_EQ(0, timer);
	ATF_CHECK_STREQ("a:-1 ", got);
}

static int	 rounds;

static void
again(void *owner, int good, struct mapqueue_content *content, const char *err)
{
	struct mapqueue_check check = { .what = "again", .self = &self,
	    .p = "{}", .len = 2, .cb = again, .owner = owner };

	verdict(owner, good, content, err);
	if (++rounds < 3)
		ATF_REQUIRE_EQ(0, mapqueue_add(&q, &check));
	mapqueue_cancel(&q, b);
}

/* A verdict's callback may add and cancel. */
ATF_TC_WITHOUT_HEAD(within);
ATF_TC_BODY(within, tc)
{
	struct mapqueue_check check = { .what = "first", .self = &self,
	    .p = "{}", .len = 2, .cb = again, .owner = a };

	begin(1);
	ATF_REQUIRE_EQ(0, mapqueue_add(&q, &check));
	add(b, "b1");
	answer(1);
	ATF_CHECK_STREQ("first b1 ", sent);
	answer(1);
	ATF_CHECK_STREQ("first b1 again ", sent);
	mapqueue_gone(&q);
	answer(1);
	ATF_CHECK_STREQ("a:1 a:-1 a:1 ", got);
	ATF_CHECK_STREQ("first b1 again again ", sent);
	ATF_CHECK(TAILQ_EMPTY(&q.jobs));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, content);
	ATF_TP_ADD_TC(tp, newest);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, cancel);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, within);
	return (atf_no_error());
}
