/*
 * Tests of websocket.c: handshake, frames in every split, and reasons to end a
 * connection.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "websocket.h"

/* Output of the call-backs. */
static uint8_t	got[2 * WS_MAX_MESSAGE];
static size_t	got_len;
static uint8_t	sent[1024];
static size_t	sent_len;
static size_t	stop_at;	/* the data call-back returns -1 from here on */

/* The input. */
static uint8_t	in[3 * WS_MAX_MESSAGE];
static size_t	in_len;

static int
data(const uint8_t *p, size_t len, void *arg)
{
	ATF_REQUIRE_EQ(arg, &got);
	ATF_REQUIRE(len > 0 && got_len + len <= sizeof(got));
	memcpy(got + got_len, p, len);
	got_len += len;
	return stop_at != 0 && got_len >= stop_at ? -1 : 0;
}

static void
out(const uint8_t *p, size_t len, void *arg)
{
	ATF_REQUIRE_EQ(arg, &got);
	ATF_REQUIRE(sent_len + len <= sizeof(sent));
	memcpy(sent + sent_len, p, len);
	sent_len += len;
}

static struct web_ws *
fresh(void)
{
	struct web_ws	*ws;

	got_len = sent_len = in_len = stop_at = 0;
	ATF_REQUIRE((ws = web_ws_new(data, out, &got)) != NULL);
	return ws;
}

/* Append a masked frame: `first' is FIN, RSV and opcode. */
static void
frame(uint8_t first, const void *payload, size_t len)
{
	static const uint8_t	 mask[4] = { 0x12, 0x34, 0x56, 0xf8 };
	const uint8_t		*p = payload;
	size_t			 i, n;

	in[in_len++] = first;
	n = len < 126 ? 0 : len < 65536 ? 2 : 8;
	in[in_len++] = 0x80 | (uint8_t)(n == 0 ? len : n == 2 ? 126 : 127);
	for (i = 0; i < n; i++)
		in[in_len++] = (uint8_t)((uint64_t)len >> 8 * (n - 1 - i));
	memcpy(in + in_len, mask, 4);
	in_len += 4;
	for (i = 0; i < len; i++)
		in[in_len++] = (p != NULL ? p[i] : 'x') ^ mask[i % 4];
}

static int
feed(struct web_ws *ws)
{
	int	rv = web_ws_feed(ws, in, in_len);

	in_len = 0;
	return rv;
}

#define SENT(text)	ATF_CHECK_MSG(sent_len == sizeof(text) - 1 &&	\
	memcmp(sent, text, sent_len) == 0, "%zu bytes were sent", sent_len)

ATF_TC_WITHOUT_HEAD(stream);
ATF_TC_BODY(stream, tc)
{
	struct web_ws	*ws = fresh();

	frame(0x82, "abc", 3);
	frame(0x82, NULL, 0);
	frame(0x02, "d", 1);		/* fragments ... */
	frame(0x89, "ping", 4);		/* ... with a ping between them */
	frame(0x00, "", 0);
	frame(0x00, "ef", 2);
	frame(0x8a, "unasked", 7);
	frame(0x80, "g", 1);
	frame(0x82, "h", 1);
	ATF_CHECK_EQ(feed(ws), 0);
	ATF_CHECK_EQ(got_len, 8);
	ATF_CHECK(memcmp(got, "abcdefgh", 8) == 0);
	SENT("\x8a\x04ping");
	web_ws_free(ws);
}

