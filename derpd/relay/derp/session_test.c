/*
 * session_test: bytes in, calls out; no socket, no TLS, no event loop.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "sessionfixture.h"

/* Append a disco packet for the key `d'. */
static void
add_disco(uint8_t type, const char *keys)
{
	add(type, keys, 62);
	memcpy(stream + len - 62, "TS\xf0\x9f\x92\xac", 6);
}

/* Input in one piece, in two, or byte by byte causes the same calls. */
static void
cut_anywhere(void (*begin)(void))
{
	char *whole;
	size_t i, k;

	begin();
	feed(stream, len);
	ATF_REQUIRE((whole = strdup(calls)) != NULL && *whole != '\0');
	for (i = 0; i <= len; i++) {
		begin();
		feed(stream, i);
		feed(stream + i, len - i);
		ATF_REQUIRE_STREQ(whole, calls);
		ATF_CHECK_EQ(conn_buf_left(&s.part), 0);
	}
	for (k = 1; k <= 7; k++) {
		begin();
		for (i = 0; i < len; i += k)
			feed(stream + i, len - i < k ? len - i : k);
		ATF_REQUIRE_STREQ(whole, calls);
		ATF_CHECK_EQ(conn_buf_left(&s.part), 0);
	}
	free(whole);
}

/* One of each frame that a client may send, and an unknown one. */
static void
client_frames(void)
{
	set_up();
	add(FRAME_SEND_PACKET, "d", 100);
	add(FRAME_SEND_PACKET, "e", 0);
	add(FRAME_NOTE_PREFERRED, "", 1);
	add(FRAME_PING, "", FRAME_PING_LEN);
	add(0x77, "", 40);
	add(0x78, "", 0);
	add(FRAME_PING, "", 20);
	add_disco(FRAME_SEND_PACKET, "d");
	add(FRAME_SEND_PACKET, "d", 3);
}

static void
mesh_frames(void)
{
	client_frames();
	s.mesh = 1;
	s.notified_dup = 1;
	add(FRAME_FORWARD_PACKET, "ab", 30);
	add(FRAME_WATCH_CONNS, "", 0);
	add(FRAME_CLOSE_PEER, "c", 0);
	add(FRAME_FORWARD_PACKET, "ba", 0);
}

ATF_TC_WITHOUT_HEAD(frames);
ATF_TC_BODY(frames, tc)
{
	char text[256];

	set_up();
	add(FRAME_SEND_PACKET, "d", 100);
	add(FRAME_PING, "", FRAME_PING_LEN);
	add(FRAME_SEND_PACKET, "e", 0);
	feed(stream, len);
	snprintf(text, sizeof(text), "packet s>d 100 %x\npong 1\n"
	    "packet s>e 0 1\n", sum(stream + FRAME_HDR_LEN + FRAME_KEY_LEN,
	    100));
	expect(text);
	ATF_CHECK_EQ(stats.packets_received, 2);
	ATF_CHECK_EQ(stats.bytes_received, 100);
	ATF_CHECK_EQ(stats.received_other, 2);
	ATF_CHECK_EQ(s.rx_packets, 2);
	ATF_CHECK_EQ(s.rx_bytes, 100);
	ATF_CHECK_EQ(memcmp(conn_buf_head(&s.pongs), stream +
	    2 * FRAME_HDR_LEN + FRAME_KEY_LEN + 100, FRAME_PING_LEN), 0);
}

ATF_TC_WITHOUT_HEAD(cuts);
ATF_TC_BODY(cuts, tc)
{
	cut_anywhere(client_frames);
	cut_anywhere(mesh_frames);
}

/* Of a frame that is cut, only the bytes that came use memory. */
ATF_TC_WITHOUT_HEAD(cut_memory);
ATF_TC_BODY(cut_memory, tc)
{
	set_up();
	add(FRAME_SEND_PACKET, "d", 50);
	stream[3] = 200;		/* about 50 KiB are announced */
	feed(stream, len);
	expect("");
	ATF_CHECK_MSG(conn_buf_memory(&s.part) < len + 512 + 24, "%zu",
	    conn_buf_memory(&s.part));
}

