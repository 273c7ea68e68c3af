/*
 * dial_test: Tests of dial.c with nodes that behave, and nodes that do not.
 */
#include <atf-c.h>
#include <event2/event.h>
#include <openssl/opensslv.h>
#include <poll.h>
#include <time.h>

#include "aead_backends.h"
#include "dial.h"
#include "nodefixture.h"
#include "tlssecrets.h"

static struct made		 cert;
static struct node_server	 server;
static struct dial_node		 node;
static struct dial		 d;
static struct net_record_cache	 cache;
static struct event_base	*base;

static const uint8_t		 client_info[] = "the payload of ClientInfo";
static int			 asked;	/* for a ClientInfo */
static int			 ended;	/* -1: not yet */

static void
on_ask(struct dial *dial, void *arg)
{
	(void)arg;
	asked++;
	dial_info(dial, client_info, sizeof(client_info));
}

static void
on_ended(struct dial *dial, enum dial_end e, void *arg)
{
	(void)dial;
	(void)arg;
	ATF_CHECK_EQ(-1, ended);
	ended = (int)e;
	event_base_loopbreak(base);
}

/* Set what is dialled: 127.0.0.1 by this CA file and CertName. */
static void
set_node(const char *cafile, const char *certname)
{
	dial_trust_free(&node.trust);
	memset(&node, 0, sizeof(node));
	ATF_REQUIRE_EQ(0, dial_node_set(&node, "localhost",
	    (uint16_t)server.port));
	strlcpy(node.address, "127.0.0.1", sizeof(node.address));
	strlcpy(node.trust.certname, certname, sizeof(node.trust.certname));
	strlcpy(node.trust.cas.file, cafile, sizeof(node.trust.cas.file));
	memset(node.own, 7, sizeof(node.own));
	dial_trust_begin(&node.trust);
}

static void
begin(void)
{
	ATF_REQUIRE_EQ(0, tls_init());
	ATF_REQUIRE_EQ(0, net_tlssecrets_init());
	ATF_REQUIRE_EQ(0, net_aead_evp.setup());
	ATF_REQUIRE((base = event_base_new()) != NULL);
	net_record_cache_init(&cache, &net_aead_evp, 2);
	d.base = base;
	d.node = &node;
	d.records = &cache;
	d.ask = on_ask;
	d.ended = on_ended;
	dial_init(&d);
}

/* Dial, and wait for the end. */
static int
dial(void)
{
	ended = -1;
	asked = 0;
	dial_begin(&d);
	if (ended == -1)
		ATF_REQUIRE_EQ(0, event_base_dispatch(base));
	return (ended);
}

/* Dial a node with this behaviour, which must fail for that reason. */
static void
fails(void (*serve)(struct visit *), const char *why)
{
	node_start(&server, &cert, serve);
	set_node("ca.pem", "");
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, why);
	ATF_CHECK_EQ(-1, d.t.fd);
	node_stop(&server);
}

/* Log in, and send back what comes. */
static void
serve_well(struct visit *v)
{
	node_login(v, "behind", 6);
	if (v->info_len != sizeof(client_info) ||
	    memcmp(v->info, client_info, v->info_len) != 0 ||
	    strstr(v->request, "GET /derp HTTP/1.1\r\nHost: localhost:") !=
	    v->request || strstr(v->request, "\r\nUpgrade: DERP\r\n"
	    "Connection: Upgrade\r\n") == NULL)
		node_send(v, "wrong!", 6);
	node_echo(v);
}

/* Read `n' bytes from the transport, waiting for its socket. */
static void
read_all(uint8_t *p, size_t n)
{
	struct pollfd pfd = { d.t.fd, POLLIN, 0 };
	ssize_t k;

	while (n > 0) {
		net_transport_turn(&d.t);
		k = net_transport_read(&d.t, p, n);
		if (k == TRANSPORT_WANT_READ) {
			ATF_REQUIRE_EQ(1, poll(&pfd, 1, 30000));
			continue;
		}
		ATF_REQUIRE_MSG(k > 0, "%s", d.t.why);
		p += k;
		n -= (size_t)k;
	}
}

