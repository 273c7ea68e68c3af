/*
 * chan_rules_test: Tests that both sides of a channel enforce the rules of
 * msg.h, that a peer which breaks them is dropped, and the limit of queued
 * output.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <errno.h>
#include <imsg.h>
#include <unistd.h>

#include "chanfixture.h"

/* Check that sending fails with `error' and closes the file descriptor. */
static void
refused(struct ipc_chan *c, uint32_t type, const struct ipc_wr *w, int fd,
    int error)
{
	ATF_CHECK_EQ_MSG(-1, ipc_chan_send(c, type, w, fd), "%s",
	    ipc_msg_name(type));
	ATF_CHECK_EQ_MSG(error, errno, "%s: errno %d", ipc_msg_name(type),
	    errno);
	if (fd != -1)
		ATF_CHECK_EQ(-1, fcntl(fd, F_GETFD));
}

ATF_TC_WITHOUT_HEAD(sender_rules);
ATF_TC_BODY(sender_rules, tc)
{
	struct ipc_chan	*p;
	struct ipc_wr	 w;

	setup();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	refused(p, MSG_SIGN, NULL, -1, EPERM);
	refused(p, MSG_MAX, NULL, a_file(), EPERM);
	refused(p, MSG_KEY_TLS, NULL, -1, EPERM);
	refused(p, MSG_KEY_RETAIN, NULL, a_file(), EPERM);
	ipc_wr_init(&w);
	while (w.len <= MSG_MAXPAYLOAD)
		ipc_wr_u64(&w, 0);
	refused(p, MSG_KEY_RETAIN, &w, -1, EMSGSIZE);
	w.bad = ENOMEM;
	refused(p, MSG_KEY_RETAIN, &w, -1, ENOMEM);
	ipc_wr_free(&w);
	ATF_CHECK(ipc_chan_send(p, MSG_KEY_MESH, NULL, -1) == 0);
	ATF_CHECK(ipc_chan_send(p, MSG_KEY_MESH, NULL, a_file()) == 0);
	ipc_chan_free(p);
	close(sv[1]);
}

/* Receive a message that `from' wrote raw.  1: the peer was dropped. */
static int
cheat_as(enum ipc_role from, uint32_t type, size_t len, int fd)
{
	const uint32_t		 valid = from == ROLE_PARENT ? MSG_STOP :
				    MSG_LOGIN;
	static unsigned char	 data[MSG_MAXPAYLOAD * 2];
	struct imsgbuf		 ib;
	struct ipc_chan		*k;
	int			 i;

	setup();
	ngone = nmsgs = 0;
	k = with_events(sv[1], ROLE_KEYS, from);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	ATF_REQUIRE(imsgbuf_init(&ib, sv[0]) == 0);
	imsgbuf_allow_fdpass(&ib);
	imsgbuf_set_maxsize(&ib, sizeof(data) + IMSG_HEADER_SIZE);
	ATF_REQUIRE_EQ(1, imsg_compose(&ib, type, 0, 0, fd, data, len));
	/* A valid message follows and must not be delivered. */
	ATF_REQUIRE_EQ(1, imsg_compose(&ib, valid, 0, 0, -1, data, 1));
	for (i = 0; i < 20; i++) {
		if (imsgbuf_write(&ib) == -1)
			break;
		settle();
	}
	ATF_CHECK_MSG(ngone == 0 || nmsgs == 0, "taken after a violation");
	imsgbuf_clear(&ib);
	ipc_chan_free(k);
	close(sv[0]);
	event_base_free(base);
	return ngone == 1;
}

static int
cheat(uint32_t type, size_t len, int fd)
{
	return cheat_as(ROLE_FRONT, type, len, fd);
}