ATF_TC_WITHOUT_HEAD(every_split);
ATF_TC_BODY(every_split, tc)
{
	static uint8_t	 whole[1024];
	struct web_ws	*ws = fresh();
	size_t		 n, len, step;
	uint8_t		*copy;

	frame(0x02, NULL, 130);
	frame(0x89, "p", 1);
	frame(0x80, "end", 3);
	frame(0x88, "\x03\xe8" "bye", 5);
	len = in_len;
	memcpy(whole, in, len);
	web_ws_free(ws);
	for (step = 1; step < 40; step++) {
		ws = fresh();
		for (n = 0; n < len; n += step) {
			in_len = len - n < step ? len - n : step;
			/*
			 * A buffer of its own, so that an overread is detected.
			 */
			ATF_REQUIRE((copy = malloc(in_len)) != NULL);
			memcpy(copy, whole + n, in_len);
			ATF_CHECK_EQ(web_ws_feed(ws, copy, in_len),
			    n + in_len == len ? -1 : 0);
			free(copy);
		}
		ATF_CHECK_EQ(got_len, 133);
		ATF_CHECK(memcmp(got + 129, "xend", 4) == 0);
		/* A ping in the same piece as the close gets no pong. */
		if (sent_len == 4)
			SENT("\x88\x02\x03\xe8");
		else
			SENT("\x8a\x01p\x88\x02\x03\xe8");
		web_ws_free(ws);
	}
}

ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static const size_t	t[] = { 1, 125, 126, 127, 4096, 65535, 65536,
	    WS_MAX_MESSAGE };
	struct web_ws		*ws = fresh();
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		got_len = 0;
		frame(0x82, NULL, t[i]);
		ATF_CHECK_EQ(feed(ws), 0);
		ATF_CHECK_EQ(got_len, t[i]);
	}
	frame(0x82, NULL, WS_MAX_MESSAGE + 1);
	ATF_CHECK_EQ(feed(ws), -1);
	SENT("\x88\x02\x03\xf1");
	web_ws_free(ws);

	/* The limit is on the message, not on its frames. */
	ws = fresh();
	frame(0x02, NULL, 30000);
	frame(0x00, NULL, WS_MAX_MESSAGE - 30000);
	frame(0x00, NULL, 0);
	ATF_CHECK_EQ(feed(ws), 0);
	frame(0x80, "x", 1);
	ATF_CHECK_EQ(feed(ws), -1);
	SENT("\x88\x02\x03\xf1");
	ATF_CHECK_EQ(got_len, WS_MAX_MESSAGE);
	web_ws_free(ws);

	ws = fresh();
	memcpy(in, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4y", 15);
	in_len = 15;
	ATF_CHECK_EQ(feed(ws), -1);
	SENT("\x88\x02\x03\xf1");
	ATF_CHECK_EQ(got_len, 0);
	web_ws_free(ws);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		const char	*bytes;
		size_t		 len;
		const char	*close;
	} t[] = {
		/* text: unsupported data; the rest: protocol errors */
		{ "\x81\x81\0\0\0\0a", 7, "\x03\xeb" },
		{ "\x01\x80\0\0\0\0", 6, "\x03\xeb" },
		{ "\x82\x01" "a", 3, "\x03\xea" },		/* no mask */
		{ "\xc2\x81\0\0\0\0a", 7, "\x03\xea" },	/* RSV1 */
		{ "\x83\x81\0\0\0\0a", 7, "\x03\xea" },	/* opcode 3 */
		{ "\x8b\x81\0\0\0\0a", 7, "\x03\xea" },	/* opcode 11 */
		{ "\x80\x81\0\0\0\0a", 7, "\x03\xea" },	/* no beginning */
		{ "\x02\x81\0\0\0\0a\x82\x81\0\0\0\0a", 14, "\x03\xea" },
		{ "\x02\x81\0\0\0\0a\x81\x81\0\0\0\0a", 14, "\x03\xea" },
		{ "\x09\x81\0\0\0\0a", 7, "\x03\xea" },	/* ping in parts */
		{ "\x89\xfe\0\x7e\0\0\0\0a", 9, "\x03\xea" },	/* 126 bytes */
		{ "\x82\xfe\0\x05\0\0\0\0aaaaa", 13, "\x03\xea" }, /* not the */
		{ "\x82\xff\0\0\0\0\0\0\0\5\0\0\0\0aaaaa", 19,
		    "\x03\xea" },				/* shortest */
		{ "\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0a", 15, "\x03\xea" },
		{ "\x88\x81\0\0\0\0a", 7, "\x03\xea" },	/* half a code */
	};
	struct web_ws	*ws;
	size_t		 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ws = fresh();
		ATF_CHECK_EQ_MSG(web_ws_feed(ws, (const uint8_t *)t[i].bytes,
		    t[i].len), -1, "%zu", i);
		ATF_CHECK_MSG(sent_len == 4 &&
		    memcmp(sent, "\x88\x02", 2) == 0 &&
		    memcmp(sent + 2, t[i].close, 2) == 0, "%zu: %zu", i,
		    sent_len);
		/* The connection is over, and stays so. */
		frame(0x82, "a", 1);
		got_len = 0;
		ATF_CHECK_EQ(feed(ws), -1);
		ATF_CHECK_EQ(got_len, 0);
		ATF_CHECK_EQ(sent_len, 4);
		web_ws_free(ws);
	}
}

