/*
 * relayadmit_test: what a relay worker and admit say to each other about
 * clients that are logged in, and what becomes of those.
 */
#include <errno.h>

#include "adopt.h"
#include "adoptfixture.h"
#include "group.h"
#include "peers.h"
#include "relayadmit.h"
#include "relayconn.h"
#include "route.h"

#define MANY	6000

static struct ipc_chan *admit;		/* its end */
static uint8_t key[FRAME_KEY_LEN];	/* of the last client */

static void
connect_admit(void)
{
	int sv[2];

	ipc_chan_free(admit);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_admit_open(r, sv[0]), 0);
	admit = ipc_chan_new(NULL, sv[1], ROLE_ADMIT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(admit != NULL);
}

/*
 * A client with the n-th key of the worker is taken over and logged in; return
 * its end.
 */
static int
login_as(unsigned int n, int mesh)
{
	static uint8_t number;
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_msg_handover v;
	uint64_t cookie = 0;
	const char *why;
	int s[2];

	key_of(key, WORKER, n);
	make_ticket(ticket, WORKER, key, ++number, mesh);
	plain_message(&v, ticket);
	v.mesh = mesh;
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	/* Changes of others may come before. */
	while (asked_for(&cookie, NULL) != number)
		ATF_REQUIRE(cookie != 0);
	answer(cookie, 1);
	return (s[1]);
}

static int
login(unsigned int n)
{
	return (login_as(n, 0));
}

/* Admit hears next of the n-th key: that it came (1) or went (0). */
static void
hears(int began, unsigned int n, int mesh)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [10] = 0xff, [11] = 0xff };
	uint8_t want[FRAME_KEY_LEN];
	struct ipc_msg_admit_began b;
	struct ipc_msg_admit_ended e;
	struct ipc_msg m;

	turns();
	key_of(want, WORKER, n);
	ATF_REQUIRE_EQ(ipc_chan_recv(admit, &m, 0), 0);
	if (began) {
		ATF_REQUIRE_EQ(MSG_ADMIT_BEGAN, m.type);
		ATF_REQUIRE_EQ(ipc_get_admit_began(&m.rd, &b), 0);
		ATF_CHECK_EQ(memcmp(b.key, want, sizeof(want)), 0);
		ATF_CHECK_EQ(memcmp(b.addr, addr, sizeof(addr)), 0);
		ATF_CHECK_EQ(b.mesh, mesh);
	} else {
		ATF_REQUIRE_EQ(MSG_ADMIT_ENDED, m.type);
		ATF_REQUIRE_EQ(ipc_get_admit_ended(&m.rd, &e), 0);
		ATF_CHECK_EQ(memcmp(e.key, want, sizeof(want)), 0);
	}
	ipc_msg_free(&m);
}

static void
hears_nothing(void)
{
	struct ipc_msg m;

	turns();
	ATF_CHECK_EQ(ipc_chan_recv(admit, &m, 0), -1);
	ATF_CHECK_EQ(ETIMEDOUT, errno);
}

/* Admit's messages are sent and handled. */
static void
say(int rv)
{
	ATF_REQUIRE_EQ(rv, 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(admit, 5000), 0);
	turns();
}

/* Admit names the n-th key, and its group, 0: none. */
static void
grant(unsigned int n, const char *name, uint32_t group, const char *group_name)
{
	uint8_t k[FRAME_KEY_LEN];
	struct ipc_msg_admit_grant v = { .key = k, .group = group,
	    .rate = group * 1000, .burst = group * 2000,
	    .group_name = group_name, .name = name };

	key_of(k, WORKER, n);
	say(ipc_send_admit_grant(admit, &v));
}

static void
revoked(unsigned int n, const char *why)
{
	uint8_t k[FRAME_KEY_LEN];
	struct ipc_msg_admit_revoke v = { k, why };

	key_of(k, WORKER, n);
	say(ipc_send_admit_revoke(admit, &v));
}

/* The n-th connection, from 0, has this name and group. */
static void
is_called(unsigned int n, const char *name, const char *group, uint64_t rate)
{
	const struct relay_conn *c;
	struct conn *k = TAILQ_FIRST(&r->set.conns);
	uint64_t has, burst;

	for (; n > 0 && k != NULL; n--)
		k = TAILQ_NEXT(k, entry);
	ATF_REQUIRE(k != NULL);
	c = relay_conn_of(k);
	ATF_CHECK_STREQ(relay_admit_name(c), name);
	ATF_CHECK_STREQ(relay_admit_group(c), group);
	derp_group_limits(&c->session, &has, &burst);
	ATF_CHECK_EQ(has, rate);
	ATF_CHECK_EQ(burst, 2 * rate);
}

