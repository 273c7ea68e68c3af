/*
 * workerlink_test: Tests of a link (workerlink.c, linkin.c, linkout.c) over TLS
 * with relays that behave, and relays that do not.
 */
#include "workerfixture.h"

/* Packets both ways */

static uint32_t	 next_out, next_in;	/* numbers of packets */

/* The length and the bytes of packet `i'. */
static size_t
size_of(uint32_t i)
{
	static const size_t sizes[] = { 4, 32, 148, 1452, 1452, 1452, 1200, 92,
	    9000, 1452, 16347, 16348, 65536, 1452, 5, 600 };

	return (sizes[(i * 7 + i / 16) % 16]);
}

static void
fill(uint8_t *p, uint32_t i)
{
	memset(p, (int)(i * 31 & 0xff), size_of(i));
	memcpy(p, &i, sizeof(i));
}

static void
check_number(const uint8_t *src, const uint8_t *p, size_t n)
{
	static uint8_t want[FRAME_MAX_PACKET];

	ATF_REQUIRE_EQ(size_of(next_in), n);
	fill(want, next_in);
	ATF_REQUIRE(memcmp(p, want, n) == 0);
	ATF_REQUIRE_EQ((next_in & 0xff), src[0]);
	ATF_REQUIRE_EQ((next_in & 0xff), src[31]);
	next_in++;
}

static void
send_number(void)
{
	static uint8_t p[FRAME_MAX_PACKET];
	uint8_t key[FRAME_KEY_LEN];

	fill(p, next_out);
	memset(key, (int)(next_out & 0xff), sizeof(key));
	ATF_REQUIRE_EQ(0, worker_node_send(&node, key, p, size_of(next_out),
	    base_clock_ms()));
	next_out++;
}

/* All come back whole and in order. */
static void
echoes(uint32_t protocols, int own)
{
	unsigned int i, rounds;

	server.protocols = protocols;
	check_packet = check_number;
	next_out = next_in = packets = 0;
	begin(relay_echo);
	come_up();
	ATF_CHECK_EQ(own, node.link.rec != NULL);
	for (rounds = 0; rounds < 60; rounds++) {
		for (i = 0; i < 1 + rounds % 40; i++)
			send_number();
		worker_node_flush(&node, base_clock_ms());
		UNTIL(next_out - next_in < 30);
	}
	UNTIL(next_in == next_out);
	ATF_CHECK_EQ(next_out, packets);
	ATF_CHECK_EQ(next_out, node.link.counts.tx_packets);
	ATF_CHECK_EQ(next_out, node.link.counts.rx_packets);
	ATF_CHECK_EQ(node.link.counts.tx_bytes, node.link.counts.rx_bytes);
	ATF_CHECK_EQ(0, node.queue.drops.late + node.queue.drops.full);
	ATF_CHECK(reads > 0 && reads <= packets);
	finish();
	check_packet = NULL;
}

ATF_TC_WITHOUT_HEAD(both_ways);
ATF_TC_BODY(both_ways, tc)
{
#ifndef LIBRESSL_VERSION_NUMBER
	echoes(TLS_PROTOCOL_TLSv1_3, 1);
#endif
	echoes(TLS_PROTOCOL_TLSv1_2, 0);
}

/* Frames that are cut anywhere, also behind the login. */

#define PIECES	400

static size_t
all_packets(uint8_t *out)
{
	uint8_t *p = out;
	uint32_t i;

	for (i = 0; i < PIECES; i++) {
		net_frame_put_hdr(p, FRAME_RECV_PACKET, FRAME_KEY_LEN +
		    (uint32_t)size_of(i));
		memset(p + FRAME_HDR_LEN, (int)(i & 0xff), FRAME_KEY_LEN);
		fill(p + OVERHEAD, i);
		p += OVERHEAD + size_of(i);
		/* A frame that nobody knows is between them. */
		if (i % 5 == 0) {
			net_frame_put_hdr(p, 0x7e, 3);
			memset(p + FRAME_HDR_LEN, 0x05, 3);
			p += FRAME_HDR_LEN + 3;
		}
	}
	return ((size_t)(p - out));
}

static void
serve_pieces(struct visit *v)
{
	uint8_t *p = calloc(PIECES, OVERHEAD + FRAME_MAX_PACKET);
	size_t n = all_packets(p), at = 700, k;

	/* The login has no more than that in its record. */
	node_login(v, p, at);
	srandom(5);
	for (; at < n; at += k) {
		k = 1 + (size_t)random() % (at < 60000 ? 40 : 30000);
		if (k > n - at)
			k = n - at;
		node_send(v, p + at, k);
	}
	node_linger(v);
}

ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	check_packet = check_number;
	begin(serve_pieces);
	come_up();
	UNTIL(next_in == PIECES);
	UNTIL(node.link.counts.rx_ignored == PIECES / 5);
	finish();
}

