/*
 * newrate_test: limits that change while clients are connected: they are in
 * force, and the clients are told, few at a time.
 */
#include "adopt.h"
#include "adoptfixture.h"
#include "newrate.h"
#include "relayadmit.h"

#define NONE	"{\"version\":2}"
#define LIMIT(rate, burst)						\
	"{\"version\":2,\"TokenBucketBytesPerSecond\":" rate		\
	",\"TokenBucketBytesBurst\":" burst "}"
#define MANY	200

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
login(unsigned int n, uint8_t number, int mesh, const char *text)
{
	int fd = take_over(n, number, mesh);
	uint64_t cookie;

	ATF_REQUIRE_EQ(asked_for(&cookie, text), number);
	answer(cookie, 1);
	return (fd);
}

/* Keys is asked for a change of that text; return its cookie. */
static uint64_t
changes(const char *text)
{
	uint64_t cookie;

	ATF_CHECK_EQ(asked_for(&cookie, text), 0);
	ATF_REQUIRE(cookie != 0);
	return (cookie);
}

/* Keys is not asked. */
static void
no_more(void)
{
	uint64_t cookie;

	ATF_CHECK_EQ(asked_for(&cookie, "none"), 0);
	ATF_CHECK_EQ(cookie, 0);
}

/* Settings with this client rate are put in force. */
static void
reload(uint64_t rate, uint64_t burst)
{
	r->next_conf = r->conf;
	r->next_conf.client_rate = rate;
	r->next_conf.client_burst = burst;
	relay_newrate_commit(r);
	r->conf = r->next_conf;
	turns();
}

/* The frames that the client got, one character each. */
static const char *
got(int fd)
{
	static char line[100];
	uint8_t hdr[FRAME_HDR_LEN], t;
	char p[200];
	uint32_t n;
	size_t i = 0;

	turns();
	while (i < sizeof(line) - 1 &&
	    recv(fd, hdr, sizeof(hdr), MSG_DONTWAIT) == sizeof(hdr)) {
		net_frame_get_hdr(hdr, &t, &n);
		ATF_REQUIRE(n <= sizeof(p));
		ATF_REQUIRE_EQ(recv(fd, p, n, MSG_DONTWAIT), n);
		line[i++] = t == FRAME_SERVER_INFO ? 'S' : t == FRAME_HEALTH ?
		    'H' : t == FRAME_PONG ? 'P' : '?';
	}
	line[i] = '\0';
	return (line);
}

ATF_TC_WITHOUT_HEAD(told);
ATF_TC_BODY(told, tc)
{
	static const char one[] = LIMIT("1000", "70000"),
	    two[] = LIMIT("2000", "80000");
	uint64_t a, b, late, last;
	int first, twin, other, mesh, slow;

	(void)tc;
	worker();
	first = login(0, 1, 0, NONE);
	twin = login(0, 2, 0, NONE);
	other = login(1, 3, 0, NONE);
	mesh = login(2, 4, 1, NONE);
	slow = take_over(3, 5, 0);
	ATF_REQUIRE_EQ(asked_for(&late, NONE), 5);
	ATF_CHECK_STREQ("SH", got(first));
	ATF_CHECK_STREQ("SH", got(twin));
	ATF_CHECK_STREQ("S", got(other));
	ATF_CHECK_STREQ("S", got(mesh));
	reload(1000, 70000);
	a = changes(one);
	b = changes(one);
	last = changes(one);
	no_more();
	/* Those whose key has other connections are told that again. */
	answer(a, 1);
	answer(b, 1);
	ATF_CHECK_STREQ("SH", got(first));
	ATF_CHECK_STREQ("SH", got(twin));
	ATF_CHECK_STREQ("", got(other));
	/* What was asked for before the change is not the last word. */
	answer(late, 1);
	ATF_CHECK_STREQ("S", got(slow));
	late = changes(one);
	reload(2000, 80000);
	a = changes(two);
	b = changes(two);
	answer(last, 1);
	ATF_CHECK_STREQ("S", got(other));
	last = changes(two);
	answer(late, 1);
	late = changes(two);
	/* Nor is what keys can't seal. */
	answer(late, 0);
	ATF_CHECK_STREQ("S", got(slow));
	answer(a, 1);
	answer(b, 1);
	answer(last, 1);
	reload(2000, 80000);
	no_more();
	close(other);
	reload(0, 0);
	a = changes(NONE);
	b = changes(NONE);
	late = changes(NONE);
	no_more();
	answer(late, 1);
	ATF_CHECK_STREQ("S", got(slow));
	ATF_CHECK_STREQ("", got(mesh));
}

