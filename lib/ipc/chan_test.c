/*
 * chan_test: Tests of channels with and without an event loop, of pings and
 * pongs, of peers that die, and of call-backs that free their channel.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "chanfixture.h"

static void
on_gone_free(struct ipc_chan *c, const char *why, void *given)
{
	on_gone(c, why, given);
	ipc_chan_free(c);
}

ATF_TC_WITHOUT_HEAD(delivery);
ATF_TC_BODY(delivery, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_wr	 w;
	int		 i;

	setup();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ipc_wr_init(&w);
	while (w.len < MSG_MAXPAYLOAD)
		ipc_wr_u32(&w, 7);
	for (i = 0; i < 10; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_RETAIN, &w, -1) == 0);
	ATF_CHECK(ipc_chan_queued(p) >= 10 * MSG_MAXPAYLOAD);
	settle();
	ATF_CHECK_EQ(10, nmsgs);
	ATF_CHECK_EQ(10 * MSG_MAXPAYLOAD, nbytes);
	ATF_CHECK_EQ(0, ipc_chan_queued(p));
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_TLS, NULL, a_file()) == 0);
	settle();
	ATF_CHECK_EQ(MSG_KEY_TLS, last_type);
	ATF_CHECK(last_fd != -1);
	ATF_CHECK_MSG(fcntl(last_fd, F_GETFD) == -1,
	    "a descriptor that was left is still open");
	ATF_CHECK_EQ(0, ngone);
	ipc_wr_free(&w);
	ipc_chan_free(p);
	settle();
	ATF_CHECK_EQ(1, ngone);
	ATF_CHECK_EQ(-1, ipc_chan_send(k, MSG_READY, NULL, -1));
	ATF_CHECK_EQ(EPIPE, errno);
	ipc_chan_free(k);
}

/* A child answers pings with and without an event loop. */
ATF_TC_WITHOUT_HEAD(life);
ATF_TC_BODY(life, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;

	setup();
	p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(p));
	ATF_REQUIRE(ipc_chan_ping(p) == 0);
	ATF_CHECK_EQ(1, ipc_chan_owes_pong(p));
	ATF_REQUIRE(ipc_chan_ping(p) == 0);	/* sends no second ping */
	settle();
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(p));
	ATF_REQUIRE(ipc_chan_ping(p) == 0);
	ATF_CHECK_EQ(1, ipc_chan_owes_pong(p));
	settle();
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(p));
	ATF_CHECK_EQ_MSG(0, nmsgs, "a sign of life was delivered");
	ATF_CHECK_EQ(0, ngone);
	ipc_chan_free(p);
	ipc_chan_free(k);
	event_base_free(base);
	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_CHECK_EQ(0, ipc_chan_poll(k));
	ATF_REQUIRE(ipc_chan_ping(p) == 0 && ipc_chan_flush(p, 1000) == 0);
	ATF_CHECK_EQ_MSG(0, ipc_chan_poll(k), "a sign of life interrupts");
	ATF_CHECK_EQ(-1, ipc_chan_recv(p, &m, 0));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(p));
	ATF_REQUIRE(ipc_chan_ping(p) == 0 &&
	    ipc_chan_send(p, MSG_STOP, NULL, -1) == 0 && ipc_chan_flush(p,
	    1000) == 0);
	ATF_CHECK_EQ(1, ipc_chan_poll(k));
	ATF_CHECK_EQ(1, ipc_chan_poll(k));
	ATF_REQUIRE(ipc_chan_recv(k, &m, 1000) == 0);
	ATF_CHECK_EQ(MSG_STOP, m.type);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(-1, ipc_chan_recv(p, &m, 0));
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(p));
	ipc_chan_free(p);
	ATF_CHECK_EQ_MSG(1, ipc_chan_poll(k), "the end is not told");
	ipc_chan_free(k);
}

/* A pong that answers no ping is an error. */
ATF_TC_WITHOUT_HEAD(false_life);
ATF_TC_BODY(false_life, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_wr	 w;
	uint32_t	 n;

	for (n = 1; n <= 2; n++) {
		setup();
		ngone = 0;
		p = with_events(sv[0], ROLE_PARENT, ROLE_KEYS);
		k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
		if (n == 2)		/* a ping with number 1 is open */
			ATF_REQUIRE(ipc_chan_ping(p) == 0);
		ipc_wr_init(&w);
		ipc_wr_u32(&w, n);
		ATF_REQUIRE(ipc_chan_send(k, MSG_PONG, &w, -1) == 0 &&
		    ipc_chan_flush(k, 1000) == 0);
		ipc_wr_free(&w);
		settle();
		ATF_CHECK_EQ(1, ngone);
		ipc_chan_free(p);
		ipc_chan_free(k);
		event_base_free(base);
	}
}

