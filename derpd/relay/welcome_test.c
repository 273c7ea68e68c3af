/*
 * welcome_test: the end of a login: what keys is asked for and answers, and
 * what the client gets, in which order.
 */
#include <errno.h>

#include "adopt.h"
#include "adoptfixture.h"
#include "peers.h"
#include "route.h"

static const char *why;
static uint8_t key[FRAME_KEY_LEN];	/* of the last client */

/*
 * A client with the n-th key of the worker and a ticket of this number is taken
 * over; return its end.
 */
static int
login(unsigned int n, uint8_t number)
{
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_msg_handover v;
	int s[2];

	key_of(key, WORKER, n);
	make_ticket(ticket, WORKER, key, number, 0);
	plain_message(&v, ticket);
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	turns();
	return (s[1]);
}

/*
 * The next frame that the client gets must be of that type, 0: none, and not
 * the end; `want' is in its payload.
 */
static void
gets(int fd, uint8_t type, const char *want)
{
	uint8_t hdr[FRAME_HDR_LEN], t;
	char p[200];
	uint32_t n;

	turns();
	if (type == 0) {
		ATF_CHECK_EQ(recv(fd, p, 1, MSG_DONTWAIT), -1);
		ATF_CHECK_EQ(errno, EAGAIN);
		return;
	}
	ATF_REQUIRE_EQ(recv(fd, hdr, sizeof(hdr), MSG_DONTWAIT), sizeof(hdr));
	net_frame_get_hdr(hdr, &t, &n);
	ATF_REQUIRE_EQ(t, type);
	ATF_REQUIRE(n < sizeof(p));
	ATF_REQUIRE_EQ(recv(fd, p, n, MSG_DONTWAIT), n);
	p[n] = '\0';
	ATF_CHECK_MSG(memmem(p, n, want, strlen(want)) != NULL, "%s", p);
}

/* The connection has ended, and the client gets nothing more. */
static void
ended(int fd)
{
	char c;

	turns();
	ATF_CHECK_EQ(recv(fd, &c, 1, MSG_DONTWAIT), 0);
}

/* Return 1 if the last client's key has a connection, else 0. */
static int
is_there(void)
{
	return (cluster_peers_find(r->peers, key) != NULL);
}

/*
 * The session is registered at once, but gets nothing before ServerInfo, which
 * is the first of all.
 */
ATF_TC_WITHOUT_HEAD(sealed);
ATF_TC_BODY(sealed, tc)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	uint64_t cookie;
	int first, twin;

	(void)tc;
	worker();
	first = login(0, 1);
	ATF_CHECK(is_there());
	ATF_CHECK_EQ(r->stats->connections, 1);
	ATF_CHECK_EQ(relay_route_deliver(r, key, src, 0,
	    (const uint8_t *)"packet 1", 8), 0);
	gets(first, 0, NULL);
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	answer(cookie, 1);
	gets(first, FRAME_SERVER_INFO, "sealed");
	gets(first, FRAME_RECV_PACKET, "packet 1");
	gets(first, 0, NULL);
	/* Another one with the key: both hear of it, each when it may. */
	twin = login(0, 2);
	gets(first, FRAME_HEALTH, "another connection");
	gets(twin, 0, NULL);
	ATF_REQUIRE_EQ(asked(&cookie), 2);
	answer(cookie, 1);
	gets(twin, FRAME_SERVER_INFO, "sealed");
	gets(twin, FRAME_HEALTH, "another connection");
	/* An answer that comes again changes nothing. */
	answer(cookie, 0);
	answer(cookie, 1);
	gets(twin, 0, NULL);
	gets(first, 0, NULL);
	ATF_CHECK_EQ(asked(&cookie), 0);
}

