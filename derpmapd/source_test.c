/*
 * source_test: tests of source.c: one try against servers of every kind, the
 * state kept from a response, and the time of the next try.
 */
#include <atf-c.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "source.h"
#include "tlspeer.h"

#define OK	"HTTP/1.1 200 OK\r\n"

static struct made			 cert;
static struct peer_server		 peer;
static struct mapd_source		 src;
static struct mapd_source_result	 res;

/* A source that requests from the server. */
static void
set_source(void)
{
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	memset(&src, 0, sizeof(src));
	src.id = 7;
	src.every = 60;
	src.body = 1;
	snprintf(src.url, sizeof(src.url), "https://localhost:%d/map",
	    peer.port);
	strlcpy(src.cafile, "ca.pem", sizeof(src.cafile));
}

/* Start a server with these scenes, and a source for it. */
static void
start(const struct scene *scenes, int n)
{
	make_cert(&cert, "localhost", "DNS:localhost", -DAY, DAY);
	peer_start(&peer, &cert, scenes, n);
	set_source();
}

static enum ipc_fetch_result
request(void)
{
	mapd_source_free_result(&res);
	ATF_REQUIRE_EQ(0, mapd_source_fetch(&src, NULL, NULL, NULL, &res));
	ATF_CHECK_EQ((res.what == FETCH_FAILED), (res.why[0] != '\0'));
	ATF_CHECK_EQ((res.what == FETCH_NEW), (res.body != NULL));
	if (res.what == FETCH_FAILED)
		HAS(res.why, src.url);
	return (res.what);
}

ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	static const struct scene scenes[] = {
		{ OK "Content-Length: 1\r\nETag: \"one\"\r\n"
		    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n1", 0,
		    BYE },
		{ "HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n", 0,
		    BYE },
		{ OK "Content-Length: 1\r\nETag: \"two\"\r\n\r\n1", 0, BYE },
		{ OK "Content-Length: 1\r\n\r\n2", 0, BYE },
		{ "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0, BYE },
		{ OK "Content-Length: 1\r\n\r\n2", 0, BYE }
	};
	static const uint8_t sha_of_1[4] = { 0x6b, 0x86, 0xb2, 0x73 };

	start(scenes, 6);
	ATF_CHECK_EQ(FETCH_NEW, request());
	ATF_CHECK_EQ(1, res.len);
	ATF_CHECK_EQ('1', res.body[0]);
	ATF_CHECK(memcmp(src.hash, sha_of_1, 4) == 0);
	ATF_CHECK_EQ(784111777, src.mtime);
	ATF_CHECK(!atf_utils_grep_file("^If-", "request.0"));
	ATF_CHECK(atf_utils_grep_file("^Accept: application/json",
	    "request.0"));
	ATF_CHECK_EQ(FETCH_SAME, request());
	ATF_CHECK_EQ(784111777, src.mtime);
	ATF_CHECK(atf_utils_grep_file("^If-None-Match: \"one\"", "request.1"));
	ATF_CHECK(atf_utils_grep_file("^If-Modified-Since: Sun, 06 Nov 1994 "
	    "08:49:37 GMT", "request.1"));
	/* The same bytes under a new tag, without a date. */
	ATF_CHECK_EQ(FETCH_SAME, request());
	ATF_CHECK_EQ(0, src.mtime);
	ATF_CHECK_EQ(FETCH_NEW, request());
	ATF_CHECK(atf_utils_grep_file("^If-None-Match: \"two\"", "request.3"));
	ATF_CHECK(!atf_utils_grep_file("^If-Modified", "request.3"));
	/* A failed try in between changes nothing. */
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "HTTP status 500");
	ATF_CHECK_EQ(FETCH_SAME, request());
	peer_stop(&peer);
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "Connection refused");
}