/* What is written comes back. */
static void
talk(void)
{
	static uint8_t out[40000], in[sizeof(out)];
	size_t done, n;
	ssize_t k;

	for (n = 0; n < sizeof(out); n++)
		out[n] = (uint8_t)(n * 7 + (n >> 8));
	for (done = 0; done < sizeof(out); done += n) {
		n = sizeof(out) - done < 3000 ? sizeof(out) - done : 3000;
		k = net_transport_write(&d.t, out + done, n);
		ATF_REQUIRE_EQ((ssize_t)n, k);
		ATF_REQUIRE_EQ(0, net_transport_flush(&d.t));
		read_all(in + done, n);
	}
	ATF_CHECK(memcmp(in, out, sizeof(out)) == 0);
}

static void
logs_in(uint32_t protocols, int own)
{
	server.protocols = protocols;
	node_start(&server, &cert, serve_well);
	set_node("ca.pem", "");
	ATF_REQUIRE_EQ_MSG(DIAL_IN, dial(), "%s", d.why);
	ATF_CHECK_EQ(1, asked);
	ATF_CHECK_EQ(own, d.t.own != NULL);
	ATF_CHECK_EQ(own, d.t.tls == NULL);
	ATF_CHECK_EQ(6, d.login.len);
	ATF_CHECK(memcmp(d.login.buf, "behind", 6) == 0);
	ATF_CHECK_EQ(NODE_KEY, d.login.server.key[31]);
	talk();
	net_transport_close(&d.t);
	node_stop(&server);
}

/* Records are our own with TLS 1.3, libtls's with TLS 1.2. */
ATF_TC_WITHOUT_HEAD(logins);
ATF_TC_BODY(logins, tc)
{
	begin();
	(void)node_cert(&cert);
#ifndef LIBRESSL_VERSION_NUMBER
	logs_in(TLS_PROTOCOL_TLSv1_3, 1);
#endif
	logs_in(TLS_PROTOCOL_TLSv1_2, 0);
}

/* Certificates */

static void
certificate(const char *cafile, const char *certname, const char *why)
{
	set_node(cafile, certname);
	if (why == NULL)
		ATF_CHECK_EQ_MSG(DIAL_IN, dial(), "%s: %s", certname,
		    d.why);
	else {
		ATF_CHECK_EQ(DIAL_FAILED, dial());
		HAS(d.why, why);
	}
	net_transport_close(&d.t);
	dial_trust_free(&node.trust);
}

ATF_TC_WITHOUT_HEAD(certificates);
ATF_TC_BODY(certificates, tc)
{
	struct made other;

	begin();
	(void)node_cert(&cert);
	make_cert(&other, "localhost", "DNS:localhost", -DAY, DAY);
	atf_utils_create_file("other.pem", "%s", other.cert);
	atf_utils_create_file("junk.pem", "junk");
	node_start(&server, &cert, serve_well);
	certificate("ca.pem", "", NULL);
	certificate("ca.pem", "localhost", NULL);
	certificate("ca.pem", "other.test",
	    "does not cover that name (certname other.test)");
	certificate("other.pem", cert.pin, NULL);
	certificate("other.pem", other.pin, "does not match the pin (certname "
	    "sha256-raw:");
	certificate("other.pem", "", "certificate verification failed");
	certificate("other.pem", "localhost",
	    "certificate verification failed");
	certificate("ca.pem", "sha256-raw:12", "64 hexadecimal digits");
	certificate("junk.pem", "", "junk.pem");
	certificate("missing.pem", "", "missing.pem");
	node_stop(&server);
	/* The name counts with a pin, too: that of the host. */
	make_cert(&cert, "other.test", "DNS:other.test", -DAY, DAY);
	unlink("ca.pem");
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	node_start(&server, &cert, serve_well);
	certificate("ca.pem", "", "name");
	certificate("ca.pem", cert.pin, "name");
	certificate("ca.pem", "other.test", NULL);
	node_stop(&server);
}

/* Keys */

static void
serve_announced(struct visit *v)
{
	static const char head[] = SWITCH "Derp-Public-Key: "
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    "\r\n\r\n";
	uint8_t f[128];

	node_hear(v);
	node_send(v, head, sizeof(head) - 1);
	node_send(v, f, node_frame(f, FRAME_SERVER_KEY, FRAME_MAGIC, NODE_KEY,
	    FRAME_MAGIC_LEN + FRAME_KEY_LEN));
	node_linger(v);
}