/* Frames that are no packets */

static void
serve_frames(struct visit *v)
{
	uint8_t key[FRAME_KEY_LEN + 1], p[64], type;

	node_login(v, "", 0);
	memset(key, 0x55, sizeof(key));
	relay_write(v, FRAME_KEEP_ALIVE, "", 0);
	key[FRAME_KEY_LEN] = PEER_GONE_NOT_HERE;
	relay_write(v, FRAME_PEER_GONE, key, sizeof(key));
	relay_write(v, FRAME_HEALTH, "bad\033[0m", 7);
	relay_write(v, FRAME_PING, "12345678", 8);
	do {
		relay_read(v, &type, p, sizeof(p));
	} while (type != FRAME_PONG);
	if (memcmp(p, "12345678", 8) != 0)
		_exit(7);
	relay_packet(v, "ponged", 6);
	/* Now it is asked to go on. */
	relay_read(v, &type, p, sizeof(p));
	relay_write(v, FRAME_HEALTH, "", 0);
	relay_write(v, FRAME_PEER_GONE, key, FRAME_KEY_LEN);
	relay_packet(v, "healthy", 7);
	relay_read(v, &type, p, sizeof(p));
	relay_write(v, FRAME_RESTARTING, "\0\0\x27\x10\0\0\xff\xff", 8);
	node_linger(v);
}

static void
go_on(void)
{
	static const uint8_t key[FRAME_KEY_LEN];

	ATF_REQUIRE_EQ(0, worker_node_send(&node, key, "go", 2,
	    base_clock_ms()));
	worker_node_flush(&node, base_clock_ms());
}

ATF_TC_WITHOUT_HEAD(frames);
ATF_TC_BODY(frames, tc)
{
	begin(serve_frames);
	come_up();
	UNTIL(packets == 1);
	ATF_CHECK_EQ(1, gones);
	ATF_CHECK_EQ(PEER_GONE_NOT_HERE, gone_reason);
	ATF_CHECK_STREQ("bad?[0m", node.link.health);
	go_on();
	UNTIL(packets == 2);
	ATF_CHECK_EQ(2, gones);
	ATF_CHECK_EQ(PEER_GONE_DISCONNECTED, gone_reason);
	ATF_CHECK_STREQ("", node.link.health);
	go_on();
	UNTIL(node.state == WORKER_NODE_WAITING);
	ATF_CHECK_STREQ("the relay restarts", node.why);
	ATF_CHECK(node.again_at >= node.since + 10000);
	finish();
}

/* Relays that do not behave */

/* After the login, a header of that type and length. */
static void
send_header(struct visit *v, uint8_t type, uint32_t len)
{
	uint8_t hdr[FRAME_HDR_LEN];

	node_login(v, "", 0);
	net_frame_put_hdr(hdr, type, len);
	node_send(v, hdr, sizeof(hdr));
	node_linger(v);
}

static void
serve_giant(struct visit *v)
{
	send_header(v, 0x7e, UINT32_MAX);
}

static void
serve_big_packet(struct visit *v)
{
	send_header(v, FRAME_RECV_PACKET, FRAME_KEY_LEN + FRAME_MAX_PACKET + 1);
}

static void
serve_keyless(struct visit *v)
{
	send_header(v, FRAME_RECV_PACKET, FRAME_KEY_LEN - 1);
}

static void
serve_short_gone(struct visit *v)
{
	send_header(v, FRAME_PEER_GONE, FRAME_KEY_LEN - 1);
}

static void
serve_short_ping(struct visit *v)
{
	send_header(v, FRAME_PING, 7);
}

static void
serve_junk(struct visit *v)
{
	node_login(v, "", 0);
	if (write(v->fd, "\x17\x03\x03\0\x20junkjunkjunkjunkjunkjunkjunkjunk",
	    37) == -1)
		_exit(8);
	node_linger(v);
}

static void
serve_end(struct visit *v)
{
	node_login(v, "", 0);
	relay_packet(v, "last", 4);
}

static void
serve_cut(struct visit *v)
{
	uint8_t hdr[FRAME_HDR_LEN];

	node_login(v, "", 0);
	net_frame_put_hdr(hdr, FRAME_RECV_PACKET, 1000);
	node_send(v, hdr, sizeof(hdr));
}

/* Answers to endless pings are not kept without end. */
static void
serve_pings(struct visit *v)
{
	static uint8_t f[FRAME_PONG_SIZE * 1000];
	size_t i;

	node_login(v, "", 0);
	for (i = 0; i < sizeof(f); i += FRAME_PONG_SIZE)
		net_frame_put_hdr(f + i, FRAME_PING, FRAME_PING_LEN);
	for (i = 0; i < 20; i++)
		node_send(v, f, sizeof(f));
	relay_packet(v, "still there", 11);
	node_linger(v);
}