ATF_TC_WITHOUT_HEAD(free_in_message);
ATF_TC_BODY(free_in_message, tc)
{
	struct ipc_chan	*p;
	int		 i;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	(void)with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	for (i = 0; i < 5; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_METACERT, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	free_at = 2;
	settle();
	ATF_CHECK_EQ_MSG(2, nmsgs, "called after chan_free()");
	ATF_CHECK_EQ(0, ngone);
	ipc_chan_free(p);
}

ATF_TC_WITHOUT_HEAD(free_in_gone);
ATF_TC_BODY(free_in_gone, tc)
{
	setup();
	ATF_REQUIRE(ipc_chan_new(base, sv[1], ROLE_KEYS, ROLE_PARENT, on_msg,
	    on_gone_free, arg) != NULL);
	close(sv[0]);
	settle();
	ATF_CHECK_EQ(1, ngone);
	ATF_CHECK_MSG(fcntl(sv[1], F_GETFD) == -1, "not closed");
}

/* Messages sent before the peer closed are delivered first. */
ATF_TC_WITHOUT_HEAD(last_words);
ATF_TC_BODY(last_words, tc)
{
	struct ipc_chan	*p, *k;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = with_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_REQUIRE(ipc_chan_send(p, MSG_STOP, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ipc_chan_free(p);
	settle();
	ATF_CHECK_EQ(1, nmsgs);
	ATF_CHECK_EQ(MSG_STOP, last_type);
	ATF_CHECK_EQ(1, ngone);
	ipc_chan_free(k);
}

ATF_TC_WITHOUT_HEAD(receive);
ATF_TC_BODY(receive, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;
	struct ipc_wr	 w;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 0));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ipc_wr_init(&w);
	ipc_wr_str(&w, "names");
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_SELFSIGN, &w, a_file()) == 0);
	ATF_REQUIRE(ipc_chan_send(p, MSG_STOP, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ATF_REQUIRE(ipc_chan_recv(k, &m, 1000) == 0);
	ATF_CHECK_EQ(MSG_KEY_SELFSIGN, m.type);
	ATF_CHECK_EQ(w.len, m.rd.left);
	ATF_CHECK_EQ(0, memcmp(m.rd.p, w.p, w.len));
	ATF_CHECK(fcntl(m.fd, F_GETFD) & FD_CLOEXEC);
	ipc_msg_free(&m);
	ipc_wr_free(&w);
	ipc_chan_free(p);
	ATF_REQUIRE(ipc_chan_recv(k, &m, 1000) == 0);
	ATF_CHECK_EQ(MSG_STOP, m.type);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 1000));
	ATF_CHECK_EQ(EPIPE, errno);
	ATF_CHECK_EQ(-1, ipc_chan_fd(k));
	ipc_chan_free(k);
}

ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct ipc_chan	*p;
	struct ipc_wr	 w;
	int		 i;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	ipc_wr_init(&w);
	while (w.len < MSG_MAXPAYLOAD)
		ipc_wr_u64(&w, 1);
	for (i = 0; i < 20; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_RETAIN, &w, -1) == 0);
	ATF_CHECK_EQ(-1, ipc_chan_flush(p, 10));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ATF_CHECK(ipc_chan_queued(p) > 0);
	close(sv[1]);
	ATF_CHECK_EQ(-1, ipc_chan_flush(p, 1000));
	ATF_CHECK_EQ(EPIPE, errno);
	ipc_wr_free(&w);
	ipc_chan_free(p);
}

/* In a child process: answer every MSG_SIGN with its own payload. */
static void
signer(int fd)
{
	struct ipc_chan	*k;
	struct ipc_msg	 m;
	struct ipc_wr	 w;

	k = ipc_chan_new(NULL, fd, ROLE_SIGNER, ROLE_FRONT, NULL, NULL, NULL);
	while (k != NULL && ipc_chan_recv(k, &m, 10000) == 0) {
		ipc_wr_init(&w);
		ipc_wr_bytes(&w, m.rd.p, m.rd.left);
		if (ipc_chan_send(k, MSG_SIGNED, &w, -1) == -1 ||
		    ipc_chan_flush(k, 10000) == -1)
			_exit(1);
		ipc_wr_free(&w);
		ipc_msg_free(&m);
	}
	_exit(0);
}