ATF_TC_WITHOUT_HEAD(closes);
ATF_TC_BODY(closes, tc)
{
	static const struct {
		unsigned int	code, answer;
	} t[] = {
		{ 1000, 1000 }, { 1001, 1001 }, { 1003, 1003 }, { 1011, 1011 },
		{ 1014, 1014 }, { 3000, 3000 }, { 4999, 4999 }, { 0, 1002 },
		{ 999, 1002 }, { 1004, 1002 }, { 1005, 1002 }, { 1006, 1002 },
		{ 1015, 1002 }, { 2999, 1002 }, { 5000, 1002 },
	};
	struct web_ws	*ws;
	uint8_t		 code[2];
	size_t		 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ws = fresh();
		code[0] = (uint8_t)(t[i].code >> 8);
		code[1] = (uint8_t)t[i].code;
		frame(0x89, "lost", 4);
		frame(0x88, code, 2);
		frame(0x82, "late", 4);
		ATF_CHECK_EQ(feed(ws), -1);
		ATF_CHECK_EQ(sent_len, 4);
		ATF_CHECK_EQ(sent[0], 0x88);
		ATF_CHECK_EQ(sent[2] << 8 | sent[3], (int)t[i].answer);
		ATF_CHECK_EQ(got_len, 0);
		web_ws_free(ws);
	}
	ws = fresh();
	frame(0x88, NULL, 0);
	ATF_CHECK_EQ(feed(ws), -1);
	SENT("\x88\x00");
	web_ws_free(ws);
	web_ws_free(NULL);
}

/* Many pings at once get one pong, for the last one. */
ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	struct web_ws	*ws = fresh();
	uint8_t		 big[125];

	memset(big, 'q', sizeof(big));
	frame(0x89, "1", 1);
	frame(0x89, "2", 1);
	frame(0x89, big, sizeof(big));
	ATF_CHECK_EQ(feed(ws), 0);
	ATF_CHECK_EQ(sent_len, 127);
	ATF_CHECK(memcmp(sent, "\x8a\x7d", 2) == 0);
	ATF_CHECK(memcmp(sent + 2, big, sizeof(big)) == 0);
	sent_len = 0;
	frame(0x89, NULL, 0);
	ATF_CHECK_EQ(feed(ws), 0);
	SENT("\x8a\x00");
	sent_len = 0;
	ATF_CHECK_EQ(feed(ws), 0);
	ATF_CHECK_EQ(sent_len, 0);
	web_ws_free(ws);
}

ATF_TC_WITHOUT_HEAD(stopped);
ATF_TC_BODY(stopped, tc)
{
	struct web_ws	*ws = fresh();

	stop_at = 3;
	frame(0x82, "abc", 3);
	frame(0x82, "def", 3);
	ATF_CHECK_EQ(feed(ws), -1);
	ATF_CHECK_EQ(got_len, 3);
	ATF_CHECK_EQ(sent_len, 0);
	ATF_CHECK_EQ(feed(ws), -1);
	web_ws_free(ws);
}

