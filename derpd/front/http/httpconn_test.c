/*
 * httpconn_test: requests in pieces, pipelined, or with bytes that follow an
 * upgrade; no socket, no TLS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "httpconn.h"
#include "wirefixture.h"

static struct front		*f;
static struct front_conn	*c;
static int			 logins;

static void
on_login(struct front_conn *k)
{
	ATF_CHECK(k == c && k->http == NULL);
	k->conn.state = CONN_INFO;
	logins++;
}

/* A client at the TLS port, or at the plain one, that sent nothing yet. */
static void
set_up(int tls)
{
	static const uint8_t addr[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	static struct web_ops ops;

	if (f == NULL) {
		f = front_new(NULL);
		ops = *f->web.ops;
		ops.login = on_login;
		f->web.ops = &ops;
		f->conf.relay = 1;
		f->set.outputs.ops = &wire_ops;
		front_unfinished_limits(&f->unfinished, 100, 100);
	}
	ATF_REQUIRE((c = front_conn_new(f, -1, tls, 0, addr, 1)) != NULL);
	c->conn.state = CONN_HTTP;
	f->set.stats->accepts = 0;
	wire_begin();
	logins = 0;
}

/* Run turns of the front until there is nothing to do. */
static void
turns(void)
{
	do {
		conn_output_flush(&f->set);
		front_conn_shake(f);
	} while (!TAILQ_EMPTY(&f->shaking) ||
	    !TAILQ_EMPTY(&f->set.outputs.dirty));
}

/* Pass `n' bytes at once. */
static void
feed(const char *p, size_t n)
{
	char *copy;

	/* In memory of its own, so that an overread is detected. */
	ATF_REQUIRE((copy = malloc(n + 1)) != NULL);
	memcpy(copy, p, n);
	conn_plain(&c->conn, (const uint8_t *)copy, n);
	free(copy);
	turns();
}

/* End the connection. */
static void
end(void)
{
	web_free(c);
	ATF_CHECK_EQ(web_kept(c), 0);
	conn_close(&c->conn, "test");
	conn_reap(&f->set);
	ATF_CHECK_EQ(f->set.nconns, 0);
}

/* Count how often `what' was sent. */
static unsigned int
count(const char *what)
{
	const char *p = (const char *)wire;
	unsigned int n = 0;

	wire[nwire] = '\0';
	while ((p = strstr(p, what)) != NULL) {
		n++;
		p += strlen(what);
	}
	return (n);
}

#define GET	"GET /generate_204 HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST	"POST /nothing HTTP/1.1\r\nHost: x\r\n"			\
		"Content-Length: 46\r\n\r\n"				\
		"GET /nowhere HTTP/1.1\r\nHost: y\r\nand more\r\n\r\n\r\n"

/* Send one or several requests, in two pieces or byte by byte. */
static void
cut_anywhere(const char *text, unsigned int oks, unsigned int others)
{
	size_t n = strlen(text), i;
	unsigned int crumb;

	for (i = 0; i <= n; i++) {
		set_up(0);
		feed(text, i);
		feed(text + i, n - i);
		ATF_REQUIRE_EQ_MSG(count("HTTP/1.1 204"), oks, "cut at %zu: "
		    "%s", i, (const char *)wire);
		ATF_REQUIRE_EQ(count("HTTP/1.1 "), oks + others);
		ATF_CHECK(!c->conn.dead && c->conn.state == CONN_HTTP);
		ATF_CHECK_EQ(web_kept(c), 0);
		end();
	}
	for (crumb = 1; crumb < 5; crumb++) {
		set_up(0);
		for (i = 0; i < n; i += crumb)
			feed(text + i, n - i < crumb ? n - i : crumb);
		ATF_REQUIRE_EQ(count("HTTP/1.1 204"), oks);
		ATF_REQUIRE_EQ(count("HTTP/1.1 "), oks + others);
		end();
	}
}

ATF_TC_WITHOUT_HEAD(cuts);
ATF_TC_BODY(cuts, tc)
{
	cut_anywhere(GET, 1, 0);
	cut_anywhere(GET GET GET, 3, 0);
	cut_anywhere(POST GET, 1, 1);
	cut_anywhere(POST POST GET, 1, 2);
}

/* One request is answered a turn; the rest waits for later turns. */
ATF_TC_WITHOUT_HEAD(one_a_turn);
ATF_TC_BODY(one_a_turn, tc)
{
	set_up(0);
	conn_plain(&c->conn, (const uint8_t *)GET GET GET, 3 * strlen(GET));
	conn_output_flush(&f->set);
	ATF_CHECK_EQ(count("HTTP/1.1 204"), 1);
	ATF_CHECK(c->conn.paused != 0);
	turns();
	ATF_CHECK_EQ(count("HTTP/1.1 204"), 3);
	ATF_CHECK_EQ(c->conn.paused, 0);
	end();
}

/* An invalid request is answered and ends the connection. */
ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	static char big[40000];

	set_up(0);
	feed("nonsense\r\n\r\n" GET, strlen("nonsense\r\n\r\n" GET));
	ATF_CHECK_EQ(count("HTTP/1.1 400"), 1);
	ATF_CHECK_EQ(count("HTTP/1.1 204"), 0);
	ATF_CHECK(c->conn.lingering);
	end();

	/* The length of a head is limited, in one piece and in many. */
	memset(big, 'x', sizeof(big));
	memcpy(big, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
	set_up(0);
	feed(big, sizeof(big));
	ATF_CHECK_EQ(count("HTTP/1.1 431"), 1);
	end();
	set_up(0);
	while (c->conn.state == CONN_HTTP) {
		feed(big, 28);
		memset(big, 'x', 28);
		ATF_REQUIRE(web_kept(c) <= 17 * 1024);
	}
	ATF_CHECK_EQ(count("HTTP/1.1 431"), 1);
	end();
}

#define UPGRADE	"GET /derp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" \
		"Upgrade: DERP\r\n\r\n"

/* All bytes behind the head of an upgrade belong to DERP. */
ATF_TC_WITHOUT_HEAD(upgrade);
ATF_TC_BODY(upgrade, tc)
{
	static const uint8_t key[32];
	const char text[] = UPGRADE "0123456789";
	size_t n = strlen(UPGRADE), i, k;

	for (i = 1; i < n; i++) {
		set_up(1);
		memcpy(f->conf.node_key, key, sizeof(key));
		k = web_input(c, (const uint8_t *)text, i);
		ATF_REQUIRE_EQ(k, i);
		ATF_REQUIRE_EQ(logins, 0);
		k = web_input(c, (const uint8_t *)text + i,
		    sizeof(text) - 1 - i);
		ATF_REQUIRE_EQ_MSG(i + k, n, "cut at %zu: %zu", i, i + k);
		ATF_REQUIRE_EQ(logins, 1);
		conn_output_flush(&f->set);
		ATF_CHECK_EQ(count("HTTP/1.1 101"), 1);
		ATF_CHECK_EQ(f->set.stats->accepts, 1);
		end();
	}
}

/* The text of the counters comes at once; the next request waits for it. */
ATF_TC_WITHOUT_HEAD(counters);
ATF_TC_BODY(counters, tc)
{
	static const char ask[] = "GET /debug/varz HTTP/1.1\r\nHost: x\r\n\r\n"
	    GET;
	char more[] = "other_metric 5\n";

	set_up(1);
	f->set.stats->accepts = 4711;
	f->metrics = more;
	/*
	 * Without TLS: front_conn_shake() does not resume a TLS connection
	 * here.
	 */
	conn_plain(&c->conn, (const uint8_t *)ask, strlen(ask));
	ATF_CHECK(c->conn.paused & PAUSE_BODY);
	ATF_CHECK_EQ(conn_buf_left(&c->conn.input.pend), strlen(GET));
	conn_output_flush(&f->set);
	ATF_CHECK_EQ(c->conn.paused & PAUSE_BODY, 0);
	ATF_CHECK_EQ(count("HTTP/1.1 200"), 1);
	ATF_CHECK_EQ(count(" 4711\n"), 1);
	ATF_CHECK_EQ(count("other_metric 5\n"), 1);
	ATF_CHECK(memcmp("other_metric 5\n", wire + nwire - strlen(more),
	    strlen(more)) == 0);
	end();
}

/* HEAD gets no text; a request with a body ends the connection. */
ATF_TC_WITHOUT_HEAD(counters_head);
ATF_TC_BODY(counters_head, tc)
{
	static const char head[] = "HEAD /debug/varz HTTP/1.1\r\nHost: x\r\n"
	    "\r\n";
	static const char body[] = "GET /debug/varz HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: 3\r\n\r\nabc";

	set_up(0);
	feed(head, strlen(head));
	ATF_CHECK_EQ(count("HTTP/1.1 200"), 1);
	ATF_CHECK_EQ(count("derp_accepts"), 0);
	feed(body, strlen(body));
	ATF_CHECK_EQ(count("HTTP/1.1 200"), 2);
	ATF_CHECK_EQ(count("\nderp_accepts "), 1);
	ATF_CHECK_EQ(c->conn.state, CONN_DRAIN);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, cuts);
	ATF_TP_ADD_TC(tp, one_a_turn);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, upgrade);
	ATF_TP_ADD_TC(tp, counters);
	ATF_TP_ADD_TC(tp, counters_head);
	return (atf_no_error());
}