ATF_TC_WITHOUT_HEAD(call);
ATF_TC_BODY(call, tc)
{
	struct ipc_chan	*r;
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	pid_t		 pid;
	int		 i, st;

	setup();
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		close(sv[0]);
		signer(sv[1]);
	}
	close(sv[1]);
	r = without_events(sv[0], ROLE_FRONT, ROLE_SIGNER);
	ipc_wr_init(&w);
	for (i = 0; i < 6; i++) {
		while (w.len < (size_t)i * 50000)
			ipc_wr_u32(&w, (uint32_t)w.len);
		ATF_REQUIRE(ipc_chan_call(r, MSG_SIGN, &w, -1, &m, 10000) == 0);
		ATF_CHECK_EQ(MSG_SIGNED, m.type);
		ATF_REQUIRE_EQ(w.len, m.rd.left);
		ATF_CHECK(w.len == 0 || memcmp(w.p, m.rd.p, w.len) == 0);
		ipc_msg_free(&m);
	}
	ipc_chan_free(r);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(attach_later);
ATF_TC_BODY(attach_later, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_REQUIRE(ipc_chan_send(p, MSG_START, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_METACERT, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_send(p, MSG_STOP, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ATF_REQUIRE(ipc_chan_recv(k, &m, 1000) == 0);
	ATF_CHECK_EQ(MSG_START, m.type);
	ipc_msg_free(&m);
	ATF_REQUIRE(ipc_chan_send(k, MSG_READY, NULL, -1) == 0);
	ATF_REQUIRE(ipc_chan_attach(k, base, on_msg, on_gone, arg) == 0);
	settle();
	ATF_CHECK_EQ_MSG(2, nmsgs, "what was read before got lost");
	ATF_REQUIRE(ipc_chan_recv(p, &m, 1000) == 0);
	ATF_CHECK_EQ_MSG(MSG_READY, m.type, "what was queued before got lost");
	ipc_msg_free(&m);
	ipc_chan_free(p);
	ipc_chan_free(k);
}

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	ipc_chan_free(NULL);
	ATF_CHECK(ipc_chan_new(NULL, -1, ROLE_KEYS, ROLE_FRONT, NULL, NULL,
	    NULL) == NULL);
}

ATF_TC_WITHOUT_HEAD(more);
ATF_TC_BODY(more, tc)
{
	struct ipc_chan	*p, *k;
	struct ipc_msg	 m;
	int		 i;

	setup();
	p = without_events(sv[0], ROLE_PARENT, ROLE_KEYS);
	k = without_events(sv[1], ROLE_KEYS, ROLE_PARENT);
	ATF_CHECK_EQ(0, ipc_chan_pending(k));
	ATF_CHECK_EQ(-1, ipc_chan_recv(k, &m, 0));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	for (i = 0; i < 3; i++)
		ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_NODE, NULL,
		    a_file()) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ATF_CHECK_MSG(ipc_chan_pending(k) == 0, "nothing was read");
	for (i = 0; i < 3; i++) {
		/* It is pending only when one read received all. */
		if (i > 0 && ipc_chan_pending(k))
			ATF_CHECK_EQ(1, ipc_chan_pending(k));
		ATF_REQUIRE(ipc_chan_recv(k, &m, i == 0 ? 0 : 1000) == 0);
		ATF_CHECK_EQ(MSG_KEY_NODE, m.type);
		ATF_CHECK(m.fd != -1);
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(0, ipc_chan_pending(k));
	/* A message read ahead stays available after the peer closed. */
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_NODE, NULL, a_file()) == 0);
	ATF_REQUIRE(ipc_chan_send(p, MSG_KEY_NODE, NULL, a_file()) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ATF_REQUIRE(ipc_chan_recv(k, &m, 0) == 0);
	ipc_msg_free(&m);
	(void)ipc_chan_pending(k);
	ipc_chan_free(p);
	/* The end of file, once read, stays pending for ipc_chan_recv(). */
	while (ipc_chan_recv(k, &m, 1000) == 0)
		ipc_msg_free(&m);
	ATF_CHECK_EQ(EPIPE, errno);
	ATF_CHECK_EQ(1, ipc_chan_pending(k));
	ipc_chan_free(k);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, delivery);
	ATF_TP_ADD_TC(tp, life);
	ATF_TP_ADD_TC(tp, false_life);
	ATF_TP_ADD_TC(tp, free_in_message);
	ATF_TP_ADD_TC(tp, free_in_gone);
	ATF_TP_ADD_TC(tp, last_words);
	ATF_TP_ADD_TC(tp, receive);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, call);
	ATF_TP_ADD_TC(tp, more);
	ATF_TP_ADD_TC(tp, attach_later);
	ATF_TP_ADD_TC(tp, nothing);
	return (atf_no_error());
}