ATF_TC_WITHOUT_HEAD(keys);
ATF_TC_BODY(keys, tc)
{
	begin();
	(void)node_cert(&cert);
	fails(serve_announced, "another relay key than the server announced");
	node_start(&server, &cert, serve_well);
	set_node("ca.pem", "");
	memset(node.own, NODE_KEY, sizeof(node.own));
	ATF_CHECK_EQ(DIAL_SELF, dial());
	ATF_CHECK_EQ(0, asked);
	set_node("ca.pem", "");
	node.pinned = 1;
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "another key than the configuration says");
	ATF_CHECK_EQ(0, asked);
	memset(node.key, NODE_KEY, sizeof(node.key));
	ATF_CHECK_EQ(DIAL_IN, dial());
	net_transport_close(&d.t);
	node_stop(&server);
}

/* Nodes that do not behave */

static void
serve_nothing(struct visit *v)
{
	node_hear(v);
}

static void
serve_silence(struct visit *v)
{
	node_hear(v);
	node_linger(v);
}

static void
serve_junk(struct visit *v)
{
	node_hear(v);
	node_send(v, "junk\r\n\r\n", 8);
	node_linger(v);
}

static void
serve_page(struct visit *v)
{
	static const char page[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 2\r\n\r\nhi";

	node_hear(v);
	node_send(v, page, sizeof(page) - 1);
	node_linger(v);
}

static void
serve_head(struct visit *v)
{
	node_hear(v);
	node_send(v, SWITCH, sizeof(SWITCH) - 1);
	for (;;)
		node_send(v, "Endless: yes\r\n", 14);
}

static void
serve_line(struct visit *v)
{
	node_hear(v);
	for (;;)
		node_send(v, "HTTP/1.1 101 aaaaaaaaaaaaaa", 27);
}

/* A byte each 20 ms, for ever. */
static void
serve_slowly(struct visit *v)
{
	struct timespec ts = { 0, 20000000 };

	node_hear(v);
	node_send(v, SWITCH "X: ", sizeof(SWITCH "X: ") - 1);
	for (;;) {
		node_send(v, "a", 1);
		nanosleep(&ts, NULL);
	}
}

static void
serve_big_key(struct visit *v)
{
	uint8_t f[FRAME_HDR_LEN];

	node_hear(v);
	node_send(v, SWITCH "\r\n", sizeof(SWITCH "\r\n") - 1);
	net_frame_put_hdr(f, FRAME_SERVER_KEY, UINT32_MAX);
	node_send(v, f, sizeof(f));
	node_linger(v);
}

static void
serve_other_frame(struct visit *v)
{
	uint8_t f[128];

	node_hear(v);
	node_send(v, SWITCH "\r\n", sizeof(SWITCH "\r\n") - 1);
	node_send(v, f, node_frame(f, FRAME_KEEP_ALIVE, "", 0, 0));
	node_linger(v);
}

static void
serve_short_key(struct visit *v)
{
	uint8_t f[128];

	node_hear(v);
	node_send(v, SWITCH "\r\n", sizeof(SWITCH "\r\n") - 1);
	node_send(v, f, node_frame(f, FRAME_SERVER_KEY, FRAME_MAGIC, NODE_KEY,
	    FRAME_MAGIC_LEN + FRAME_KEY_LEN - 1));
	node_linger(v);
}

static void
serve_key_alone(struct visit *v)
{
	node_hear(v);
	node_answer(v);
}

static void
serve_until_info(struct visit *v)
{
	node_hear(v);
	node_answer(v);
	node_client_info(v);
}

/* Answer ClientInfo by one frame. */
static void
answer_info(struct visit *v, uint8_t type, const char *text, size_t n)
{
	static uint8_t f[8192];

	serve_until_info(v);
	node_send(v, f, node_frame(f, type, text, 0, n));
	node_linger(v);
}

static void
serve_refusal(struct visit *v)
{
	answer_info(v, FRAME_HEALTH, "not on the list", 15);
}

static void
serve_short_info(struct visit *v)
{
	answer_info(v, FRAME_SERVER_INFO, "", 39);
}

static void
serve_big_info(struct visit *v)
{
	answer_info(v, FRAME_SERVER_INFO, "", DIAL_LOGIN_INFO + 1);
}

static void
serve_packet(struct visit *v)
{
	answer_info(v, FRAME_RECV_PACKET, "", 100);
}

static void
serve_big_frame(struct visit *v)
{
	uint8_t f[FRAME_HDR_LEN];

	serve_until_info(v);
	net_frame_put_hdr(f, FRAME_SERVER_INFO, UINT32_MAX);
	node_send(v, f, sizeof(f));
	node_linger(v);
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	begin();
	(void)node_cert(&cert);
	fails(serve_nothing, "closed the connection");
	fails(serve_junk, "not HTTP/1.1");
	fails(serve_page, "status 200 where 101 was expected");
	fails(serve_head, "not HTTP/1.1");
	fails(serve_line, "not HTTP/1.1");
	fails(serve_big_key, "4294967295 bytes is too long");
	fails(serve_other_frame, "KeepAlive");
	fails(serve_short_key, "malformed");
	fails(serve_key_alone, "closed the connection");
	fails(serve_until_info, "closed the connection");
	fails(serve_refusal, "refuses the login: not on the list");
	fails(serve_short_info, "too short");
	fails(serve_big_info, "too long");
	fails(serve_big_frame, "4294967295 bytes is too long");
	fails(serve_packet, "RecvPacket");
}

/* The time is bounded, whatever the node sends. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	d.dial_ms = 300;
	begin();
	(void)node_cert(&cert);
	fails(serve_silence, "no answer in time");
	fails(serve_slowly, "no answer in time");
	server.plain = 1;
	fails(serve_silence, "TLS with 127.0.0.1 port");
}

/* What answers is no TLS server, or speaks h2 alone. */
ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	begin();
	(void)node_cert(&cert);
	server.plain = 1;
	fails(serve_page, "TLS with 127.0.0.1 port");
	server.plain = 0;
	server.alpn = "h2";
	fails(serve_junk, "not HTTP/1.1");
	server.alpn = NULL;
	node_start(&server, &cert, serve_well);
	set_node("ca.pem", "");
	node_stop(&server);
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "connect to 127.0.0.1 port");
	HAS(d.why, "refused");
}

