/*
 * Tests of topfeed.c: what derpd is asked, and when, and what a derpd that ends
 * leaves.  derpd is played by this process.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <atf-c.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "build.h"
#include "clock.h"
#include "ipcsend.h"
#include "topfeed.h"

#define STATUS	"{\"version\":\"0.9\",\"uptime\":7}"

static struct event_base	*base;
static struct ctl_feed		*feed;
static struct ipc_chan		*derpd;		/* its end */
static int			 lfd = -1;
static unsigned int		 listed, lost, back;
static char			 why[256];

static void
on_listed(void *arg, const char *lacks)
{
	(void)arg;
	listed++;
	strlcpy(why, lacks != NULL ? lacks : "", sizeof(why));
}

static void
on_changed(void *arg, const char *what)
{
	(void)arg;
	if (what != NULL)
		lost++;
	else
		back++;
}

static const struct ctl_feed_ops ops = { on_listed, on_changed };

/* Let the feed do all that it can do. */
static void
turn(void)
{
	int	i;

	for (i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
start(void)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };

	unlink("sock");
	strlcpy(sun.sun_path, "sock", sizeof(sun.sun_path));
	ATF_REQUIRE((lfd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE(bind(lfd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	ATF_REQUIRE(listen(lfd, 5) == 0);
}

static void
stop(void)
{
	ipc_chan_free(derpd);
	derpd = NULL;
	close(lfd);
	unlink("sock");
}

/* The next request that derpd gets; 0: none. */
static uint32_t
asked(void)
{
	struct ipc_msg	m;
	uint32_t	type;

	turn();
	if (!ipc_chan_poll(derpd))
		return 0;
	ATF_REQUIRE_EQ(ipc_chan_recv(derpd, &m, 1000), 0);
	type = m.type;
	ipc_msg_free(&m);
	return type;
}

/* Accept the feed and exchange builds; derpd's is `build'. */
static void
greet(const char *build)
{
	const struct ipc_msg_ctl_build	own = { build };
	int				fd;

	turn();
	ATF_REQUIRE((fd = accept(lfd, NULL, NULL)) != -1);
	derpd = ipc_chan_new(NULL, fd, ROLE_PARENT, ROLE_CTL, NULL, NULL,
	    NULL);
	ATF_REQUIRE(derpd != NULL);
	ATF_REQUIRE_EQ(asked(), MSG_CTL_HELLO);
	ATF_REQUIRE_EQ(ipc_send_ctl_build(derpd, &own), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(derpd, 1000), 0);
}

/* Answer with this many clients, or with the status. */
static void
answer(int clients, int status, int ok)
{
	const struct ipc_msg_ctl_text	text = { STATUS, strlen(STATUS) };
	const struct ipc_msg_ctl_done	done = { ok, "it lacks some" };
	struct ipc_msg_ctl_listed	one = { .name = "a", .group = "g" };

	for (; clients > 0; clients--) {
		one.client.key[0] = (uint8_t)clients;
		ATF_REQUIRE_EQ(ipc_send_ctl_listed(derpd, &one), 0);
	}
	if (status)
		ATF_REQUIRE_EQ(ipc_send_ctl_text(derpd, &text), 0);
	ATF_REQUIRE_EQ(ipc_send_ctl_done(derpd, &done), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(derpd, 1000), 0);
	turn();
}

static void
begin(const char *build)
{
	start();
	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE((feed = ctl_feed_new(base, "sock", &ops, NULL)) != NULL);
	ATF_REQUIRE_EQ(ctl_feed_connect(feed), 0);
	greet(build);
	ATF_REQUIRE_EQ(asked(), MSG_CTL_LIST);
}

/* The interval is over, long after the last list. */
static void
next(void)
{
	ctl_feed_next(feed, base_clock_ms() + 60000);
}

ATF_TC_WITHOUT_HEAD(one_at_a_time);
ATF_TC_BODY(one_at_a_time, tc)
{
	int	i;

	begin(ipc_build_id());
	/* However often it is due while derpd owes an answer. */
	for (i = 0; i < 5; i++)
		next();
	ATF_CHECK_EQ(asked(), 0);
	ATF_CHECK(ctl_feed_waits(feed) != 0);
	answer(3, 0, 1);
	ATF_CHECK_EQ(listed, 0);
	ATF_CHECK_EQ(asked(), MSG_CTL_STATUS);
	next();
	ATF_CHECK_EQ(asked(), 0);
	answer(0, 1, 1);
	ATF_CHECK_EQ(listed, 1);
	ATF_CHECK_EQ(ctl_feed_waits(feed), 0);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->now.n, 3);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->was_ms, 0);
	ATF_CHECK_STREQ(ctl_feed_lists(feed)->status.version, "0.9");
	next();
	next();
	ATF_CHECK_EQ(asked(), MSG_CTL_LIST);
	ATF_CHECK_EQ(asked(), 0);
	answer(2, 0, 0);
	ATF_CHECK_EQ(asked(), MSG_CTL_STATUS);
	answer(0, 1, 1);
	ATF_CHECK_EQ(listed, 2);
	ATF_CHECK_STREQ(why, "it lacks some");
	ATF_CHECK_EQ(ctl_feed_lists(feed)->was.n, 3);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->now.n, 2);
	ATF_CHECK(ctl_feed_lists(feed)->was_ms != 0);
	ctl_feed_free(feed);
	stop();
}

ATF_TC_WITHOUT_HEAD(restarts);
ATF_TC_BODY(restarts, tc)
{
	begin(ipc_build_id());
	answer(3, 0, 1);
	ATF_CHECK_EQ(asked(), MSG_CTL_STATUS);
	/* The list before its status is not shown, nor lost ones freed. */
	stop();
	turn();
	ATF_CHECK_EQ(lost, 1);
	ATF_CHECK_EQ(listed, 0);
	next();
	next();
	turn();
	ATF_CHECK_EQ(lost, 1);
	ATF_CHECK_EQ(back, 0);
	start();
	next();
	greet(ipc_build_id());
	ATF_CHECK_EQ(asked(), MSG_CTL_LIST);
	ATF_CHECK_EQ(back, 1);
	answer(2, 0, 1);
	ATF_CHECK_EQ(asked(), MSG_CTL_STATUS);
	answer(0, 1, 1);
	ATF_CHECK_EQ(listed, 1);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->now.n, 2);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->was_ms, 0);
	/* What was there stays until there is something else. */
	stop();
	turn();
	ATF_CHECK_EQ(lost, 2);
	ATF_CHECK_EQ(ctl_feed_lists(feed)->now.n, 2);
	ctl_feed_free(feed);
}

ATF_TC_WITHOUT_HEAD(older);
ATF_TC_BODY(older, tc)
{
	begin("older");
	ipc_chan_free(derpd);
	turn();
	greet("older");
	ATF_CHECK_EQ(asked(), MSG_CTL_CLIENTS);
	ATF_CHECK_EQ(lost, 0);
	/* It ends now: the next one may know the list with names. */
	ipc_chan_free(derpd);
	turn();
	ATF_CHECK_EQ(lost, 1);
	next();
	greet(ipc_build_id());
	ATF_CHECK_EQ(asked(), MSG_CTL_LIST);
	ctl_feed_free(feed);
	stop();
}

ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	begin(ipc_build_id());
	answer(0, 1, 1);
	ATF_CHECK_EQ(lost, 1);
	ctl_feed_free(feed);
	stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_at_a_time);
	ATF_TP_ADD_TC(tp, restarts);
	ATF_TP_ADD_TC(tp, older);
	ATF_TP_ADD_TC(tp, junk);
	return atf_no_error();
}