/* In weeks. */
static void
serve_restart(struct visit *v)
{
	node_login(v, "", 0);
	relay_write(v, FRAME_RESTARTING, "\x7f\xff\xff\xff\0\0\0\0", 8);
	node_linger(v);
}

static void
ends(void (*serve)(struct visit *), const char *why)
{
	begin(serve);
	worker_node_hold(&node);
	UNTIL(strstr(states, "UW") != NULL);
	HAS(last_why, why);
	finish();
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	ends(serve_giant, "malformed frame");
	ends(serve_big_packet, "malformed frame");
	ends(serve_keyless, "malformed frame");
	ends(serve_short_gone, "malformed frame");
	ends(serve_short_ping, "malformed frame");
	ATF_CHECK_EQ(0, packets);
	ends(serve_junk, "");
	ends(serve_cut, "closed");
	ends(serve_end, "closed");
	ATF_CHECK(packets > 0);
	begin(serve_restart);
	worker_node_hold(&node);
	UNTIL(node.state == WORKER_NODE_WAITING);
	ATF_CHECK(node.again_at <= node.since + 60000 + DIAL_REDIAL_NOW_MS);
	finish();
	begin(serve_pings);
	come_up();
	packets = 0;
	UNTIL(packets == 1);
	ATF_CHECK(node.link.control_len <= WORKER_CONTROL);
	finish();
	server.protocols = TLS_PROTOCOL_TLSv1_2;
	ends(serve_giant, "malformed frame");
	ends(serve_junk, "");
	ends(serve_end, "closed");
}

/* Frames of up to a MiB that mean nothing are skipped. */
static void
serve_large(struct visit *v)
{
	static uint8_t p[FRAME_MAX_SERVER];

	node_login(v, "", 0);
	memset(p, 'x', sizeof(p));
	relay_write(v, 0x7e, p, sizeof(p));
	relay_write(v, FRAME_HEALTH, p, sizeof(p));
	relay_packet(v, "behind", 6);
	node_linger(v);
}

ATF_TC_WITHOUT_HEAD(large);
ATF_TC_BODY(large, tc)
{
	begin(serve_large);
	come_up();
	UNTIL(packets == 1);
	ATF_CHECK_EQ(1, node.link.counts.rx_ignored);
	ATF_CHECK_EQ(WORKER_HEALTH - 1, strlen(node.link.health));
	ATF_CHECK(node.link.saved.size <= WORKER_LINK_FRAME);
	finish();
}

/* A relay that reads nothing: packets are dropped, memory is bounded. */

static int	 pipe_fds[2];	/* tells the relay to read */

static void
serve_slowly(struct visit *v)
{
	static uint8_t p[FRAME_KEY_LEN + FRAME_MAX_PACKET];
	uint8_t type;
	size_t n;
	char c;

	node_login(v, "", 0);
	if (read(pipe_fds[0], &c, 1) != 1)
		_exit(9);
	for (;;) {
		n = relay_read(v, &type, p, sizeof(p));
		if (type != FRAME_SEND_PACKET || n != FRAME_KEY_LEN + 1000)
			_exit(10);
		/* Its number alone goes back. */
		relay_packet(v, p + FRAME_KEY_LEN, 4);
	}
}

static uint32_t	 last_number;

static void
check_growing(const uint8_t *src, const uint8_t *p, size_t n)
{
	uint32_t number;

	(void)src;
	ATF_REQUIRE_EQ(sizeof(number), n);
	memcpy(&number, p, sizeof(number));
	ATF_REQUIRE(packets == 1 || number > last_number);
	last_number = number;
}

ATF_TC_WITHOUT_HEAD(blocked);
ATF_TC_BODY(blocked, tc)
{
	static const uint8_t key[FRAME_KEY_LEN];
	static uint8_t p[1000];
	uint64_t now = base_clock_ms();
	uint32_t i;

	ATF_REQUIRE_EQ(0, pipe(pipe_fds));
	check_packet = check_growing;
	begin(serve_slowly);
	come_up();
	for (i = 1; !node.link.blocked || node.queue.drops.full < 100; i++) {
		memcpy(p, &i, sizeof(i));
		ATF_REQUIRE_EQ(0, worker_node_send(&node, key, p, sizeof(p),
		    now));
		worker_node_flush(&node, now);
		ATF_REQUIRE(i < 1000000);
	}
	ATF_CHECK(node.link.rest.len <= WORKER_LINK_WIRE);
	ATF_CHECK(node.queue.n > 1000);
	/* What has waited too long is dropped when there is room again. */
	now = base_clock_ms();
	ATF_CHECK_EQ(WORKER_QUEUE_MS, node.queue.max_ms);
	node.queue.max_ms = 0;
	UNTIL(base_clock_ms() > now);
	ATF_REQUIRE_EQ(1, write(pipe_fds[1], "x", 1));
	UNTIL(node.queue.n == 0 && !node.link.blocked);
	ATF_CHECK(node.queue.drops.late > 1000);
	node.queue.max_ms = WORKER_QUEUE_MS;
	memcpy(p, &i, sizeof(i));
	ATF_REQUIRE_EQ(0, worker_node_send(&node, key, p, sizeof(p),
	    base_clock_ms()));
	worker_node_flush(&node, base_clock_ms());
	UNTIL(last_number == i);
	ATF_CHECK_EQ(node.link.counts.tx_packets, packets);
	ATF_CHECK_EQ(i, node.link.counts.tx_packets + node.queue.drops.full +
	    node.queue.drops.late);
	finish();
}