/* The client gets these bytes, after what it got before; then the end. */
static void
gets_last(int fd, uint8_t type, const char *text)
{
	uint8_t hdr[FRAME_HDR_LEN], t;
	char p[300];
	uint32_t n;

	turns();
	do {
		ATF_REQUIRE_EQ(recv(fd, hdr, sizeof(hdr), MSG_DONTWAIT),
		    sizeof(hdr));
		net_frame_get_hdr(hdr, &t, &n);
		ATF_REQUIRE(n < sizeof(p));
		ATF_REQUIRE_EQ(recv(fd, p, n, MSG_DONTWAIT), n);
		p[n] = '\0';
		ATF_CHECK(t != FRAME_RECV_PACKET);
	} while (t != type || strcmp(p, text) != 0);
	ATF_CHECK_EQ(recv(fd, p, 1, MSG_DONTWAIT), 0);
	close(fd);
}

/* The client is there: it gets the answer to a ping. */
static void
is_in(int fd)
{
	static const uint8_t ping[] = { FRAME_PING, 0, 0, 0, 8,
	    1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t p[1000];
	ssize_t n;

	while (recv(fd, p, sizeof(p), MSG_DONTWAIT) > 0)
		;
	ATF_REQUIRE_EQ(write(fd, ping, sizeof(ping)), sizeof(ping));
	turns();
	n = recv(fd, p, sizeof(p), MSG_DONTWAIT);
	ATF_CHECK_EQ(n, FRAME_PONG_SIZE);
}

ATF_TC_WITHOUT_HEAD(connections);
ATF_TC_BODY(connections, tc)
{
	int a, b, mesh;

	(void)tc;
	worker();
	a = login(0);
	connect_admit();
	hears(1, 0, 0);
	b = login(0);
	hears(1, 0, 0);
	mesh = login_as(1, 1);
	hears(1, 1, 1);
	close(a);
	hears(0, 0, 0);
	close(mesh);
	hears(0, 1, 0);
	hears_nothing();
	/* A new channel hears of those that are there. */
	mesh = login_as(2, 1);
	connect_admit();
	hears(1, 0, 0);
	hears(1, 2, 1);
	close(b);
	hears(0, 0, 0);
	hears_nothing();
	close(mesh);
}

/* Many connections, which come and go as they are reported. */

static struct relay_conn *conns[MANY];
static int known[MANY];		/* connections of each key, as admit counts */

static void
join(unsigned int i)
{
	static const uint8_t addr[16], number[IPC_TICKET_NUMBERLEN];
	const unsigned int k = i / 2;		/* two of each key */

	ATF_REQUIRE((conns[i] = relay_conn_new(r, -1, addr, 0)) != NULL);
	memcpy(conns[i]->session.key, &k, sizeof(k));
	relay_welcome(conns[i], number);
}

static void
leave(unsigned int i)
{
	conn_close(&conns[i]->conn, "test");
	conns[i] = NULL;
}

/* Admit reads `n' messages, if there are so many. */
static unsigned int
reads(unsigned int n)
{
	struct ipc_msg_admit_began b;
	struct ipc_msg_admit_ended e;
	struct ipc_msg m;
	unsigned int i, k;

	for (i = 0; i < n && ipc_chan_recv(admit, &m, 0) == 0; i++) {
		if (m.type == MSG_ADMIT_BEGAN) {
			ATF_REQUIRE_EQ(ipc_get_admit_began(&m.rd, &b), 0);
			memcpy(&k, b.key, sizeof(k));
			known[k]++;
		} else {
			ATF_REQUIRE_EQ(ipc_get_admit_ended(&m.rd, &e), 0);
			memcpy(&k, e.key, sizeof(k));
			ATF_REQUIRE(--known[k] >= 0);
		}
		ipc_msg_free(&m);
	}
	return (i);
}

/* Admit knows who is there, and nobody else. */
static void
knows_all(void)
{
	unsigned int i;

	do
		turns();
	while (reads(MANY) > 0);
	for (i = 0; i < MANY; i += 2)
		ATF_REQUIRE_EQ(known[i / 2], (conns[i] != NULL) +
		    (conns[i + 1] != NULL));
}

/* A connection comes or goes, by chance. */
static void
change(unsigned int i)
{
	if (conns[i] == NULL)
		join(i);
	else
		leave(i);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	unsigned int i, round;

	(void)tc;
	worker();
	ipc_chan_free(r->keys);
	r->keys = NULL;
	srandom(2);
	for (i = 0; i < MANY; i++)
		join(i);
	turns();
	for (round = 0; round < 5; round++) {
		memset(known, 0, sizeof(known));
		connect_admit();
		turns();
		/* What waits is bounded, and the worker sleeps meanwhile. */
		while (relay_admit_more(r))
			turns();
		ATF_CHECK(ipc_chan_queued(r->admit.chan) < 320 * 1024);
		ATF_CHECK(r->admit.report.at != NULL);
		while (r->admit.report.at != NULL) {
			for (i = 0; i < 40; i++)
				change((unsigned int)random() % MANY);
			turns();
			(void)reads((unsigned int)random() % 500);
		}
		for (i = 0; i < 40; i++)
			change((unsigned int)random() % MANY);
		knows_all();
	}
	/* And one that is replaced in the middle. */
	connect_admit();
	turns();
	memset(known, 0, sizeof(known));
	connect_admit();
	knows_all();
}

/* Names and groups are of a key: of all its connections. */
ATF_TC_WITHOUT_HEAD(grants);
ATF_TC_BODY(grants, tc)
{
	int a, b, other, mesh;

	(void)tc;
	worker();
	a = login(0);
	other = login(1);
	connect_admit();
	is_called(0, "", "", 0);
	grant(0, "alpha", 3, "staff");
	is_called(0, "alpha", "staff", 3000);
	is_called(1, "", "", 0);
	b = login(0);
	is_called(2, "alpha", "staff", 3000);
	grant(0, "beta", 4, "guests");
	is_called(0, "beta", "guests", 4000);
	is_called(2, "beta", "guests", 4000);
	grant(0, "beta", 0, "");
	is_called(2, "beta", "", 0);
	grant(1, "", 3, "staff");
	is_called(1, "", "staff", 3000);
	grant(0, "", 0, "");
	is_called(0, "", "", 0);
	/* The same again, after a new connection and without one. */
	grant(0, "alpha", 3, "staff");
	grant(0, "alpha", 3, "staff");
	is_called(2, "alpha", "staff", 3000);
	/* A mesh peer is in no group; a key that has left is ignored. */
	mesh = login_as(2, 1);
	grant(2, "node", 3, "staff");
	is_called(3, "node", "", 0);
	grant(9, "nobody", 3, "staff");
	close(a);
	close(b);
	turns();
	grant(0, "alpha", 3, "staff");
	is_called(0, "", "staff", 3000);	/* the other one */
	a = login(0);
	is_called(2, "", "", 0);
	ATF_CHECK(r->admit.chan != NULL);
	close(a);
	close(other);
	close(mesh);
}

/* A new admit has nothing to say of a client that had a name and a group. */
ATF_TC_WITHOUT_HEAD(forgotten);
ATF_TC_BODY(forgotten, tc)
{
	uint8_t ticket[IPC_TICKET_LEN], letter[IPC_ADMIT_LEN];
	struct ipc_msg_handover v;
	const char *why;
	unsigned int i;
	int s[2];

	(void)tc;
	worker();
	(void)login(0);
	(void)login(1);
	connect_admit();
	grant(0, "alpha", 3, "staff");
	grant(1, "beta", 3, "staff");
	connect_admit();
	turns();
	grant(1, "beta", 3, "staff");
	for (i = 0; i < 9; i++)
		relay_admit_tick(r);
	turns();
	is_called(0, "alpha", "staff", 3000);
	/* A client comes, with a ticket, of whom admit has yet to speak. */
	r->conf.admit = 1;
	key_of(key, WORKER, 2);
	make_ticket(ticket, WORKER, key, 200, 0);
	make_admit(letter, WORKER, key, 200);
	plain_message(&v, ticket);
	v.admit = letter;
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	relay_admit_tick(r);
	turns();
	is_called(0, "", "", 0);
	is_called(1, "beta", "staff", 3000);
	is_called(2, "", "", 1000);
	close(s[1]);
}

/*
 * A client that is not admitted any more is told why, and closed; no packet
 * goes to it.
 */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	static uint8_t packet[30000];
	int a, b, waits, mesh, other;
	struct ipc_msg_handover v;
	uint8_t ticket[IPC_TICKET_LEN], target[FRAME_KEY_LEN];
	struct ipc_msg_admit_revoke no = { target, "not admitted: test" };
	const char *why;
	uint64_t cookie = 0;
	int s[2];

	(void)tc;
	worker();
	connect_admit();
	a = login(0);
	b = login(0);
	mesh = login_as(0, 1);
	other = login(1);
	/* One whose ServerInfo is not sealed yet. */
	key_of(key, WORKER, 0);
	make_ticket(ticket, WORKER, key, 201, 0);
	plain_message(&v, ticket);
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	ATF_REQUIRE_EQ(asked(&cookie), 201);
	waits = s[1];
	/* The packet waits for the connection that came last but one. */
	cluster_peers_activity(relay_conn_of(TAILQ_NEXT(TAILQ_FIRST(
	    &r->set.conns), entry)));
	key_of(target, WORKER, 0);
	ATF_REQUIRE_EQ(relay_route_deliver(r, target, src, 0, packet,
	    sizeof(packet)), 0);
	relay_admit_kick(r, src);		/* not here */
	ATF_REQUIRE_EQ(ipc_send_admit_revoke(admit, &no), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(admit, 5000), 0);
	/* Nothing is written between the message and the next packet. */
	ATF_REQUIRE_EQ(event_base_loop(r->set.base, EVLOOP_ONCE), 0);
	ATF_REQUIRE_EQ(relay_route_deliver(r, target, src, 0, packet,
	    sizeof(packet)), 0);
	gets_last(a, FRAME_HEALTH, "not admitted: test");
	gets_last(b, FRAME_HEALTH, "not admitted: test");
	gets_last(waits, FRAME_HEALTH, "not admitted: test");
	answer(cookie, 1);
	turns();
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_GONE_DISCONNECTED][
	    KIND_OTHER], 2);
	is_in(mesh);
	is_in(other);
	ATF_CHECK_EQ(r->set.nconns, 2);
	revoked(5, "not admitted");	/* not here */
	revoked(1, "");
	gets_last(other, FRAME_HEALTH, "");
	is_in(mesh);
	/* The operator closes any. */
	relay_admit_kick(r, target);
	gets_last(mesh, FRAME_HEALTH, "the operator of this relay closed the "
	    "connection");
	turns();
	ATF_CHECK_EQ(r->set.nconns, 0);
}