ATF_TC_WITHOUT_HEAD(failures);
ATF_TC_BODY(failures, tc)
{
	static const struct scene scenes[] = {
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0,
		    BYE },
		{ "HTTP/1.1 304 Not Modified\r\n\r\n", 0, BYE },
		{ OK "Content-Length: 0\r\n\r\n", 0, BYE },
		{ OK "Content-Length: 524289\r\n\r\n", 0, LINGER },
		{ OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", 0, LINGER },
		{ OK "Content-Length: 9\r\n\r\nhalf", 0, BYE },
		{ "220 mail.test\r\n", 0, NO_TLS }
	};
	static const char *const whys[] = {
		"HTTP status 404", "HTTP status 304", "the answer is empty",
		"too large", "malformed chunk", "ended before",
		"TLS: handshake failed"
	};
	size_t i;

	start(scenes, 7);
	for (i = 0; i < 7; i++) {
		ATF_CHECK_EQ_MSG(FETCH_FAILED, request(), "%zu", i);
		HAS(res.why, whys[i]);
		ATF_CHECK_EQ(0, src.known);
	}
	peer_stop(&peer);
	start(scenes, 1);
	src.cafile[0] = '\0';
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "TLS: certificate verification failed");
	strlcpy(src.cafile, "none.pem", sizeof(src.cafile));
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "none.pem");
	peer_stop(&peer);
	strlcpy(src.url, "https://no such/", sizeof(src.url));
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "not an https URL");
}

/* A scene that redirects to `location'. */
static struct scene
leads_to(const char *location, char *buf, size_t size)
{
	struct scene s = { buf, 0, BYE };

	snprintf(buf, size, "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n"
	    "Location: %s\r\n\r\ngone", location);
	return (s);
}

ATF_TC_WITHOUT_HEAD(redirects);
ATF_TC_BODY(redirects, tc)
{
	struct scene scenes[5];
	char text[5][256];
	int i;

	for (i = 0; i < 5; i++)
		scenes[i] = leads_to("/else?where", text[i], sizeof(text[i]));
	scenes[3].say = OK "Content-Length: 1\r\nETag: \"x\"\r\n\r\n1";
	start(scenes, 4);
	ATF_CHECK_EQ(FETCH_NEW, request());
	ATF_CHECK(atf_utils_grep_file("^GET /map HTTP", "request.0"));
	ATF_CHECK(atf_utils_grep_file("^GET /else.where HTTP", "request.3"));
	peer_stop(&peer);
	/* One redirect more is too many. */
	scenes[3].say = text[3];
	start(scenes, 5);
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "more than 3 redirects");
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(bad_redirects);
ATF_TC_BODY(bad_redirects, tc)
{
	struct scene scenes[3];
	char text[2][256];

	scenes[0] = leads_to("http://localhost/", text[0], sizeof(text[0]));
	scenes[1] = leads_to("file:/etc/passwd", text[1], sizeof(text[1]));
	scenes[2].say = "HTTP/1.1 301 x\r\nContent-Length: 0\r\n\r\n";
	scenes[2].len = 0;
	scenes[2].leave = BYE;
	start(scenes, 3);
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "http://localhost/, which is no https URL");
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "no https URL");
	ATF_CHECK_EQ(FETCH_FAILED, request());
	HAS(res.why, "without a Location");
	peer_stop(&peer);
}

/* The same as request(), with these ports permitted. */
static enum ipc_fetch_result
ask_within(uint16_t *ports, size_t n)
{
	struct sandbox_net net = { .ports = ports, .nports = n };

	mapd_source_free_result(&res);
	ATF_REQUIRE_EQ(0, mapd_source_fetch(&src, &net, NULL, NULL, &res));
	return (res.what);
}

/*
 * A redirect to another port is followed only if the configuration names that
 * port.  Otherwise an error is reported before the sandbox refuses the port.
 */
