/*
 * clients_test: requests for the list of clients: what the parent is asked, the
 * answers, and how many there may be at a time.  The test plays the parent; no
 * socket of a client, no TLS.
 */
#include <sys/socket.h>
#include <stdio.h>
#include <string.h>

#include "front.h"
#include "ipcsend.h"
#include "wirefixture.h"

#define GET(query)	"GET /debug/clients/" query " HTTP/1.1\r\n"	\
			"Host: x\r\n\r\n"
#define NEXT		"GET /generate_204 HTTP/1.1\r\nHost: x\r\n\r\n"

static struct front *f;
static struct ipc_chan *parent;		/* its end */

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	(void)ch;
	(void)arg;
	atf_tc_fail("%s", why);
}

static void
set_up(void)
{
	int sv[2];

	f = front_new(NULL);
	f->conf.relay = 1;
	f->conf.nworkers = 1;
	f->set.outputs.ops = &wire_ops;
	front_unfinished_limits(&f->unfinished, 100, 100);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	f->parent = ipc_chan_new(f->set.base, sv[0], ROLE_FRONT, ROLE_PARENT,
	    NULL, gone, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_FRONT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(f->parent != NULL && parent != NULL);
	wire_begin();
}

/* A client on this machine, at the plain port. */
static struct front_conn *
client(void)
{
	static const uint8_t addr[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	struct front_conn *c;

	ATF_REQUIRE((c = front_conn_new(f, -1, 0, 0, addr, 1)) != NULL);
	c->conn.state = CONN_HTTP;
	return (c);
}

static void
turns(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		conn_output_flush(&f->set);
		front_conn_shake(f);
	}
	conn_reap(&f->set);
}

static void
sends(struct front_conn *c, const char *text)
{
	conn_plain(&c->conn, (const uint8_t *)text, strlen(text));
	turns();
}

/* The request that the parent got; 0: none. */
static uint32_t
requested(struct ipc_list_query *q)
{
	struct ipc_msg_front_list v;
	struct ipc_msg m;

	(void)ipc_chan_flush(f->parent, 1000);
	if (ipc_chan_recv(parent, &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(m.type, MSG_FRONT_LIST);
	ATF_REQUIRE_EQ(0, ipc_get_front_list(&m.rd, &v));
	ipc_msg_free(&m);
	if (q != NULL)
		*q = v.query;
	return (v.id);
}

/* The parent passes on a row. */
static void
row(uint32_t id, uint64_t number, const char *app)
{
	static struct ipc_msg_front_listed v;

	v.id = id;
	v.row.number = number;
	v.row.addr[10] = v.row.addr[11] = 0xff;
	v.row.age_ms = 3661499;
	v.row.since = UINT64_C(784111777120000000);
	v.row.rx_bytes = number;
	strlcpy(v.row.app, app, sizeof(v.row.app));
	strlcpy(v.row.name, "laptop", sizeof(v.row.name));
	strlcpy(v.row.group, "A & B", sizeof(v.row.group));
	web_clients_listed(f, &v);
}

/* The parent passes on the end. */
static void
end(uint32_t id, int whole, uint64_t past)
{
	struct ipc_msg_front_list_end v = { id, whole, 77, 66, past };

	web_clients_end(f, &v);
	turns();
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

#define SENT(what)	ATF_CHECK_MSG(count(what) == 1,			\
			    "%s is not once in:\n%s", what, wire)

/* A page, in order; the next request on the connection waits for it. */
ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	struct front_conn *c;
	struct ipc_list_query q;
	uint32_t id;

	(void)tc;
	set_up();
	c = client();
	sends(c, GET("?all&sort=-rx&limit=2&format=json") NEXT);
	ATF_CHECK_EQ(nwire, 0);
	ATF_REQUIRE((id = requested(&q)) != 0);
	ATF_CHECK_EQ(q.limit, 2);
	ATF_CHECK_EQ(q.sort, IPC_LIST_BY_RX_BYTES);
	ATF_CHECK_EQ(q.descending, 1);
	row(id, 5, "");
	row(id, 7, "x\"y");
	row(id + 1, 8, "of another list");
	row(id, 6, "");
	end(id, 1, 9);
	SENT("HTTP/1.1 200");
	SENT("Content-Type: application/json\r\n");
	SENT("{\"query\":\"all clients\",\"conns\":77,\"keys\":66,"
	    "\"remaining\":7,\"next\":\"?after=6&afterconn=6&all=1&"
	    "format=json&limit=2&sort=-rx\",\"clients\":[");
	SENT("{\"connNum\":7,\"key\":\"nodekey:00000000000000000000000000000000"
	    "00000000000000000000000000000000\",\"remote\":\"0.0.0.0:0\","
	    "\"connectedAt\":\"1994-11-06T08:49:37.12Z\","
	    "\"connected\":3661000000000,\"active\":false,\"dup\":false,"
	    "\"disabled\":false,\"home\":false,\"meshPeer\":false,"
	    "\"notIdeal\":false,\"prober\":false,\"version\":0,"
	    "\"appName\":\"x\\\"y\",\"rxPkts\":0,\"rxBytes\":7,\"txPkts\":0,"
	    "\"txBytes\":0,\"senders\":0,\"name\":\"laptop\","
	    "\"group\":\"A & B\"},\n{\"connNum\":6,");
	ATF_CHECK_EQ(count("connNum"), 2);
	SENT("HTTP/1.1 204");
	ATF_CHECK_EQ(f->web.bodies, 0);
	conn_close(&c->conn, "test");
	turns();
}

ATF_TC_WITHOUT_HEAD(html);
ATF_TC_BODY(html, tc)
{
	struct front_conn *c;
	uint32_t id;

	(void)tc;
	set_up();
	c = client();
	sends(c, GET("?cidr=0.0.0.0/0&app=%3Ca%3E"));
	ATF_REQUIRE((id = requested(NULL)) != 0);
	row(id, 5, "<a>");
	end(id, 0, 1);
	SENT("Content-Type: text/html; charset=utf-8\r\n");
	SENT("<h1>DERP clients: clients from 0.0.0.0/0 with app "
	    "&lt;a&gt;</h1>");
	SENT("Showing 1 of 77 matching connections (66 node keys)");
	SENT("The list is incomplete");
	SENT("<td><a href=\"?ip=0.0.0.0\">0.0.0.0:0</a></td>");
	SENT("<td>1h1m1s</td>");
	SENT("<td>laptop</td>\n<td>A &amp; B</td>");
	SENT("<a href=\"?all=1&amp;app=%3Ca%3E&amp;sort=key\">&lt;a&gt;</a>");
	SENT("<th><a href=\"?app=%3Ca%3E&amp;cidr=0.0.0.0%2F0&amp;sort=-key\">"
	    "node key</a> \xe2\x96\xb2</th>");
	SENT("sort=-rx\">rx bytes</a></th>");
	ATF_CHECK_EQ(count("Next page"), 0);
	/* HEAD has the same head, and no body. */
	wire_begin();
	sends(c, "HEAD /debug/clients/?all HTTP/1.1\r\nHost: x\r\n\r\n" NEXT);
	id = requested(NULL);
	end(id, 1, 0);
	SENT("HTTP/1.1 200");
	SENT("HTTP/1.1 204");
	ATF_CHECK_EQ(count("DERP"), 0);
}

/* Without a filter there is a form, and nobody is asked. */
ATF_TC_WITHOUT_HEAD(index_page);
ATF_TC_BODY(index_page, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up();
	c = client();
	f->set.stats->connections = 12;
	f->set.stats->clients = 11;
	sends(c, GET(""));
	SENT("12 connections for 11 node keys.");
	SENT("<input name=\"cidr\" ");
	wire_begin();
	sends(c, GET("?format=json"));
	SENT("\r\n\r\n{\"conns\":12,\"keys\":11}\n");
	wire_begin();
	sends(c, GET("?key=5"));
	SENT("HTTP/1.1 400");
	SENT("bad key: want nodekey:");
	ATF_CHECK_EQ(requested(NULL), 0);
}

/* One list at a time. */
ATF_TC_WITHOUT_HEAD(busy);
ATF_TC_BODY(busy, tc)
{
	struct front_conn *a, *b;
	uint32_t id;

	(void)tc;
	set_up();
	a = client();
	b = client();
	sends(a, GET("?all&format=json"));
	id = requested(NULL);
	ATF_REQUIRE(id != 0);
	sends(b, GET("?all"));
	SENT("HTTP/1.1 503");
	SENT("Retry-After: 1\r\n");
	ATF_CHECK_EQ(requested(NULL), 0);
	wire_begin();
	end(id, 1, 0);
	SENT("HTTP/1.1 200");
	sends(b, GET("?all"));
	ATF_CHECK_EQ(requested(NULL), id + 1);
	/* A late answer to the first one is nobody's. */
	wire_begin();
	row(id, 1, "");
	end(id, 1, 0);
	ATF_CHECK_EQ(nwire, 0);
	row(id + 1, 1, "only one");
	end(id + 1, 1, 1);
	SENT("only one</a>");
}

/* Who goes does not keep others from their list. */
ATF_TC_WITHOUT_HEAD(leaves);
ATF_TC_BODY(leaves, tc)
{
	struct front_conn *c;
	uint32_t id;

	(void)tc;
	set_up();
	c = client();
	sends(c, GET("?all"));
	id = requested(NULL);
	row(id, 1, "");
	conn_close(&c->conn, "test");
	end(id, 1, 1);		/* before it is reaped, and after */
	ATF_CHECK(f->clients.c == NULL && f->clients.page.rows == NULL);
	ATF_CHECK_EQ(f->web.bodies, 0);
	c = client();
	sends(c, GET("?all"));
	id = requested(NULL);
	conn_close(&c->conn, "test");
	turns();
	ATF_CHECK(f->clients.c == NULL && f->clients.page.rows == NULL);
	row(id, 1, "");
	end(id, 1, 1);
	ATF_CHECK_EQ(f->web.bodies, 0);
	ATF_CHECK_EQ(nwire, 0);
	sends(client(), GET("?all"));
	ATF_CHECK(requested(NULL) != 0);
}

/* When nobody answers, the client is told. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	struct front_conn *c;
	uint32_t id;
	int i;

	(void)tc;
	set_up();
	c = client();
	sends(c, GET("?all"));
	id = requested(NULL);
	for (i = 0; i < 25; i++) {
		conn_tick(&f->set);
		turns();
	}
	SENT("HTTP/1.1 503");
	SENT("did not answer in time");
	ATF_CHECK(f->clients.c == NULL);
	end(id, 1, 0);
	ATF_CHECK_EQ(count("HTTP/1.1"), 1);
}

/* Few answers wait to be read; a large one goes in pieces. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	struct front_conn *c[5];
	struct ipc_list_query q;
	uint32_t id, n;
	int i;

	(void)tc;
	set_up();
	room = 0;
	for (i = 0; i < 4; i++) {
		c[i] = client();
		sends(c[i], GET("?all&limit=1000&format=json"));
		id = requested(&q);
		ATF_CHECK_EQ(q.limit, 1000);
		for (n = 0; n < 1000; n++)
			row(id, 1000 - n, "a name of a program");
		end(id, 1, 1000);
		ATF_CHECK_EQ(f->web.bodies, (unsigned int)i + 1);
	}
	c[4] = client();
	room = WIRE;
	sends(c[4], GET("?all"));
	SENT("HTTP/1.1 503");
	for (i = 0; i < 3; i++)
		conn_close(&c[i]->conn, "test");
	turns();
	ATF_CHECK_EQ(f->web.bodies, 1);
	wire_begin();
	conn_output_ready(&c[3]->conn);
	turns();
	ATF_CHECK_EQ(f->web.bodies, 0);
	ATF_CHECK_EQ(count("connNum"), 1000);
	SENT("\"connNum\":1000,");
	ATF_CHECK(nwire > 300000);
	ATF_CHECK(memcmp(wire + nwire - 4, "]}\n", 3) == 0 ||
	    memcmp(wire + nwire - 3, "]}\n", 3) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, html);
	ATF_TP_ADD_TC(tp, index_page);
	ATF_TP_ADD_TC(tp, busy);
	ATF_TP_ADD_TC(tp, leaves);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, slow);
	return (atf_no_error());
}
