/*
 * connection_test: Tests of connection.c and transport.c with an event loop of
 * the test: addresses that do not answer, time, rest.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "connection.h"
#include "resolverfixture.h"
#include "verifyfixture.h"

static struct made		 cert;
static struct verify_target	 target;
static struct verify_shared	 shared;
static struct verify_conn	 conn;
static struct net_reach		 reach;

/* The last answer. */
static int			 nresults;
static enum ipc_verify_answer	 got;
static char			 got_why[IPC_WHYSIZE];
static int			 got_late;

static void
on_answered(const struct verify_result *r, void *arg)
{
	ATF_CHECK(arg == &shared);
	ATF_CHECK(verify_conn_free(&conn));
	nresults++;
	got = r->answer;
	strlcpy(got_why, r->why, sizeof(got_why));
	got_late = r->late;
}

static void
begin(const char *url, const char *cafile)
{
	struct ipc_verify_source v = { IPC_VERIFY_URL, url, cafile, 0 };

	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE_EQ(0, verify_target_set(&target, &v));
	ATF_REQUIRE(verify_target_reach(&target, &reach) != NULL);
	ATF_REQUIRE((shared.base = event_base_new()) != NULL);
	shared.target = &target;
	shared.answered = on_answered;
	shared.arg = &shared;
	verify_places_init(&shared.places, &target, &test_resolver);
	verify_conn_init(&conn, &shared);
}

/* Ask with `ms' milliseconds of time, and run the loop until the answer. */
static void
ask_within(uint64_t ms)
{
	struct verify_question q = { .due = base_clock_ms() + ms };
	int before = nresults;

	verify_conn_ask(&conn, &q);
	while (nresults == before)
		ATF_REQUIRE(event_base_loop(shared.base, EVLOOP_ONCE) != -1);
}

/* A port where nothing listens, or, with `deaf', where nothing answers. */
static uint16_t
other_port(int deaf)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = listen_at(&sin, NULL);
	if (!deaf)
		close(fd);
	return (ntohs(sin.sin_port));
}

static uint16_t
port_of(const struct source_server *s)
{
	return ((uint16_t)strtoul(strrchr(s->name, ':') + 1, NULL, 10));
}

static void
serve(struct guest *g)
{
	for (;;) {
		(void)guest_hear(g);
		guest_say(g, YES);
	}
}

/* All addresses are tried, each with its share of the time. */
ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	const char *ca = make_ca(&cert);
	static struct source_server source;
	char first[64];

	source_start(&source, &cert, serve);
	begin("https://127.0.0.1/verify", ca);
	answer_with("127.0.0.1", other_port(0));
	answer_with("127.0.0.1", other_port(1));
	answer_with("127.0.0.1", port_of(&source));
	ask_within(2000);
	ATF_CHECK_EQ_MSG(IPC_VERIFY_YES, got, "%s", got_why);
	/* It is the first one from now on. */
	net_place_text(&shared.places.v[0], first, sizeof(first));
	ATF_CHECK_EQ(port_of(&source), strtoul(strrchr(first, ' ') + 1, NULL,
	    10));
	ATF_CHECK(verify_conn_rests(&conn));
	verify_conn_close(&conn);
	/* When it no longer answers, the others are tried again. */
	source_stop(&source);
	ask_within(300);
	ATF_CHECK_EQ(IPC_VERIFY_FAILED, got);
	HAS(got_why, "TLS with 127.0.0.1 port");
	HAS(got_why, "no answer in time");
	ATF_CHECK_EQ(1, resolved);
}

/* The reason is that of the address that came furthest. */
ATF_TC_WITHOUT_HEAD(reasons);
ATF_TC_BODY(reasons, tc)
{
	const char *ca = make_ca(&cert);
	struct made other;
	static struct source_server source;

	make_cert(&other, "x", "IP:127.0.0.1", -DAY, DAY);
	source_start(&source, &other, serve);
	begin("https://127.0.0.1/verify", ca);
	answer_with("127.0.0.1", port_of(&source));
	answer_with("127.0.0.1", other_port(0));
	ask_within(5000);
	ATF_CHECK_EQ(IPC_VERIFY_FAILED, got);
	HAS(got_why, "certificate verification failed");
	ATF_CHECK_EQ(0, got_late);
	source_stop(&source);
	/* Each question has its own. */
	ask_within(5000);
	HAS(got_why, "Connection refused");
}