ATF_TC_WITHOUT_HEAD(other_port);
ATF_TC_BODY(other_port, tc)
{
	static const struct scene map = { OK "Content-Length: 1\r\n\r\n1", 0,
	    BYE };
	struct peer_server other;
	struct scene scene;
	char url[128], text[256], want[1500];
	uint16_t ports[2];

	make_cert(&cert, "localhost", "DNS:localhost", -DAY, DAY);
	peer_start(&other, &cert, &map, 1);
	snprintf(url, sizeof(url), "https://localhost:%d/there", other.port);
	scene = leads_to(url, text, sizeof(text));
	/* Both servers have one certificate. */
	peer_start(&peer, &cert, &scene, 1);
	set_source();
	ports[0] = (uint16_t)peer.port;
	ATF_CHECK_EQ(FETCH_FAILED, ask_within(ports, 1));
	snprintf(want, sizeof(want), "%s: redirects to localhost port %d, and "
	    "fetch may not connect to other ports than those in derpd.conf: "
	    "write the new URL there", src.url, other.port);
	ATF_CHECK_STREQ(want, res.why);
	ATF_CHECK_EQ(0, src.known);
	/* The request file is still the first server's. */
	ATF_CHECK(atf_utils_grep_file("^GET /map HTTP", "request.0"));
	ports[1] = (uint16_t)other.port;
	ATF_CHECK_EQ_MSG(FETCH_NEW, ask_within(ports, 2), "%s", res.why);
	ATF_CHECK(atf_utils_grep_file("^GET /there HTTP", "request.0"));
	ATF_CHECK_EQ_MSG(FETCH_SAME, request(), "%s", res.why);
	peer_stop(&peer);
	peer_stop(&other);
}

/*
 * As the parent: send a ping in the middle of a request, and interrupt the
 * request after the pong.  Exits 0 if the pong was received.
 */
static void
ask_then_interrupt(struct ipc_chan *parent)
{
	struct ipc_msg m;

	poll(NULL, 0, 300);
	if (ipc_chan_ping(parent) == -1 || ipc_chan_flush(parent, 1000) == -1 ||
	    ipc_chan_recv(parent, &m, 5000) == 0 || ipc_chan_owes_pong(parent))
		_exit(1);
	if (ipc_chan_send(parent, MSG_STOP, NULL, -1) == -1 ||
	    ipc_chan_flush(parent, 1000) == -1)
		_exit(2);
	_exit(0);
}

/* A pong is sent while a request waits; the request continues. */
ATF_TC_WITHOUT_HEAD(alive);
ATF_TC_BODY(alive, tc)
{
	static const struct scene scene = { OK "\r\n1", 0, LINGER };
	struct ipc_chan *us, *parent;
	int sv[2], st;
	pid_t pid;

	start(&scene, 1);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	us = ipc_chan_new(NULL, sv[0], ROLE_FETCH, ROLE_PARENT, NULL, NULL,
	    NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_FETCH, NULL, NULL,
	    NULL);
	ATF_REQUIRE(us != NULL && parent != NULL);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		ask_then_interrupt(parent);
	ATF_CHECK_EQ(-1, mapd_source_fetch(&src, NULL, NULL, us, &res));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0,
	    "no sign of life while it asks: 0x%x", (unsigned int)st);
	peer_stop(&peer);
	ipc_chan_free(us);
	ipc_chan_free(parent);
}

/* A message on the channel ends a try; a ping does not. */
ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	static const struct scene scene = { OK "\r\n1", 0, LINGER };
	static const struct scene whole = { OK "Content-Length: 1\r\n\r\n1",
	    0, BYE };
	struct ipc_chan *us, *parent;
	struct ipc_msg m;
	int sv[2];

	start(&scene, 1);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	us = ipc_chan_new(NULL, sv[0], ROLE_FETCH, ROLE_PARENT, NULL, NULL,
	    NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_FETCH, NULL, NULL,
	    NULL);
	ATF_REQUIRE(us != NULL && parent != NULL);
	ATF_REQUIRE(ipc_chan_send(parent, MSG_STOP, NULL, -1) == 0 &&
	    ipc_chan_flush(parent, 1000) == 0);
	ATF_CHECK_EQ(-1, mapd_source_fetch(&src, NULL, NULL, us, &res));
	ATF_CHECK_EQ(0, src.known);
	peer_stop(&peer);
	ATF_REQUIRE(ipc_chan_recv(us, &m, 0) == 0);
	ATF_CHECK_EQ(MSG_STOP, m.type);
	ipc_msg_free(&m);
	start(&whole, 1);
	ATF_REQUIRE(ipc_chan_ping(parent) == 0 && ipc_chan_flush(parent,
	    1000) == 0);
	ATF_CHECK_EQ(0, mapd_source_fetch(&src, NULL, NULL, us, &res));
	ATF_CHECK_EQ(FETCH_NEW, res.what);
	ATF_CHECK_EQ(-1, ipc_chan_recv(parent, &m, 1000));
	ATF_CHECK_EQ_MSG(0, ipc_chan_owes_pong(parent),
	    "no sign of life while it asks");
	peer_stop(&peer);
	ipc_chan_free(us);
	ipc_chan_free(parent);
}

