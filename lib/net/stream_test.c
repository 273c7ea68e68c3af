/*
 * stream_test: a stream without TLS.  derpclient_test.c and https_test.c have
 * those with TLS.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

#define WAIT_MS	10000

static struct net_stream	*s;
static int			 far;	/* the other end */

static void
begin(void)
{
	int sv[2];

	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((s = net_stream_new()) != NULL);
	ATF_REQUIRE_EQ(0, net_stream_adopt(s, sv[0]));
	far = sv[1];
}

static void
plain(void)
{
	begin();
	ATF_REQUIRE_EQ(0, net_stream_tls(s, "relay.test", STREAM_PLAIN, NULL,
	    net_stream_until(WAIT_MS)));
}

ATF_TC_WITHOUT_HEAD(both_ways);
ATF_TC_BODY(both_ways, tc)
{
	char buf[16];
	size_t len;

	plain();
	ATF_REQUIRE_EQ(0, net_stream_write(s, "hello", 5,
	    net_stream_until(WAIT_MS)));
	ATF_REQUIRE_EQ(5, read(far, buf, sizeof(buf)));
	ATF_CHECK_EQ(0, memcmp(buf, "hello", 5));
	ATF_REQUIRE_EQ(3, write(far, "you", 3));
	ATF_REQUIRE_EQ(3, net_stream_read(s, buf, sizeof(buf),
	    net_stream_until(WAIT_MS)));
	ATF_CHECK_EQ(0, memcmp(buf, "you", 3));
	ATF_CHECK_STREQ("", net_stream_version(s));
	ATF_CHECK_STREQ("", net_stream_cipher(s));
	ATF_CHECK(net_stream_chain(s, &len) == NULL && len == 0);
	net_stream_free(s);
	ATF_CHECK_EQ(0, read(far, buf, sizeof(buf)));
}

ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	static char much[1 << 20];
	char c;

	plain();
	ATF_CHECK_EQ(-1, net_stream_read(s, &c, 1, net_stream_until(10)));
	ATF_CHECK(net_stream_timed_out(s));
	ATF_CHECK_EQ(-1, net_stream_write(s, much, sizeof(much),
	    net_stream_until(10)));
	ATF_CHECK(net_stream_timed_out(s));
	ATF_REQUIRE_EQ(0, shutdown(far, SHUT_WR));
	ATF_CHECK_EQ(0, net_stream_read(s, &c, 1, net_stream_until(WAIT_MS)));
	close(far);
	ATF_CHECK_EQ(-1, net_stream_write(s, &c, 1, net_stream_until(WAIT_MS)));
	ATF_CHECK(!net_stream_timed_out(s));
	net_stream_free(s);
}

/* Without that word nothing goes out in the clear. */
ATF_TC_WITHOUT_HEAD(not_yet);
ATF_TC_BODY(not_yet, tc)
{
	char c = 0;

	begin();
	ATF_CHECK_EQ(-1, net_stream_write(s, &c, 1, net_stream_until(10)));
	ATF_CHECK_EQ(-1, net_stream_read(s, &c, 1, net_stream_until(10)));
	ATF_CHECK(!net_stream_timed_out(s));
	net_stream_free(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, both_ways);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, not_yet);
	return (atf_no_error());
}