/* With many clients few changes are with keys, and logins go on. */
ATF_TC_WITHOUT_HEAD(paced);
ATF_TC_BODY(paced, tc)
{
	static const char one[] = LIMIT("1000", "70000");
	uint64_t cookie[MANY], login_cookie;
	int fd[MANY], i, n, round;

	(void)tc;
	worker();
	for (i = 0; i < MANY; i++)
		fd[i] = login((unsigned int)i, (uint8_t)(i + 1), 0, NONE);
	reload(1000, 70000);
	for (n = 0; n < RELAY_SEALS_AHEAD; n++)
		cookie[n] = changes(one);
	no_more();
	/* Of those that left, some are with keys and some are not. */
	close(fd[3]);
	close(fd[MANY - 1]);
	turns();
	cookie[n++] = changes(one);
	no_more();
	(void)take_over(MANY, MANY + 1, 0);
	ATF_CHECK_EQ(asked_for(&login_cookie, one), MANY + 1);
	answer(login_cookie, 1);
	/* Keys is started again: it gets the same ones. */
	ipc_chan_free(keys);
	turns();
	connect_keys();
	for (i = 0; i < RELAY_SEALS_AHEAD; i++)
		ATF_CHECK_EQ(changes(one), cookie[i + (i >= 3)]);
	no_more();
	for (i = 0; i < n; i++)
		if (i != 3)
			answer(cookie[i], 1);
	for (round = n; round < MANY - 1; round++)
		answer(changes(one), 1);
	no_more();
	for (i = 0; i < MANY - 1; i++)
		if (i != 3)
			ATF_CHECK_STREQ("SS", got(fd[i]));
	ATF_CHECK_EQ(r->seals.nchanges, 0);
}

/* A client that waits for its rate does not wait for an old one. */
ATF_TC_WITHOUT_HEAD(in_force);
ATF_TC_BODY(in_force, tc)
{
	static uint8_t ping[FRAME_HDR_LEN + 1000];
	int fd, i;

	(void)tc;
	worker();
	r->conf.client_rate = 1;
	r->conf.client_burst = 2000;
	fd = login(0, 1, 0, LIMIT("1", "2000"));
	ATF_CHECK_STREQ("S", got(fd));
	net_frame_put_hdr(ping, FRAME_PING, sizeof(ping) - FRAME_HDR_LEN);
	for (i = 0; i < 8; i++)
		ATF_REQUIRE_EQ(send(fd, ping, sizeof(ping), 0), sizeof(ping));
	ATF_CHECK_STREQ("PP", got(fd));
	reload(2, 2000);
	ATF_CHECK_STREQ("PP", got(fd));
	ATF_CHECK_STREQ("", got(fd));
	reload(0, 0);
	ATF_CHECK_STREQ("PPPP", got(fd));
	/* And a new one binds who had none. */
	reload(1, 3000);
	for (i = 0; i < 8; i++)
		ATF_REQUIRE_EQ(send(fd, ping, sizeof(ping), 0), sizeof(ping));
	ATF_CHECK_STREQ("PPP", got(fd));
}

/* A client is told the limit of its group, and what becomes of it. */
ATF_TC_WITHOUT_HEAD(groups);
ATF_TC_BODY(groups, tc)
{
	struct ipc_msg_admit_grant v = { .key = key, .group = 3, .rate = 500,
	    .burst = 90000, .group_name = "staff", .name = "alpha" };
	struct ipc_chan *admit;
	int sv[2];

	(void)tc;
	worker();
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_admit_open(r, sv[0]), 0);
	admit = ipc_chan_new(NULL, sv[1], ROLE_ADMIT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(admit != NULL);
	r->conf.client_rate = 1000;
	r->conf.client_burst = 70000;
	(void)login(0, 1, 0, LIMIT("1000", "70000"));
	ATF_REQUIRE_EQ(ipc_send_admit_grant(admit, &v), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(admit, 5000), 0);
	answer(changes(LIMIT("500", "70000")), 1);
	v.name = "beta";
	ATF_REQUIRE_EQ(ipc_send_admit_grant(admit, &v), 0);
	v.rate = 2000;
	ATF_REQUIRE_EQ(ipc_send_admit_grant(admit, &v), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(admit, 5000), 0);
	answer(changes(LIMIT("1000", "70000")), 1);
	no_more();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, told);
	ATF_TP_ADD_TC(tp, paced);
	ATF_TP_ADD_TC(tp, in_force);
	ATF_TP_ADD_TC(tp, groups);
	return (atf_no_error());
}