/* Milliseconds from `now' until the next try is due, after `what'. */
static long long
next(struct mapd_source *s, enum ipc_fetch_result what)
{
	mapd_source_schedule(s, what, 1000);
	return (s->due - 1000);
}

#define ABOUT(got, want)						\
	do {								\
		long long g_ = (got);					\
		ATF_CHECK_MSG(g_ >= (want) && g_ <= (want) * 17 / 16,	\
		    "%lld is not about %d", g_, (want));		\
	} while (0)

ATF_TC_WITHOUT_HEAD(schedule);
ATF_TC_BODY(schedule, tc)
{
	struct mapd_source s;

	memset(&s, 0, sizeof(s));
	s.every = 60;
	ABOUT(next(&s, FETCH_NEW), 60000);
	ABOUT(next(&s, FETCH_FAILED), 5000);
	ABOUT(next(&s, FETCH_FAILED), 10000);
	ABOUT(next(&s, FETCH_FAILED), 20000);
	ABOUT(next(&s, FETCH_FAILED), 40000);
	ABOUT(next(&s, FETCH_FAILED), 60000);
	ABOUT(next(&s, FETCH_FAILED), 60000);
	ABOUT(next(&s, FETCH_SAME), 60000);
	ABOUT(next(&s, FETCH_FAILED), 5000);
	s.every = 1;
	s.retry_ms = 0;
	ABOUT(next(&s, FETCH_FAILED), 1000);
	ABOUT(next(&s, FETCH_SAME), 1000);
	s.every = UINT32_MAX;
	ATF_CHECK(next(&s, FETCH_SAME) >= 4294967295000LL);
}

ATF_TC_WITHOUT_HEAD(inherit);
ATF_TC_BODY(inherit, tc)
{
	struct mapd_source old, s;

	memset(&old, 0, sizeof(old));
	memset(&s, 0, sizeof(s));
	mapd_source_inherit(&s, &old);
	ATF_CHECK_EQ(0, s.known);
	old.known = 1;
	old.hash[0] = 5;
	old.mtime = 6;
	strlcpy(old.etag, "\"x\"", sizeof(old.etag));
	mapd_source_inherit(&s, &old);
	ATF_CHECK_EQ(1, s.known);
	ATF_CHECK_EQ(5, s.hash[0]);
	ATF_CHECK_EQ(6, s.mtime);
	ATF_CHECK_STREQ("\"x\"", s.etag);
	/* The body is wanted, but the old source had none to inherit. */
	memset(&s, 0, sizeof(s));
	s.body = 1;
	mapd_source_inherit(&s, &old);
	ATF_CHECK_EQ(0, s.known);
	old.body = 1;
	s.id = 2;
	mapd_source_inherit(&s, &old);
	ATF_CHECK_EQ(0, s.known);
	s.id = old.id;
	mapd_source_inherit(&s, &old);
	ATF_CHECK_EQ(1, s.known);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, changes);
	ATF_TP_ADD_TC(tp, failures);
	ATF_TP_ADD_TC(tp, redirects);
	ATF_TP_ADD_TC(tp, bad_redirects);
	ATF_TP_ADD_TC(tp, other_port);
	ATF_TP_ADD_TC(tp, alive);
	ATF_TP_ADD_TC(tp, interrupted);
	ATF_TP_ADD_TC(tp, schedule);
	ATF_TP_ADD_TC(tp, inherit);
	return (atf_no_error());
}
