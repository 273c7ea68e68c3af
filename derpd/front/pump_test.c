/* Tests of pump.c: a client and its session at the two ends of a pair. */
#include <errno.h>

#include "handoverfixture.h"
#include "pump.h"

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
static struct front_conn *c;
static int session;		/* its other end; the client's is client */

/* A proxied client without TLS. */
static void
begin(void)
{
	int s[2];

	set_up();
	tcp_pair(s);
	client = s[1];
	ATF_REQUIRE((c = front_conn_new(f, s[0], 0, 0, addr, 1)) != NULL);
	ATF_REQUIRE((session = front_pump_begin(c)) != -1);
	c->conn.state = CONN_PUMP;
	conn_no_deadline(&c->conn);
	front_conn_known(c);
}

/* Send `n' bytes of a pattern, from offset `at'; return how many went. */
static size_t
put(int fd, size_t at, size_t n)
{
	uint8_t buf[65536];
	ssize_t k;
	size_t i;

	ATF_REQUIRE(n <= sizeof(buf));
	for (i = 0; i < n; i++)
		buf[i] = (uint8_t)((at + i) * 7 + (at + i) / 251);
	k = send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return (k == -1 ? 0 : (size_t)k);
}

/* Read what is there, which must go on at offset `at'; return its length. */
static size_t
get(int fd, size_t at)
{
	uint8_t buf[65536];
	ssize_t k;
	size_t i;

	if ((k = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) <= 0)
		return (0);
	for (i = 0; i < (size_t)k; i++)
		ATF_REQUIRE_EQ(buf[i], (uint8_t)((at + i) * 7 +
		    (at + i) / 251));
	return ((size_t)k);
}

/* Pass 8 MB; the receiver rests between its reads. */
static void
pass(int from, int to)
{
	size_t sent = 0, got = 0, n, rests = 0;

	while (got < 8000000) {
		n = put(from, sent, 50000);
		rests += n == 0;
		sent += n;
		turns();
		if (n == 0 || sent >= 8000000)
			while ((n = get(to, got)) > 0)
				got += n;
	}
	ATF_CHECK_MSG(rests > 0, "the sender was never held up");
	for (n = 0; got < sent && n < 1000; n++) {
		turns();
		got += get(to, got);
	}
	ATF_CHECK_EQ(got, sent);
}

ATF_TC_WITHOUT_HEAD(up);
ATF_TC_BODY(up, tc)
{
	(void)tc;
	begin();
	pass(client, session);
	ATF_CHECK_EQ(c->conn.paused, 0);
}

ATF_TC_WITHOUT_HEAD(down);
ATF_TC_BODY(down, tc)
{
	(void)tc;
	begin();
	pass(session, client);
}

/* The pair is not read while the client's socket has enough. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	size_t sent = 0, before, got;
	int i;

	(void)tc;
	begin();
	do {
		before = sent;
		for (i = 0; i < 10; i++) {
			sent += put(session, sent, 4000);
			turns();
		}
	} while (sent > before);
	ATF_CHECK(conn_buf_left(&c->conn.output.out) <= OUTPUT_BATCH);
	ATF_CHECK_EQ(conn_buf_left(&c->conn.output.ctl), 0);
	got = get(client, 0);
	ATF_CHECK(got > 0);
}

/* The session ends: what it has sent arrives, then the end. */
ATF_TC_WITHOUT_HEAD(session_ends);
ATF_TC_BODY(session_ends, tc)
{
	char b;

	(void)tc;
	begin();
	ATF_REQUIRE_EQ(put(session, 0, 5000), 5000);
	close(session);
	turns();
	ATF_CHECK_EQ(c->conn.state, CONN_DRAIN);
	ATF_CHECK_EQ(get(client, 0), 5000);
	ATF_CHECK_EQ(recv(client, &b, 1, MSG_DONTWAIT), 0);
	close(client);
	turns();
	ATF_CHECK(TAILQ_EMPTY(&f->set.conns));
}

/* The client sends while its session has ended. */
ATF_TC_WITHOUT_HEAD(sends_late);
ATF_TC_BODY(sends_late, tc)
{
	(void)tc;
	begin();
	ATF_REQUIRE_EQ(put(session, 0, 100), 100);
	close(session);
	ATF_REQUIRE_EQ(put(client, 0, 5000), 5000);
	turns();
	ATF_CHECK_EQ(get(client, 0), 100);
	ATF_CHECK_EQ(c->conn.state, CONN_DRAIN);
}

ATF_TC_WITHOUT_HEAD(client_ends);
ATF_TC_BODY(client_ends, tc)
{
	char b;

	(void)tc;
	begin();
	ATF_REQUIRE_EQ(put(client, 0, 5000), 5000);
	close(client);
	turns();
	ATF_CHECK(TAILQ_EMPTY(&f->set.conns));
	ATF_CHECK_EQ(get(session, 0), 5000);
	ATF_CHECK_EQ(recv(session, &b, 1, MSG_DONTWAIT), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, up);
	ATF_TP_ADD_TC(tp, down);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, session_ends);
	ATF_TP_ADD_TC(tp, sends_late);
	ATF_TP_ADD_TC(tp, client_ends);
	return (atf_no_error());
}
