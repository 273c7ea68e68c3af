/*
 * bootstrap_test: the names of bootstrap-dns at a front, and the answers to
 * /bootstrap-dns, byte by byte as derper's.
 */
#include <stdlib.h>

#include "bootstrap.h"
#include "mapstore.h"
#include "webfixture.h"

#define JSON	"Content-Type: application/json\r\n"

static struct web_dns		dns;
static struct ipc_dns_name	names[IPC_DNS_MAXNAMES + 1];
static uint32_t			nnames;

static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 7 };
static const uint8_t both[32] = {
	0x20, 0x01, 0x0d, 0xb8, [15] = 1, [26] = 0xff, 0xff, 192, 0, 2, 1
};

static void
add(const char *name, int published, const uint8_t *addrs, uint32_t n)
{
	names[nnames].name = name;
	names[nnames].published = published;
	names[nnames].addrs = addrs;
	names[nnames++].naddrs = n;
}

/* Send the names as the parent does.  0 or -1. */
static int
set(void)
{
	struct ipc_msg_front_dns v = { .nnames = nnames, .names = names };
	struct ipc_msg_front_dns got;
	struct ipc_wr w;
	struct ipc_rd r;
	int rv;

	ipc_wr_init(&w);
	ipc_put_front_dns(&w, &v);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ipc_rd_init(&r, w.p, w.len);
	ATF_REQUIRE_EQ(0, ipc_get_front_dns(&r, &got));
	rv = web_dns_set(&dns, &got);
	ipc_wr_free(&w);
	nnames = 0;
	return (rv);
}

static void
begin(void)
{
	setup(1);
	env.dns = &dns;
	/* In another order than they are told. */
	add("control.example.org", 1, v4, 1);
	add("b.example.org", 1, both, 2);
	add("none.example.org", 1, NULL, 0);
	add("hidden.example.org", 0, v4, 1);
	add("unknown.example.org", 0, NULL, 0);
	ATF_REQUIRE_EQ(0, set());
}

static const char published[] = "{\n\t\"b.example.org\": [\n"
    "\t\t\"2001:db8::1\",\n\t\t\"192.0.2.1\"\n\t],\n"
    "\t\"control.example.org\": [\n\t\t\"192.0.2.7\"\n\t]\n}";
static const char hidden[] = "{\n\t\"hidden.example.org\": [\n"
    "\t\t\"192.0.2.7\"\n\t]\n}";

