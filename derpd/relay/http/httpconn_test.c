/*
 * httpconn_test: requests in pieces, pipelined, or with bytes that follow an
 * upgrade; no socket, no TLS.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpconn.h"
#include "relay.h"

#define WIRE	(256 * 1024)

static struct relay		*r;
static struct relay_conn	*c;
static char			 wire[WIRE + 1];
static size_t			 nwire;
static int			 logins;

static int
fake_encrypt(struct relay_conn *k, const uint8_t *p, size_t n)
{
	return (relay_output_raw(k, p, n));
}

static ssize_t
fake_send(struct relay_conn *k, const void *p, size_t n)
{
	ATF_CHECK(k == c);
	ATF_REQUIRE(nwire + n <= WIRE);
	memcpy(wire + nwire, p, n);
	nwire += n;
	wire[nwire] = '\0';
	return ((ssize_t)n);
}

static unsigned int
fake_none(struct relay_conn *k)
{
	(void)k;
	return (0);
}

static int
fake_wait(struct relay_conn *k, unsigned int ms)
{
	(void)k;
	(void)ms;
	return (0);
}

static void
fake_end(struct relay_conn *k)
{
	(void)k;
}

static int
fake_shut(struct relay_conn *k)
{
	(void)k;
	return (0);
}

static int
fake_owes(const struct relay_conn *conn)
{
	(void)conn;
	return (0);
}

static const struct relay_output_ops out_ops = {
	.encrypt = fake_encrypt,
	.owes = fake_owes,
	.send = fake_send,
	.unsent = fake_none,
	.unacked = fake_none,
	.wait = fake_wait,
	.end = fake_end,
	.shut = fake_shut
};

static void
on_login(struct relay_conn *k)
{
	ATF_CHECK(k == c && k->unknown->http == NULL);
	k->state = CONN_INFO;
	logins++;
}

static const struct web_ops ops = { .login = on_login };

static void
nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* A client at the TLS port, or at the plain one, that sent nothing yet. */
static void
set_up(int tls)
{
	int i;

	if (r != NULL) {
		event_base_free(r->base);
		free(r);
		free(c->unknown);
		free(c);
	}
	r = calloc(1, sizeof(*r));
	c = calloc(1, sizeof(*c));
	ATF_REQUIRE(r != NULL && c != NULL);
	ATF_REQUIRE((c->unknown = calloc(1, sizeof(*c->unknown))) != NULL);
	ATF_REQUIRE((r->base = event_base_new()) != NULL);
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->resumed);
	TAILQ_INIT(&r->shaking);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	relay_outputs_init(&r->outputs, &out_ops);
	cluster_pages_init(r);
	r->web.ops = &ops;
	r->conf.relay = 1;
	c->r = r;
	c->fd = -1;
	c->plain = !tls;
	c->state = CONN_HTTP;
	c->addr[10] = c->addr[11] = 0xff;
	c->addr[12] = 127;
	c->addr[15] = 1;
	ATF_REQUIRE_EQ(event_assign(&c->ev_read, r->base, -1, EV_READ |
	    EV_PERSIST, nothing, c), 0);
	nwire = 0;
	wire[0] = '\0';
	logins = 0;
}

/* Run turns of the worker until there is nothing to do. */
static void
turns(void)
{
	do {
		relay_output_flush(r);
		relay_conn_shake(r);
	} while (!TAILQ_EMPTY(&r->shaking) || !TAILQ_EMPTY(&r->outputs.dirty));
}

/* Pass `n' bytes at once. */
static void
feed(const char *p, size_t n)
{
	char *copy;

	/* In memory of its own, so that an overread is detected. */
	ATF_REQUIRE((copy = malloc(n + 1)) != NULL);
	memcpy(copy, p, n);
	relay_conn_input(c, (const uint8_t *)copy, n);
	free(copy);
	turns();
}

/* Free the connection as relay_conn_reap() does. */
static void
end(void)
{
	web_free(c);
	ATF_CHECK_EQ(web_kept(c), 0);
	relay_output_free(c, NULL, NULL);
	relay_buf_free(&c->input.pend);
}

/* Count how often `what' was sent. */
static unsigned int
count(const char *what)
{
	const char *p = wire;
	unsigned int n = 0;

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
		    "%s", i, wire);
		ATF_REQUIRE_EQ(count("HTTP/1.1 "), oks + others);
		ATF_CHECK(!c->dead && c->state == CONN_HTTP);
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
	relay_conn_input(c, (const uint8_t *)GET GET GET, 3 * strlen(GET));
	relay_output_flush(r);
	ATF_CHECK_EQ(count("HTTP/1.1 204"), 1);
	ATF_CHECK(c->paused != 0);
	turns();
	ATF_CHECK_EQ(count("HTTP/1.1 204"), 3);
	ATF_CHECK_EQ(c->paused, 0);
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
	ATF_CHECK(c->lingering);
	end();

	/* The length of a head is limited, in one piece and in many. */
	memset(big, 'x', sizeof(big));
	memcpy(big, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
	set_up(0);
	feed(big, sizeof(big));
	ATF_CHECK_EQ(count("HTTP/1.1 431"), 1);
	end();
	set_up(0);
	while (c->state == CONN_HTTP) {
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
		memcpy(r->conf.node_key, key, sizeof(key));
		k = web_input(c, (const uint8_t *)text, i);
		ATF_REQUIRE_EQ(k, i);
		ATF_REQUIRE_EQ(logins, 0);
		k = web_input(c, (const uint8_t *)text + i,
		    sizeof(text) - 1 - i);
		ATF_REQUIRE_EQ_MSG(i + k, n, "cut at %zu: %zu", i, i + k);
		ATF_REQUIRE_EQ(logins, 1);
		relay_output_flush(r);
		ATF_CHECK_EQ(count("HTTP/1.1 101"), 1);
		ATF_CHECK_EQ(r->stats->accepts, 1);
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
	r->stats->accepts = 4711;
	r->metrics = more;
	/*
	 * Without TLS: relay_conn_shake() does not resume a TLS connection
	 * here.
	 */
	relay_conn_input(c, (const uint8_t *)ask, strlen(ask));
	ATF_CHECK(c->paused & PAUSE_BODY);
	ATF_CHECK_EQ(relay_buf_left(&c->input.pend), strlen(GET));
	relay_output_flush(r);
	ATF_CHECK_EQ(c->paused & PAUSE_BODY, 0);
	ATF_CHECK_EQ(count("HTTP/1.1 200"), 1);
	ATF_CHECK_EQ(count(" 4711\n"), 1);
	ATF_CHECK_EQ(count("other_metric 5\n"), 1);
	ATF_CHECK_STREQ("other_metric 5\n", wire + nwire - strlen(more));
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
	ATF_CHECK_EQ(c->state, CONN_DRAIN);
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