/* What the client sent behind ClientInfo is handled when it is logged in. */
ATF_TC_WITHOUT_HEAD(behind);
ATF_TC_BODY(behind, tc)
{
	static const uint8_t pings[] = { FRAME_PING, 0, 0, 0, 8,
	    '1', '2', '3', '4', '5', '6', '7', '8' };
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_msg_handover v;
	uint64_t cookie;
	int s[2];

	(void)tc;
	worker();
	key_of(key, WORKER, 0);
	make_ticket(ticket, WORKER, key, 1, 0);
	plain_message(&v, ticket);
	v.plain = pings;
	v.plain_len = sizeof(pings);
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	ATF_REQUIRE_EQ(write(s[1], pings, sizeof(pings)), sizeof(pings));
	turns();
	ATF_CHECK_EQ(r->stats->got_ping, 0);
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	answer(cookie, 1);
	gets(s[1], FRAME_SERVER_INFO, "sealed");
	gets(s[1], FRAME_PONG, "12345678");
	gets(s[1], FRAME_PONG, "12345678");
	gets(s[1], 0, NULL);
}

/* Keys can't seal. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	uint64_t cookie;
	int fd;

	(void)tc;
	worker();
	fd = login(0, 1);
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	answer(cookie, 0);
	ended(fd);
	ATF_CHECK(!is_there());
	ATF_CHECK_EQ(r->stats->connections, 0);
	ATF_CHECK_EQ(r->set.nconns, 0);
	ATF_CHECK(TAILQ_EMPTY(&r->seals.list));
}

/* Keys ends, and its successor gets all requests, in their order. */
ATF_TC_WITHOUT_HEAD(keys_restarted);
ATF_TC_BODY(keys_restarted, tc)
{
	uint64_t cookies[3], cookie;
	unsigned int i;
	int fd[3];

	(void)tc;
	worker();
	fd[0] = login(0, 1);
	fd[1] = login(1, 2);
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	answer(cookie, 1);
	gets(fd[0], FRAME_SERVER_INFO, "sealed");
	ipc_chan_free(keys);
	turns();
	ATF_REQUIRE(r->keys == NULL);
	fd[0] = login(2, 3);
	fd[2] = login(3, 4);
	gets(fd[1], 0, NULL);
	connect_keys();
	ATF_REQUIRE_EQ(asked(&cookies[1]), 2);
	ATF_REQUIRE_EQ(asked(&cookies[0]), 3);
	ATF_REQUIRE_EQ(asked(&cookies[2]), 4);
	ATF_CHECK_EQ(asked(&cookie), 0);
	for (i = 0; i < 3; i++) {
		gets(fd[i], 0, NULL);
		answer(cookies[i], 1);
		gets(fd[i], FRAME_SERVER_INFO, "sealed");
	}
}

/* A client that left is not asked for again, and its answer is ignored. */
ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
	struct ipc_msg_sealed v = { .ok = 1, .box = "sealed", .box_len = 6 };
	uint64_t cookie, later;
	int fd, other;

	(void)tc;
	worker();
	fd = login(0, 1);
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	relay_route_close_peer(r, key);
	/* In the same turn, and after it. */
	v.cookie = cookie;
	relay_welcome_sealed(r, &v);
	ended(fd);
	other = login(0, 2);
	answer(cookie, 1);
	gets(other, 0, NULL);
	ipc_chan_free(keys);
	turns();
	connect_keys();
	ATF_REQUIRE_EQ(asked(&later), 2);
	ATF_CHECK(later != cookie);
	ATF_CHECK_EQ(asked(&cookie), 0);
	answer(later, 1);
	gets(other, FRAME_SERVER_INFO, "sealed");
}

/* Keys does not answer: the login ends after 10 seconds. */
ATF_TC_WITHOUT_HEAD(no_answer);
ATF_TC_BODY(no_answer, tc)
{
	unsigned int i;
	int fd;

	(void)tc;
	worker();
	fd = login(0, 1);
	for (i = 0; i < 9; i++)
		conn_tick(&r->set);
	gets(fd, 0, NULL);
	for (i = 0; i < 3; i++)
		conn_tick(&r->set);
	ended(fd);
	ATF_CHECK(!is_there());
	ATF_CHECK(TAILQ_EMPTY(&r->seals.list));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sealed);
	ATF_TP_ADD_TC(tp, behind);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, keys_restarted);
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, no_answer);
	return (atf_no_error());
}