ATF_TC_WITHOUT_HEAD(wrap);
ATF_TC_BODY(wrap, tc)
{
	static const struct {
		uint64_t	 len;
		const char	*hdr;
		size_t		 n;
	} t[] = {
		{ 0, "\x82\x00", 2 },
		{ 125, "\x82\x7d", 2 },
		{ 126, "\x82\x7e\x00\x7e", 4 },
		{ 65535, "\x82\x7e\xff\xff", 4 },
		{ 65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10 },
	};
	uint8_t	hdr[WS_MAX_HDR], end[WS_CLOSE_SIZE];
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_CHECK_EQ(web_ws_wrap(hdr, t[i].len), t[i].n);
		ATF_CHECK(memcmp(hdr, t[i].hdr, t[i].n) == 0);
	}
	ATF_CHECK_EQ(web_ws_close(end, 1001), 4);
	ATF_CHECK(memcmp(end, "\x88\x02\x03\xe9", 4) == 0);
}

ATF_TC_WITHOUT_HEAD(handshake);
ATF_TC_BODY(handshake, tc)
{
	static const struct {
		const char		*method, *version, *connection, *key;
		const char		*protocol;
		enum web_ws_check	 want;
	} t[] = {
#define KEY	"dGhlIHNhbXBsZSBub25jZQ=="
		{ "GET", "1.1", "Upgrade", KEY, "derp", WS_OK },
		{ "GET", "1.1", "keep-alive, upgrade", KEY, "x,DERP", WS_OK },
		{ "GET", "1.0", "Upgrade", KEY, "derp", WS_NO_UPGRADE },
		{ "GET", "1.1", "close", KEY, "derp", WS_NO_UPGRADE },
		{ "POST", "1.1", "Upgrade", KEY, "derp", WS_BAD_METHOD },
		{ "GET", "1.1", "Upgrade", "", "derp", WS_BAD_KEY },
		{ "GET", "1.1", "Upgrade", "abc", "derp", WS_BAD_KEY },
		{ "GET", "1.1", "Upgrade", "dGhlIHNhbXBsZSBub25jZQ=x", "derp",
		    WS_BAD_KEY },
		{ "GET", "1.1", "Upgrade", "dGhlIHNhbXBsZSBub25j!Q==", "derp",
		    WS_BAD_KEY },
		{ "GET", "1.1", "Upgrade", KEY "A", "derp", WS_BAD_KEY },
		{ "GET", "1.1", "Upgrade", KEY, "xderp", WS_BAD_PROTOCOL },
		{ "GET", "1.1", "Upgrade", KEY, "", WS_BAD_PROTOCOL },
	};
	struct net_http_head	h;
	char			s[512], accept[WS_ACCEPT_SIZE];
	size_t			i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(s, sizeof(s), "%s /derp HTTP/%s\r\nHost: h\r\n"
		    "Connection: %s\r\nSec-WebSocket-Key: %s\r\n"
		    "Sec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Protocol: %s\r\n\r\n", t[i].method,
		    t[i].version, t[i].connection, t[i].key, t[i].protocol);
		ATF_REQUIRE(net_http_parse_request(&h, s, strlen(s)) > 0);
		ATF_CHECK_EQ_MSG(web_ws_check(&h, accept), t[i].want, "%zu", i);
		if (t[i].want == WS_OK)
			ATF_CHECK_STREQ(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	}
	snprintf(s, sizeof(s), "GET / HTTP/1.1\r\nHost: h\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n");
	ATF_REQUIRE(net_http_parse_request(&h, s, strlen(s)) > 0);
	ATF_CHECK_EQ(web_ws_check(&h, accept), WS_BAD_VERSION);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stream);
	ATF_TP_ADD_TC(tp, every_split);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, closes);
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, stopped);
	ATF_TP_ADD_TC(tp, wrap);
	ATF_TP_ADD_TC(tp, handshake);

	return atf_no_error();
}