/* Only the header of a frame of `n' bytes arrives: closed unless `ok'. */
static void
length(uint8_t type, uint32_t n, int ok)
{
	set_up();
	s.mesh = 1;
	add_header(type, n);
	feed(stream, len);
	ATF_CHECK_MSG(closed == !ok, "type 0x%02x, %u bytes", type, n);
	if (!ok)
		expect("close malformed frame\n");
}

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	static const struct {
		uint8_t		type;
		uint32_t	min, max;
	} t[] = {
		{ FRAME_SEND_PACKET, 32, 32 + 65536 },
		{ FRAME_FORWARD_PACKET, 64, 64 + 65536 },
		{ FRAME_NOTE_PREFERRED, 1, 1 },
		{ FRAME_WATCH_CONNS, 0, 0 },
		{ FRAME_CLOSE_PEER, 32, 32 },
		{ FRAME_PING, 8, 1000 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (t[i].min > 0)
			length(t[i].type, t[i].min - 1, 0);
		if (t[i].min > 1)	/* else handled, with its payload */
			length(t[i].type, t[i].min, 1);
		if (t[i].max > 0)
			length(t[i].type, t[i].max, 1);
		length(t[i].type, t[i].max + 1, 0);
		length(t[i].type, 0xffffffff, 0);
	}
	/* Unknown frames may have any length. */
	length(0x55, 0xffffffff, 1);
	length(FRAME_CLIENT_INFO, 0xffffffff, 1);
}

/* A client without the mesh key that sends a mesh frame is closed. */
ATF_TC_WITHOUT_HEAD(mesh_only);
ATF_TC_BODY(mesh_only, tc)
{
	static const struct {
		uint8_t		 type;
		const char	*keys, *calls;
	} t[] = {
		{ FRAME_FORWARD_PACKET, "ab", "packet a>b 0 1\n" },
		{ FRAME_WATCH_CONNS, "", "watch\n" },
		{ FRAME_CLOSE_PEER, "c", "close_peer c\n" }
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		set_up();
		add(t[i].type, t[i].keys, 0);
		add(FRAME_PING, "", 8);
		feed(stream, len);
		expect("close mesh frame without the mesh key\n");
		set_up();
		s.mesh = 1;
		add(t[i].type, t[i].keys, 0);
		feed(stream, len);
		expect(t[i].calls);
	}
	ATF_CHECK_EQ(stats.forwarded_in, 0);
	/* A node does not watch itself, but may do all else. */
	set_up();
	s.mesh = 1;
	memset(s.key, 'N', sizeof(s.key));
	add(FRAME_WATCH_CONNS, "", 0);
	add(FRAME_FORWARD_PACKET, "ab", 0);
	feed(stream, len);
	expect("packet a>b 0 1\n");
	ATF_CHECK_EQ(stats.forwarded_in, 1);
}

/* A client that does not read its pongs has only a few pending. */
ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	unsigned int i;

	set_up();
	for (i = 0; i < 1000; i++)
		add(FRAME_PING, "", i % 2 == 0 ? 8 : 1000);
	feed(stream, len);
	expect("pong 1\npong 2\npong 3\npong 4\npong 5\npong 6\npong 7\n"
	    "pong 8\n");
	ATF_CHECK_EQ(conn_buf_left(&s.pongs), PONGS_MAX * FRAME_PING_LEN);
	ATF_CHECK_EQ(stats.got_ping, 1000);
	conn_buf_free(&s.pongs);	/* they were sent */
	feed(stream, FRAME_HDR_LEN + 8);
	expect("pong 1\n");
}

