/*
 * chan_again_test: Tests of descriptors that the system does not take, as when
 * another process of the user left too many in sockets, and of many messages
 * with descriptors.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "chanfixture.h"
#include "clock.h"

#define MANY	128		/* descriptors of one message */
#define FILES	64		/* limit of open files: fewer */

static int	 hoard[2];	/* a pair with descriptors that nobody reads */

/* Send MANY descriptors over the pair.  Returns 0, or an errno. */
static int
fill_once(void)
{
	union {
		struct cmsghdr	 hdr;
		unsigned char	 buf[CMSG_SPACE(sizeof(int) * MANY)];
	} ctl = { .buf = { 0 } };
	char		 byte = 0;
	struct iovec	 iov = { &byte, 1 };
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = ctl.buf,
			    .msg_controllen = sizeof(ctl.buf) };
	int		 i;

	ctl.hdr.cmsg_len = CMSG_LEN(sizeof(int) * MANY);
	ctl.hdr.cmsg_level = SOL_SOCKET;
	ctl.hdr.cmsg_type = SCM_RIGHTS;
	for (i = 0; i < MANY; i++)
		memcpy(CMSG_DATA(&ctl.hdr) + (size_t)i * sizeof(int), &hoard[0],
		    sizeof(int));
	return (sendmsg(hoard[0], &mh, MSG_DONTWAIT) == 1 ? 0 : errno);
}

/* Be the superuser again, who owns the file of the result. */
static void
restore(void)
{
	if (getuid() == 0)
		ATF_REQUIRE(seteuid(0) == 0);
}

/* Leave so many descriptors in a pair that the system takes no more. */
static void
fill(void)
{
	struct rlimit	rl = { FILES, FILES };

	/* There is no limit for the superuser. */
	if (geteuid() == 0)
		ATF_REQUIRE(seteuid(65534) == 0);
	ATF_REQUIRE(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, hoard) == 0);
	if (fill_once() != 0 || fill_once() == 0) {
		restore();
		atf_tc_skip("the system has no such limit");
	}
}

/* Run the event loop for that long.  Returns the number of its turns. */
static int
run(int ms)
{
	struct timeval	tv = { 0, 10000 };
	uint64_t	end = base_clock_ms() + (uint64_t)ms;
	int		n;

	for (n = 0; base_clock_ms() < end; n++) {
		ATF_REQUIRE(event_base_loopexit(base, &tv) == 0);
		ATF_REQUIRE(event_base_loop(base, EVLOOP_ONCE) != -1);
	}
	return (n);
}

/* The message waits, and those behind it, without a busy loop. */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct ipc_chan	*p, *k;
	int		 i, n;

	setup();
	fill();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL, a_file()) == 0);
	ATF_REQUIRE(ipc_chan_ping(p) == 0);
	n = run(300);
	ATF_CHECK_MSG(n < 100, "%d turns", n);
	ATF_CHECK_EQ(0, ngone);
	ATF_CHECK_EQ(0, nmsgs);
	ATF_CHECK_MSG(ipc_chan_owes_pong(p) == 0, "the peer is to blame");
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_METACERT, NULL, -1) == 0);
	ATF_CHECK(ipc_chan_queued(p) > 0);
	close(hoard[0]);
	close(hoard[1]);
	for (i = 0; i < 100 && nmsgs < 2; i++)
		run(20);
	ATF_CHECK_EQ(2, nmsgs);
	ATF_CHECK_EQ(MSG_KEY_METACERT, last_type);
	ATF_CHECK_EQ(0, ngone);
	ATF_CHECK_EQ(0, ipc_chan_queued(p));
	ipc_chan_free(p);
	ipc_chan_free(k);
	restore();
}

/* A queue that is held is bounded, too. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	struct ipc_chan	*p;
	int		 i;

	setup();
	fill();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	ipc_chan_limit(p, 200 * 1024);	/* of three with a descriptor */
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL,
		    a_file()) == 0);
		settle();
	}
	ATF_CHECK_EQ(0, ngone);
	ATF_CHECK_EQ(-1, ipc_chan_send(p, MSG_KEY_TLS, NULL, a_file()));
	ATF_CHECK_EQ(ENOBUFS, errno);
	settle();
	ATF_CHECK_EQ(1, ngone);
	ipc_chan_free(p);
	restore();
}

/* Without events: ipc_chan_flush() waits for its time. */
ATF_TC_WITHOUT_HEAD(flushed);
ATF_TC_BODY(flushed, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;

	setup();
	fill();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL, a_file()) == 0);
	ATF_CHECK_EQ(-1, ipc_chan_flush(p, 0));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ATF_CHECK_EQ(-1, ipc_chan_flush(p, 70));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 0));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	close(hoard[0]);
	close(hoard[1]);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p, 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(k, &m, 1000));
	ATF_CHECK(m.fd != -1);
	ipc_msg_free(&m);
	ipc_chan_free(p);
	ipc_chan_free(k);
	restore();
}

/* The system ends each read behind a descriptor; one turn reads again. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct ipc_chan	*p;
	int		 i;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	(void)with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	settle();
	for (i = 0; i < 40; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL,
		    a_file()) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ATF_REQUIRE(event_base_loop(base, EVLOOP_ONCE) != -1);
	ATF_CHECK_MSG(nmsgs > 8, "%d messages in one turn", nmsgs);
	ATF_CHECK_MSG(nmsgs < 40, "others have no turn");
	settle();
	ATF_CHECK_EQ(40, nmsgs);
	/* It ends when the channel is freed meanwhile. */
	for (i = 0; i < 5; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL,
		    a_file()) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	free_at = 42;
	settle();
	ATF_CHECK_EQ(42, nmsgs);
	ATF_CHECK_EQ(0, ngone);
	ipc_chan_free(p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, flushed);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
