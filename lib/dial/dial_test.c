/*
 * dial_test: Tests of dial.c with nodes that behave, and nodes that do not.
 */
#include <atf-c.h>
#include <openssl/opensslv.h>
#include <time.h>

#include "dialfixture.h"

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

/* Those of a file that is not there any more when it is dialled. */
static void
held_certificates(void)
{
	struct net_cas right, wrong;
	char why[200];

	memset(&right, 0, sizeof(right));
	memset(&wrong, 0, sizeof(wrong));
	strlcpy(wrong.file, "missing.pem", sizeof(wrong.file));
	ATF_CHECK_EQ(-1, net_cas_hold(&wrong, why, sizeof(why)));
	HAS(why, "missing.pem");
	strlcpy(wrong.file, "other.pem", sizeof(wrong.file));
	ATF_REQUIRE_EQ(0, net_cas_hold(&wrong, why, sizeof(why)));
	strlcpy(right.file, "ca.pem", sizeof(right.file));
	ATF_REQUIRE_EQ(0, net_cas_hold(&right, why, sizeof(why)));
	set_node("missing.pem", "");
	dial_trust_end(&node.trust);
	node.trust.held = &wrong;
	dial_trust_begin(&node.trust);
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "certificate verification failed");
	dial_trust_end(&node.trust);
	node.trust.held = &right;
	dial_trust_begin(&node.trust);
	ATF_CHECK_EQ_MSG(DIAL_IN, dial(), "%s", d.why);
	net_transport_close(&d.t);
	dial_trust_free(&node.trust);
	net_cas_free(&right);
	net_cas_free(&wrong);
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
	held_certificates();
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
