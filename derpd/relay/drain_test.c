/*
 * drain_test: clients of a worker that drains: who is let in, who is closed,
 * and what the parent is told.
 */
#include "adopt.h"
#include "adoptfixture.h"
#include "drain.h"

static uint8_t key[FRAME_KEY_LEN];	/* of the last client */

/* A client with the n-th key of the worker is taken over; return its end. */
static int
take_over(unsigned int n, uint8_t number, int mesh)
{
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_msg_handover v;
	const char *why;
	int s[2];

	key_of(key, WORKER, n);
	make_ticket(ticket, WORKER, key, number, mesh);
	plain_message(&v, ticket);
	v.mesh = mesh;
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	turns();
	return (s[1]);
}

/* The same, and it is logged in. */
static int
login(unsigned int n, uint8_t number, int mesh)
{
	int fd = take_over(n, number, mesh);
	uint64_t cookie;

	ATF_REQUIRE_EQ(asked(&cookie), number);
	answer(cookie, 1);
	return (fd);
}

/* What the client got: S ServerInfo, R Restarting, . the end, ? others. */
static const char *
got(int fd)
{
	static char line[100];
	uint8_t hdr[FRAME_HDR_LEN], t, p[200];
	static const uint8_t at_once[8];
	ssize_t rv;
	uint32_t n;
	size_t i = 0;

	turns();
	while (i < sizeof(line) - 1 &&
	    (rv = recv(fd, hdr, sizeof(hdr), MSG_DONTWAIT)) != -1) {
		if (rv == 0) {
			line[i++] = '.';
			break;
		}
		ATF_REQUIRE_EQ(rv, sizeof(hdr));
		net_frame_get_hdr(hdr, &t, &n);
		ATF_REQUIRE(n <= sizeof(p));
		ATF_REQUIRE_EQ(recv(fd, p, n, MSG_DONTWAIT), n);
		if (t == FRAME_RESTARTING)
			ATF_CHECK(n == 8 && memcmp(p, at_once, 8) == 0);
		line[i++] = t == FRAME_SERVER_INFO ? 'S' :
		    t == FRAME_RESTARTING ? 'R' : '?';
	}
	line[i] = '\0';
	return (line);
}

/* The parent says so. */
static void
drain(uint32_t ms)
{
	const struct ipc_msg_relay_drain v = { ms };

	ATF_REQUIRE_EQ(relay_drain_message(r, &v), 0);
}

/* The next wave, when so much of the drain is over. */
static void
wave(unsigned int percent)
{
	struct relay_drain_plan *p = &r->drain.plan;
	uint64_t now = r->set.now_us / 1000;

	/* The clock stays, its times move. */
	p->begun_ms = p->first_ms = now - percent;
	p->end_ms = p->first_ms + 100;
	p->from = 0;
	event_active(r->drain.ev, EV_TIMEOUT, 0);
	turns();
}

/* The parent was told last that so many are left; -1: nothing. */
static int64_t
told(void)
{
	struct ipc_msg_relay_drained v;
	struct ipc_msg m;
	int64_t left = -1;

	turns();
	while (ipc_chan_recv(parent, &m, 0) == 0) {
		ATF_REQUIRE_EQ(MSG_RELAY_DRAINED, m.type);
		ATF_REQUIRE_EQ(ipc_get_relay_drained(&m.rd, &v), 0);
		left = v.left;
		ipc_msg_free(&m);
	}
	return (left);
}

