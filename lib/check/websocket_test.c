/*
 * websocket_test: Tests of websocket.c against a child process that answers
 * upgrades rightly and wrongly.
 */
#include <openssl/sha.h>

#include "frame.h"
#include "runfixture.h"
#include "tlspeer.h"

#define GUID	"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static struct run_fixture x;
static struct made cert;
static const char *protocol;	/* what the server selects */
static const char *guid;
static const uint8_t *message;	/* what it sends then */
static size_t message_len;

/* In the server: answer the request of request.0. */
static void
upgrade(struct tls *t)
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	char line[256], text[256] = "", accept[64], out[512];
	FILE *fp = fopen("request.0", "r");

	while (fp != NULL && fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "Sec-WebSocket-Key: ", 19) == 0)
			(void)snprintf(text, sizeof(text), "%.24s%s",
			    line + 19, guid);
	if (fp != NULL)
		fclose(fp);
	SHA1((const unsigned char *)text, strlen(text), digest);
	EVP_EncodeBlock((unsigned char *)accept, digest, sizeof(digest));
	(void)snprintf(out, sizeof(out), "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: WebSocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Protocol: %s\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    protocol, accept);
	(void)tls_write(t, out, strlen(out));
	if (message_len > 0) {
		(void)tls_write(t, message, message_len);
		hear(t, 1);
	}
}

/* Check a server that says `say', then acts. */
static void
check(const char *say, enum peer_leave leave)
{
	const struct scene scene = { say, 0, leave };
	struct peer_server p;

	make_cert(&cert, "relay.test", NULL, -DAY, DAY);
	peer_act = upgrade;
	peer_start(&p, &cert, &scene, 1);
	run_begin(&x);
	(void)snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	x.node.port = (unsigned int)p.port;
	check_websocket(&x.run, run_address(&x, "127.0.0.1"));
	peer_stop(&p);
	ATF_REQUIRE(run_measure(&x, CHECK_FACT_WEBSOCKET) != NULL);
	ATF_CHECK_EQ(x.nfound == 0,
	    run_measure(&x, CHECK_FACT_WEBSOCKET)->n);
}

static void
only(const char *part)
{
	run_only(&x, CHECK_WEBSOCKET_FAILS, part);
}

/* A frame ServerKey in a message with a header of 2 or 4 bytes. */
static void
server_key(int longer)
{
	static uint8_t m[4 + FRAME_HDR_LEN + FRAME_MAGIC_LEN + FRAME_KEY_LEN];
	uint8_t *p = m;

	*p++ = 0x82;
	*p++ = longer ? 126 : sizeof(m) - 4;
	if (longer) {
		*p++ = 0;
		*p++ = sizeof(m) - 4;
	}
	*p++ = FRAME_SERVER_KEY;
	memset(p, 0, 4);
	p[3] = FRAME_MAGIC_LEN + FRAME_KEY_LEN;
	memcpy(p + 4, FRAME_MAGIC, FRAME_MAGIC_LEN);
	message = m;
	message_len = sizeof(m) - (longer ? 0 : 2);
	protocol = "derp";
	guid = GUID;
}

ATF_TC_WITHOUT_HEAD(works);
ATF_TC_BODY(works, tc)
{
	server_key(0);
	check("", ACT);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(atf_utils_grep_file("^GET /derp HTTP/1.1", "request.0"));
	ATF_CHECK(atf_utils_grep_file("^Sec-WebSocket-Protocol: derp",
	    "request.0"));
	server_key(1);
	check("", ACT);
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TC_WITHOUT_HEAD(fails);
ATF_TC_BODY(fails, tc)
{
	static const uint8_t closes[] = { 0x88, 2, 0x03, 0xf0 };
	static const uint8_t other[] = "\x82\x15hello, I speak otherwise";

	check("HTTP/1.1 404 No\r\nServer: nginx\r\n\r\n", BYE);
	only("answered with HTTP status 404 from nginx");
	check("", BYE);
	only("not answered: the server closed");
	check("HTTP/1.1 101 x\r\nUpgrade: DERP\r\n\r\n", BYE);
	only("none to a request for WebSocket");
	server_key(0);
	guid = "0";
	check("", ACT);
	only("Sec-WebSocket-Accept is wrong");
	server_key(0);
	protocol = "chat";
	check("", ACT);
	only("subprotocol \"derp\"");
	server_key(0);
	message_len = 0;
	check("", ACT);
	only("no first frame after the upgrade: the server closed");
	message = closes;
	message_len = sizeof(closes);
	check("", ACT);
	only("not the server's key");
	message = other;
	message_len = sizeof(other) - 1;
	check("", ACT);
	only("not the server's key");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, works);
	ATF_TP_ADD_TC(tp, fails);
	return (atf_no_error());
}