/* The answer to the query is this body ("": none), and counted so. */
static void
told(const char *query, const char *body, enum web_dns_asked asked)
{
	char request[512], want[1024];

	snprintf(request, sizeof(request), "GET /bootstrap-dns%s HTTP/1.1\r\n"
	    HOST "\r\n", query);
	ATF_CHECK_EQ_MSG(route(request), body[0] != '\0' ? WEB_MAP : WEB_REPLY,
	    "%s", query);
	snprintf(want, sizeof(want), "HTTP/1.1 200 OK\r\n" DATE
	    "Connection: close\r\n" STS BROWSER JSON
	    "Content-Length: %zu\r\n\r\n", strlen(body));
	check(want);
	ATF_CHECK_EQ(1, out.close);
	ATF_CHECK_EQ_MSG(asked, out.dns, "%s", query);
	if (body[0] == '\0')
		return;
	ATF_CHECK_EQ_MSG(strlen(body), out.body_len, "%s", query);
	ATF_CHECK_MSG(memcmp(body, out.body, out.body_len) == 0, "%s: %.*s",
	    query, (int)out.body_len, (const char *)out.body);
}

ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	begin();
	told("", published, WEB_DNS_ALL);
	told("?q=", published, WEB_DNS_ALL);
	told("?q", published, WEB_DNS_ALL);
	told("?p=hidden.example.org", published, WEB_DNS_ALL);
	told("?q=b.example.org", published, WEB_DNS_PUBLISHED_HIT);
	told("?q=none.example.org", published, WEB_DNS_PUBLISHED_MISS);
	told("?q=hidden.example.org", hidden, WEB_DNS_UNPUBLISHED_HIT);
	told("?a=b&q=%68idden.example.org&q=x", hidden,
	    WEB_DNS_UNPUBLISHED_HIT);
	told("?q=unknown.example.org", published, WEB_DNS_UNPUBLISHED_MISS);
	told("?q=idden.example.org", published, WEB_DNS_UNPUBLISHED_MISS);
	told("?q=hidden.example.org.", published, WEB_DNS_UNPUBLISHED_MISS);
	told("?q=x&q=hidden.example.org", published, WEB_DNS_UNPUBLISHED_MISS);
	/* HEAD, and any other method. */
	ATF_CHECK_EQ(WEB_REPLY, route("HEAD /bootstrap-dns HTTP/1.1\r\n" HOST
	    "\r\n"));
	check("HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n" STS BROWSER
	    JSON "Content-Length: 101\r\n\r\n");
	ATF_CHECK_EQ(101, sizeof(published) - 1);
	ATF_CHECK_EQ(WEB_MAP, route("POST /bootstrap-dns HTTP/1.1\r\n" HOST
	    "\r\n"));
	/* Of the TLS port alone. */
	env.tls = 0;
	partly("GET /bootstrap-dns HTTP/1.1\r\n" HOST "\r\n", 302,
	    "https://relay.example.org/bootstrap-dns");
	ATF_CHECK_EQ(WEB_DNS_NOT, out.dns);
}

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	setup(1);
	told("?q=a", "", WEB_DNS_UNPUBLISHED_MISS);
	env.dns = &dns;
	told("", "", WEB_DNS_ALL);
	/* No name has resolved, or none that is published. */
	add("a.example.org", 1, NULL, 0);
	add("hidden.example.org", 0, v4, 1);
	ATF_REQUIRE_EQ(0, set());
	told("", "", WEB_DNS_ALL);
	told("?q=a.example.org", "", WEB_DNS_PUBLISHED_MISS);
	told("?q=hidden.example.org", hidden, WEB_DNS_UNPUBLISHED_HIT);
	/* A machine may serve nothing else. */
	env.relay = 0;
	told("?q=hidden.example.org", hidden, WEB_DNS_UNPUBLISHED_HIT);
	ATF_REQUIRE_EQ(0, set());
	ATF_CHECK_EQ(WEB_REPLY, route("GET /bootstrap-dns HTTP/1.1\r\n" HOST
	    "\r\n"));
	ATF_CHECK(strncmp(out.buf, "HTTP/1.1 404 ", 13) == 0);
}

/* What is being sent stays when other addresses come. */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	const uint8_t *body;

	begin();
	told("", published, WEB_DNS_ALL);
	web_mapstore_hold(out.map);
	body = out.body;
	ATF_REQUIRE_EQ(0, set());
	ATF_CHECK_EQ(0, dns.n);
	ATF_CHECK(memcmp(body, published, sizeof(published) - 1) == 0);
	web_mapstore_release(out.map);
	told("", "", WEB_DNS_ALL);
	web_dns_clear(&dns);
}

/* Malformed messages change nothing. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const char *const bad[] = { "", "a b.test", "a\"b.test",
	    "192.0.2.1", "-a.test", "a\\.test" };
	static uint8_t many[(IPC_DNS_MAXADDRS + 1) * IPC_ADDRLEN];
	size_t i;

	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add("a.example.org", 1, v4, 1);
		add(bad[i], 1, v4, 1);
		ATF_CHECK_EQ_MSG(-1, set(), "%s", bad[i]);
	}
	add("a.example.org", 1, v4, 1);
	add("a.example.org", 0, v4, 1);
	ATF_CHECK_EQ(-1, set());
	add("a.example.org", 1, many, IPC_DNS_MAXADDRS + 1);
	ATF_CHECK_EQ(-1, set());
	told("", published, WEB_DNS_ALL);
	add("a.example.org", 1, many, IPC_DNS_MAXADDRS);
	ATF_CHECK_EQ(0, set());
	web_dns_clear(&dns);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, answers);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, refused);
	return atf_no_error();
}