/* Time that the resolver took is missing later; a failure is kept. */
ATF_TC_WITHOUT_HEAD(no_time);
ATF_TC_BODY(no_time, tc)
{
	begin("http://127.0.0.1/verify", "");
	resolver_error = EAI_AGAIN;
	ask_within(1000);
	ATF_CHECK_EQ(IPC_VERIFY_FAILED, got);
	HAS(got_why, "can't resolve 127.0.0.1");
	verify_places_init(&shared.places, &target, &test_resolver);
	resolver_error = 0;
	answer_with("127.0.0.1", other_port(1));
	ask_within(0);
	ATF_CHECK_EQ(IPC_VERIFY_FAILED, got);
	HAS(got_why, "no time left to connect to 127.0.0.1 port");
	/* A server that takes the request and is silent. */
	ask_within(100);
	ATF_CHECK_EQ(IPC_VERIFY_FAILED, got);
	HAS(got_why, "answer of 127.0.0.1 port");
	HAS(got_why, "no answer in time");
	ATF_CHECK_EQ(1, got_late);
}

/* A connection at rest is closed when its time is over. */
ATF_TC_WITHOUT_HEAD(rest);
ATF_TC_BODY(rest, tc)
{
	const char *ca = make_ca(&cert);
	static struct source_server source;
	struct timeval tv;

	source_start(&source, &cert, serve);
	begin("https://127.0.0.1/verify", ca);
	answer_with("127.0.0.1", port_of(&source));
	ask_within(5000);
	ATF_CHECK_EQ(IPC_VERIFY_YES, got);
	/* Session tickets of TLS do not end it. */
	ATF_REQUIRE(event_base_loop(shared.base, EVLOOP_NONBLOCK) != -1);
	ATF_CHECK(verify_conn_rests(&conn));
	ask_within(5000);
	ATF_CHECK_EQ(1, atomic_load(&counts->connections));
	ATF_REQUIRE(evtimer_pending(&conn.timer, &tv));
	event_active(&conn.timer, EV_TIMEOUT, 0);
	ATF_REQUIRE(event_base_loop(shared.base, EVLOOP_NONBLOCK) != -1);
	ATF_CHECK(!verify_conn_rests(&conn) && verify_conn_free(&conn));
	ask_within(5000);
	ATF_CHECK_EQ(IPC_VERIFY_YES, got);
	ATF_CHECK_EQ(2, atomic_load(&counts->connections));
	/* A question that nobody waits for any more. */
	verify_conn_close(&conn);
	ATF_CHECK(!verify_conn_rests(&conn) && verify_conn_free(&conn));
	ATF_CHECK_EQ(3, nresults);
	source_stop(&source);
}

/* A server that sends without end has the process for a while only. */
ATF_TC_WITHOUT_HEAD(turns);
ATF_TC_BODY(turns, tc)
{
	struct net_transport t;
	static char buf[8192];
	size_t sent = 0, seen = 0;
	ssize_t n;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    sv));
	net_transport_init(&t);
	t.fd = sv[0];
	while ((n = write(sv[1], buf, sizeof(buf))) > 0)
		sent += (size_t)n;
	ATF_REQUIRE(sent > TRANSPORT_TURN);
	while ((n = net_transport_read(&t, buf, sizeof(buf))) > 0)
		seen += (size_t)n;
	ATF_CHECK_EQ(TRANSPORT_WANT_READ, n);
	ATF_CHECK_EQ(TRANSPORT_TURN, seen);
	net_transport_turn(&t);
	while ((n = net_transport_read(&t, buf, sizeof(buf))) > 0)
		seen += (size_t)n;
	ATF_CHECK_EQ(2 * TRANSPORT_TURN, seen);
	close(sv[1]);
	net_transport_close(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, reasons);
	ATF_TP_ADD_TC(tp, no_time);
	ATF_TP_ADD_TC(tp, rest);
	ATF_TP_ADD_TC(tp, turns);
	return (atf_no_error());
}
