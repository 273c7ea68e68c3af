/*
 * websocket: DERP over WebSocket (RFC 6455), for clients in browsers: the
 * upgrade, and the first frame of the relay.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "exchange.h"
#include "frame.h"

#define MAX_BODY	(64 * 1024)
#define KEY_LEN		24	/* 16 bytes in base64 */
#define GUID		"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define OPCODE		0x0f	/* of the first byte of a frame */
#define BINARY		0x02
#define FIRST_LEN	(FRAME_HDR_LEN + FRAME_MAGIC_LEN)

struct socket {
	struct check_run	*r;
	struct net_stream	*s;
	struct check_exchange	 e;
	uint8_t			 in[256];	/* behind the response */
	size_t			 len;
	char			 what[400];
};

static void
make_key(char key[KEY_LEN + 1])
{
	uint8_t bytes[16];

	randombytes_buf(bytes, sizeof(bytes));
	EVP_EncodeBlock((unsigned char *)key, bytes, sizeof(bytes));
}

/* Is this the response's Sec-WebSocket-Accept to `key'?  1 or 0. */
static int
accepts(const struct net_http_head *h, const char *key)
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	char text[KEY_LEN + sizeof(GUID)], accept[32];

	(void)snprintf(text, sizeof(text), "%s" GUID, key);
	SHA1((const unsigned char *)text, strlen(text), digest);
	EVP_EncodeBlock((unsigned char *)accept, digest, sizeof(digest));
	return (net_http_eq(net_http_field(h, "Sec-WebSocket-Accept"), accept));
}

/* Request the upgrade.  Returns 0, or -1 with `what'. */
static int
upgrade(struct socket *w)
{
	const struct net_http_head *h = &w->e.r.head;
	char host[CHECK_STRING + 16], key[KEY_LEN + 1], text[300];
	char request[CHECK_STRING + 256];

	make_key(key);
	check_authority(w->r, host, sizeof(host));
	(void)snprintf(request, sizeof(request), "GET /derp HTTP/1.1\r\n"
	    "Host: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: derp\r\n"
	    "Sec-WebSocket-Key: %s\r\n\r\n", host, key);
	(void)check_exchange(w->r, w->s, request, MAX_BODY, &w->e);
	if (!w->e.r.final)
		(void)snprintf(w->what, sizeof(w->what), "the request is not "
		    "answered: %s", w->e.why);
	else if (h->status != 101) {
		check_describe(&w->e, text, sizeof(text));
		(void)snprintf(w->what, sizeof(w->what), "the request is "
		    "answered with %s", text);
	} else if (!net_http_has_token(h, "Upgrade", "websocket") ||
	    !accepts(h, key))
		(void)snprintf(w->what, sizeof(w->what), "the response is none "
		    "to a request for WebSocket: Upgrade or "
		    "Sec-WebSocket-Accept is wrong");
	else if (!net_http_has_token(h, "Sec-WebSocket-Protocol", "derp"))
		(void)snprintf(w->what, sizeof(w->what), "the response does "
		    "not select the subprotocol \"derp\"");
	return (w->what[0] == '\0' ? 0 : -1);
}

/* Have at least `need' bytes in `in'.  Returns 0, or -1 with `what'. */
static int
want(struct socket *w, size_t need, long long until)
{
	ssize_t n;

	while (w->len < need) {
		n = net_stream_read(w->s, w->in + w->len, sizeof(w->in) -
		    w->len, until);
		if (n <= 0) {
			w->r->stopped |= net_stream_interrupted(w->s);
			(void)snprintf(w->what, sizeof(w->what), "no first "
			    "frame after the upgrade: %s", n == -1 ?
			    net_stream_error(w->s) :
			    "the server closed the connection");
			return (-1);
		}
		w->len += (size_t)n;
	}
	return (0);
}

/* Read the first message: it begins with the frame ServerKey. */
static int
first_frame(struct socket *w)
{
	const long long until = check_until(w->r);
	const uint8_t *p;
	size_t hdr;

	w->len = check_exchange_rest(&w->e, &p);
	if (w->len > sizeof(w->in))
		w->len = sizeof(w->in);
	memcpy(w->in, p, w->len);
	if (want(w, 2, until) == -1)
		return (-1);
	/* A server does not mask: the second byte is a length. */
	hdr = w->in[1] < 126 ? 2 : w->in[1] == 126 ? 4 : 10;
	if ((w->in[0] & OPCODE) == BINARY) {
		if (want(w, hdr + FIRST_LEN, until) == -1)
			return (-1);
		if (w->in[hdr] == FRAME_SERVER_KEY && memcmp(w->in + hdr +
		    FRAME_HDR_LEN, FRAME_MAGIC, FRAME_MAGIC_LEN) == 0)
			return (0);
	}
	(void)snprintf(w->what, sizeof(w->what), "the first message after the "
	    "upgrade is not the server's key");
	return (-1);
}

/* End politely: a close frame, masked with zeros, of the status 1000. */
static void
leave(struct socket *w)
{
	static const uint8_t frame[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8 };

	(void)net_stream_write(w->s, frame, sizeof(frame), check_until(w->r));
}

void
check_websocket(struct check_run *r, struct check_addr *a)
{
	struct socket w = { .r = r };
	char why[256];
	int works = 0;

	check_step(r, "WebSocket");
	if ((w.s = check_stream(r, a, why, sizeof(why))) == NULL)
		(void)snprintf(w.what, sizeof(w.what), "%s", why);
	else if (upgrade(&w) == 0 && first_frame(&w) == 0) {
		works = 1;
		leave(&w);
	}
	check_exchange_free(&w.e);
	net_stream_free(w.s);
	if (r->stopped)
		return;
	check_number(r, a, CHECK_FACT_WEBSOCKET, works);
	if (!works)
		check_found(r, a, r->node->port, CHECK_WEBSOCKET_FAILS, "%s",
		    w.what);
}