/* Addresses */

static struct sockaddr_in addresses[4];
static int naddresses;

static int
resolve(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **res)
{
	static struct addrinfo list[4];
	int i;

	(void)host;
	(void)port;
	(void)hints;
	if (naddresses == 0)
		return (EAI_AGAIN);
	memset(list, 0, sizeof(list));
	for (i = 0; i < naddresses; i++) {
		list[i].ai_family = AF_INET;
		list[i].ai_addr = (struct sockaddr *)&addresses[i];
		list[i].ai_addrlen = sizeof(addresses[i]);
		list[i].ai_next = i + 1 < naddresses ? &list[i + 1] : NULL;
	}
	*res = list;
	return (0);
}

static void
release(struct addrinfo *res)
{
	(void)res;
}

static void
add_address(const char *text, int port)
{
	struct sockaddr_in *sin = &addresses[naddresses++];

	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)port);
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, text, &sin->sin_addr));
}

/*
 * All addresses are tried in turn; after one that takes all the time, the next
 * one comes first.
 */
ATF_TC_WITHOUT_HEAD(addresses_in_turn);
ATF_TC_BODY(addresses_in_turn, tc)
{
	static const struct net_resolver r = { resolve, release };
	struct node_server mute;

	d.resolver = &r;
	begin();
	(void)node_cert(&cert);
	node_start(&server, &cert, serve_well);
	set_node("ca.pem", "");
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "can't resolve 127.0.0.1");
	add_address("127.0.0.9", 1);
	add_address("127.0.0.1", server.port);
	ATF_CHECK_EQ_MSG(DIAL_IN, dial(), "%s", d.why);
	net_transport_close(&d.t);
	memset(&mute, 0, sizeof(mute));
	mute.plain = 1;
	node_start(&mute, &cert, serve_silence);
	addresses[0].sin_port = htons((uint16_t)mute.port);
	addresses[0].sin_addr = addresses[1].sin_addr;
	d.dial_ms = 300;
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	d.dial_ms = DIAL_ALL_MS;
	ATF_CHECK_EQ_MSG(DIAL_IN, dial(), "%s", d.why);
	net_transport_close(&d.t);
	node_stop(&mute);
	node_stop(&server);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, logins);
	ATF_TP_ADD_TC(tp, certificates);
	ATF_TP_ADD_TC(tp, keys);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, addresses_in_turn);
	return (atf_no_error());
}