ATF_TC_WITHOUT_HEAD(closes);
ATF_TC_BODY(closes, tc)
{
	uint64_t cookie;
	int one, twin, mesh, late, fd;

	(void)tc;
	worker();
	one = login(0, 1, 0);
	twin = login(0, 2, 0);
	mesh = login(1, 3, 1);
	late = take_over(2, 4, 0);
	ATF_REQUIRE_EQ(asked(&cookie), 4);
	(void)got(one);
	(void)got(twin);
	ATF_CHECK_STREQ(got(mesh), "S");
	ATF_CHECK(!relay_drain_on(r));
	drain(60000);
	ATF_CHECK(relay_drain_on(r));
	/* Nobody is let in but a mesh peer. */
	fd = take_over(3, 5, 0);
	ATF_CHECK_STREQ(got(fd), ".");
	close(login(4, 6, 1));
	wave(0);
	ATF_CHECK_EQ(told(), 3);
	ATF_CHECK_STREQ(got(one), "");
	/* All of these; who is not logged in yet is, and goes with the next. */
	wave(100);
	ATF_CHECK_STREQ(got(one), "R.");
	ATF_CHECK_STREQ(got(twin), "R.");
	ATF_CHECK_STREQ(got(late), "");
	close(one);
	close(twin);
	wave(100);
	ATF_CHECK_EQ(told(), 1);
	wave(100);
	ATF_CHECK_EQ(told(), -1);
	answer(cookie, 1);
	wave(100);
	ATF_CHECK_STREQ(got(late), "SR.");
	close(late);
	wave(100);
	ATF_CHECK_EQ(told(), 0);
	ATF_CHECK_STREQ(got(mesh), "");
	close(mesh);
}

/* Connections of one key go together, and keys one after the other. */
ATF_TC_WITHOUT_HEAD(in_turn);
ATF_TC_BODY(in_turn, tc)
{
	int fd[40][2], open[40], n, was = 40, half = 0;
	unsigned int i, percent;

	(void)tc;
	worker();
	for (i = 0; i < 40; i++) {
		fd[i][0] = login(i, (uint8_t)(2 * i + 1), 0);
		fd[i][1] = login(i, (uint8_t)(2 * i + 2), 0);
		open[i] = 1;
	}
	drain(60000);
	for (percent = 5; percent <= 100; percent += 5) {
		wave(percent);
		for (n = 0, i = 0; i < 40; i++) {
			if (!open[i])
				continue;
			open[i] = strchr(got(fd[i][0]), 'R') == NULL;
			ATF_CHECK_EQ(open[i], strchr(got(fd[i][1]), 'R') ==
			    NULL);
			n += open[i];
		}
		/* 20 waves of 40 keys: 2 each, by chance. */
		ATF_CHECK_MSG(was - n < 15, "%d at once", was - n);
		was = n;
		if (percent == 50)
			half = n;
	}
	ATF_CHECK_EQ(was, 0);
	ATF_CHECK_MSG(half > 4 && half < 36, "%d at half time", half);
}

ATF_TC_WITHOUT_HEAD(ended);
ATF_TC_BODY(ended, tc)
{
	int one, other;

	(void)tc;
	worker();
	drain(0);			/* there is none */
	one = login(0, 1, 0);
	drain(60000);
	wave(0);
	ATF_CHECK_EQ(told(), 1);
	drain(0);
	ATF_CHECK(!relay_drain_on(r));
	other = login(1, 2, 0);
	ATF_CHECK_STREQ(got(one), "S");
	ATF_CHECK_STREQ(got(other), "S");
	ATF_CHECK(!event_pending(r->drain.ev, EV_TIMEOUT, NULL));
	/* Another one begins anew. */
	drain(60000);
	wave(0);
	ATF_CHECK_EQ(told(), 2);
	close(one);
	close(other);
}

/* Clients leave while a wave looks at them. */
ATF_TC_WITHOUT_HEAD(leaving);
ATF_TC_BODY(leaving, tc)
{
	int one, other;

	(void)tc;
	worker();
	one = login(0, 1, 0);
	other = login(1, 2, 0);
	drain(60000);
	r->drain.walking = 1;
	r->drain.left = 0;
	relay_walk_begin(&r->drain.walk, &r->set);
	conn_close(TAILQ_FIRST(&r->set.conns), "test");
	conn_reap(&r->set);
	ATF_CHECK(r->drain.walk.at == TAILQ_FIRST(&r->set.conns));
	conn_close(TAILQ_FIRST(&r->set.conns), "test");
	conn_reap(&r->set);
	ATF_CHECK(r->drain.walk.at == NULL);
	ATF_CHECK_EQ(told(), 0);
	close(one);
	close(other);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, closes);
	ATF_TP_ADD_TC(tp, in_turn);
	ATF_TP_ADD_TC(tp, ended);
	ATF_TP_ADD_TC(tp, leaving);
	return (atf_no_error());
}