/* PeerGone(not here): for disco packets alone, 3 at once, then 1 a second. */
ATF_TC_WITHOUT_HEAD(not_here);
ATF_TC_BODY(not_here, tc)
{
	uint8_t gone[FRAME_PEER_GONE_SIZE], key[FRAME_KEY_LEN];
	char text[64];
	unsigned int i;

	set_up();
	nobody = 1;
	add(FRAME_SEND_PACKET, "d", 100);
	feed(stream, len);
	ATF_CHECK(strstr(calls, "send") == NULL);
	ATF_CHECK_EQ(stats.packets_dropped[DROP_UNKNOWN_DEST][KIND_OTHER], 1);
	ATF_CHECK_EQ(stats.bytes_dropped[DROP_UNKNOWN_DEST][KIND_OTHER], 100);

	len = ncalls = 0;
	add_disco(FRAME_SEND_PACKET, "d");
	feed(stream, len);
	memset(key, 'd', sizeof(key));
	net_frame_put_peer_gone(gone, key, PEER_GONE_NOT_HERE);
	snprintf(text, sizeof(text), "send 8 %zu %x\n", sizeof(gone),
	    sum(gone, sizeof(gone)));
	ATF_CHECK(strstr(calls, text) != NULL);
	for (i = 0; i < 10; i++)
		feed(stream, len);
	ATF_CHECK_EQ(stats.gone_not_here, 3);
	now += 999999;
	feed(stream, len);
	ATF_CHECK_EQ(stats.gone_not_here, 3);
	now += 1;
	feed(stream, len);
	feed(stream, len);
	ATF_CHECK_EQ(stats.gone_not_here, 4);
	now += 100 * (uint64_t)SECOND;
	for (i = 0; i < 10; i++)
		feed(stream, len);
	ATF_CHECK_EQ(stats.gone_not_here, 7);
	ATF_CHECK_EQ(stats.packets_dropped[DROP_UNKNOWN_DEST][KIND_DISCO], 24);

	set_up();
	nobody = s.mesh = 1;
	add_disco(FRAME_FORWARD_PACKET, "ab");
	feed(stream, len);
	ATF_CHECK_EQ(
	    stats.packets_dropped[DROP_UNKNOWN_DEST_ON_FWD][KIND_DISCO], 1);
	ATF_CHECK_EQ(stats.gone_not_here, 1);
}

/* With duplicates each valid frame counts as activity. */
ATF_TC_WITHOUT_HEAD(activity);
ATF_TC_BODY(activity, tc)
{
	set_up();
	add(0x77, "", 10);
	feed(stream, len);
	expect("");
	s.notified_dup = 1;
	feed(stream, len);
	expect("activity\n");
	len = 0;
	add(FRAME_PING, "", 8);
	feed(stream, len);
	expect("activity\npong 1\n");
	len = 0;
	add(FRAME_PING, "", 1);
	feed(stream, len);
	expect("close malformed frame\n");
}

static void
prefer(uint8_t home)
{
	len = 0;
	add_header(FRAME_NOTE_PREFERRED, 1);
	stream[len++] = home;
	feed(stream, len);
}

ATF_TC_WITHOUT_HEAD(preferred);
ATF_TC_BODY(preferred, tc)
{
	set_up();
	prefer(1);
	prefer(2);
	ATF_CHECK_EQ(stats.home_connections, 1);
	ATF_CHECK_EQ(stats.home_moves_in, 0);	/* its first NotePreferred */
	now += 6 * SECOND;
	prefer(0);
	prefer(0);
	ATF_CHECK_EQ(stats.home_connections, 0);
	ATF_CHECK_EQ(stats.home_moves_out, 1);
	prefer(1);
	ATF_CHECK_EQ(stats.home_moves_in, 1);
	ATF_CHECK(s.home);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, frames);
	ATF_TP_ADD_TC(tp, cuts);
	ATF_TP_ADD_TC(tp, cut_memory);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, mesh_only);
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, not_here);
	ATF_TP_ADD_TC(tp, activity);
	ATF_TP_ADD_TC(tp, preferred);
	return (atf_no_error());
}