/* Silence */

static void
serve_mute(struct visit *v)
{
	uint8_t p[2000], type;

	node_login(v, "", 0);
	for (;;)
		(void)relay_read(v, &type, p, sizeof(p));
}

ATF_TC_WITHOUT_HEAD(silence);
ATF_TC_BODY(silence, tc)
{
	uint64_t now;

	begin(serve_mute);
	come_up();
	now = base_clock_ms();
	worker_link_watch(&node.link, now + WORKER_SILENCE_MS - 5000);
	ATF_CHECK_EQ(0, node.link.pinged);
	worker_link_watch(&node.link, now + WORKER_SILENCE_MS);
	UNTIL(node.state != WORKER_NODE_UP);
	HAS(node.why, "silent");
	/* Packets may wait for the next login. */
	ATF_CHECK_EQ(WORKER_QUEUE_DIAL_MS, node.queue.max_ms);
	finish();
	/* Packets that get no answer lead to a ping, and that to the end. */
	begin(serve_mute);
	come_up();
	go_on();
	now = base_clock_ms();
	worker_link_watch(&node.link, now + WORKER_PING_MS - 1000);
	ATF_CHECK_EQ(0, node.link.pinged);
	worker_link_watch(&node.link, now + WORKER_PING_MS);
	ATF_CHECK_EQ(now + WORKER_PING_MS, node.link.pinged);
	UNTIL(worker_link_acked(&node.link) == node.link.given);
	/* The ping itself was acknowledged: the first look counts. */
	now += WORKER_PING_MS + WORKER_PONG_MS;
	worker_link_watch(&node.link, now - 1);
	ATF_CHECK_EQ(WORKER_NODE_UP, node.state);
	worker_link_watch(&node.link, now);
	UNTIL(node.state != WORKER_NODE_UP);
	HAS(node.why, "does not answer");
	finish();
	/* An answer is enough. */
	begin(relay_echo);
	come_up();
	worker_node_hurry(&node);
	ATF_CHECK(node.link.pinged != 0);
	UNTIL(node.link.pinged == 0);
	worker_link_watch(&node.link, base_clock_ms() + WORKER_PONG_MS);
	ATF_CHECK_EQ(0, node.link.dead);
	finish();
}

/* A ping that has not arrived, while other bytes have: a slow way lives. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	struct worker_link *l = &node.link;
	const uint64_t now = base_clock_ms();

	begin(serve_mute);
	come_up();
	go_on();
	UNTIL(worker_link_acked(l) == l->given);
	l->pinged = now;
	l->ping_end = l->given + 1000;
	l->acked = l->given - 1;
	worker_link_watch(l, now + WORKER_PONG_MS);
	ATF_CHECK_EQ(0, l->dead);
	ATF_CHECK_EQ(now + WORKER_PONG_MS, l->pinged);
	/* Nothing more has arrived since. */
	worker_link_watch(l, now + 2 * WORKER_PONG_MS);
	ATF_CHECK_EQ(1, l->dead);
	UNTIL(node.state != WORKER_NODE_UP);
	finish();
}

/* A quiet link has no memory for packets, until there are some again. */
ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	begin(relay_echo);
	come_up();
	go_on();
	UNTIL(packets == 1);
	worker_link_watch(&node.link, base_clock_ms());
	ATF_CHECK(node.queue.bytes != NULL);
	worker_link_watch(&node.link, base_clock_ms() + 10000);
	ATF_CHECK(node.queue.bytes == NULL);
	ATF_CHECK(node.link.cut.p == NULL && node.link.saved.p == NULL);
	go_on();
	UNTIL(packets == 2);
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, both_ways);
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, frames);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, large);
	ATF_TP_ADD_TC(tp, blocked);
	ATF_TP_ADD_TC(tp, silence);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, quiet);
	return (atf_no_error());
}