ATF_TC_WITHOUT_HEAD(receiver_rules);
ATF_TC_BODY(receiver_rules, tc)
{
	ATF_CHECK_EQ(0, cheat(MSG_LOGIN, 100, -1));
	ATF_CHECK_EQ(2, nmsgs);
	ATF_CHECK_EQ(1, cheat(MSG_KEY_RETAIN, 0, -1));
	ATF_CHECK_EQ(1, cheat(MSG_MAX, 0, -1));
	ATF_CHECK_EQ(1, cheat(0xffffffff, 0, -1));
	ATF_CHECK_EQ(1, cheat(MSG_LOGIN, 0, a_file()));
	ATF_CHECK_EQ(1, cheat(MSG_LOGIN, MSG_MAXPAYLOAD + 1, -1));
	ATF_CHECK_EQ(0, cheat(MSG_LOGIN, MSG_MAXPAYLOAD, -1));
	/* A file descriptor is required, optional, and forbidden. */
	ATF_CHECK_EQ(1, cheat_as(ROLE_PARENT, MSG_KEY_TLS, 0, -1));
	ATF_CHECK_EQ(0, cheat_as(ROLE_PARENT, MSG_KEY_TLS, 0, a_file()));
	ATF_CHECK_EQ(0, cheat_as(ROLE_PARENT, MSG_KEY_MESH, 0, -1));
	ATF_CHECK_EQ(0, cheat_as(ROLE_PARENT, MSG_KEY_MESH, 0, a_file()));
	ATF_CHECK_EQ(1, cheat_as(ROLE_PARENT, MSG_KEY_RETAIN, 0, a_file()));
	/* Pings and pongs: malformed, not from the parent, unexpected. */
	ATF_CHECK_EQ(0, cheat_as(ROLE_PARENT, MSG_PING, 4, -1));
	ATF_CHECK_EQ(1, nmsgs);
	ATF_CHECK_EQ(1, cheat_as(ROLE_PARENT, MSG_PING, 3, -1));
	ATF_CHECK_EQ(1, cheat_as(ROLE_PARENT, MSG_PING, 5, -1));
	ATF_CHECK_EQ(1, cheat(MSG_PING, 4, -1));
	ATF_CHECK_EQ(1, cheat(MSG_PONG, 4, -1));
}

/* Send a byte and a descriptor that no message announces. */
static void
slip(int s, int fd)
{
	union {
		struct cmsghdr	 hdr;
		unsigned char	 buf[CMSG_SPACE(sizeof(int))];
	} ctl = { .buf = { 0 } };
	char		 byte = 0;
	struct iovec	 iov = { &byte, 1 };
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = ctl.buf,
			    .msg_controllen = CMSG_SPACE(sizeof(int)) };

	ctl.hdr.cmsg_len = CMSG_LEN(sizeof(int));
	ctl.hdr.cmsg_level = SOL_SOCKET;
	ctl.hdr.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&ctl.hdr), &fd, sizeof(fd));
	ATF_REQUIRE_EQ(1, sendmsg(s, &mh, 0));
	close(fd);
}

/* A peer that has none to pass can't leave one here; others, only some. */
ATF_TC_WITHOUT_HEAD(slipped);
ATF_TC_BODY(slipped, tc)
{
	struct ipc_chan	*k;
	char		 c;
	int		 p[2];

	setup();
	k = with_events(sv[1], ROLE_KEYS, ROLE_FRONT);
	ATF_REQUIRE(pipe(p) == 0 && fcntl(p[0], F_SETFL, O_NONBLOCK) == 0);
	slip(sv[0], p[1]);
	settle();
	ATF_CHECK_EQ(0, read(p[0], &c, 1));	/* it is closed */
	ATF_CHECK_EQ(1, ngone);
	ATF_CHECK_EQ(1, ipc_chan_broke(k));
	ipc_chan_free(k);
	close(sv[0]);
	event_base_free(base);
	setup();
	ngone = 0;
	k = with_events(sv[1], ROLE_RELAY, ROLE_FRONT);
	ATF_CHECK_EQ(0, ipc_chan_broke(k));
	while (ngone == 0) {
		ATF_REQUIRE(nmsgs++ <= CHAN_MAXFDS);
		slip(sv[0], a_file());
		settle();
	}
	ATF_CHECK_EQ(1, ipc_chan_broke(k));
	ipc_chan_free(k);
}

#ifdef __linux__
/* A peer that ends has read all, or not. */
ATF_TC_WITHOUT_HEAD(unread);
ATF_TC_BODY(unread, tc)
{
	struct ipc_chan	*k;
	char		 buf[256];
	int		 reads;

	for (reads = 0; reads < 2; reads++) {
		ngone = 0;
		setup();
		k = with_events(sv[1], ROLE_PARENT, ROLE_SUCCESSOR);
		ATF_REQUIRE_EQ(0, ipc_chan_send(k, MSG_UP_COMMIT, NULL, -1));
		settle();
		if (reads)
			ATF_REQUIRE(read(sv[0], buf, sizeof(buf)) > 0);
		ATF_CHECK_EQ(0, ipc_chan_unread(k));
		ATF_CHECK_EQ(0, ipc_chan_ended(k));
		close(sv[0]);
		settle();
		ATF_CHECK_EQ(1, ngone);
		ATF_CHECK_EQ(!reads, ipc_chan_unread(k));
		ATF_CHECK_EQ(1, ipc_chan_ended(k));
		ipc_chan_free(k);
		event_base_free(base);
	}
}
#endif

