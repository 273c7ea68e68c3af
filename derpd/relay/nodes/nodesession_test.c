/*
 * nodesession_test: frames of another node, whole and in pieces, valid and not.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "nodesession.h"

static char	 calls[4096];	/* what was called, a word each */
static int	 closed;

static void
note(const char *what, const uint8_t *p, size_t n)
{
	size_t len = strlen(calls);

	snprintf(calls + len, sizeof(calls) - len, "%s", what);
	for (; n > 0; n--, p++) {
		len = strlen(calls);
		snprintf(calls + len, sizeof(calls) - len, "%c", *p);
	}
	len = strlen(calls);
	snprintf(calls + len, sizeof(calls) - len, " ");
}

static void
present(struct nodes_session *s, const uint8_t key[FRAME_KEY_LEN])
{
	(void)s;
	note("+", key, 2);
}

static void
gone(struct nodes_session *s, const uint8_t key[FRAME_KEY_LEN])
{
	(void)s;
	note("-", key, 2);
}

static void
ping(struct nodes_session *s, const uint8_t data[FRAME_PING_LEN])
{
	(void)s;
	note("ping", data, FRAME_PING_LEN);
}

static void
health(struct nodes_session *s, const uint8_t *text, size_t n)
{
	(void)s;
	ATF_REQUIRE(n <= NODES_TEXT);
	note("health:", text, n);
}

static void
restarting(struct nodes_session *s)
{
	(void)s;
	note("restarting", NULL, 0);
}

static void
end(struct nodes_session *s, const char *why)
{
	(void)s;
	(void)why;
	note("close", NULL, 0);
	closed = 1;
}

static const struct nodes_session_ops ops = {
	present, gone, ping, health, restarting, end
};

static uint8_t	 stream[2 * FRAME_MAX_SERVER];
static size_t	 len;

/* Append a frame with a payload of `n' times the byte `c'. */
static void
frame(uint8_t type, size_t n, char c)
{
	net_frame_put_hdr(stream + len, type, (uint32_t)n);
	len += FRAME_HDR_LEN;
	memset(stream + len, c, n);
	len += n;
}

/* Handle the stream in such pieces; the calls must be these. */
static void
gives(size_t piece, const char *expected)
{
	struct nodes_session s;
	size_t at = 0, n, k;

	memset(&s, 0, sizeof(s));
	s.ops = &ops;
	calls[0] = '\0';
	closed = 0;
	while (at < len && !closed) {
		n = len - at < piece ? len - at : piece;
		k = nodes_session_input(&s, stream + at, n);
		ATF_REQUIRE(k > 0 && k <= n);
		at += k;
	}
	ATF_CHECK_STREQ_MSG(calls, expected, "in pieces of %zu: %s", piece,
	    calls);
}

/* The same for pieces of all sizes. */
static void
all_give(const char *expected)
{
	size_t piece;

	for (piece = 1; piece < 300; piece++)
		gives(piece, expected);
	gives(len, expected);
}

ATF_TC_WITHOUT_HEAD(frames);
ATF_TC_BODY(frames, tc)
{
	(void)tc;
	frame(FRAME_PEER_PRESENT, FRAME_KEY_LEN + 19, 'a');
	frame(FRAME_KEEP_ALIVE, 0, 0);
	frame(FRAME_PEER_GONE, FRAME_KEY_LEN + 1, 'b');
	frame(FRAME_PING, FRAME_PING_LEN, 'c');
	frame(FRAME_PONG, FRAME_PING_LEN, 'd');
	frame(FRAME_HEALTH, 3, 'e');
	frame(FRAME_HEALTH, 0, 0);
	frame(FRAME_RESTARTING, 8, 0);
	all_give("+aa -bb pingcccccccc health:eee health: restarting ");
}

/* Older nodes send no address and no reason, newer ones may send more. */
ATF_TC_WITHOUT_HEAD(other_lengths);
ATF_TC_BODY(other_lengths, tc)
{
	(void)tc;
	frame(FRAME_PEER_PRESENT, FRAME_KEY_LEN, 'a');
	frame(FRAME_PEER_PRESENT, FRAME_KEY_LEN + 700, 'b');
	frame(FRAME_PEER_GONE, FRAME_KEY_LEN, 'c');
	frame(FRAME_PEER_GONE, FRAME_KEY_LEN + 2, 'd');
	frame(FRAME_PING, 9, 'e');
	frame(FRAME_RESTARTING, 9, 'f');
	frame(FRAME_KEEP_ALIVE, 1, 'g');
	all_give("+aa +bb -cc -dd pingeeeeeeee restarting ");
}

/* Frames that mean nothing here are skipped, whatever their length. */
ATF_TC_WITHOUT_HEAD(skipped);
ATF_TC_BODY(skipped, tc)
{
	(void)tc;
	frame(FRAME_SERVER_INFO, 100, 'a');
	frame(FRAME_RECV_PACKET, 10, 'a');
	frame(FRAME_FORWARD_PACKET, 1, 'a');
	frame(FRAME_TYPE_END, 50, 'a');
	frame(0x7f, FRAME_MAX_SERVER, 'a');
	frame(0xff, 300, 'a');
	frame(FRAME_PEER_GONE, FRAME_KEY_LEN, 'b');
	all_give("-bb ");
}

/* Of a long text the beginning is kept. */
ATF_TC_WITHOUT_HEAD(long_text);
ATF_TC_BODY(long_text, tc)
{
	char expected[512];

	(void)tc;
	frame(FRAME_HEALTH, NODES_TEXT + 1000, 'x');
	frame(FRAME_PEER_GONE, FRAME_KEY_LEN, 'b');
	memset(expected, 'x', sizeof(expected));
	memcpy(expected, "health:", 7);
	strcpy(expected + 7 + NODES_TEXT, " -bb ");
	all_give(expected);
}

static void
closes(uint8_t type, size_t n)
{
	len = 0;
	frame(FRAME_PEER_PRESENT, FRAME_KEY_LEN, 'a');
	frame(type, n, 'b');
	frame(FRAME_PEER_PRESENT, FRAME_KEY_LEN, 'c');
	gives(1, "+aa close ");
	gives(7, "+aa close ");
	gives(len, "+aa close ");
}

/* A frame that is too short or too long ends the session. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	(void)tc;
	closes(FRAME_PEER_PRESENT, FRAME_KEY_LEN - 1);
	closes(FRAME_PEER_PRESENT, 0);
	closes(FRAME_PEER_GONE, FRAME_KEY_LEN - 1);
	closes(FRAME_PING, FRAME_PING_LEN - 1);
	closes(FRAME_HEALTH, FRAME_MAX_SERVER + 1);
	closes(0x7f, FRAME_MAX_SERVER + 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, frames);
	ATF_TP_ADD_TC(tp, other_lengths);
	ATF_TP_ADD_TC(tp, skipped);
	ATF_TP_ADD_TC(tp, long_text);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}