/* The parent is asked for a channel (1), or not. */
static void
requested(int want)
{
	struct ipc_msg m;
	int rv;

	relay_admit_tick(r);
	turns();
	rv = ipc_chan_recv(parent, &m, 0);
	ATF_CHECK_EQ(rv, want ? 0 : -1);
	if (rv == -1)
		return;
	ATF_CHECK_EQ(MSG_SERVER_ADMITLESS, m.type);
	ipc_msg_free(&m);
}

/* A channel is requested when there should be one. */
ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	int a;

	(void)tc;
	worker();
	requested(0);
	r->conf.admit = 1;
	requested(1);
	requested(1);
	connect_admit();
	requested(0);
	r->conf.admit = 0;
	a = login(0);
	grant(0, "alpha", 3, "staff");
	ipc_chan_free(admit);		/* it ended */
	admit = NULL;
	turns();
	requested(1);
	is_called(0, "alpha", "staff", 3000);
	is_in(a);
	connect_admit();
	hears(1, 0, 0);
	requested(0);
	close(a);
}

/* An admit that breaks the protocol loses its channel; clients go on. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	struct ipc_wr w;
	int a;

	(void)tc;
	worker();
	connect_admit();
	a = login(0);
	ipc_wr_init(&w);
	ipc_wr_u32(&w, 1);
	say(ipc_chan_send(admit, MSG_ADMIT_GRANT, &w, -1));	/* cut */
	ipc_wr_free(&w);
	ATF_CHECK(r->admit.chan == NULL);
	is_in(a);
	requested(1);
	connect_admit();
	hears(1, 0, 0);
	close(a);
}

/* An admit that does not read is lost, and holds up nobody. */
ATF_TC_WITHOUT_HEAD(deaf);
ATF_TC_BODY(deaf, tc)
{
	struct relay_conn *c;
	unsigned int i;
	int a;

	(void)tc;
	worker();
	connect_admit();
	a = login(0);
	c = relay_conn_of(TAILQ_FIRST(&r->set.conns));
	for (i = 0; i < 200000 && r->admit.chan != NULL; i++) {
		ATF_REQUIRE(ipc_chan_queued(r->admit.chan) < 9000000);
		relay_admit_began(c);
	}
	ATF_CHECK(r->admit.chan == NULL);
	turns();
	is_in(a);
	requested(1);
	close(a);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, connections);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, grants);
	ATF_TP_ADD_TC(tp, forgotten);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, deaf);
	return (atf_no_error());
}