ATF_TC_WITHOUT_HEAD(receive_cheat);
ATF_TC_BODY(receive_cheat, tc)
{
	struct ipc_chan	*wrong, *k;
	struct ipc_msg	 m;

	setup();
	/* The sender acts as the parent, but k's peer is a relay. */
	wrong = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_RELAY);
	ATF_REQUIRE(ipc_chan_send(wrong, MSG_STOP, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(wrong, 1000) == 0);
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 1000));
	ATF_CHECK_EQ(EPROTO, errno);
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 1000));
	ATF_CHECK_EQ(EPROTO, errno);
	ATF_REQUIRE(ipc_chan_attach(k, base, on_msg, on_gone, arg) == 0);
	settle();
	ATF_CHECK_EQ(1, ngone);
	ATF_CHECK_EQ(0, nmsgs);
	ipc_chan_free(wrong);
	ipc_chan_free(k);
}

/* A peer that does not read is dropped; on_gone is called once. */
ATF_TC_WITHOUT_HEAD(overflow);
ATF_TC_BODY(overflow, tc)
{
	struct ipc_chan	*p;
	struct ipc_wr	 w;
	int		 i;

	setup();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	ipc_chan_limit(p, 1024 * 1024);
	ipc_wr_init(&w);
	while (w.len < 100000)
		ipc_wr_u32(&w, 1);
	for (i = 0; i < 10; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_RETAIN, &w, -1) == 0);
	refused(p, MSG_KEY_RETAIN, &w, -1, ENOBUFS);
	ATF_CHECK_EQ_MSG(0, ngone, "told within a call");
	refused(p, MSG_KEY_METACERT, NULL, -1, EPIPE);
	refused(p, MSG_KEY_TLS, NULL, a_file(), EPIPE);
	settle();
	ATF_CHECK_EQ(1, ngone);
	ipc_chan_free(p);
	ipc_wr_free(&w);
	close(sv[1]);
	/* Messages are charged at their size in memory, descriptors extra. */
	event_base_free(base);
	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	ipc_chan_limit(p, 1024 * 1024);
	for (i = 0; i < 1024 * 1024 / 64; i++)
		if (ipc_chan_send(p, MSG_KEY_METACERT, NULL, -1) == -1)
			break;
	ATF_CHECK_EQ(ENOBUFS, errno);
	ATF_CHECK(i < 1024 * 1024 / 64);
	ipc_chan_free(p);
	close(sv[1]);
	event_base_free(base);
	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	for (i = 0; i < 1000; i++)
		if (ipc_chan_send(p, MSG_KEY_TLS, NULL, a_file()) == -1)
			break;
	ATF_CHECK_EQ(ENOBUFS, errno);
	ATF_CHECK_MSG(i > 100 && i < 1000, "%d descriptors wait", i);
	ipc_chan_free(p);
	close(sv[1]);
}

/* Written messages are no longer charged, even when more are queued. */
ATF_TC_WITHOUT_HEAD(charged);
ATF_TC_BODY(charged, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	int		 i;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ipc_chan_limit(p, 4 * 1024 * 1024);
	ipc_wr_init(&w);
	while (w.len < 1024 * 1024)
		ipc_wr_u32(&w, 1);
	for (i = 0; i < 3; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_RETAIN, &w, -1) == 0);
	/* The total is far above the limit, the queue always below it. */
	for (i = 0; i < 20; i++) {
		while (ipc_chan_recv(k, &m, 0) == -1)
			ATF_REQUIRE(ipc_chan_flush(p, 0) == 0 ||
			    errno == ETIMEDOUT);
		ipc_msg_free(&m);
		ATF_REQUIRE_MSG(ipc_chan_send(p, MSG_KEY_RETAIN, &w, -1) == 0,
		    "message %d: %zu bytes wait", i, ipc_chan_queued(p));
		ATF_CHECK(ipc_chan_queued(p) > 0);
	}
	ipc_wr_free(&w);
	ipc_chan_free(p);
	ipc_chan_free(k);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sender_rules);
	ATF_TP_ADD_TC(tp, receiver_rules);
	ATF_TP_ADD_TC(tp, slipped);
#ifdef __linux__
	ATF_TP_ADD_TC(tp, unread);
#endif
	ATF_TP_ADD_TC(tp, receive_cheat);
	ATF_TP_ADD_TC(tp, overflow);
	ATF_TP_ADD_TC(tp, charged);
	return (atf_no_error());
}
